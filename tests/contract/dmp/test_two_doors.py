"""Two doors, one act: what SOAP and FHIR store and tell is equal but for door and ids."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from segur_dmp.store import read_document

from segur.personas import roles
from segur.scenario.actors.fhir_lps import Refused
from segur.scenario.actors.lps import Refused as SoapRefused
from segur.vocab import oids
from segur.wire import xds, xds_uuids
from tests.contract.dmp.conftest import Dmp
from tests.contract.dmp.registry_software import INDIRECT, ask, new_confidentiality, new_status, update
from tests.contract.dmp.registry_software import stored as registered

pytestmark = pytest.mark.asyncio(loop_scope="module")

MASKED = xds.Code("MASQUE_PS", oids.CONFIDENTIALITY_FR, "Masqué aux professionnels de santé")
IDS = ("unique_id", "entry_uuid", "logical_id")


def twin(document: bytes, unique_id: str) -> tuple[bytes, str]:
    """The same document under another id of the same length, so that size is equal too."""
    digit = "1" if unique_id[-1] != "1" else "2"
    other = unique_id[:-1] + digit
    return document.replace(unique_id.encode(), other.encode()), other


async def stored(dmp: Dmp, unique_id: str) -> xds.DocumentEntry:
    row = await dmp.service.floor.store._collections["entries"].find_one({"unique_id": unique_id})
    assert row is not None
    return read_document(row).entry


UNSIGNED = "signature: absent: one signature entry (E1762) is expected"


async def fact(dmp: Dmp, unique_id: str) -> dict[str, Any]:
    [found] = await dmp.facts("dmp.document.submitted", document_id=unique_id)
    return found


async def test_the_same_document_by_both_doors_gives_equal_entries_and_facts(dmp: Dmp) -> None:
    first = dmp.document()
    soap_entry, answer = await dmp.software().submit(first, masks=("MASQUE_PS",))
    assert answer.succeeded, answer.errors
    second, other = twin(first, soap_entry.unique_id)
    fhir_id, reference = await dmp.fhir().submit(second, masks=("MASQUE_PS",))
    assert fhir_id == other
    by_soap, by_fhir = await stored(dmp, soap_entry.unique_id), await stored(dmp, fhir_id)
    assert by_fhir.entry_uuid == f"urn:uuid:{reference}"
    same = {name: "" for name in (*IDS, "hash")}
    assert replace(by_soap, **same) == replace(by_fhir, **same)  # type: ignore[arg-type]
    told, told_too = await fact(dmp, soap_entry.unique_id), await fact(dmp, fhir_id)
    assert (told.pop("door"), told_too.pop("door")) == ("soap", "fhir")
    for name in ("document_id", "entry_uuid", "digest"):
        assert told.pop(name) != told_too.pop(name)
    assert (told.pop("findings"), told_too.pop("findings")) == ([UNSIGNED], []), "FHIR has no signature of a set"
    assert told == told_too


async def test_what_came_by_one_door_is_found_and_read_by_the_other(dmp: Dmp) -> None:
    soap, fhir = dmp.software(roles.GENERAL_PRACTITIONER), dmp.fhir(roles.GENERAL_PRACTITIONER)
    one, two = dmp.document(), dmp.document()
    entry, answer = await dmp.software().submit(one)
    assert answer.succeeded, answer.errors
    unique_id, _ = await dmp.fhir().submit(two)
    patient = dmp.patient()
    [reference] = await fhir.find(patient.ins, identifier=f"urn:oid:{entry.unique_id}")
    assert reference["masterIdentifier"]["value"] == f"urn:oid:{entry.unique_id}"
    assert await fhir.content(reference) == one
    assert unique_id in [found.unique_id for found in await soap.find(patient)]
    assert await soap.retrieve(patient, unique_id) == two


async def test_a_refusal_is_the_same_fact_by_both_doors(dmp: Dmp) -> None:
    document = dmp.document()
    entry, answer = await dmp.software().submit(document)
    assert answer.succeeded, answer.errors
    changed = document.replace(b"</ClinicalDocument>", b"<!-- other --></ClinicalDocument>")
    assert changed != document
    _, refusal = await dmp.software().submit(changed)
    assert [error.code for error in refusal.errors] == ["XDSNonIdenticalHash"]
    with pytest.raises(Refused) as refused:
        await dmp.fhir().submit(changed)
    assert (refused.value.status, refused.value.code) == (422, "XDSNonIdenticalHash")
    one, other = await dmp.facts("dmp.document.refused", document_id=entry.unique_id)
    assert (one.pop("door"), other.pop("door")) == ("soap", "fhir")
    assert one == other
    assert (one["code"], one["reason"]) == ("XDSNonIdenticalHash", "uniqueId")


async def test_existence_is_the_same_act_by_both_doors(dmp: Dmp) -> None:
    soap, fhir = dmp.software(roles.GENERAL_PRACTITIONER), dmp.fhir(roles.GENERAL_PRACTITIONER)
    for key, is_open in (("P1", True), ("P4", False)):
        patient = dmp.patient(key)
        pseudonym = dmp.service.floor.pseudonyms.of(patient.ins)
        answer = await soap.test_existence(patient)
        assert answer.record is not None
        assert (answer.record.status == "active", await fhir.has_dmp(patient.ins)) == (is_open, is_open)
        one, other = (await dmp.facts("dmp.record.tested", patient=pseudonym))[-2:]
        assert one == other


async def test_the_sets_of_a_submission_are_the_same_by_both_doors(dmp: Dmp) -> None:
    soap, fhir = dmp.software(roles.GENERAL_PRACTITIONER), dmp.fhir(roles.GENERAL_PRACTITIONER)
    patient = dmp.patient()
    await dmp.fhir().submit(dmp.document())
    entry, answer = await dmp.software().submit(dmp.document())
    assert answer.succeeded, answer.errors
    asked = await ask(
        soap,
        patient,
        "FindSubmissionSets",
        XDSSubmissionSetPatientId=patient.ins.cx,
        XDSSubmissionSetStatus=xds_uuids.APPROVED,
    )
    lists = await fhir.find_sets(patient.ins)
    assert {f"urn:uuid:{one['id']}" for one in lists} == {one.entry_uuid for one in asked.submission_sets}
    [reference] = await fhir.find(patient.ins, identifier=f"urn:oid:{entry.unique_id}")
    named = [item["item"]["reference"] for one in lists for item in one["entry"]]
    assert f"DocumentReference/{reference['id']}" in named


async def test_a_refused_change_is_the_same_fact_by_both_doors(dmp: Dmp) -> None:
    entry, answer = await dmp.software().submit(dmp.document())
    assert answer.succeeded, answer.errors
    patient, other = dmp.patient(), dmp.software(roles.BIOLOGIST)
    current = await registered(dmp.software(), patient, entry.unique_id)
    with pytest.raises(SoapRefused) as by_soap:
        await update(other, patient, new_status(current, xds_uuids.DELETED))
    with pytest.raises(Refused) as by_fhir:
        await dmp.fhir(roles.BIOLOGIST).delete(entry.unique_id)
    assert (by_fhir.value.status, by_fhir.value.code) == (403, by_soap.value.code)
    one, same = (await dmp.facts("dmp.access.refused", operation="TD3.3"))[-2:]
    assert one == same


async def test_a_second_deletion_is_the_same_refusal_by_both_doors(dmp: Dmp) -> None:
    entry, answer = await dmp.software().submit(dmp.document())
    assert answer.succeeded, answer.errors
    current = await registered(dmp.software(), dmp.patient(), entry.unique_id)
    assert (await dmp.fhir(token=False).delete(entry.unique_id))["status"] == "entered-in-error"
    by_soap = await update(dmp.software(), dmp.patient(), new_status(current, xds_uuids.DELETED), INDIRECT)
    with pytest.raises(Refused, match="déjà supprimé") as by_fhir:
        await dmp.fhir().delete(entry.unique_id)
    [told] = by_soap.errors
    assert (by_fhir.value.status, by_fhir.value.code) == (410, told.code)
    assert by_fhir.value.reason == told.context
    one, same = (await dmp.facts("dmp.access.refused", operation="TD3.3"))[-2:]
    assert one == same


async def test_a_change_of_labels_is_the_same_act_by_both_doors(dmp: Dmp) -> None:
    """Masked by one door and shown by the other, each way round: equal facts, and one chain of versions."""
    patient, soap, fhir = dmp.patient(), dmp.software(), dmp.fhir()
    told: list[dict[str, Any]] = []
    for fhir_first in (True, False):
        entry, answer = await soap.submit(dmp.document())
        assert answer.succeeded, answer.errors
        current = await registered(soap, patient, entry.unique_id)
        if fhir_first:
            assert (await fhir.hide(entry.unique_id, "MASQUE_PS"))["meta"]["versionId"] == "2"
            current = await registered(soap, patient, entry.unique_id)
            assert (await update(soap, patient, new_confidentiality(current))).succeeded
        else:
            assert (await update(soap, patient, new_confidentiality(current, MASKED))).succeeded
            assert (await fhir.hide(entry.unique_id))["meta"]["versionId"] == "3"
        after = await registered(soap, patient, entry.unique_id)
        assert (after.version, [code.code for code in after.confidentiality]) == (3, ["N"])
        for kind in ("masked", "unmasked"):
            [fact] = await dmp.facts(f"dmp.document.{kind}", document_id=entry.unique_id)
            told.append({name: value for name, value in fact.items() if name != "document_id"})
    assert told[:2] == told[2:]
