"""INSi from its SOAP door, over a real socket and a real store, as patient administration software calls it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from segur.contracts.ins import IdentityRefused, IdentitySearched
from segur.kernel import request
from segur.kernel.errors import StoreAway
from segur.kernel.faults import FaultRule
from segur.kernel.ids import new_id
from segur.personas.country import build_country
from segur.scenario.actors import insi_client
from segur.scenario.actors.insi_client import Refused, search_by_traits, traits_of
from segur.vocab import oids
from segur.wire import insi, saml, soap, xml
from segur.wire.insi import IdentitySearch
from tests.contract.ins import callers
from tests.contract.ins.conftest import Insi, Opening

pytestmark = pytest.mark.asyncio(loop_scope="module")

COUNTRY = build_country()
P1 = COUNTRY.patient("P1")
ECETINSI = IdentitySearch("ECETINSI", ("PIERRE-ALAIN",), "M", "2009-07-14")
LEONARDO = IdentitySearch("DE VINCI", ("LEONARDO",), "M", "2014-02-01")
SOAP_TYPE = {"content-type": "application/soap+xml"}


def envelope(search: IdentitySearch = ECETINSI, *, software: str = "IDAM-1", **more: Any) -> bytes:
    lps = insi.LpsContext("id", "10B0152872", software, "1.0", "i", "GIE", "2026-01-05T08:00:00Z")
    contexts = insi.write_contexts(lps, insi.BamContext("id", "10B0152872", "2026-01-05T08:00:00Z"))
    return xml.serialize(insi.write_request(search, message_id="uuid:m-1", headers=contexts, **more))


async def fault(answer: httpx.Response) -> insi.InsiFault:
    assert answer.status_code == 500, answer.text
    assert answer.headers["content-type"].startswith("application/soap+xml")
    found = insi.read_fault(soap.read_envelope(xml.parse(answer.content), required=()).body)
    assert found is not None
    return found


def arm(insi_service: Insi, point: str, **more: Any) -> None:
    insi_service.service.floor.faults.arm([FaultRule(id=new_id(), point=point, count=1, **more)])


async def test_a_patient_is_found_and_the_fact_names_only_a_pseudonym(insi_service: Insi) -> None:
    found = await search_by_traits(insi_service.http, insi_service.base, P1)
    assert (found.code, found.label) == ("00", "OK")
    assert (found.matricule, found.oid) == (P1.ins.matricule, oids.INS_NIR_TEST)
    assert found.traits == insi.Traits("PAT-TROIS", "", "DOMINIQUE MARIE-LOUISE", "F", "1979-03-28", "51215")
    [fact] = insi_service.told()
    assert isinstance(fact, IdentitySearched)
    assert (fact.code, fact.operation) == ("00", "rechercherInsAvecTraitsIdentite")
    assert fact.patient == insi_service.service.floor.pseudonyms.of(P1.ins)
    assert (fact.software, fact.issuer) == (insi_client.SOFTWARE, "10B0152872")
    assert P1.ins.matricule not in fact.model_dump_json()


async def test_the_journal_hears_operation_patient_and_caller(insi_service: Insi) -> None:
    answer = await insi_service.http.post(f"{insi_service.base}/lps", content=envelope(), headers=SOAP_TYPE)
    assert answer.headers[request.OPERATION_HEADER.decode()] == insi.OPERATION
    assert answer.headers[request.PATIENT_HEADER.decode()].startswith("pat-")
    assert answer.headers[request.ACTOR_HEADER.decode()] == "10B0152872"
    read = soap.read_envelope(xml.parse(answer.content), required=("Action",))
    assert (read.action, read.relates_to) == (insi.RESPONSE_ACTION, "uuid:m-1")


async def test_the_published_test_cases_answer_as_published(insi_service: Insi) -> None:
    async def ask(*traits: Any) -> insi_client.Found:
        return await search_by_traits(insi_service.http, insi_service.base, IdentitySearch(*traits))

    found = await search_by_traits(insi_service.http, insi_service.base, ECETINSI)
    assert (found.matricule, [former.number for former in found.history]) == (
        "109076322083489",
        ["2090763220834", "2090663220123"],
    )
    assert found.history[0].start == "2019-03-01"
    assert (await ask("TCHITCHI", ("OLA",), "F", "1936-06-21")).code == "01"
    assert (await ask("TCHITCHI", ("CATARINA",), "F", "1936-06-21")).matricule == "236066322083656"
    assert (await ask("HOUILLES", ("PIERRE",), "M", "1993-01-27")).label == "Aucune identite trouvee"
    assert (await ask("PROVISOIRE", ("MATRICULE",), "M", "2009-07-01")).oid == oids.INS_NIA
    incomplete = (await ask("PATB-QUATRE", ("LAURENCE",), "F", "1907-05-25")).traits
    assert incomplete is not None
    assert (incomplete.first_name, incomplete.first_names) == ("LAURENCE", "")
    with pytest.raises(Refused) as refused:
        await ask("VANDERMONDE", ("ARIANA",), "F", "1995-06-17")
    assert (refused.value.subcode, refused.value.code) == ("siram_40", "insi_102")


async def test_several_namesakes_are_not_disclosed_until_the_place_or_the_names_tell_them_apart(
    insi_service: Insi,
) -> None:
    found = await search_by_traits(insi_service.http, insi_service.base, LEONARDO)
    assert (found.code, found.label, found.matricule) == ("02", "Plusieurs identites trouvees", "")
    [fact] = insi_service.told()
    assert isinstance(fact, IdentitySearched)
    assert (fact.code, fact.patient) == ("02", None)
    for narrower in (replace(LEONARDO, birth_place="63220"), replace(LEONARDO, first_names=("LEONARDO RAPHAEL",))):
        assert (await search_by_traits(insi_service.http, insi_service.base, narrower)).code == "00"


async def test_twins_are_told_apart_by_their_birth_date(insi_service: Insi) -> None:
    for key in ("P9", "P9'"):
        twin = COUNTRY.patient(key)
        assert (await search_by_traits(insi_service.http, insi_service.base, twin)).matricule == twin.ins.matricule


async def test_a_missing_hyphen_finds_nobody_and_the_fact_says_why(insi_service: Insi) -> None:
    asked = replace(traits_of(P1), birth_name="PAT TROIS")
    assert (await search_by_traits(insi_service.http, insi_service.base, asked)).code == "01"
    [fact] = insi_service.told()
    assert isinstance(fact, IdentitySearched)
    assert (fact.code, fact.hint) == ("01", "birth_name")


async def test_each_sandbox_has_its_own_register(insi_service: Insi) -> None:
    http = httpx.AsyncClient(headers={request.SANDBOX_HEADER.decode(): "empty"}, trust_env=False)
    async with http:
        assert (await search_by_traits(http, insi_service.base, P1)).code == "01"


@pytest.mark.parametrize("path", ["/lps", "/insi", "/insi/lps"])
async def test_every_path_of_the_door_serves(insi_service: Insi, path: str) -> None:
    answer = await insi_service.http.post(insi_service.base + path, content=envelope(), headers=SOAP_TYPE)
    assert answer.status_code == 200, answer.text


async def test_the_contract_names_the_address_it_was_asked_at(insi_service: Insi) -> None:
    async with insi_service.over_tls() as http:
        answer = await http.get(f"{insi_service.base}/lps?wsdl")
    assert answer.headers["content-type"].startswith("text/xml")
    assert 'location="https://qualiflps-services-ps-tlsm.ameli.fr/lps"' in answer.text
    refused = await insi_service.http.get(f"{insi_service.base}/lps")
    assert (refused.status_code, refused.headers["allow"]) == (405, "POST")


BOMB = b'<!DOCTYPE a [<!ENTITY b "xxxx"><!ENTITY c "&b;&b;&b;">]><a>&c;</a>'
WRONG = {
    "nothing": (b"", "segur_message", "empty"),
    "not XML": (b"PID|1||", "segur_message", "not well-formed"),
    "an entity bomb": (BOMB, "segur_message", "DOCTYPE"),
    "not an envelope": (b"<a/>", "segur_message", "Envelope"),
    "SOAP 1.1": (
        envelope().replace(b"http://www.w3.org/2003/05/soap-envelope", b"http://schemas.xmlsoap.org/soap/envelope/"),
        "segur_message",
        "1.2",
    ),
    "too large": (b"<a>" + b"x" * (300 * 1024) + b"</a>", "segur_taille", "262144"),
    "another operation": (envelope().replace(b"RECSANSVITALE", b"RECMASSE"), "segur_operation", "RECMASSE"),
    "a card reading without a number": (
        envelope().replace(b"RECSANSVITALE", b"RECVITALE").replace(b"INSiRecSans", b"INSiRecVit"),
        "segur_traits",
        "MatriculeOD",
    ),
    "no software number": (envelope(software=""), "desir_550", "IDAM"),
    "no birth name": (envelope(IdentitySearch("", ("A",), "F", "1979-03-28")), "segur_traits", "NomNaissance"),
    "accents": (envelope(IdentitySearch("HÉRAULT", ("A",), "F", "1979-03-28")), "segur_traits", "majuscules"),
    "a French date": (envelope(IdentitySearch("A", ("A",), "F", "28/03/1979")), "segur_traits", "AAAA-MM-JJ"),
}


@pytest.mark.parametrize("case", WRONG)
async def test_bad_input_is_answered_with_a_fault_told_as_a_fact_and_harms_nobody(
    insi_service: Insi, case: str
) -> None:
    content, code, word = WRONG[case]
    answer = await insi_service.http.post(f"{insi_service.base}/lps", content=content, headers=SOAP_TYPE)
    found = await fault(answer)
    assert (found.code, found.error_code) == ("Sender", code)
    assert word in found.error_text
    assert "Traceback" not in answer.text
    [fact] = insi_service.told()
    assert isinstance(fact, IdentityRefused)
    assert fact.code == code
    assert (await search_by_traits(insi_service.http, insi_service.base, P1)).code == "00"


async def test_a_fault_reads_as_real_clients_search_it_and_echoes_the_message(insi_service: Insi) -> None:
    answer = await insi_service.http.post(f"{insi_service.base}/lps", content=envelope(software=""), headers=SOAP_TYPE)
    assert "<S:Subcode><S:Value>S:siram_100</S:Value></S:Subcode>" in answer.text
    assert '<S:Text xml:lang="en">' in answer.text
    found = await fault(answer)
    assert (found.message_id, found.severity) == ("uuid:m-1", "erreur")


async def test_only_listed_software_numbers_are_known(opening: Opening) -> None:
    async with opening(ins_software_numbers=frozenset({"IDAM-1"})) as whole:
        assert (await search_by_traits(whole.http, whole.base, P1, software="IDAM-1")).code == "00"
        with pytest.raises(Refused) as refused:
            await search_by_traits(whole.http, whole.base, P1, software="IDAM-2")
        assert (refused.value.subcode, refused.value.code) == ("siram_100", "desir_550")


async def test_strict_reading_checks_the_contract(opening: Opening, ins_home: Path) -> None:
    certificate = callers.structure_certificate(ins_home)
    issuer = callers.ISSUER.encode()
    asked = envelope().replace(b"10B0152872", issuer)
    async with opening(ins_strict=True, ins_test_identities=True) as whole, whole.over_tls(certificate) as http:
        assert (await http.post(f"{whole.base}/lps", content=asked)).status_code == 200
        for before, after, code, word in (
            (b"<q:Sexe>M</q:Sexe>", b"<q:Genre>M</q:Genre>", "segur_message", "Genre"),
            (b"<lps:Id>id</lps:Id>", b"", "segur_message", "Temps"),
            (b"ContexteBAM", b"ContexteABM", "segur_message", "ContexteBAM"),
            (b"ContexteLPS", b"ContexteSPL", "segur_contexte", "ContexteLPS"),
            (b"1.0.0:rechercher", b"1.0.0:chercher", "segur_message", "wsa:Action"),
            (b"uuid:m-1", b"", "segur_message", "wsa:MessageID"),
        ):
            assert before in asked
            answer = await http.post(f"{whole.base}/lps", content=asked.replace(before, after))
            found = await fault(answer)
            assert (found.error_code, word in found.error_text) == (code, True), found


async def test_an_unsigned_assertion_opens_nothing(insi_service: Insi) -> None:
    unsigned = envelope(assertion=saml.write_assertion(saml.Assertion("_a2", datetime.now(UTC), "CN=x", "8997")))
    async with insi_service.over_tls() as http:
        answer = await http.post(f"{insi_service.base}/lps", content=unsigned, headers=SOAP_TYPE)
    assert (await fault(answer)).error_code == "segur_assertion"


@pytest.mark.parametrize(
    ("point", "code"),
    [
        ("ins.search.unavailable", "insi_102"),
        ("ins.software.unknown", "desir_550"),
        ("ins.certificate.refused", "desir_560"),
    ],
)
async def test_failures_strike_on_demand_and_once(insi_service: Insi, point: str, code: str) -> None:
    arm(insi_service, point)
    with pytest.raises(Refused) as refused:
        await search_by_traits(insi_service.http, insi_service.base, P1)
    assert (refused.value.code, refused.value.status) == (code, 500)
    assert (await search_by_traits(insi_service.http, insi_service.base, P1)).code == "00"


@pytest.mark.parametrize(("point", "code"), [("ins.search.none", "01"), ("ins.search.several", "02")])
async def test_the_return_code_can_be_forced_for_one_patient(insi_service: Insi, point: str, code: str) -> None:
    arm(insi_service, point, patient=insi_service.service.floor.pseudonyms.of(P1.ins))
    assert (await search_by_traits(insi_service.http, insi_service.base, ECETINSI)).code == "00"
    found = await search_by_traits(insi_service.http, insi_service.base, P1)
    assert (found.code, found.matricule) == (code, "")


async def test_answers_can_differ_as_those_of_the_real_service_do(insi_service: Insi) -> None:
    async def ask(point: str) -> httpx.Response:
        arm(insi_service, point)
        return await insi_service.http.post(f"{insi_service.base}/lps", content=envelope(), headers=SOAP_TYPE)

    def individual(answer: httpx.Response) -> insi.Individual:
        read = insi.read_answer(soap.read_envelope(xml.parse(answer.content), required=()).body).individual
        assert read is not None
        return read

    assert "<ns2:RESULTAT" in (await ask("ins.answer.prefixes")).text
    history = await ask("ins.answer.history")
    assert "<INSHISTO><DateDeb>" in history.text
    assert individual(history).history[-1] == individual(history).active
    assert individual(await ask("ins.answer.missing_traits")).traits.birth_place == ""
    assert individual(await ask("ins.answer.nia")).active.oid == oids.INS_NIA
    assert individual(await ask("ins.answer.production_oid")).active.oid == oids.INS_NIR
    assert individual(await ask("ins.answer.lunar_date")).traits.birth_date == "2009-00-00"
    assert individual(await ask("ins.answer.bad_key")).active.key != "89"
    arm(insi_service, "ins.answer.prefixes")
    refused = await insi_service.http.post(f"{insi_service.base}/lps", content=b"<a/>", headers=SOAP_TYPE)
    assert '<soap:Text xml:lang="fr">' in refused.text


async def test_a_register_that_does_not_answer_is_a_technical_fault(
    insi_service: Insi, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: Any, **__: Any) -> Any:
        raise StoreAway

    monkeypatch.setattr(insi_service.service.floor.store, "commit", away)
    with pytest.raises(Refused) as refused:
        await search_by_traits(insi_service.http, insi_service.base, P1)
    assert (refused.value.subcode, refused.value.status) == ("siram_40", 500)


async def test_seeding_again_after_an_interruption_doubles_nobody(insi_service: Insi) -> None:
    assert insi_service.service.seed is not None
    await insi_service.service.seed("default")
    assert (await search_by_traits(insi_service.http, insi_service.base, P1)).code == "00"
