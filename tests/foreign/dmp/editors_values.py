"""What an editor's software fills into the classes a SOAP library makes from our WSDL, written from the digest.

Plain values: elements and attributes by their names, as zeep takes them; `for_node` turns them over for npm's soap.
"""

from __future__ import annotations

from typing import Any

from segur.kernel.ids import new_id, new_oid
from segur.vocab.ins import Ins
from segur.wire import xds_uuids as ids
from segur.wire.xds import Association, Author, Code, DocumentEntry, Submission, SubmissionSet

Values = dict[str, Any]
LPS = "1.2.250.1.999.7"
FIND_DOCUMENTS = "urn:uuid:14d4debf-8f97-4251-9a74-a90016b0af0d"


def existence_query(ins: Ins) -> Values:
    """TD0.2: PRPA_IN201307UV02 [DMP digest 1.3]."""

    def device(role: str, oid: str, name: str) -> Values:
        about = {"id": {"root": oid}, "softwareName": name, "classCode": "DEV", "determinerCode": "INSTANCE"}
        return {"device": about, "typeCode": role}

    asked = {"value": {"root": ins.oid, "extension": ins.matricule}, "semanticsText": "Patient.id"}
    by = {
        "queryId": {"root": f"{LPS}.2", "extension": new_id()},
        "statusCode": {"code": "new"},
        "parameterList": {"patientIdentifier": [asked]},
    }
    return {
        "ITSVersion": "XML_1.0",
        "id": {"root": f"{LPS}.1", "extension": new_id()},
        "creationTime": {"value": "20260101120000"},
        "interactionId": {"root": "2.16.840.1.113883.1.6", "extension": "PRPA_IN201307UV02"},
        "processingCode": {"code": "P"},
        "processingModeCode": {"code": "T"},
        "acceptAckCode": {"code": "AL"},
        "receiver": device("RCV", "1.2.250.1.213.4.1.1.1", "DMP"),
        "sender": device("SND", LPS, "LPS"),
        "controlActProcess": {
            "reasonCode": {"code": "TEST_EXST", "codeSystem": "1.2.250.1.213.1.1.4.11"},
            "queryByParameter": by,
            "classCode": "CACT",
            "moodCode": "EVN",
        },
    }


def objects_of(submission: Submission) -> list[Values]:
    """The registry objects of ITI-41, each under the name of its element [DMP digest 1.6, 3]."""
    return [
        {"RegistryPackage": _package(submission.submission_set)},
        *({"ExtrinsicObject": _entry(entry)} for entry in submission.entries),
        *({"Association": _link(link)} for link in submission.associations),
    ]


def find_documents(ins: Ins) -> Values:
    """TD3.1: FindDocuments of the approved documents [DMP digest 1.7]."""
    wanted = {"$XDSDocumentEntryPatientId": f"'{ins.cx}'", "$XDSDocumentEntryStatus": f"('{ids.APPROVED}')"}
    return {
        "ResponseOption": {"returnComposedObjects": True, "returnType": "LeafClass"},
        "AdhocQuery": {"id": FIND_DOCUMENTS, "Slot": [_slot(name, value) for name, value in wanted.items()]},
    }


def deletion(entry: DocumentEntry) -> list[Values]:
    """TD3.3c: the registry objects of UpdateAvailabilityStatus [DMP digest 1.8]."""
    lot = SubmissionSet(
        "SubmissionSet01",
        new_oid(7),
        entry.patient_id,
        LPS,
        "20260101120000",
        Code("60", "1.2.250.1.213.2.2", "Consultations et actes"),
        entry.authors,
        "Suppression",
    )
    link = Association(
        "a1", ids.UPDATE_STATUS, lot.entry_uuid, entry.entry_uuid, original_status=ids.APPROVED, new_status=ids.DELETED
    )
    return [{"RegistryPackage": _package(lot)}, {"Association": _link(link)}]


def for_node(value: Any) -> Any:
    """The same for npm's soap, which wants attributes apart."""
    if isinstance(value, list):
        return [for_node(one) for one in value]
    if not isinstance(value, dict):
        return value
    parts = {name: one for name, one in value.items() if isinstance(one, dict | list) or name in _TEXTS}
    attributes = {name: one for name, one in value.items() if name not in parts}
    return ({"attributes": attributes} if attributes else {}) | {name: for_node(one) for name, one in parts.items()}


