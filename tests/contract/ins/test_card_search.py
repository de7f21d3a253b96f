"""INS1: the beneficiary of a Vitale card, over a real socket and a real store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio
from segur_ins.domain.population import lookalikes

from segur.contracts.ins import IdentitySearched
from segur.personas.country import build_country
from segur.personas.vitale import card_of
from segur.scenario.actors import insi_client
from segur.scenario.actors.insi_client import Refused, reading_of, search_by_card
from segur.vocab import oids
from segur.wire import insi, insi_card, soap, xml
from segur.wire.insi_card import CardMatricule, CardSearch, Cover
from tests.contract.ins import callers
from tests.contract.ins.conftest import Insi, Opening

pytestmark = pytest.mark.asyncio(loop_scope="module")

COUNTRY = build_country()
P1, CHILD = COUNTRY.patient("P1"), COUNTRY.patient("P7")
CASTOR, POLLUX = (person for person in lookalikes() if person.birth_name == "PAT-JUMEAU")
TWINS = CardSearch(holder=CardMatricule(CASTOR.holder[:13], CASTOR.holder[13:]), birth_date=CASTOR.birth_date)


async def test_the_card_of_an_adult_leads_to_the_ins(insi_service: Insi) -> None:
    found = await search_by_card(insi_service.http, insi_service.base, P1)
    assert (found.code, found.matricule, found.oid) == ("00", P1.ins.matricule, oids.INS_NIR_TEST)
    [fact] = insi_service.told()
    assert isinstance(fact, IdentitySearched)
    assert (fact.operation, fact.code) == ("rechercherInsAvecCarteVitale", "00")
    assert fact.patient == insi_service.service.floor.pseudonyms.of(P1.ins)


async def test_a_child_is_found_under_the_number_of_a_parent_and_gets_the_own_one(insi_service: Insi) -> None:
    card = card_of(CHILD)
    assert card.individual is None
    assert card.holder != CHILD.ins
    found = await search_by_card(insi_service.http, insi_service.base, CHILD)
    assert (found.code, found.matricule) == ("00", CHILD.ins.matricule)


async def test_twins_on_one_card_are_several_until_the_rank_is_told(insi_service: Insi) -> None:
    assert (await search_by_card(insi_service.http, insi_service.base, TWINS)).code == "02"
    for rank, twin in (("1", CASTOR), ("02", POLLUX)):
        found = await search_by_card(insi_service.http, insi_service.base, replace(TWINS, birth_rank=rank))
        assert found.matricule == twin.active.whole


async def test_the_name_on_the_card_is_not_compared_the_number_is_the_key(insi_service: Insi) -> None:
    reading = replace(reading_of(card_of(P1)), birth_name="AUTRE NOM")
    found = await search_by_card(insi_service.http, insi_service.base, reading)
    assert found.traits is not None
    assert found.traits.birth_name == P1.birth_name


async def test_a_former_number_leads_to_the_active_one(insi_service: Insi) -> None:
    reading = CardSearch(individual=CardMatricule("2090763220834", "39"))
    assert (await search_by_card(insi_service.http, insi_service.base, reading)).matricule == "109076322083489"


async def test_a_corsican_number_is_found_in_either_case(insi_service: Insi) -> None:
    for number in ("297022A020778", "297022a020778"):
        reading = CardSearch(individual=CardMatricule(number, "78"), birth_date="19970226")
        assert (await search_by_card(insi_service.http, insi_service.base, reading)).matricule == "297022A02077878"


@pytest.mark.parametrize(
    ("changes", "hint"),
    [
        ({"birth_date": "1979-03-29"}, "birth_date"),
        ({"individual": CardMatricule(P1.ins.matricule[:13], "01")}, "key"),
        ({"individual": CardMatricule("2790351999999", "01")}, None),
    ],
)
async def test_a_card_that_contradicts_the_register_finds_nobody(
    insi_service: Insi, changes: dict[str, object], hint: str | None
) -> None:
    reading = replace(reading_of(card_of(P1)), **changes)  # type: ignore[arg-type]
    assert (await search_by_card(insi_service.http, insi_service.base, reading)).code == "01"
    [fact] = insi_service.told()
    assert isinstance(fact, IdentitySearched)
    assert (fact.hint, fact.patient) == (hint, None)


@pytest.mark.parametrize(
    ("reading", "field"),
    [
        (CardSearch(birth_date="1979-03-28"), "MatriculeIndividu"),
        (CardSearch(holder=TWINS.holder), "DateNaissance"),
        (CardSearch(individual=CardMatricule("279035121518989")), "NumIdentifiant"),
        (CardSearch(individual=CardMatricule("2790351215189", "8")), "Cle"),
        (replace(TWINS, birth_date="03/09/2015"), "DateNaissance"),
        (replace(TWINS, birth_rank="premier"), "RangNaissance"),
    ],
)
async def test_an_incomplete_reading_is_refused_by_field(insi_service: Insi, reading: CardSearch, field: str) -> None:
    with pytest.raises(Refused, match=field) as refused:
        await search_by_card(insi_service.http, insi_service.base, reading)
    assert refused.value.code == "segur_traits"


async def test_the_answer_bears_the_action_of_the_card_operation(insi_service: Insi) -> None:
    request = insi_card.write_card_request(reading_of(card_of(P1)), message_id="uuid:c-1", headers=contexts())
    answer = await insi_service.http.post(f"{insi_service.base}/lps", content=xml.serialize(request))
    read = soap.read_envelope(xml.parse(answer.content), required=("Action",))
    expected = "urn:ServiceIdentiteCertifiee:1.0.0:rechercherInsAvecCarteVitaleResponse"
    assert (read.action, read.relates_to) == (expected, "uuid:c-1")
    assert answer.headers["content-type"].endswith(f'action="{expected}"')


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def strict(opening: Opening) -> AsyncIterator[Insi]:
    async with opening(ins_strict=True) as whole:
        yield whole


def contexts(cover: Cover | None = None) -> tuple[insi.etree._Element, insi.etree._Element]:
    time = "2026-01-05T08:00:00Z"
    lps = insi.LpsContext("id", callers.ISSUER, "IDAM-1", "1.0", "i", "GIE", time)
    first, second = insi.write_contexts(lps, insi.BamContext("id", callers.ISSUER, time))
    return first, second if cover is None else insi_card.with_cover(second, cover)


@pytest.mark.parametrize(
    ("cover", "word"),
    [
        (None, "COUVERTURE est vide"),
        (Cover(holder=TWINS.holder), "MatriculeOD"),
        (Cover(holder=reading_of(card_of(P1)).holder, individual=TWINS.holder), "MatriculeIndividu"),
    ],
)
async def test_strict_reading_wants_the_cover_of_the_card_that_was_read(
    strict: Insi, ins_home: Path, cover: Cover | None, word: str
) -> None:
    request = insi_card.write_card_request(reading_of(card_of(P1)), message_id="uuid:c-1", headers=contexts(cover))
    async with strict.over_tls(callers.structure_certificate(ins_home)) as http:
        answer = await http.post(f"{strict.base}/lps", content=xml.serialize(request))
        fault = insi.read_fault(soap.read_envelope(xml.parse(answer.content), required=()).body)
        assert fault is not None
        assert (fault.error_code, word in fault.error_text) == ("segur_message", True), fault.error_text
        found = await search_by_card(http, strict.base, P1, issuer=callers.ISSUER)
        assert found.code == insi_client.insi.FOUND
