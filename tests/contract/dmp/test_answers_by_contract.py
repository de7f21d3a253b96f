"""Every transaction of the catalogue, held and refused: the answer is what the WSDL says, valid by its schema."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import httpx
import pytest
from lxml import etree

from segur.personas import roles
from segur.wire import hl7v3, hl7v3_revise, mtom, saml, soap, xds, xds_query, xds_uuids, xml
from segur.wire.hl7v3_candidates import Traits
from segur.wire.patient_list import DateType, PatientListQuery
from tests.contract.dmp import published
from tests.contract.dmp.callers import Caller, Refused, emergency, professional, secretary, with_card
from tests.contract.dmp.conftest import Dmp
from tests.contract.dmp.registry_software import AIR, INDIRECT, RETRIEVE, ask, codes, find, new_status, update

pytestmark = pytest.mark.asyncio(loop_scope="module")

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def heard(caller: Caller) -> list[str]:
    """The names of the elements this software is answered, each found to keep to the contract."""
    names: list[str] = []

    async def note(response: httpx.Response) -> None:
        await published.keeps_to_contract(response)
        root = mtom.read(response.headers["content-type"], await response.aread()).root
        names.append(xml.local_name(soap.read_envelope(root, required=()).body))

    caller.client.event_hooks = {"response": [note]}
    return names


async def test_existence_and_data(dmp: Dmp) -> None:
    doctor = professional(dmp)
    names = heard(doctor)
    for key in ("DMP-WEB", "DMP-ABSENT", "DMP-FERME-1", "DMP-FERME-3", "DMP-SANS-NOM", "DMP-BLOQUE", "DMP-CORSE"):
        await doctor.tested(dmp.patient(key))
    await doctor.tested(dmp.patient("DMP-COMPLET"), hl7v3.READ_DATA)
    assert set(names) == {"PRPA_IN201308UV02"}


async def test_candidates(dmp: Dmp) -> None:
    samu = emergency(professional(dmp, roles.EMERGENCY_DOCTOR), saml.REGULATION)
    names = heard(samu)
    for traits in (Traits("PAT-DESCHAMPS", "Sidonie", birth_date="1995", gender="F"), Traits("PERSONNE")):
        await samu.sought(traits, dmp.patient())
    assert names == ["PRPA_IN201306UV02"] * 2


async def test_lists_of_patients_and_of_professionals(dmp: Dmp) -> None:
    doctor = professional(dmp, roles.GENERAL_PRACTITIONER)
    names = heard(doctor)
    for kind in (DateType.LAST_AUTHORIZATION, DateType.LAST_DOCUMENT):
        assert await doctor.patients(PatientListQuery(LONG_AGO, kind), dmp.patient()) is not None
    for mode in ("ACTIVE", "INTERDITE", "TOUTE"):
        await doctor.listed(dmp.patient("DMP-COMPLET"), mode)
    assert names == ["patientListResponse"] * 2 + ["listAuthorizationByPatientResponse"] * 3


async def test_authorizations(dmp: Dmp) -> None:
    doctor, patient = professional(dmp), dmp.patient("DMP-AUTORISATIONS")
    names = heard(doctor)
    for action in ("AJOUT", "AJOUT", "SUPPRESSION", "SUPPRESSION"):
        await doctor.set(patient, action)
    assert set(names) == {"setAuthorizationResponse"}


async def test_changes_of_a_record_held_and_refused(dmp: Dmp) -> None:
    doctor = with_card(dmp, roles.GENERAL_PRACTITIONER)
    names = heard(doctor)
    await doctor.revised(dmp.patient("DMP-DETACHE"), "MODIF_DATA")
    await doctor.revised(dmp.patient("DMP-FERME-2"), "REAC")
    await doctor.revised(dmp.patient("DMP-FERME-2"), "FERM", issue="FERMETURE_DEMANDE_PATIENT", status="terminated")
    await doctor.revised(dmp.patient("DMP-COMPLET"), "FERM")
    await doctor.revised(dmp.patient("DMP-ABSENT"), "CREA_RD", kind=hl7v3_revise.ADD)
    assert names == ["PRPA_IN201314UV02_Response"] * 4 + ["PRPA_IN201311UV02_Response"]


async def test_submissions_held_and_refused(dmp: Dmp) -> None:
    author, desk = professional(dmp, roles.RADIOLOGIST, INDIRECT), secretary(dmp)
    names = heard(author)
    document = dmp.document()
    _, held = await author.feed(document)
    _, twice = await author.feed(document)
    assert (held.succeeded, codes(twice)) == (True, ["XDSDuplicateUniqueIdInRegistry"])
    by_the_desk = heard(desk)
    await desk.feed(dmp.document(author=roles.GENERAL_PRACTITIONER))
    assert names + by_the_desk == ["RegistryResponse"] * 3


async def test_searches_of_every_kind(dmp: Dmp) -> None:
    author, reader = professional(dmp, roles.RADIOLOGIST, INDIRECT), professional(dmp, roles.GENERAL_PRACTITIONER)
    patient = dmp.patient()
    entry, _ = await author.feed(dmp.document())
    names = heard(reader)
    [found] = [one for one in await find(reader, patient) if one.unique_id == entry.unique_id]
    whole = {f"XDS{kind}Status": xds_uuids.APPROVED for kind in ("DocumentEntry", "SubmissionSet", "Folder")} | {
        "XDSPatientID": patient.ins.cx
    }
    asked = {
        "GetAll": whole,
        "FindSubmissionSets": {
            "XDSSubmissionSetPatientId": patient.ins.cx,
            "XDSSubmissionSetStatus": xds_uuids.APPROVED,
        },
        "GetDocumentsAndAssociations": {"XDSDocumentEntryUniqueId": entry.unique_id},
        "GetAssociations": {"uuid": found.entry_uuid},
        "FindFolders": {"XDSFolderPatientId": patient.ins.cx, "XDSFolderStatus": xds_uuids.APPROVED},
    }
    for name, params in asked.items():
        for returns in ("LeafClass", xds_query.OBJECT_REF):
            await ask(reader, patient, name, returns, **params)
    refused = await ask(reader, patient, "FindDocuments", XDSDocumentEntryPatientId=patient.ins.cx)
    assert codes(refused.response) == ["XDSStoredQueryMissingParam"]
    assert names == ["AdhocQueryResponse"] * (2 + 2 * len(asked))


async def test_retrievals_whole_in_part_and_refused(dmp: Dmp) -> None:
    author, reader = professional(dmp, roles.RADIOLOGIST, INDIRECT), professional(dmp, roles.GENERAL_PRACTITIONER)
    entry, _ = await author.feed(dmp.document())
    names = heard(reader)
    known = xds.DocumentRequest(dmp.settings.dmp_repository_id, entry.unique_id)
    unknown = replace(known, document_unique_id="1.2.3.4")
    statuses = []
    for wanted in ([known], [known, unknown], [unknown]):
        answer = await reader.call("repository", RETRIEVE, xds.write_retrieve_request(wanted), dmp.patient().ins, AIR)
        statuses.append(xds.read_retrieve_response(answer.root).response.status.rpartition(":")[2])
    assert statuses == ["Success", "PartialSuccess", "Failure"]
    assert names == ["RetrieveDocumentSetResponse"] * 3


async def test_updates_held_and_refused(dmp: Dmp) -> None:
    author, patient = professional(dmp, roles.RADIOLOGIST, INDIRECT), dmp.patient()
    names = heard(author)
    entry, _ = await author.feed(dmp.document())
    [stored] = (await ask(author, patient, "GetDocuments", XDSDocumentEntryUniqueId=entry.unique_id)).entries
    assert (await update(author, patient, new_status(stored, xds_uuids.DELETED))).succeeded
    again = await update(author, patient, new_status(stored, xds_uuids.DELETED))
    assert not again.succeeded
    assert names == ["RegistryResponse", "AdhocQueryResponse", "RegistryResponse", "RegistryResponse"]


async def test_a_refusal_is_a_fault_of_soap_itself(dmp: Dmp) -> None:
    stranger = professional(dmp, roles.DENTIST)
    names = heard(stranger)
    with pytest.raises(Refused, match="INEXISTANTE"):
        await stranger.search(dmp.patient("DMP-AUTORISATIONS"))
    assert names == ["Fault"]


async def test_what_does_not_keep_to_its_schema_is_noticed() -> None:
    wrong = etree.Element(xml.qname(xml.RS, "RegistryResponse"))
    with pytest.raises(etree.DocumentInvalid, match="status"):
        published.keep_to_schema(wrong)