_TEXTS = ("softwareName", "semanticsText")
"""Elements that hold a text only."""


def _package(lot: SubmissionSet) -> Values:
    own = lot.entry_uuid
    return {
        "id": own,
        "Slot": [_slot("submissionTime", lot.submission_time)],
        "Name": _label(lot.title),
        "Classification": [
            *(_author(own, ids.SET_AUTHOR, author) for author in lot.authors),
            _coded(own, ids.SET_CONTENT_TYPE, lot.content_type),
            {"id": f"{own}-set", "classifiedObject": own, "classificationNode": ids.SUBMISSION_SET_NODE},
        ],
        "ExternalIdentifier": [
            _identifier(own, ids.SET_PATIENT_ID, "XDSSubmissionSet.patientId", lot.patient_id),
            _identifier(own, ids.SET_SOURCE_ID, "XDSSubmissionSet.sourceId", lot.source_id),
            _identifier(own, ids.SET_UNIQUE_ID, "XDSSubmissionSet.uniqueId", lot.unique_id),
        ],
    }


def _entry(entry: DocumentEntry) -> Values:
    own = entry.entry_uuid
    slots = {
        "creationTime": (entry.creation_time,),
        "languageCode": (entry.language,),
        "legalAuthenticator": (entry.legal_authenticator,),
        "serviceStartTime": (entry.service_start,),
        "serviceStopTime": (entry.service_stop,),
        "sourcePatientId": (entry.source_patient_id,),
        "sourcePatientInfo": entry.source_patient_info,
    }
    return {
        "id": own,
        "mimeType": entry.mime_type,
        "objectType": entry.object_type,
        "Slot": [_slot(name, *values) for name, values in slots.items() if any(values)],
        "Name": _label(entry.title),
        "Classification": [
            *(_author(own, ids.ENTRY_AUTHOR, author) for author in entry.authors),
            _coded(own, ids.ENTRY_CLASS, entry.class_code),
            *(_coded(own, ids.ENTRY_CONFIDENTIALITY, code) for code in entry.confidentiality),
            *(_coded(own, ids.ENTRY_EVENT, code) for code in entry.event_codes),
            _coded(own, ids.ENTRY_FORMAT, entry.format_code),
            _coded(own, ids.ENTRY_FACILITY, entry.facility_type),
            _coded(own, ids.ENTRY_PRACTICE, entry.practice_setting),
            _coded(own, ids.ENTRY_TYPE, entry.type_code),
        ],
        "ExternalIdentifier": [
            _identifier(own, ids.ENTRY_PATIENT_ID, "XDSDocumentEntry.patientId", entry.patient_id),
            _identifier(own, ids.ENTRY_UNIQUE_ID, "XDSDocumentEntry.uniqueId", entry.unique_id),
        ],
    }


def _link(link: Association) -> Values:
    slots = {
        "SubmissionSetStatus": link.submission_set_status,
        "OriginalStatus": link.original_status,
        "NewStatus": link.new_status,
    }
    return {
        "id": link.id,
        "associationType": link.type,
        "sourceObject": link.source,
        "targetObject": link.target,
        "Slot": [_slot(name, value) for name, value in slots.items() if value],
    }


def _slot(name: str, *values: str) -> Values:
    return {"name": name, "ValueList": {"Value": list(values)}}


def _label(text: str) -> Values:
    return {"LocalizedString": [{"value": text}]}


def _author(own: str, scheme: str, author: Author) -> Values:
    slots = {
        "authorPerson": (author.person,),
        "authorInstitution": author.institutions,
        "authorSpecialty": author.specialties,
    }
    return {
        "id": f"{own}-{new_id()}",
        "classificationScheme": scheme,
        "classifiedObject": own,
        "nodeRepresentation": "",
        "Slot": [_slot(name, *values) for name, values in slots.items() if values],
    }


def _coded(own: str, scheme: str, code: Code) -> Values:
    return {
        "id": f"{own}-{new_id()}",
        "classificationScheme": scheme,
        "classifiedObject": own,
        "nodeRepresentation": code.code,
        "Slot": [_slot("codingScheme", code.scheme)],
        "Name": _label(code.display or code.code),
    }


def _identifier(own: str, scheme: str, name: str, value: str) -> Values:
    return {
        "id": f"{own}-{new_id()}",
        "registryObject": own,
        "identificationScheme": scheme,
        "value": value,
        "Name": _label(name),
    }
