"""The published CDA documents of the ANS: in by either door, found, out again byte for byte."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from segur.personas import roles
from segur.scenario.actors import fhir_lps
from segur.scenario.actors.lps import Refused
from segur.vocab.ins import Ins
from segur.wire import cda
from tests.contract.dmp.conftest import CODE, Dmp

FOLDER = Path(__file__).parents[4] / "shared" / "data" / "cda"
REAL_PERSON = "eDISP-MED_2024.01.xml"
FILES = sorted(path.name for path in FOLDER.glob("*.xml")) if FOLDER.is_dir() else []

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(not FILES, reason="../shared/data/cda is not there: the ANS example documents are not shipped"),
]


def under_another_id(document: bytes) -> bytes:
    """The document with another id of the same length, for the second door."""
    unique_id = str(cda.read_header(document).id)
    other = unique_id[:-1] + ("7" if unique_id[-1] != "7" else "8")
    return document.replace(f'"{unique_id}"'.encode(), f'"{other}"'.encode())


async def test_all_thirteen_are_here() -> None:
    assert len(FILES) == 13


@pytest.mark.parametrize("name", [name for name in FILES if name != REAL_PERSON])
async def test_a_published_document_goes_in_by_both_doors_and_comes_out_the_same(dmp: Dmp, name: str) -> None:
    document = (FOLDER / name).read_bytes()
    second = under_another_id(document)
    patient = dmp.patient()
    reader, fhir_reader = dmp.software(roles.GENERAL_PRACTITIONER), dmp.fhir(roles.GENERAL_PRACTITIONER)
    entry, answer = await dmp.software().submit(document)
    assert answer.succeeded, answer.errors
    fhir_id, reference = await dmp.fhir().submit(second)
    found = {one.unique_id: one for one in await reader.find(patient)}
    assert {entry.unique_id, fhir_id} <= found.keys()
    assert found[entry.unique_id].type_code.code == found[fhir_id].type_code.code == entry.type_code.code
    assert await reader.retrieve(patient, entry.unique_id) == document
    assert await fhir_reader.content(await fhir_reader.read("DocumentReference", reference)) == second
    assert await reader.retrieve(patient, fhir_id) == second


@pytest.mark.skipif(REAL_PERSON not in FILES, reason=f"{REAL_PERSON} is not there")
async def test_the_document_of_a_production_identity_is_refused_with_the_reason(dmp: Dmp) -> None:
    document, before = (FOLDER / REAL_PERSON).read_bytes(), await dmp.held()
    with pytest.raises(Refused, match="SEGUR_ALLOW_PRODUCTION_IDENTITIES") as refused:
        await dmp.software(roles.PHARMACIST).submit(document)
    assert refused.value.code == "SEGUR_PRODUCTION_IDENTITY"
    with pytest.raises(fhir_lps.Refused, match="SEGUR_ALLOW_PRODUCTION_IDENTITIES") as also:
        await dmp.fhir(roles.PHARMACIST).submit(document)
    assert (also.value.status, also.value.code) == (403, "SEGUR_PRODUCTION_IDENTITY")
    assert await dmp.held() == before


@pytest.mark.skipif(REAL_PERSON not in FILES, reason=f"{REAL_PERSON} is not there")
async def test_the_switch_lets_a_production_identity_in(open_dmp: Dmp) -> None:
    document = (FOLDER / REAL_PERSON).read_bytes()
    entry, answer = await open_dmp.software(roles.PHARMACIST).submit(document)
    assert answer.succeeded, answer.errors
    second, _ = await open_dmp.fhir(roles.PHARMACIST).submit(under_another_id(document))
    matricule = Ins.from_cx(entry.patient_id).matricule
    answered = await open_dmp.client().get(f"{open_dmp.base}/mes/api/patients/{matricule}/documents", headers=CODE)
    assert {one["uniqueId"] for one in answered.json()["documents"]} == {entry.unique_id, second}
    content = await open_dmp.client().get(
        f"{open_dmp.base}/mes/api/patients/{matricule}/documents/{entry.unique_id}/content", headers=CODE
    )
    assert content.content == document
    patient = replace(open_dmp.patient(), ins=Ins.from_cx(entry.patient_id))
    reader = open_dmp.software(roles.GENERAL_PRACTITIONER)
    tested = await reader.test_existence(patient)
    assert (tested.record is not None and tested.record.status, tested.authorization) == ("active", "INEXISTANTE")
    await reader.authorize(patient)
    assert await reader.retrieve(patient, entry.unique_id) == document
