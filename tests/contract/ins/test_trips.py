"""Every row of the trip table [INS digest 4.3]: what breaks integrations, on demand, as it looks on the wire."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from segur_ins import faults

from segur.kernel.faults import FaultRule
from segur.kernel.ids import new_id
from segur.personas.country import build_country
from segur.scenario.actors import insi_client
from segur.scenario.actors.insi_client import Refused, search_by_traits
from segur.vocab import oids
from segur.vocab.ins import matricule_key
from segur.wire import insi, soap, xml
from segur.wire.insi import IdentitySearch
from tests.contract.ins import callers
from tests.contract.ins.conftest import Insi

pytestmark = pytest.mark.asyncio(loop_scope="module")

P1 = build_country().patient("P1")
ECETINSI = IdentitySearch("ECETINSI", ("PIERRE-ALAIN",), "M", "2009-07-14")
ROWS = [f"I{number}" for number in range(1, 16)]


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault on the wire: SOAP code, subcode, code of `Erreur`, severity, a word of its text."""

    code: str
    subcode: str
    error: str
    severity: str
    word: str

    def check(self, answer: httpx.Response) -> None:
        assert answer.status_code == 500
        assert answer.headers["content-type"].startswith("application/soap+xml")
        found = insi.read_fault(soap.read_envelope(xml.parse(answer.content), required=()).body)
        assert found is not None
        shown = (found.code, found.subcode, found.error_code, found.severity)
        assert shown == (self.code, self.subcode, self.error, self.severity)
        assert self.word in found.error_text
        assert found.message_id == "uuid:m-1"


@dataclass(frozen=True, slots=True)
class Return:
    """A return code without anybody."""

    code: str
    label: str

    def check(self, answer: httpx.Response) -> None:
        assert answer.status_code == 200
        assert read(answer) == insi.Answer(self.code, self.label)


@dataclass(frozen=True, slots=True)
class Shown:
    """An identity that differs from the tidy one: `holds` says how; `text` stands in the message as written."""

    holds: Callable[[insi.Individual], bool] = lambda _: True
    text: str = ""

    def check(self, answer: httpx.Response) -> None:
        assert answer.status_code == 200
        individual = read(answer).individual
        assert individual is not None
        assert self.holds(individual), individual
        assert re.search(self.text, answer.text), answer.text


@dataclass(frozen=True, slots=True)
class Plain:
    """An answer that is no SOAP."""

    status: int
    header: tuple[str, str]

    def check(self, answer: httpx.Response) -> None:
        assert answer.status_code == self.status
        assert answer.headers[self.header[0]] == self.header[1]
        assert answer.headers["content-type"].startswith("text/html")


def read(answer: httpx.Response) -> insi.Answer:
    return insi.read_answer(soap.read_envelope(xml.parse(answer.content), required=()).body)


DENIED = ("Sender", "siram_100")
AWAY = ("Receiver", "siram_40")

TRIPS: list[tuple[str, str, Fault | Return | Shown | Plain]] = [
    ("I1", faults.UNKNOWN_SOFTWARE, Fault(*DENIED, "desir_550", "erreur", "Numéro d'autorisation du logiciel")),
    ("I2", faults.CERTIFICATE_REFUSED, Fault(*DENIED, "desir_560", "erreur", "droits suffisants")),
    ("I3", faults.UNAVAILABLE, Fault(*AWAY, "insi_102", "fatal", "renvoie une erreur technique")),
    ("I4", faults.NONE_FOUND, Return("01", "Aucune identite trouvee")),
    ("I4", faults.SEVERAL_FOUND, Return("02", "Plusieurs identites trouvees")),
    ("I6", faults.LAST_FIRST_NAME, Return("01", "Aucune identite trouvee")),
    ("I7", faults.PREFIXES, Shown(text="<soap:Envelope.*<S:Body .*<ns2:RESULTAT")),
    ("I7", faults.PREFIX_S, Shown(text="<S:Envelope.*<S:Body>.*<RESULTAT")),
    ("I7", faults.PREFIX_ENV, Shown(text="<soap:Envelope.*<env:Body xmlns:env=.*<ns2:RESULTAT")),
    ("I7", faults.PREFIX_NONE, Shown(text="<Envelope xmlns=.*<Body><ns2:RESULTAT")),
    ("I8", faults.HISTORY_SINGLE, Shown(lambda found: list(found.history) == [found.active])),
    (
        "I8",
        faults.HISTORY,
        Shown(
            lambda found: len(found.history) > 1 and found.history[-1] == found.active,
            "<INSHISTO><DateDeb>2019-03-01</DateDeb><DateFin>2019-02-28</DateFin><IdIndividu>",
        ),
    ),
    ("I9", faults.NIA, Shown(lambda found: found.active.oid == oids.INS_NIA)),
    ("I10", faults.MISSING_TRAITS, Shown(lambda found: not found.traits.first_names + found.traits.birth_place)),
    ("I11", faults.BAD_KEY, Shown(lambda found: found.active.key != matricule_key(found.active.number))),
    ("I12", faults.LUNAR_DATE, Shown(lambda found: found.traits.birth_date == "2009-00-00")),
    ("I14", faults.PRODUCTION_OID, Shown(lambda found: found.active.oid == oids.INS_NIR)),
    ("", faults.CERTIFICATE_REVOKED, Fault(*DENIED, "segur_certificat_revoque", "erreur", "révoqué")),
    ("", faults.MALFORMED, Fault("Sender", "segur_10", "segur_message", "erreur", "mal formé")),
    ("", faults.CONTEXT_MISSING, Fault("Sender", "segur_10", "segur_contexte", "erreur", "ContexteLPS")),
    ("", faults.CLOSED, Fault(*AWAY, "segur_ferme", "fatal", "fermé")),
    ("", faults.HTTP_503, Plain(503, ("retry-after", "30"))),
    ("", faults.SLOW, Shown()),
]
"""Row, fault point, answer to a search that else finds ECETINSI; no row: families that §2.7 and §2.9 name."""

