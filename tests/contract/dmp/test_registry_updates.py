"""TD3.3 on real sockets: masking, showing, archiving, deleting, and who may do it."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from segur.personas import roles
from segur.scenario.actors.lps import Refused
from segur.vocab import oids
from segur.wire import xds_uuids
from segur.wire.xds import Author, Code, DocumentEntry
from tests.contract.dmp.conftest import Dmp
from tests.contract.dmp.registry_software import (
    AIR,
    INDIRECT,
    ask,
    codes,
    find,
    new_confidentiality,
    new_status,
    parameters,
    stored,
    update,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

MASKED = Code("MASQUE_PS", oids.CONFIDENTIALITY_FR, "Masqué aux professionnels de santé")
HIDDEN = Code("INVISIBLE_PATIENT", oids.CONFIDENTIALITY_FR, "Non visible par le patient")
HIDDEN_RL = Code("INVISIBLE_REPRESENTANTS_LEGAUX", oids.CONFIDENTIALITY_FR, "Non visible par les RL")
ERROR = "XDSMetadataUpdateError"


async def fed(dmp: Dmp, *masks: str) -> DocumentEntry:
    """A document of the radiologist in the DMP, as a registry gives it to its author."""
    radiologist = dmp.software(roles.RADIOLOGIST)
    await radiologist.authorize(dmp.patient())
    entry, answer = await radiologist.submit(dmp.document(), masks=masks)
    assert answer.succeeded, answer.errors
    return await stored(radiologist, dmp.patient(), entry.unique_id)


async def test_masking_makes_a_new_version_and_keeps_the_former_one_deprecated(dmp: Dmp) -> None:
    entry, patient, author = await fed(dmp), dmp.patient(), dmp.software()
    assert (await update(author, patient, new_confidentiality(entry, MASKED))).succeeded
    now = await stored(author, patient, entry.unique_id)
    assert (now.version, now.logical_id, now.status) == (2, entry.logical_id, xds_uuids.APPROVED)
    assert now.entry_uuid != entry.entry_uuid
    assert [code.code for code in now.confidentiality] == ["N", "MASQUE_PS"]
    both = await ask(author, patient, "GetDocumentsAndAssociations", XDSDocumentEntryEntryUUID=entry.entry_uuid)
    assert [(one.entry_uuid, one.status) for one in both.entries] == [(entry.entry_uuid, xds_uuids.DEPRECATED)]
    [told] = await dmp.facts("dmp.document.masked", document_id=entry.unique_id)
    assert told["by"] == str(author.user.id_nat)


async def test_the_set_of_a_change_is_found_with_its_previous_version(dmp: Dmp) -> None:
    entry, patient, author = await fed(dmp), dmp.patient(), dmp.software()
    change = new_confidentiality(entry, MASKED)
    assert (await update(author, patient, change)).succeeded
    found = await ask(
        author,
        patient,
        "GetSubmissionSetAndContents",
        XDSSubmissionSetUniqueId=change.submission_set.unique_id,
    )
    [lot] = found.submission_sets
    [link] = found.associations
    [member] = found.entries
    assert (link.source, link.target, link.previous_version) == (lot.entry_uuid, member.entry_uuid, 1)
    assert (link.submission_set_status, member.version) == ("Original", 2)


async def test_only_the_author_and_the_treating_doctor_unmask(dmp: Dmp) -> None:
    entry, patient = await fed(dmp, "MASQUE_PS"), dmp.patient()
    pharmacist, doctor = dmp.software(roles.PHARMACIST), dmp.software(roles.GENERAL_PRACTITIONER)
    await pharmacist.authorize(patient)
    hidden = await update(pharmacist, patient, new_confidentiality(entry))
    assert codes(hidden) == [ERROR]
    assert "no document of this patient" in hidden.errors[0].context
    now = await stored(doctor, patient, entry.unique_id)
    assert [code.code for code in now.confidentiality] == ["N", "MASQUE_PS"]
    assert (await update(doctor, patient, new_confidentiality(entry))).succeeded
    assert entry.unique_id in [one.unique_id for one in await find(pharmacist, patient)]


async def test_a_result_is_shown_to_the_patient_and_cannot_be_hidden_again(dmp: Dmp) -> None:
    entry, patient = await fed(dmp, "INVISIBLE_PATIENT"), dmp.patient()
    doctor = dmp.software(roles.GENERAL_PRACTITIONER)
    assert entry.unique_id not in (await dmp.mes()).text
    assert (await update(doctor, patient, new_confidentiality(entry))).succeeded
    assert entry.unique_id in (await dmp.mes()).text
    [told] = await dmp.facts("dmp.document.shown", document_id=entry.unique_id)
    assert (told["to"], told["by"]) == ("patient", str(doctor.user.id_nat))
    now = await stored(doctor, patient, entry.unique_id)
    for code in (HIDDEN, HIDDEN_RL):
        assert codes(await update(doctor, patient, new_confidentiality(now, code))) == [ERROR]


async def test_archiving_is_undone_and_asks_for_the_status_of_now(dmp: Dmp) -> None:
    entry, patient, author = await fed(dmp), dmp.patient(), dmp.software()
    assert (await update(author, patient, new_status(entry, xds_uuids.ARCHIVED))).succeeded
    assert entry.unique_id not in [one.unique_id for one in await find(author, patient, (xds_uuids.APPROVED,))]
    archived = await stored(author, patient, entry.unique_id)
    assert (archived.status, archived.entry_uuid) == (xds_uuids.ARCHIVED, entry.entry_uuid)
    again = await update(author, patient, new_status(entry, xds_uuids.ARCHIVED))
    assert codes(again) == [ERROR]
    assert "OriginalStatus" in again.errors[0].context
    assert (await update(author, patient, new_status(archived, xds_uuids.APPROVED))).succeeded
    for name in ("archived", "unarchived"):
        assert len(await dmp.facts(f"dmp.document.{name}", document_id=entry.unique_id)) == 1


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (xds_uuids.APPROVED, xds_uuids.DEPRECATED),
        (xds_uuids.APPROVED, xds_uuids.APPROVED),
        (xds_uuids.APPROVED, "urn:unknown"),
        (xds_uuids.ARCHIVED, xds_uuids.DELETED),
    ],
)
async def test_a_transition_that_does_not_exist_changes_nothing(dmp: Dmp, before: str, after: str) -> None:
    entry, patient, author = await fed(dmp), dmp.patient(), dmp.software()
    assert codes(await update(author, patient, new_status(entry, after, before=before))) == [ERROR]
    assert await stored(author, patient, entry.unique_id) == entry


async def test_a_structure_deletes_its_own_document_without_authorization(dmp: Dmp) -> None:
    entry, patient = await fed(dmp), dmp.patient()
    deletion = new_status(entry, xds_uuids.DELETED)
    with pytest.raises(Refused, match="structure") as refused:
        await update(dmp.software(roles.BIOLOGIST), patient, deletion, INDIRECT)
    assert refused.value.code == "DMPAccessDeniedByRightsService"
    assert (await update(dmp.software(roles.RADIOLOGIST), patient, deletion, INDIRECT)).succeeded
    reader = dmp.software(roles.GENERAL_PRACTITIONER)
    every = (*xds_uuids_all(),)
    assert entry.unique_id not in [one.unique_id for one in await find(reader, patient, every)]
    with pytest.raises(Refused) as gone:
        await reader.retrieve(patient, entry.unique_id)
    assert gone.value.code == "XDSDocumentUniqueIdError"
    assert "déjà supprimé" in gone.value.reason
    assert len(await dmp.facts("dmp.document.deleted", document_id=entry.unique_id)) == 1
    author = dmp.software(roles.RADIOLOGIST)
    restored = new_status(entry, xds_uuids.APPROVED, before=xds_uuids.DELETED)
    masked = new_confidentiality(entry, MASKED)
    for again, mode in ((deletion, INDIRECT), (deletion, AIR), (restored, AIR), (masked, AIR)):
        after = await update(author, patient, again, mode)
        assert codes(after) == [ERROR]
        assert "déjà supprimé" in after.errors[0].context
    with pytest.raises(Refused, match="structure"):
        await update(dmp.software(roles.BIOLOGIST), patient, deletion, INDIRECT)


def xds_uuids_all() -> tuple[str, ...]:
    """Every status of the DMP."""
    return (xds_uuids.APPROVED, xds_uuids.DEPRECATED, xds_uuids.ARCHIVED, xds_uuids.DELETED)


async def test_another_professional_deletes_nothing_and_one_without_authorization_masks_nothing(dmp: Dmp) -> None:
    entry, patient = await fed(dmp), dmp.patient()
    with pytest.raises(Refused, match="auteur") as refused:
        await update(dmp.software(roles.PHARMACIST), patient, new_status(entry, xds_uuids.DELETED))
    assert refused.value.code == "DMPAccessDeniedByRightsService"
    with pytest.raises(Refused, match="INEXISTANTE"):
        await update(dmp.software(roles.DENTIST), patient, new_confidentiality(entry, MASKED))
    with pytest.raises(Refused, match="certificat de structure"):
        await update(dmp.software(roles.RADIOLOGIST), patient, new_confidentiality(entry, MASKED), INDIRECT)
    assert await stored(dmp.software(), patient, entry.unique_id) == entry


async def test_nothing_but_the_confidentiality_can_be_changed(dmp: Dmp) -> None:
    entry, patient, author = await fed(dmp), dmp.patient(), dmp.software()
    asked = new_confidentiality(entry, MASKED)
    [changed] = asked.entries
    wrong = {
        "title": replace(changed, title="Autre titre"),
        "type_code": replace(changed, type_code=Code("34112-3", oids.LOINC)),
        "hash": replace(changed, hash="0" * 40),
        "authors": replace(changed, authors=(*changed.authors, Author(person="8^X^Y"))),
        "lid": replace(changed, logical_id="urn:uuid:00000000-0000-0000-0000-000000000000"),
        "confidentialityCode": replace(changed, confidentiality=(Code("R", oids.CONFIDENTIALITY_HL7), MASKED)),
    }
    for name, one in wrong.items():
        answer = await update(author, patient, replace(asked, entries=(one,)))
        assert codes(answer) == [ERROR], name
        assert name in answer.errors[0].context
    answer = await update(author, patient, new_confidentiality(entry))
    assert codes(answer) == [ERROR]
    assert "EX_GEN-1060" in answer.errors[0].context
    assert await stored(author, patient, entry.unique_id) == entry


async def test_of_two_changes_of_one_version_the_second_is_told_to_read_again(dmp: Dmp) -> None:
    entry, patient, author = await fed(dmp), dmp.patient(), dmp.software()
    assert (await update(author, patient, new_confidentiality(entry, MASKED))).succeeded
    late = await update(author, patient, new_status(entry, xds_uuids.ARCHIVED))
    assert codes(late) == [ERROR]
    assert "Deprecated" in late.errors[0].context


async def test_of_changes_at_the_same_time_one_is_made(dmp: Dmp) -> None:
    entry, patient, author = await fed(dmp), dmp.patient(), dmp.software()
    answers = await asyncio.gather(*(update(author, patient, new_confidentiality(entry, MASKED)) for _ in range(5)))
    refused = [codes(answer) for answer in answers if not answer.succeeded]
    assert len(refused) == 4
    assert all(one in ([ERROR], ["XDSMetadataVersionError"]) for one in refused), refused
    assert (await stored(author, patient, entry.unique_id)).version == 2
    assert len(await dmp.facts("dmp.document.masked", document_id=entry.unique_id)) == 1


async def test_a_document_of_another_patient_is_not_changed(dmp: Dmp) -> None:
    other, author = dmp.patient("P2"), dmp.software()
    await author.authorize(other)
    await author.authorize(dmp.patient())
    sent, answer = await author.submit(dmp.document(patient="P2"))
    assert answer.succeeded, answer.errors
    entry = await stored(author, other, sent.unique_id)
    asked = new_confidentiality(replace(entry, patient_id=dmp.patient().ins.cx), MASKED)
    assert codes(await update(author, dmp.patient(), asked)) == ["XDSPatientIDReconciliationError"]
    status = new_status(replace(entry, patient_id=dmp.patient().ins.cx), xds_uuids.DELETED)
    assert codes(await update(author, dmp.patient(), status)) == [ERROR]
    assert await stored(author, other, sent.unique_id) == entry


async def test_the_previous_version_counts_where_the_settings_ask_for_it(
    dmp: Dmp,
) -> None:
    entry, patient, author = await fed(dmp), dmp.patient(), dmp.software()
    asked = new_confidentiality(entry, MASKED, version=7)
    async with parameters(dmp, {"version-precedente-stricte": True}):
        assert codes(await update(author, patient, asked)) == ["XDSMetadataVersionError"]
    assert (await update(author, patient, asked)).succeeded


async def test_a_change_sent_twice_is_told_as_such(dmp: Dmp) -> None:
    entry, patient, author = await fed(dmp), dmp.patient(), dmp.software()
    asked = new_status(entry, xds_uuids.ARCHIVED)
    assert (await update(author, patient, asked)).succeeded
    archived = await stored(author, patient, entry.unique_id)
    back = replace(new_status(archived, xds_uuids.APPROVED), submission_set=asked.submission_set)
    assert codes(await update(author, patient, back)) == ["XDSDuplicateUniqueIdInRegistry"]
    assert (await stored(author, patient, entry.unique_id)).status == xds_uuids.ARCHIVED


async def test_a_document_of_the_patient_is_archived_and_deleted_by_the_treating_doctor_only(dmp: Dmp) -> None:
    patient, author = dmp.patient(), dmp.software(roles.RADIOLOGIST)
    await author.authorize(patient)
    sent, answer = await author.submit(dmp.document(type_code="DOCPAT03"))
    assert answer.succeeded, answer.errors
    entry = await stored(author, patient, sent.unique_id)
    for status in (xds_uuids.ARCHIVED, xds_uuids.DELETED):
        with pytest.raises(Refused, match="médecin traitant") as refused:
            await update(author, patient, new_status(entry, status))
        assert refused.value.code == "DMPAccessDeniedByRightsService"
    doctor = dmp.software(roles.GENERAL_PRACTITIONER)
    assert codes(await update(doctor, patient, new_status(entry, xds_uuids.ARCHIVED))) == []
    archived = await stored(doctor, patient, sent.unique_id)
    assert codes(await update(doctor, patient, new_status(archived, xds_uuids.DELETED))) == []


async def test_deleted_documents_are_given_where_the_settings_say_so(dmp: Dmp, monkeypatch: pytest.MonkeyPatch) -> None:
    entry, patient, author = await fed(dmp), dmp.patient(), dmp.software()
    assert codes(await update(author, patient, new_status(entry, xds_uuids.DELETED))) == []
    assert entry.unique_id not in [one.unique_id for one in await find(author, patient, xds_uuids_all())]
    monkeypatch.setitem(dmp.settings.__dict__, "dmp_give_deleted", True)
    assert entry.unique_id in [one.unique_id for one in await find(author, patient, (xds_uuids.DELETED,))]
    assert await author.retrieve(patient, entry.unique_id)
