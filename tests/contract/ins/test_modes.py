"""Who may call, strictly and leniently: certificates INSI-AUTO and INSI-MANU, the assertion of a card, nobody."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from segur.contracts.ins import IdentitySearched
from segur.kernel.pki import Authority
from segur.personas.country import build_country
from segur.scenario.actors import insi_client
from segur.scenario.actors.insi_client import Refused, search_by_card, search_by_traits
from tests.contract.ins import callers
from tests.contract.ins.callers import CARD, ISSUER
from tests.contract.ins.conftest import Insi, Opening

pytestmark = pytest.mark.asyncio(loop_scope="module")

P1 = build_country().patient("P1")
Search = Callable[..., Awaitable[insi_client.Found]]
SEARCHES: list[Search] = [search_by_traits, search_by_card]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def strict(opening: Opening) -> AsyncIterator[Insi]:
    async with opening(ins_strict=True, ins_software_numbers=frozenset({insi_client.SOFTWARE})) as whole:
        yield whole


@pytest.fixture
def readers(insi_service: Insi, strict: Insi) -> dict[str, Insi]:
    """INSi by the way it reads."""
    strict.told()
    return {"lenient": insi_service, "strict": strict}


@pytest.mark.parametrize("search", SEARCHES)
@pytest.mark.parametrize("reading", ["lenient", "strict"])
@pytest.mark.parametrize("mode", ["INSI-AUTO", "INSI-MANU", "CPX"])
async def test_each_mode_may_search_by_traits_and_by_card(
    readers: dict[str, Insi], ins_home: Path, mode: str, reading: str, search: Search
) -> None:
    whole = readers[reading]
    card = mode == "CPX"
    assertion = callers.card_assertion(ins_home) if card else None
    certificate = None if card else callers.structure_certificate(ins_home, mode)
    async with whole.over_tls(certificate) as http:
        found = await search(http, whole.base, P1, issuer=CARD if card else ISSUER, assertion=assertion)
    assert (found.code, found.matricule) == ("00", P1.ins.matricule)
    [fact] = whole.told()
    assert isinstance(fact, IdentitySearched)
    assert (fact.mode, fact.issuer) == (mode, CARD if card else ISSUER)


# what is asked, what strict reading answers (code of the fault, word in its text); lenient reading answers 00
FORMS: dict[str, tuple[dict[str, Any], str, str]] = {
    "an Emetteur that is not the caller": ({"issuer": "1990000099"}, "desir_560", "Emetteur"),
    "an assertion without NameQualifier CPS": (
        {"issuer": CARD, "name_qualifier": ""},
        "segur_assertion",
        "NameQualifier",
    ),
    "an assertion whose Issuer is no subject name": (
        {"issuer": CARD, "issuer_format": "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"},
        "segur_assertion",
        "Issuer/@Format",
    ),
    "an assertion without end": ({"issuer": CARD, "lasts": None}, "segur_assertion", "NotOnOrAfter"),
    "an assertion for a day": ({"issuer": CARD, "lasts": timedelta(days=1)}, "segur_assertion", "une heure"),
    "a card and a structure at once": ({"issuer": CARD, "both": True}, "segur_deux_identites", "un seul mode"),
    "an unlisted software number": ({"issuer": ISSUER, "software": "AUTRE"}, "desir_550", "inconnu"),
}


@pytest.mark.parametrize("case", FORMS)
async def test_what_strict_reading_refuses_lenient_reading_lets_pass(
    readers: dict[str, Insi], ins_home: Path, case: str
) -> None:
    told, code, word = FORMS[case]
    both = told.get("both", False)
    form = {name: told[name] for name in ("name_qualifier", "issuer_format", "lasts") if name in told}
    assertion = callers.card_assertion(ins_home, **form) if form or both else None
    certificate = None if form and not both else callers.structure_certificate(ins_home)
    software = {"software": told["software"]} if "software" in told else {}

    async def ask(whole: Insi) -> insi_client.Found:
        async with whole.over_tls(certificate) as http:
            return await search_by_traits(http, whole.base, P1, issuer=told["issuer"], assertion=assertion, **software)

    assert (await ask(readers["lenient"])).code == "00"
    with pytest.raises(Refused, match=word) as refused:
        await ask(readers["strict"])
    assert refused.value.code == code


@pytest.mark.parametrize("reading", ["lenient", "strict"])
async def test_over_tls_nobody_is_served_without_certificate_or_assertion(
    readers: dict[str, Insi], reading: str
) -> None:
    async with readers[reading].over_tls() as http:
        with pytest.raises(Refused, match="certificat") as refused:
            await search_by_traits(http, readers[reading].base, P1)
    assert refused.value.code == "desir_560"


async def test_nobody_is_served_on_the_plain_port_by_lenient_reading_only(readers: dict[str, Insi]) -> None:
    lenient, strict = readers["lenient"], readers["strict"]
    assert (await search_by_traits(lenient.http, lenient.base, P1)).code == "00"
    with pytest.raises(Refused) as refused:
        await search_by_traits(strict.http, strict.base, P1)
    assert refused.value.code == "desir_560"


@pytest.mark.parametrize("reading", ["lenient", "strict"])
@pytest.mark.parametrize(
    ("kind", "common_name"),
    [("org-auth", "INSI"), ("org-auth", "insi-auto"), ("org-auth", "INSI-MANUEL"), ("org-sign", "INSI-AUTO")],
)
async def test_the_certificate_counts_to_the_letter_in_either_reading(
    readers: dict[str, Insi], ins_home: Path, kind: str, common_name: str, reading: str
) -> None:
    made = Authority.of_home(ins_home).issue(f"wrong-{kind}-{common_name}", kind, common_name=common_name, unit=ISSUER)
    async with readers[reading].over_tls(callers.der(made)) as http:
        with pytest.raises(Refused) as refused:
            await search_by_traits(http, readers[reading].base, P1, issuer=ISSUER)
    assert (refused.value.subcode, refused.value.code) == ("siram_100", "desir_560")


@pytest.mark.parametrize("reading", ["lenient", "strict"])
async def test_an_assertion_ages_in_either_reading(readers: dict[str, Insi], ins_home: Path, reading: str) -> None:
    org = Authority.of_home(ins_home).issue("org", "org-sign", common_name="X", unit="1990000014")
    for told, word in (
        ({"age": timedelta(hours=2), "lasts": timedelta(hours=1)}, "expiré"),
        ({"age": timedelta(hours=-1)}, "futur"),
        ({"signer": org}, "carte"),
    ):
        assertion = callers.card_assertion(ins_home, **told)  # type: ignore[arg-type]
        async with readers[reading].over_tls() as http:
            with pytest.raises(Refused, match=word) as refused:
                await search_by_traits(http, readers[reading].base, P1, issuer=CARD, assertion=assertion)
        assert refused.value.code == "segur_assertion"