ELSEWHERE = {
    "I5": "test_a_missing_hyphen_finds_nobody",
    "I13": "test_an_expired_assertion_is_refused",
    "I15": "test_a_verification_can_be_made_to_fail",
}
"""Rows whose test needs another call, and stands below."""


def arm(whole: Insi, point: str, **more: object) -> None:
    whole.service.floor.faults.arm([FaultRule(id=new_id(), point=point, **more)])  # type: ignore[arg-type]


async def ask(whole: Insi, issuer: str = "10B0152872", search: IdentitySearch = ECETINSI) -> httpx.Response:
    time = "2026-01-05T08:00:00Z"
    lps = insi.LpsContext("id", issuer, "IDAM-1", "1.0", "i", "GIE", time)
    contexts = insi.write_contexts(lps, insi.BamContext("id", issuer, time))
    content = xml.serialize(insi.write_request(search, message_id="uuid:m-1", headers=contexts))
    return await whole.http.post(f"{whole.base}/lps", content=content)


async def test_every_row_of_the_table_is_here_and_every_fault_point_is_tried() -> None:
    assert sorted({row for row, _, _ in TRIPS if row} | set(ELSEWHERE)) == sorted(ROWS)
    here = globals()
    assert all(any(name.startswith(test) for name in here) for test in ELSEWHERE.values())
    tried = {point for _, point, _ in TRIPS} | {
        faults.ASSERTION_EXPIRED,
        faults.ASSERTION_INVALID,
        faults.VERIFICATION_KO,
    }
    assert tried == {point.name for point in faults.POINTS}


@pytest.mark.parametrize(("row", "point", "expected"), TRIPS, ids=[f"{row or '-'} {point}" for row, point, _ in TRIPS])
async def test_each_trip_strikes_on_demand_by_count(
    insi_service: Insi, row: str, point: str, expected: Fault | Return | Shown | Plain
) -> None:
    arm(insi_service, point, count=1)
    expected.check(await ask(insi_service))
    again = await ask(insi_service)
    assert read(again).code == "00"
    assert "<soap:Envelope" in again.text
    assert "<S:Body" in again.text


@pytest.mark.parametrize(("row", "point", "expected"), TRIPS, ids=[f"{row or '-'} {point}" for row, point, _ in TRIPS])
async def test_each_trip_can_be_for_one_caller(
    insi_service: Insi, row: str, point: str, expected: Fault | Return | Shown | Plain
) -> None:
    arm(insi_service, point, actor="1990000099")
    assert read(await ask(insi_service)).code == "00"
    expected.check(await ask(insi_service, issuer="1990000099"))


BY_PATIENT = [
    faults.UNAVAILABLE,
    faults.NONE_FOUND,
    faults.SEVERAL_FOUND,
    faults.LAST_FIRST_NAME,
    *faults.DISTORTIONS,
]


@pytest.mark.parametrize("point", BY_PATIENT)
async def test_trips_about_an_identity_can_be_for_one_patient(insi_service: Insi, point: str) -> None:
    found = await search_by_traits(insi_service.http, insi_service.base, ECETINSI)
    arm(insi_service, point, patient=insi_service.service.floor.pseudonyms.of(found.ins))
    other = await search_by_traits(insi_service.http, insi_service.base, P1)
    assert (other.code, other.matricule) == ("00", P1.ins.matricule)
    expected = next(answer for _, armed, answer in TRIPS if armed == point)
    expected.check(await ask(insi_service))


