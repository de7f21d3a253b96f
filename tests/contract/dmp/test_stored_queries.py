"""Every stored query of ITI-18 on real sockets: criteria, forms of answers, limits, errors [DMP digest 1.7]."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest
from lxml import etree

from segur.kernel.ids import new_urn_uuid
from segur.personas import roles
from segur.scenario.actors.lps import Software, submission_of
from segur.vocab import oids
from segur.wire import xds, xds_query, xds_uuids, xml
from segur.wire.xds import Code, DocumentEntry
from tests.contract.dmp.conftest import Dmp
from tests.contract.dmp.registry_software import (
    AIR,
    QUERY,
    ask,
    codes,
    find,
    linked,
    new_confidentiality,
    provide,
    stored,
    update,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

MASKED = Code("MASQUE_PS", oids.CONFIDENTIALITY_FR, "Masqué")
ACCESSION, STUDY = xds_uuids.REFERENCE_ACCESSION, xds_uuids.REFERENCE_STUDY


async def fed(dmp: Dmp, **metadata: object) -> DocumentEntry:
    """A document of the radiologist, its entry with other metadata where the CDA says nothing of them."""
    author = dmp.software(roles.RADIOLOGIST)
    document = dmp.document()
    submission = submission_of(document, author.user)
    [entry] = submission.entries
    changed = replace(entry, **metadata)  # type: ignore[arg-type]
    answer = await provide(author, replace(submission, entries=(changed,)), document)
    assert answer.succeeded, answer.errors
    return changed


async def ids_of(dmp: Dmp, **criteria: object) -> list[str]:
    """The uniqueIds FindDocuments gives."""
    reader = dmp.software(roles.GENERAL_PRACTITIONER)
    return [entry.unique_id for entry in await find(reader, dmp.patient(), **criteria)]  # type: ignore[arg-type]


async def test_documents_are_found_by_every_criterion(dmp: Dmp) -> None:
    entry = await fed(dmp, event_codes=(Code("CT", "1.2.840.10008.2.16.4"), Code("LP", "1.2.3")), reference_ids=(
        xds.reference_id("ACC'1", "1.2.3", ACCESSION), xds.reference_id("1.2.840.9", "1.2.3", STUDY)))  # fmt: skip
    other = await fed(dmp)
    author = entry.authors[0].who

    def code(one: Code) -> str:
        return f"{one.code}^^{one.scheme}"

    meeting = {
        "TypeCode": [code(entry.type_code), "11502-2^^2.16.840.1.113883.6.1"],
        "ClassCode": code(entry.class_code),
        "FormatCode": code(entry.format_code),
        "PracticeSettingCode": code(entry.practice_setting),
        "HealthcareFacilityTypeCode": code(entry.facility_type),
        "ConfidentialityCode": code(entry.confidentiality[0]),
        "EventCodeList": ["CT^^1.2.840.10008.2.16.4", "MR^^1.2.840.10008.2.16.4"],
        "AuthorPerson": f"%^{author.family[:3]}%",
        "ServiceStartTimeFrom": entry.service_start,
        "CreationTimeFrom": entry.creation_time[:8],
        "CreationTimeTo": "2999",
    }
    for name, value in meeting.items():
        assert entry.unique_id in await ids_of(dmp, **{name: value}), name
    missing = {
        "TypeCode": "11502-2^^2.16.840.1.113883.6.1",
        "TypeCode ": f"{entry.type_code.code}^^1.2.3",
        "EventCodeList": "MR^^1.2.840.10008.2.16.4",
        "AuthorPerson": f"_{author.family}%",
        "ServiceStartTimeTo": entry.service_start,
        "CreationTimeFrom": "2999",
    }
    for name, value in missing.items():
        assert entry.unique_id not in await ids_of(dmp, **{name.strip(): value}), name
    both = await ids_of(dmp, EventCodeList="LP^^1.2.3", CreationTimeFrom=entry.creation_time)
    assert (entry.unique_id in both, other.unique_id in both) == (True, False)


async def test_repeated_slots_must_all_hold_and_references_are_found_whatever_their_quotes(dmp: Dmp) -> None:
    entry = await fed(dmp, reference_ids=(
        xds.reference_id("ACC'7", "1.2.3", ACCESSION), xds.reference_id("1.2.840.7", "1.2.3", STUDY)))  # fmt: skip
    patient, reader = dmp.patient(), dmp.software(roles.GENERAL_PRACTITIONER)

    async def by(*groups: tuple[str, ...]) -> list[str]:
        params = {
            "$XDSDocumentEntryPatientId": ((patient.ins.cx,),),
            "$XDSDocumentEntryStatus": ((xds_uuids.APPROVED,),),
            "$XDSDocumentEntryReferenceIdList": groups,
        }
        query = xds_query.write_query(xds_query.StoredQuery("FindDocumentsByReferenceId", params))
        answer = xds.read_query_response((await reader.call("registry", QUERY, query, patient.ins, AIR)).root)
        return [one.unique_id for one in answer.entries]

    first, second = entry.reference_ids
    assert entry.unique_id in await by((first, "x^^^&1.2&ISO^y"))
    assert entry.unique_id in await by((first,), (second,))
    assert entry.unique_id in await by(("ACC'7^^^&1.2.3&ISO",))
    assert entry.unique_id not in await by((first,), ("x^^^&1.2&ISO^y",))


async def test_replacing_completing_and_transforming_leave_their_associations(dmp: Dmp) -> None:
    author, patient = dmp.software(), dmp.patient()
    reader = dmp.software(roles.GENERAL_PRACTITIONER)
    for kind, status in (
        (xds_uuids.REPLACES, xds_uuids.DEPRECATED),
        (xds_uuids.APPENDS, xds_uuids.APPROVED),
        (xds_uuids.TRANSFORMS, xds_uuids.APPROVED),
        (xds_uuids.TRANSFORMS_AND_REPLACES, xds_uuids.DEPRECATED),
    ):
        old = (await ask(reader, patient, "GetDocuments", XDSDocumentEntryUniqueId=(await fed(dmp)).unique_id)).entries[
            0
        ]
        document = dmp.document()
        submission = linked(document, author, kind, old.entry_uuid)
        assert codes(await provide(author, submission, document)) == [], kind
        answer = await ask(reader, patient, "GetDocumentsAndAssociations", XDSDocumentEntryEntryUUID=old.entry_uuid)
        assert [one.status for one in answer.entries] == [status], kind
        [link] = [one for one in answer.associations if one.type == kind]
        assert link.target == old.entry_uuid
        related = await ask(
            reader,
            patient,
            "GetRelatedDocuments",
            XDSDocumentEntryUniqueId=submission.entries[0].unique_id,
            AssociationTypes=[kind],
        )
        assert {one.unique_id for one in related.entries} == {old.unique_id, submission.entries[0].unique_id}
        assert [one.type for one in related.associations] == [kind]
        assert link.source in {one.entry_uuid for one in related.entries}


async def test_an_association_to_a_document_that_is_not_there_is_refused(dmp: Dmp) -> None:
    author = dmp.software()
    for kind in (xds_uuids.REPLACES, xds_uuids.APPENDS, xds_uuids.TRANSFORMS):
        document = dmp.document()
        answer = await provide(author, linked(document, author, kind, new_urn_uuid()), document)
        assert codes(answer) == ["XDSRegistryMetadataError"], kind
        assert answer.errors[0].context.startswith(kind.rpartition(":")[2])


async def test_sets_and_their_contents_are_found_from_a_document(dmp: Dmp) -> None:
    reader, patient, entry = dmp.software(roles.GENERAL_PRACTITIONER), dmp.patient(), await fed(dmp)
    known = await stored(reader, patient, entry.unique_id)
    found = await ask(reader, patient, "GetSubmissionSets", uuid=[known.entry_uuid])
    [lot], [link] = found.submission_sets, found.associations
    assert (link.source, link.target, link.submission_set_status) == (lot.entry_uuid, known.entry_uuid, "Original")
    for key, value in {"EntryUUID": lot.entry_uuid, "UniqueId": lot.unique_id}.items():
        whole = await ask(reader, patient, "GetSubmissionSetAndContents", **{f"XDSSubmissionSet{key}": value})
        assert (whole.submission_sets, whole.entries, whole.associations) == ((lot,), (known,), (link,))
    other = await ask(
        reader,
        patient,
        "GetSubmissionSetAndContents",
        XDSSubmissionSetUniqueId=lot.unique_id,
        XDSDocumentEntryFormatCode="urn:other^^1.2.3",
    )
    assert (other.submission_sets, other.entries, other.associations) == ((lot,), (), ())
    assert (await ask(reader, patient, "GetAssociations", uuid=[lot.entry_uuid])).associations == (link,)


async def test_everything_of_a_patient_comes_at_once_and_folders_never(dmp: Dmp) -> None:
    reader, patient, entry = dmp.software(roles.GENERAL_PRACTITIONER), dmp.patient(), await fed(dmp)
    whole = await ask(
        reader,
        patient,
        "GetAll",
        patientId=patient.ins.cx,
        XDSDocumentEntryStatus=[xds_uuids.APPROVED],
        XDSSubmissionSetStatus=[xds_uuids.APPROVED],
        XDSFolderStatus=[xds_uuids.APPROVED],
    )
    known = {one.unique_id: one.entry_uuid for one in whole.entries}
    assert known[entry.unique_id] in {link.target for link in whole.associations}
    assert {link.source for link in whole.associations} <= {lot.entry_uuid for lot in whole.submission_sets} | set(
        known.values()
    )
    folders = await ask(
        reader, patient, "FindFolders", XDSFolderPatientId=patient.ins.cx, XDSFolderStatus=[xds_uuids.APPROVED]
    )
    assert folders.response.succeeded
    assert (folders.entries, folders.submission_sets, folders.associations) == ((), (), ())


async def test_an_object_ref_answer_holds_ids_only(dmp: Dmp) -> None:
    reader, patient, entry = dmp.software(roles.GENERAL_PRACTITIONER), dmp.patient(), await fed(dmp)
    known = await stored(reader, patient, entry.unique_id)
    answer = await ask(
        reader, patient, "GetDocumentsAndAssociations", "ObjectRef", XDSDocumentEntryUniqueId=entry.unique_id
    )
    assert known.entry_uuid in answer.references
    assert (len(answer.references), answer.entries) == (2, ())


async def test_a_former_version_is_not_shown_to_who_may_not_see_the_current_one(dmp: Dmp) -> None:
    author, patient, entry = dmp.software(), dmp.patient(), await fed(dmp)
    await author.authorize(patient)
    known = await stored(author, patient, entry.unique_id)
    assert codes(await update(author, patient, new_confidentiality(known, MASKED))) == []
    other = dmp.software(roles.PHARMACIST)
    await other.authorize(patient)
    for name, params in {
        "GetDocuments": {"XDSDocumentEntryEntryUUID": known.entry_uuid},
        "GetDocumentsAndAssociations": {"XDSDocumentEntryEntryUUID": known.entry_uuid},
        "GetAssociations": {"uuid": [known.entry_uuid]},
        "GetSubmissionSets": {"uuid": [known.entry_uuid]},
    }.items():
        seen, unseen = await ask(author, patient, name, **params), await ask(other, patient, name, **params)
        assert seen.entries or seen.associations, name
        assert (unseen.entries, unseen.associations, unseen.submission_sets) == ((), (), ()), name


async def test_objects_of_another_patient_are_not_found(dmp: Dmp) -> None:
    entry, other = await fed(dmp), dmp.patient("P2")
    known = await stored(dmp.software(roles.GENERAL_PRACTITIONER), dmp.patient(), entry.unique_id)
    reader = dmp.software(roles.GENERAL_PRACTITIONER)
    await reader.authorize(other)
    for name, params in {
        "GetDocuments": {"XDSDocumentEntryEntryUUID": known.entry_uuid},
        "GetDocumentsAndAssociations": {"XDSDocumentEntryUniqueId": known.unique_id},
        "GetAssociations": {"uuid": [known.entry_uuid]},
    }.items():
        found = await ask(reader, other, name, **params)
        assert (found.entries, found.associations) == ((), ()), name


@pytest.mark.parametrize(
    ("query", "slots", "code"),
    [
        ("FindDocuments", "", "XDSStoredQueryMissingParam"),
        ("FindDocumentsByReferenceId", "{patient}{status}", "XDSStoredQueryMissingParam"),
        ("GetAssociations", "", "XDSStoredQueryMissingParam"),
        ("GetDocuments", "{uuid}{unique}", "XDSStoredQueryParamNumber"),
        ("FindDocuments", "{patient}{patient}{status}", "XDSStoredQueryParamNumber"),
        ("urn:uuid:00000000-0000-0000-0000-000000000000", "", "XDSUnknownStoredQuery"),
        ("FindDocuments", "{patient}{unquoted}", "XDSRegistryError"),
    ],
)
async def test_a_question_that_cannot_be_answered_says_why(dmp: Dmp, query: str, slots: str, code: str) -> None:
    def slot(name: str, value: str) -> str:
        return f'<Slot name="${name}"><ValueList><Value>{value}</Value></ValueList></Slot>'

    patient = dmp.patient()
    cx = patient.ins.cx.replace("&", "&amp;")
    written = slots.format(
        patient=slot("XDSDocumentEntryPatientId", f"'{cx}'"),
        status=slot("XDSDocumentEntryStatus", f"('{xds_uuids.APPROVED}')"),
        uuid=slot("XDSDocumentEntryEntryUUID", "'urn:uuid:1'"),
        unique=slot("XDSDocumentEntryUniqueId", "'1.2.3'"),
        unquoted=slot("XDSDocumentEntryStatus", "Approved"),
    )
    uuid = xds_query.QUERIES[query].uuid if query in xds_query.QUERIES else query
    body = etree.fromstring(
        f'<q:AdhocQueryRequest xmlns:q="{xml.QUERY}" xmlns="{xml.RIM}"><q:ResponseOption returnType="LeafClass"/>'
        f'<AdhocQuery id="{uuid}">{written}</AdhocQuery></q:AdhocQueryRequest>'
    )
    reader: Software = dmp.software(roles.GENERAL_PRACTITIONER)
    answer = xds.read_query_response((await reader.call("registry", QUERY, body, patient.ins, AIR)).root)
    assert (codes(answer.response), answer.response.succeeded) == ([code], False)


async def test_what_meets_a_search_is_found_behind_more_than_an_answer_holds(
    dmp: Dmp, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        await fed(dmp)
    wanted = await fed(dmp, practice_setting=Code("ETABLISSEMENT", "1.2.250.1.213.1.1.4.9", "Établissement de santé"))
    monkeypatch.setitem(dmp.settings.__dict__, "dmp_max_results", 1)
    assert await ids_of(dmp, PracticeSettingCode="ETABLISSEMENT^^1.2.250.1.213.1.1.4.9") == [wanted.unique_id]


async def test_rows_of_before_are_read_like_those_of_today(dmp: Dmp) -> None:
    entry = await fed(dmp)
    reader, patient = dmp.software(roles.GENERAL_PRACTITIONER), dmp.patient()
    asked = {"XDSDocumentEntryUniqueId": entry.unique_id}
    today = await ask(reader, patient, "GetDocumentsAndAssociations", **asked)
    records = dmp.context.records
    known = await records.documents.of_unique_id(entry.unique_id)
    assert known is not None
    [lot] = (await records.sets.of_entries(known.sets)).values()
    before = {"entry": msgspec.to_builtins(known.entry)}
    assert await records.documents.current.update({"unique_id": entry.unique_id}, {"$set": before})
    before = {"set": msgspec.to_builtins(lot.submission_set), "links": msgspec.to_builtins(lot.links)}
    assert await records.sets.table.update(
        {"_id": {"$in": [f"default:{lot.submission_set.unique_id}"]}}, {"$set": before}
    )
    assert await ask(reader, patient, "GetDocumentsAndAssociations", **asked) == today
    assert len(today.entries) == 1
    assert len(today.associations) == 1
