"""Verification of INS one by one and by the file, over a real socket and a real store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from segur.contracts.ins import (
    IdentityRefused,
    IdentityVerified,
    VerificationDeposited,
    VerificationFinished,
)
from segur.kernel.errors import StoreAway
from segur.kernel.pki import Authority
from segur.personas.country import build_country
from segur.scenario.actors import insi_client
from segur.scenario.actors.insi_client import Refused, deposit, verdicts, verify
from segur.vocab import oids
from segur.vocab.identity_status import StrictTraits
from segur.vocab.ins import Ins
from tests.contract.ins import callers
from tests.contract.ins.conftest import Insi, Opening

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def small(opening: Opening) -> AsyncIterator[Insi]:
    """An INSi that takes twenty lines a file and verifies them a day later."""
    async with opening(ins_batch_lines=20, ins_batch_delay=timedelta(days=1)) as whole:
        yield whole


P1 = build_country().patient("P1")
HELD = StrictTraits(P1.birth_name, P1.given_names, P1.sex, P1.birth_date.isoformat(), P1.birth_place)
ECETINSI = StrictTraits("ECETINSI", ("PIERRE-ALAIN",), "M", "2009-07-14", "63220")
FILE_HEADER = b"reference;matricule;oid;nomNaissance;listePrenom;sexe;dateNaissance;lieuNaissance\n"


async def run_job(whole: Insi) -> None:
    """What the service does by itself every so often."""
    [job] = whole.service.jobs
    await job.run()


async def test_what_insi_gave_is_verified_ok(insi_service: Insi) -> None:
    assert await verify(insi_service.http, insi_service.base, P1.ins, HELD)
    [fact] = insi_service.told()
    assert isinstance(fact, IdentityVerified)
    assert (fact.verdict, fact.hint, fact.patient) == ("OK", None, insi_service.service.floor.pseudonyms.of(P1.ins))
    assert P1.ins.matricule not in fact.model_dump_json()


OTHER_KEY = Ins(P1.ins.matricule[:13] + "01", P1.ins.oid)
KO: dict[str, tuple[Ins, StrictTraits, str | None]] = {
    "another name": (P1.ins, replace(HELD, birth_name="PAT TROIS"), "birth_name"),
    "another order of first names": (P1.ins, replace(HELD, first_names=P1.given_names[::-1]), "first_name"),
    "another sex": (P1.ins, replace(HELD, sex="M"), "sex"),
    "another date": (P1.ins, replace(HELD, birth_date="1979-03-29"), "birth_date"),
    "another place": (P1.ins, replace(HELD, birth_place="28085"), "birth_place"),
    "two things": (P1.ins, replace(HELD, birth_place="28085", sex="M"), None),
    "another key": (OTHER_KEY, HELD, "key"),
    "another authority": (Ins(P1.ins.matricule, oids.INS_NIR_DEMO), HELD, "oid"),
    "a former number": (Ins("209076322083439"), ECETINSI, "former_number"),
    "an unknown number": (Ins("279035199999901"), HELD, "unknown_number"),
}


@pytest.mark.parametrize("case", KO)
async def test_what_no_longer_holds_is_ko_and_only_the_fact_says_why(insi_service: Insi, case: str) -> None:
    ins, traits, hint = KO[case]
    assert not await verify(insi_service.http, insi_service.base, ins, traits)
    [fact] = insi_service.told()
    assert isinstance(fact, IdentityVerified)
    assert (fact.verdict, fact.hint) == ("KO", hint)


async def test_the_answer_says_that_the_contract_is_ours_and_nothing_about_the_person(insi_service: Insi) -> None:
    claim = insi_client._claim(P1.ins, HELD)
    answer = await insi_service.http.post(f"{insi_service.base}/insi/verification", json=claim)
    assert answer.json() == {
        "resultat": "OK",
        "contrat": "SégurStack : le contrat national de vérification n'est pas public",
    }


async def test_a_production_authority_is_for_nobody_but_test_people(insi_service: Insi) -> None:
    with pytest.raises(Refused, match="Identité de production refusée") as refused:
        await verify(insi_service.http, insi_service.base, Ins(P1.ins.matricule, oids.INS_NIR), HELD)
    assert (refused.value.status, refused.value.code) == (403, "SEGUR_PRODUCTION_IDENTITY")
    waiting = StrictTraits("PROVISOIRE", ("MATRICULE",), "M", "2009-07-01", "63220")
    assert await verify(insi_service.http, insi_service.base, Ins("109076322088835", oids.INS_NIA), waiting)
    with pytest.raises(Refused, match="Identité de production refusée"):
        await deposit(insi_service.http, insi_service.base, {"1": (Ins(P1.ins.matricule, oids.INS_NIR), HELD)})


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"", "corps"),
        (b"[]", "corps"),
        (b"{}", "matricule"),
        (b'{"matricule": 12}', "matricule"),
        (b"\xff\xfe", "corps"),
        (b'{"matricule": "279035121518989", "nom": "X"}', "oid"),
    ],
)
async def test_a_bad_claim_is_refused_by_field(insi_service: Insi, body: bytes, field: str) -> None:
    answer = await insi_service.http.post(f"{insi_service.base}/insi/verification", content=body)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.json()["title"], f"[{field}]" in answer.json()["detail"]) == ("SEGUR_INS_DEMANDE", True), answer.text
    [fact] = insi_service.told()
    assert isinstance(fact, IdentityRefused)


async def test_a_claim_with_bad_traits_is_refused_by_field(insi_service: Insi) -> None:
    for ins, traits, field in (
        (Ins("123"), HELD, "matricule"),
        (P1.ins, replace(HELD, birth_name="Pat"), "NomNaissance"),
        (P1.ins, replace(HELD, birth_date="28/03/1979"), "DateNaissance"),
        (Ins(P1.ins.matricule, ""), HELD, "oid"),
    ):
        with pytest.raises(Refused, match=field) as refused:
            await verify(insi_service.http, insi_service.base, ins, traits)
        assert refused.value.status == 400


async def test_only_structures_verify_over_tls(insi_service: Insi, ins_home: Path) -> None:
    card = Authority.of_home(ins_home).issue("card", "ps-auth", common_name=callers.CARD)
    async with insi_service.over_tls(callers.der(card)) as http:
        with pytest.raises(Refused, match="INSI-AUTO") as refused:
            await verify(http, insi_service.base, P1.ins, HELD)
    assert (refused.value.status, refused.value.code) == (403, "desir_560")
    for name in ("INSI-AUTO", "INSI-MANU"):
        async with insi_service.over_tls(callers.structure_certificate(ins_home, name)) as http:
            assert await verify(http, insi_service.base, P1.ins, HELD)
        fact = insi_service.told()[-1]
        assert isinstance(fact, IdentityVerified)
        assert (fact.mode, fact.issuer) == (name, callers.ISSUER)


def lines() -> Iterator[tuple[str, tuple[Ins, StrictTraits]]]:
    """More than a piece, so that several are joined in order."""
    for number in range(600):
        yield f"dossier-{number}", (P1.ins, HELD if number % 7 else replace(HELD, sex="M"))


async def test_a_file_is_taken_then_verified_then_its_verdicts_come_in_order(insi_service: Insi) -> None:
    batch = await deposit(insi_service.http, insi_service.base, dict(lines()))
    state = (await insi_service.http.get(batch)).json()
    assert (state["etat"], state["lignes"]) == ("DEPOSE", 600)
    early = await insi_service.http.get(f"{batch}/resultat")
    assert (early.status_code, early.json()["title"]) == (409, "SEGUR_INS_LOT_EN_COURS")
    await run_job(insi_service)
    found = await verdicts(insi_service.http, batch)
    assert list(found) == [reference for reference, _ in lines()]
    assert found == {f"dossier-{number}": "OK" if number % 7 else "KO" for number in range(600)}
    state = (await insi_service.http.get(batch)).json()
    assert (state["etat"], state["resultats"]) == ("TERMINE", {"OK": 514, "KO": 86, "ILLISIBLE": 0})
    [taken, _, finished] = insi_service.told()  # between them the refusal of the early reader
    assert isinstance(taken, VerificationDeposited)
    assert isinstance(finished, VerificationFinished)
    assert (taken.lines, finished.ok, finished.ko) == (600, 514, 86)
    await run_job(insi_service)
    assert insi_service.told() == []


async def test_a_line_that_is_no_claim_spoils_only_itself(insi_service: Insi) -> None:
    body = FILE_HEADER + b"1;x;y\n2;279035121518989;1.2.250.1.213.1.4.10;PAT-TROIS;DOMINIQUE;F;1979-03-28;51215\n\n"
    answer = await insi_service.http.post(f"{insi_service.base}/insi/verifications", content=body)
    assert answer.status_code == 202, answer.text
    await run_job(insi_service)
    assert await verdicts(insi_service.http, answer.headers["location"]) == {"1": "ILLISIBLE", "2": "OK"}


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (b"", "première ligne"),
        (b"nom;prenom\n", "première ligne"),
        (FILE_HEADER, "aucune identité"),
        (b"\xff\xfe\x00", "UTF-8"),
        (FILE_HEADER + b'1;"2;3\n', "ligne"),
        (FILE_HEADER + b"x" * 3000, "2000"),
        (FILE_HEADER + b"1;2;3\n" * 21, "au plus 20"),
    ],
)
async def test_an_unreadable_file_is_refused_whole(small: Insi, body: bytes, word: str) -> None:
    answer = await small.http.post(f"{small.base}/insi/verifications", content=body)
    assert (answer.status_code, answer.json()["title"]) == (400, "SEGUR_INS_FICHIER")
    assert word in answer.json()["detail"]


async def test_a_batch_is_its_structures_own(insi_service: Insi, ins_home: Path) -> None:
    batch = await deposit(insi_service.http, insi_service.base, {"1": (P1.ins, HELD)})
    async with insi_service.over_tls(callers.structure_certificate(ins_home)) as http:
        for address in (batch, f"{batch}/resultat", f"{insi_service.base}/insi/verifications/inconnu"):
            answer = await http.get(address)
            assert (answer.status_code, answer.json()["title"]) == (404, "SEGUR_INS_LOT_INCONNU")


async def test_a_batch_waits_in_the_time_of_its_sandbox(small: Insi) -> None:
    batch = await deposit(small.http, small.base, {"1": (P1.ins, HELD)})
    await run_job(small)
    assert (await small.http.get(batch)).json()["etat"] == "DEPOSE"
    small.service.floor.clock.set_offset("default", timedelta(hours=24))
    await run_job(small)
    assert (await small.http.get(batch)).json()["etat"] == "TERMINE"


async def test_a_batch_interrupted_in_the_middle_is_ended_by_the_next_round(
    insi_service: Insi, monkeypatch: pytest.MonkeyPatch
) -> None:
    await run_job(insi_service)
    batch = await deposit(insi_service.http, insi_service.base, dict(lines()))
    insi_service.told()
    commit = insi_service.service.floor.store.commit

    async def away(*_: Any, **__: Any) -> Any:
        raise StoreAway

    with monkeypatch.context() as patched:
        patched.setattr(insi_service.service.floor.store, "commit", away)
        with pytest.raises(StoreAway):
            await run_job(insi_service)
    assert insi_service.service.floor.store.commit == commit
    assert (await insi_service.http.get(batch)).json()["etat"] == "EN_COURS"
    await run_job(insi_service)
    assert len(await verdicts(insi_service.http, batch)) == 600
    assert len(insi_service.told()) == 1