async def test_a_missing_hyphen_finds_nobody(insi_service: Insi) -> None:
    """I5, a rule: the name is compared to the letter."""
    laurence = IdentitySearch("PATB-QUATRE", ("LAURENCE",), "F", "1907-05-25")
    assert read(await ask(insi_service, search=laurence)).code == "00"
    assert read(await ask(insi_service, search=replace(laurence, birth_name="PATB QUATRE"))).code == "01"


async def test_one_wrong_first_name_among_several_finds_nobody(insi_service: Insi) -> None:
    """I6, a rule: each first name given must be the person's; clients try one after the other, then the list."""
    for names, code in (
        (("OLA",), "01"),
        (("OLA", "CATARINA"), "01"),
        (("CATARINA",), "00"),
        (("BELLA",), "00"),
        (("CATARINA BELLA",), "00"),
        (("BELLA CATARINA",), "01"),
    ):
        asked = IdentitySearch("TCHITCHI", names, "F", "1936-06-21")
        assert read(await ask(insi_service, search=asked)).code == code, names


async def test_with_the_trip_of_first_names_the_last_one_and_the_whole_list_still_find(insi_service: Insi) -> None:
    arm(insi_service, faults.LAST_FIRST_NAME)
    for names, code in (("PIERRE-ALAIN", "01"), ("MURIEL", "01"), ("FLORIANT", "00")):
        assert read(await ask(insi_service, search=replace(ECETINSI, first_names=(names,)))).code == code
    whole = replace(ECETINSI, first_names=("PIERRE-ALAIN MURIEL FLORIANT",))
    assert read(await ask(insi_service, search=whole)).code == "00"


@pytest.mark.parametrize("point", faults.DRESSES)
async def test_faults_wear_the_prefixes_too(insi_service: Insi, point: str) -> None:
    """I7: the forms of a fault; without prefix, the qualified names in it keep one."""
    forms = {
        faults.PREFIXES: '<soap:Subcode><soap:Value>soap:siram_100</soap:Value>.*<soap:Text xml:lang="fr">',
        faults.PREFIX_S: '<S:Subcode><S:Value>S:siram_100</S:Value>.*<S:Text xml:lang="en">',
        faults.PREFIX_ENV: "<env:Subcode><env:Value>env:siram_100</env:Value>",
        faults.PREFIX_NONE: "<Subcode><Value>soap:siram_100</Value>",
    }
    rules = [FaultRule(id=new_id(), point=name, count=1) for name in (faults.UNKNOWN_SOFTWARE, point)]
    insi_service.service.floor.faults.arm(rules)
    answer = await ask(insi_service)
    assert re.search(forms[point], answer.text), answer.text
    found = insi.read_fault(soap.read_envelope(xml.parse(answer.content), required=()).body)
    assert found is not None
    assert (found.code, found.subcode, found.error_code) == ("Sender", "siram_100", "desir_550")


@pytest.mark.parametrize(
    ("point", "word"), [(faults.ASSERTION_EXPIRED, "expiré"), (faults.ASSERTION_INVALID, "signature")]
)
async def test_an_expired_assertion_is_refused(insi_service: Insi, ins_home: Path, point: str, word: str) -> None:
    """I13, on demand; `test_modes` lets a real assertion age."""
    arm(insi_service, point, count=1)
    assertion = callers.card_assertion(ins_home)
    async with insi_service.over_tls() as http:
        with pytest.raises(Refused, match=word) as refused:
            await search_by_traits(http, insi_service.base, P1, issuer=callers.CARD, assertion=assertion)
        assert (refused.value.subcode, refused.value.code) == ("siram_100", "segur_assertion")
        found = await search_by_traits(http, insi_service.base, P1, issuer=callers.CARD, assertion=assertion)
    assert found.code == "00"


async def test_a_real_assertion_older_than_an_hour_is_refused(insi_service: Insi, ins_home: Path) -> None:
    """I13, the rule."""
    assertion = callers.card_assertion(ins_home, age=timedelta(minutes=66), lasts=None)
    async with insi_service.over_tls() as http:
        with pytest.raises(Refused, match="expiré"):
            await search_by_traits(http, insi_service.base, P1, issuer=callers.CARD, assertion=assertion)


async def test_a_verification_can_be_made_to_fail(insi_service: Insi) -> None:
    """I15: KO for one patient, nothing said about why."""
    found = await search_by_traits(insi_service.http, insi_service.base, P1)
    arm(insi_service, faults.VERIFICATION_KO, patient=insi_service.service.floor.pseudonyms.of(P1.ins))
    held = (found.ins, found.strict_traits)
    assert not await insi_client.verify(insi_service.http, insi_service.base, *held)
    arm(insi_service, faults.VERIFICATION_KO, actor="1990000099")
    assert await insi_client.verify(insi_service.http, insi_service.base, *held)
