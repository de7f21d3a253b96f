"""The SOAP door on real sockets: several documents at once, searches, retrieval, the form of answers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx
import pytest
from lxml import etree

from segur.kernel.ids import new_oid, new_urn_uuid
from segur.personas import roles
from segur.personas.model import Patient
from segur.scenario.actors.lps import Refused, Software, sender, submission_of
from segur.vocab import document_types, format_codes, oids
from segur.wire import habilitations, mtom, saml, soap, xds, xds_query, xds_uuids
from segur.wire.xds import Code, DocumentEntry, DocumentPart, DocumentRequest, ProvideAndRegister, Submission
from tests.contract.dmp.conftest import Dmp

pytestmark = pytest.mark.asyncio(loop_scope="module")

SUBMIT = "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b"
QUERY = "urn:ihe:iti:2007:RegistryStoredQuery"
RETRIEVE = "urn:ihe:iti:2007:RetrieveDocumentSet"
AIR, INDIRECT = saml.AuthenticationMode.REINFORCED, saml.AuthenticationMode.INDIRECT


async def provide(software: Software, patient: Patient, submission: Submission, *data: bytes) -> xds.RegistryResponse:
    """TD2.1 of several documents."""
    names = [entry.entry_uuid for entry in submission.entries]
    parts = tuple(DocumentPart(name, content_id=f"{name}@lps") for name in names)
    attachments = tuple(mtom.Attachment(f"{name}@lps", one) for name, one in zip(names, data, strict=True))
    request = xds.write_provide_and_register(ProvideAndRegister(submission, parts))
    answer = await software.call("repository", SUBMIT, request, patient.ins, INDIRECT, attachments)
    return xds.read_registry_response(answer.root)


async def search(
    software: Software, patient: Patient, name: str = "FindDocuments", returns: str = "LeafClass", **params: Any
) -> xds.QueryResponse:
    """TD3.1; `params` are values, the `$XDSDocumentEntry` prefix left out."""
    asked: dict[str, Any] = {}
    if name.startswith("FindDocuments"):
        asked = {
            "$XDSDocumentEntryPatientId": ((patient.ins.cx,),),
            "$XDSDocumentEntryStatus": ((xds_uuids.APPROVED,),),
        }
    asked |= {f"$XDSDocumentEntry{key}": ((value,),) for key, value in params.items()}
    query = xds_query.write_query(xds_query.StoredQuery(name, asked, returns))
    mode = INDIRECT if returns == "ObjectRef" else AIR
    return xds.read_query_response((await software.call("registry", QUERY, query, patient.ins, mode)).root)


def kos(dmp: Dmp) -> tuple[Submission, bytes]:
    """A KOS entry as a DRIMbox publishes it [DRIM digest 2.2]; only its envelope is DICOM here."""
    user, patient = dmp.country.professional(roles.RADIOLOGIST), dmp.patient()
    author = sender(user)
    box = xds.Person(f"{user.structure.struct_id}/box", "DRIMBox", "SegurStack", name_type="U", id_type="EI")
    data = b"\x00" * 128 + b"DICM" + new_oid().encode()
    entry = DocumentEntry(
        entry_uuid="Document01",
        unique_id=new_oid(5),
        patient_id=patient.ins.cx,
        mime_type="application/dicom",
        type_code=Code("IMG-KOS", document_types.LOCAL_TYPE, "Reference d'objets d'un examen d'imagerie"),
        class_code=Code("31", document_types.DOCUMENT_CLASS, "Imagerie médicale"),
        format_code=Code(*format_codes.KOS),
        facility_type=Code(user.structure.sector, oids.ACTIVITY_SECTOR),
        practice_setting=Code(user.structure.setting[0], "1.2.250.1.213.1.1.4.9"),
        confidentiality=(Code("N", oids.CONFIDENTIALITY_HL7),),
        event_codes=(Code("CT", "1.2.840.10008.2.16.4"),),
        authors=(xds.Author(box.xcn, author.institutions),),
        title="Reference d'Objets d'un Examen d'Imagerie",
        comments="KOS",
        language="fr-FR",
        creation_time="20260105081500",
        service_start="20260105080000",
        legal_authenticator=author.person,
        source_patient_id=patient.ins.cx,
        reference_ids=(xds.reference_id("ACC77", "1.2.3", xds_uuids.REFERENCE_ACCESSION),),
    )
    lot = replace(submission_of(dmp.document(), user).submission_set, title=entry.title)
    member = xds.Association("a1", xds_uuids.HAS_MEMBER, lot.entry_uuid, entry.entry_uuid, "Original")
    return Submission(lot, (entry,), (member,)), data


async def test_a_kos_is_taken_and_found_by_type_format_and_accession(dmp: Dmp) -> None:
    submission, data = kos(dmp)
    [entry] = submission.entries
    patient, reader = dmp.patient(), dmp.software(roles.GENERAL_PRACTITIONER)
    assert (await provide(dmp.software(), patient, submission, data)).succeeded
    by_type = await search(reader, patient, TypeCode=f"IMG-KOS^^{document_types.LOCAL_TYPE}")
    by_format = await search(reader, patient, FormatCode="^^".join(format_codes.KOS[:2]))
    by_accession = await search(reader, patient, "FindDocumentsByReferenceId", ReferenceIdList=entry.reference_ids[0])
    for found in (by_type, by_format, by_accession):
        assert [one.unique_id for one in found.entries] == [entry.unique_id]
    assert by_type.entries[0].mime_type == "application/dicom"
    assert await reader.retrieve(patient, entry.unique_id) == data


async def test_several_documents_go_in_together_and_come_out_together(dmp: Dmp) -> None:
    user, patient = dmp.country.professional(roles.RADIOLOGIST), dmp.patient()
    one, two = dmp.document(), dmp.document(type_code="57833-6")
    first, second = submission_of(one, user), submission_of(two, user)
    entry = replace(second.entries[0], entry_uuid="Document02")
    member = replace(first.associations[0], id="a2", target="Document02")
    both = Submission(first.submission_set, (first.entries[0], entry), (*first.associations, member))
    assert (await provide(dmp.software(), patient, both, one, two)).succeeded
    reader = dmp.software(roles.GENERAL_PRACTITIONER)
    ids = (first.entries[0].unique_id, entry.unique_id)
    wanted = [DocumentRequest(dmp.settings.dmp_repository_id, one) for one in ids]
    answer = await reader.call("repository", RETRIEVE, xds.write_retrieve_request(wanted), patient.ins, AIR)
    received = xds.read_retrieve_response(answer.root)
    assert received.response.succeeded
    assert [bytes(answer.attachments[part.content_id]) for part in received.documents] == [one, two]
    facts = [await dmp.facts("dmp.document.consulted", document_id=unique_id) for unique_id in ids]
    assert [len(told) for told in facts] == [1, 1]


async def test_what_is_there_is_given_and_what_is_not_is_named(dmp: Dmp) -> None:
    document, patient, reader = dmp.document(), dmp.patient(), dmp.software(roles.GENERAL_PRACTITIONER)
    entry, _ = await dmp.software().submit(document)
    repository = dmp.settings.dmp_repository_id
    wanted = [DocumentRequest(repository, entry.unique_id), DocumentRequest(repository, "1.2.3.4")]
    answer = await reader.call("repository", RETRIEVE, xds.write_retrieve_request(wanted), patient.ins, AIR)
    received = xds.read_retrieve_response(answer.root)
    assert received.response.status == xds_uuids.PARTIAL_SUCCESS
    assert [part.document_unique_id for part in received.documents] == [entry.unique_id]
    assert [error.code for error in received.response.errors] == ["XDSDocumentUniqueIdError"]
    with pytest.raises(Refused) as refused:
        await reader.retrieve(patient, new_urn_uuid())
    assert refused.value.code == "XDSDocumentUniqueIdError"
    assert "uniqueId=" in refused.value.reason
    other = [DocumentRequest("1.2.9", entry.unique_id)]
    answer = await reader.call("repository", RETRIEVE, xds.write_retrieve_request(other), patient.ins, AIR)
    [error] = xds.read_retrieve_response(answer.root).response.errors
    assert error.code == "XDSUnknownRepositoryId"


async def test_get_documents_gives_the_entry_or_its_id(dmp: Dmp) -> None:
    patient, reader = dmp.patient(), dmp.software(roles.GENERAL_PRACTITIONER)
    entry, _ = await dmp.software().submit(dmp.document())
    found = await search(reader, patient, "GetDocuments", UniqueId=entry.unique_id)
    [given] = found.entries
    assert (given.size, given.hash, given.version) == (entry.size, entry.hash, 1)
    assert given.logical_id == given.entry_uuid
    assert given.repository_unique_id == dmp.settings.dmp_repository_id
    # The structure's certificate may not read, but may ask for an id (TD3.1b).
    by_id = await search(dmp.software(), patient, "GetDocuments", "ObjectRef", UniqueId=entry.unique_id)
    assert by_id.references == (given.entry_uuid,)
    again = await search(reader, patient, "GetDocuments", EntryUUID=given.entry_uuid)
    assert again.entries == found.entries


async def test_a_structure_finds_the_id_of_its_masked_document_and_others_do_not(dmp: Dmp) -> None:
    patient = dmp.patient()
    entry, answer = await dmp.software().submit(dmp.document(), masks=("MASQUE_PS",))
    assert answer.succeeded, answer.errors
    own = await search(dmp.software(), patient, "GetDocuments", "ObjectRef", UniqueId=entry.unique_id)
    laboratory = dmp.software(roles.BIOLOGIST)
    other = await search(laboratory, patient, "GetDocuments", "ObjectRef", UniqueId=entry.unique_id)
    assert (len(own.references), len(other.references)) == (1, 0)


async def test_a_replaced_document_is_deprecated_and_the_new_one_found(dmp: Dmp) -> None:
    user, patient = dmp.country.professional(roles.RADIOLOGIST), dmp.patient()
    reader = dmp.software(roles.GENERAL_PRACTITIONER)
    old, _ = await dmp.software().submit(dmp.document())
    [stored] = (await search(reader, patient, "GetDocuments", UniqueId=old.unique_id)).entries
    document = dmp.document()
    submission = submission_of(document, user)
    link = xds.Association("r1", xds_uuids.REPLACES, "Document01", stored.entry_uuid)
    replacing = replace(submission, associations=(*submission.associations, link))
    assert (await provide(dmp.software(), patient, replacing, document)).succeeded
    [stored] = (await search(reader, patient, "GetDocuments", UniqueId=old.unique_id)).entries
    assert stored.status == xds_uuids.DEPRECATED
    current = [entry.unique_id for entry in await reader.find(patient)]
    assert old.unique_id not in current
    assert submission.entries[0].unique_id in current
    [told] = await dmp.facts("dmp.document.submitted", document_id=submission.entries[0].unique_id)
    assert told["replaces"] == old.unique_id
    again = submission_of(other := dmp.document(), user)
    again = replace(again, associations=(*again.associations, link))
    refused = await provide(dmp.software(), patient, again, other)
    assert [(error.code, error.context[:4]) for error in refused.errors] == [("XDSRegistryMetadataError", "RPLC")]


async def test_submission_sets_are_found_since_a_date(dmp: Dmp) -> None:
    user, patient = dmp.country.professional(roles.RADIOLOGIST), dmp.patient()
    document = dmp.document()
    submission = submission_of(document, user)
    lot = replace(submission.submission_set, submission_time="20991231235959")
    assert (await provide(dmp.software(), patient, replace(submission, submission_set=lot), document)).succeeded
    params = {
        "$XDSSubmissionSetPatientId": ((patient.ins.cx,),),
        "$XDSSubmissionSetStatus": ((xds_uuids.APPROVED,),),
        "$XDSSubmissionSetSubmissionTimeFrom": (("20990101",),),
    }
    query = xds_query.write_query(xds_query.StoredQuery("FindSubmissionSets", params))
    answer = await dmp.software(roles.GENERAL_PRACTITIONER).call("registry", QUERY, query, patient.ins, AIR)
    [found] = xds.read_query_response(answer.root).submission_sets
    assert (found.unique_id, found.source_id) == (lot.unique_id, lot.source_id)


@pytest.mark.parametrize(("key", "status"), [("P1", "active"), ("P4", "terminated"), ("P3", "")])
async def test_the_existence_test_tells_open_closed_and_absent(dmp: Dmp, key: str, status: str) -> None:
    answer = await dmp.software(roles.GENERAL_PRACTITIONER).test_existence(dmp.patient(key))
    assert (answer.record.status if answer.record else "") == status
    assert answer.query_status == ("OK" if status else "NF")


async def test_an_authorization_is_declared_once_and_opens_the_record(dmp: Dmp) -> None:
    patient, reader = dmp.patient("P2"), dmp.software(roles.DENTIST)
    assert (await reader.test_existence(patient)).authorization == "INEXISTANTE"
    with pytest.raises(Refused, match="INEXISTANTE") as refused:
        await reader.find(patient)
    assert refused.value.code == "DMPAccessDeniedByRightsService"
    first, second = await reader.authorize(patient), await reader.authorize(patient)
    assert (first.status, second.status) == ("DMPOk", "DMPOk")
    assert "déjà" in second.context
    assert len(await dmp.facts("dmp.authorization.granted", professional=str(reader.user.id_nat))) == 1
    assert await reader.find(patient) == ()
    change = habilitations.write_set_authorization(
        habilitations.SetAuthorization(habilitations.AuthorizationChange.REMOVE)
    )
    await reader.call("habilitations", habilitations.ACTION, change, patient.ins, AIR)
    assert (await reader.test_existence(patient)).authorization == "INEXISTANTE"
    change = habilitations.write_set_authorization(
        habilitations.SetAuthorization(habilitations.AuthorizationChange.ADD, treating_doctor=True)
    )
    with pytest.raises(Refused, match="médecin traitant"):
        await reader.call("habilitations", habilitations.ACTION, change, patient.ins, AIR)


async def test_answers_have_the_actions_of_the_specification_and_retrieval_is_always_mtom(dmp: Dmp) -> None:
    seen: list[httpx.Response] = []

    async def watch(response: httpx.Response) -> None:
        await response.aread()
        seen.append(response)

    patient, reader = dmp.patient(), dmp.software(roles.GENERAL_PRACTITIONER)
    reader.client.event_hooks["response"].append(watch)
    await reader.test_existence(patient)
    await reader.authorize(patient)
    await reader.find(patient)
    with pytest.raises(Refused):
        await reader.retrieve(patient, "1.2.3")
    with pytest.raises(Refused):
        await dmp.software(roles.DENTIST).retrieve(patient, "1.2.3")
    actions = []
    for response in seen:
        message = mtom.read(response.headers["content-type"], response.content)
        actions.append(soap.read_envelope(message.root, required=()).action)
    assert actions == [
        "urn:hl7-org:v3:PRPA_IN201308UV02",
        "urn:si-dmp-habilitations:HabilitationsEndPoint:setAuthorizationResponse",
        "urn:ihe:iti:2007:RegistryStoredQueryResponse",
        "urn:ihe:iti:2007:RetrieveDocumentSetResponse",
    ]
    assert seen[-1].headers["content-type"].startswith("multipart/related")
    outsider = dmp.software(roles.DENTIST)
    outsider.client.event_hooks["response"].append(watch)
    with pytest.raises(Refused):
        await outsider.retrieve(patient, "1.2.3")
    assert seen[-1].status_code == 500
    assert seen[-1].headers["content-type"].startswith("multipart/related")
    root = mtom.read(seen[-1].headers["content-type"], seen[-1].content).root
    assert isinstance(root, etree._Element)
