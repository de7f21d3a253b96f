"""Writing ebRIM: `segur.wire.xds_values` become registry objects, in the element order of the RIM schema.

[DMP digest 1.6, 1.7, 3], [MSSanté digest 3.6]
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count

from lxml import etree
from lxml.etree import _Element

from segur.wire import xds_uuids as ids
from segur.wire import xml
from segur.wire.xds_values import Association, Author, Code, DocumentEntry, Slot, Submission, SubmissionSet

# Names made once: an entry has a hundred elements, and a search hundreds of entries.
_SLOT, _VALUE_LIST, _VALUE, _CLASSIFICATION, _IDENTIFIER, _STRING = (
    xml.qname(xml.RIM, name)
    for name in ("Slot", "ValueList", "Value", "Classification", "ExternalIdentifier", "LocalizedString")
)
_LANG = xml.qname(xml.XML, "lang")
_LABELS = {name: xml.qname(xml.RIM, name) for name in ("Name", "Description")}


def write_submission(submission: Submission) -> _Element:
    """An `lcm:SubmitObjectsRequest`: body of ITI-57, METADATA.XML of an archive, inner part of ITI-41."""
    request = etree.Element(xml.qname(xml.LCM, "SubmitObjectsRequest"), nsmap={"lcm": xml.LCM, "rim": xml.RIM})
    objects: tuple[SubmissionSet | DocumentEntry | Association, ...] = (
        submission.submission_set,
        *submission.entries,
        *submission.associations,
    )
    request.append(write_objects(objects))
    return request


def write_objects(
    objects: Iterable[SubmissionSet | DocumentEntry | Association], references: Iterable[str] = ()
) -> _Element:
    """A `rim:RegistryObjectList` with the objects in the given order, then ObjectRef of the given ids."""
    holder = etree.Element(xml.qname(xml.RIM, "RegistryObjectList"), nsmap={"rim": xml.RIM})
    for thing in objects:
        match thing:
            case SubmissionSet():
                _Writer(holder, "RegistryPackage", thing.entry_uuid).submission_set(thing)
            case DocumentEntry():
                _Writer(holder, "ExtrinsicObject", thing.entry_uuid).entry(thing)
            case Association():
                _Writer(holder, "Association", thing.id).association(thing)
    for reference in references:
        etree.SubElement(holder, xml.qname(xml.RIM, "ObjectRef"), {"id": reference})
    return holder


class _Writer:
    """Writes one registry object; the ids of its parts are made from its own, so that output is reproducible."""

    def __init__(self, holder: _Element, tag: str, identifier: str) -> None:
        self._element = etree.SubElement(holder, xml.qname(xml.RIM, tag), {"id": identifier})
        self._id = identifier
        self._numbers = count(1)

    def entry(self, entry: DocumentEntry) -> None:
        optional = {"lid": entry.logical_id, "home": entry.home_community_id, "status": entry.status}
        self._attributes({"mimeType": entry.mime_type, "objectType": entry.object_type, "isOpaque": "false"} | optional)
        self._slot("creationTime", entry.creation_time)
        self._slot("hash", entry.hash)
        self._slot("languageCode", entry.language)
        self._slot("legalAuthenticator", entry.legal_authenticator)
        self._slot("repositoryUniqueId", entry.repository_unique_id)
        self._slot("serviceStartTime", entry.service_start)
        self._slot("serviceStopTime", entry.service_stop)
        self._slot("size", "" if entry.size is None else str(entry.size))
        self._slot("sourcePatientId", entry.source_patient_id)
        self._slot("sourcePatientInfo", *entry.source_patient_info)
        self._slot("URI", entry.uri)
        self._slot(ids.REFERENCE_IDS_SLOT, *entry.reference_ids)
        self._others(entry.other_slots)
        self._label("Name", entry.title)
        self._label("Description", entry.comments)
        if entry.version is not None:
            etree.SubElement(self._element, xml.qname(xml.RIM, "VersionInfo"), {"versionName": str(entry.version)})
        for author in entry.authors:
            self._author(ids.ENTRY_AUTHOR, author)
        self._codes(ids.ENTRY_CLASS, entry.class_code)
        self._codes(ids.ENTRY_CONFIDENTIALITY, *entry.confidentiality)
        self._codes(ids.ENTRY_EVENT, *entry.event_codes)
        self._codes(ids.ENTRY_FORMAT, entry.format_code)
        self._codes(ids.ENTRY_FACILITY, entry.facility_type)
        self._codes(ids.ENTRY_PRACTICE, entry.practice_setting)
        self._codes(ids.ENTRY_TYPE, entry.type_code)
        self._identifier(ids.ENTRY_PATIENT_ID, "XDSDocumentEntry.patientId", entry.patient_id)
        self._identifier(ids.ENTRY_UNIQUE_ID, "XDSDocumentEntry.uniqueId", entry.unique_id)

    def submission_set(self, submission_set: SubmissionSet) -> None:
        self._attributes({"status": submission_set.status, "home": submission_set.home_community_id})
        self._slot("submissionTime", submission_set.submission_time)
        self._slot("intendedRecipient", *submission_set.recipients)
        self._others(submission_set.other_slots)
        self._label("Name", submission_set.title)
        self._label("Description", submission_set.comments)
        for author in submission_set.authors:
            self._author(ids.SET_AUTHOR, author)
        self._codes(ids.SET_CONTENT_TYPE, submission_set.content_type)
        self._classification({"classificationNode": ids.SUBMISSION_SET_NODE})
        self._identifier(ids.SET_PATIENT_ID, "XDSSubmissionSet.patientId", submission_set.patient_id)
        self._identifier(ids.SET_SOURCE_ID, "XDSSubmissionSet.sourceId", submission_set.source_id)
        self._identifier(ids.SET_UNIQUE_ID, "XDSSubmissionSet.uniqueId", submission_set.unique_id)

    def association(self, link: Association) -> None:
        self._attributes(
            {
                "objectType": ids.ASSOCIATION_OBJECT,
                "associationType": link.type,
                "sourceObject": link.source,
                "targetObject": link.target,
            }
        )
        self._slot("SubmissionSetStatus", link.submission_set_status)
        self._slot("PreviousVersion", "" if link.previous_version is None else str(link.previous_version))
        self._slot("OriginalStatus", link.original_status)
        self._slot("NewStatus", link.new_status)
        self._others(link.other_slots)

    def _attributes(self, attributes: dict[str, str]) -> None:
        for name, value in attributes.items():
            if value:
                self._element.set(name, value)

    def _part_id(self) -> str:
        # A part of an object whose id is a UUID needs an NCName-safe id of its own: urn:uuid:x -> x.1, x.2 …
        return f"{self._id}.{next(self._numbers)}"

    def _slot(self, name: str, *values: str) -> None:
        _append_slot(self._element, name, values)

    def _others(self, slots: tuple[Slot, ...]) -> None:
        for name, values in slots:
            self._slot(name, *values)

    def _label(self, tag: str, value: str) -> None:
        if value:
            _append_label(self._element, tag, value)

    def _classification(self, attributes: dict[str, str]) -> _Element:
        return etree.SubElement(
            self._element,
            _CLASSIFICATION,
            {
                "id": self._part_id(),
                "objectType": ids.CLASSIFICATION_OBJECT,
                "classifiedObject": self._id,
                **attributes,
            },
        )

    def _codes(self, scheme: str, *codes: Code) -> None:
        for code in codes:
            if code:
                part = self._classification({"classificationScheme": scheme, "nodeRepresentation": code.code})
                _append_slot(part, "codingScheme", (code.scheme,))
                _append_label(part, "Name", code.display or code.code)

    def _author(self, scheme: str, author: Author) -> None:
        part = self._classification({"classificationScheme": scheme, "nodeRepresentation": ""})
        _append_slot(part, "authorPerson", (author.person,))
        _append_slot(part, "authorInstitution", author.institutions)
        _append_slot(part, "authorRole", author.roles)
        _append_slot(part, "authorSpecialty", author.specialties)
        _append_slot(part, "authorTelecommunication", author.telecoms)

    def _identifier(self, scheme: str, name: str, value: str) -> None:
        if value:
            part = etree.SubElement(
                self._element,
                _IDENTIFIER,
                {
                    "id": self._part_id(),
                    "objectType": ids.EXTERNAL_IDENTIFIER_OBJECT,
                    "registryObject": self._id,
                    "identificationScheme": scheme,
                    "value": value,
                },
            )
            _append_label(part, "Name", name)


def _append_slot(element: _Element, name: str, values: Iterable[str]) -> None:
    holder: _Element | None = None
    for value in values:
        if value:
            if holder is None:
                holder = etree.SubElement(etree.SubElement(element, _SLOT, {"name": name}), _VALUE_LIST)
            etree.SubElement(holder, _VALUE).text = value


def _append_label(element: _Element, tag: str, value: str) -> None:
    holder = etree.SubElement(element, _LABELS[tag])
    etree.SubElement(holder, _STRING, {"charset": "UTF8", "value": value, _LANG: "FR"})
