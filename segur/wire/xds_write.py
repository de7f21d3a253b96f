"""Writing ebRIM: `segur.wire.xds_values` become registry objects, in the element order of the RIM schema.

They are written as text, a tree is read from it where one is asked for: an entry has a hundred elements and a search
hundreds of entries, and a tree of them costs five times their text. [DMP digest 1.6, 1.7, 3], [MSSanté digest 3.6]
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from lxml import etree
from lxml.etree import _Element

from segur.wire import xds_uuids as ids
from segur.wire import xml
from segur.wire.xds_values import Association, Author, Code, DocumentEntry, Slot, Submission, SubmissionSet

_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_IN_TEXT: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
_IN_ATTRIBUTE: Final = _IN_TEXT | str.maketrans({'"': "&quot;", "\n": "&#10;", "\t": "&#9;"})
_REMEMBERED: Final = 8_192
"""Values of which the written form is kept: codes, labels and authors are the same in most entries of a patient."""


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
    """What `objects_text` writes, as a tree."""
    text = objects_text(objects, references)
    return xml.parse(text, max_bytes=len(text))


def objects_text(
    objects: Iterable[SubmissionSet | DocumentEntry | Association], references: Iterable[str] = ()
) -> bytes:
    """A `rim:RegistryObjectList` with the objects in the given order, then ObjectRef of the given ids.

    Raise `ValueError` for a character that XML cannot hold.
    """
    written = [f'<rim:RegistryObjectList xmlns:rim="{xml.RIM}">', *map(_written, objects)]
    written += [f'<rim:ObjectRef id="{_attribute(reference)}"/>' for reference in references]
    return "".join((*written, "</rim:RegistryObjectList>")).encode()


def _written(thing: SubmissionSet | DocumentEntry | Association) -> str:
    match thing:
        case SubmissionSet():
            return _submission_set(thing)
        case DocumentEntry():
            return _entry(thing)
        case Association():
            return _association(thing)


def _entry(entry: DocumentEntry) -> str:
    own = {
        "mimeType": entry.mime_type, "objectType": entry.object_type, "isOpaque": "false",
        "lid": entry.logical_id, "home": entry.home_community_id, "status": entry.status,
    }  # fmt: skip
    parts = _Parts(entry.entry_uuid)
    for author in entry.authors:
        parts.author(ids.ENTRY_AUTHOR, author)
    parts.codes(ids.ENTRY_CLASS, entry.class_code)
    parts.codes(ids.ENTRY_CONFIDENTIALITY, *entry.confidentiality)
    parts.codes(ids.ENTRY_EVENT, *entry.event_codes)
    parts.codes(ids.ENTRY_FORMAT, entry.format_code)
    parts.codes(ids.ENTRY_FACILITY, entry.facility_type)
    parts.codes(ids.ENTRY_PRACTICE, entry.practice_setting)
    parts.codes(ids.ENTRY_TYPE, entry.type_code)
    parts.identifier(ids.ENTRY_PATIENT_ID, "XDSDocumentEntry.patientId", entry.patient_id)
    parts.identifier(ids.ENTRY_UNIQUE_ID, "XDSDocumentEntry.uniqueId", entry.unique_id)
    return "".join(
        (
            _opening("ExtrinsicObject", entry.entry_uuid, own),
            _slot("creationTime", entry.creation_time),
            _slot("hash", entry.hash),
            _slot("languageCode", entry.language),
            _slot("legalAuthenticator", entry.legal_authenticator),
            _slot("repositoryUniqueId", entry.repository_unique_id),
            _slot("serviceStartTime", entry.service_start),
            _slot("serviceStopTime", entry.service_stop),
            _slot("size", "" if entry.size is None else str(entry.size)),
            _slot("sourcePatientId", entry.source_patient_id),
            _slot("sourcePatientInfo", *entry.source_patient_info),
            _slot("URI", entry.uri),
            _slot(ids.REFERENCE_IDS_SLOT, *entry.reference_ids),
            _others(entry.other_slots),
            _label("Name", entry.title),
            _label("Description", entry.comments),
            "" if entry.version is None else f'<rim:VersionInfo versionName="{entry.version}"/>',
            *parts.written,
            "</rim:ExtrinsicObject>",
        )
    )


def _submission_set(lot: SubmissionSet) -> str:
    parts = _Parts(lot.entry_uuid)
    for author in lot.authors:
        parts.author(ids.SET_AUTHOR, author)
    parts.codes(ids.SET_CONTENT_TYPE, lot.content_type)
    parts.node(ids.SUBMISSION_SET_NODE)
    parts.identifier(ids.SET_PATIENT_ID, "XDSSubmissionSet.patientId", lot.patient_id)
    parts.identifier(ids.SET_SOURCE_ID, "XDSSubmissionSet.sourceId", lot.source_id)
    parts.identifier(ids.SET_UNIQUE_ID, "XDSSubmissionSet.uniqueId", lot.unique_id)
    return "".join(
        (
            _opening("RegistryPackage", lot.entry_uuid, {"status": lot.status, "home": lot.home_community_id}),
            _slot("submissionTime", lot.submission_time),
            _slot("intendedRecipient", *lot.recipients),
            _others(lot.other_slots),
            _label("Name", lot.title),
            _label("Description", lot.comments),
            *parts.written,
            "</rim:RegistryPackage>",
        )
    )


def _association(link: Association) -> str:
    own = {
        "objectType": ids.ASSOCIATION_OBJECT, "associationType": link.type,
        "sourceObject": link.source, "targetObject": link.target,
    }  # fmt: skip
    return "".join(
        (
            _opening("Association", link.id, own),
            _slot("SubmissionSetStatus", link.submission_set_status),
            _slot("PreviousVersion", "" if link.previous_version is None else str(link.previous_version)),
            _slot("OriginalStatus", link.original_status),
            _slot("NewStatus", link.new_status),
            _others(link.other_slots),
            "</rim:Association>",
        )
    )


class _Parts:
    """Classifications and identifiers of one object; their ids are made from its own, so that output is repeatable."""

    def __init__(self, identifier: str) -> None:
        self.written: list[str] = []
        self._id = _attribute(identifier)

    def codes(self, scheme: str, *codes: Code) -> None:
        for code in codes:
            if code:
                self._classified(_code(scheme, code))

    def author(self, scheme: str, author: Author) -> None:
        self._classified(_author(scheme, author))

    def node(self, node: str) -> None:
        self._classified(f'classificationNode="{node}"/>')

    def identifier(self, scheme: str, name: str, value: str) -> None:
        if value:
            self.written.append(
                f'<rim:ExternalIdentifier id="{self._next}" objectType="{ids.EXTERNAL_IDENTIFIER_OBJECT}"'
                f' registryObject="{self._id}" identificationScheme="{scheme}" value="{_attribute(value)}">'
                f"{_label('Name', name)}</rim:ExternalIdentifier>"
            )

    def _classified(self, rest: str) -> None:
        self.written.append(
            f'<rim:Classification id="{self._next}" objectType="{ids.CLASSIFICATION_OBJECT}"'
            f' classifiedObject="{self._id}" {rest}'
        )

    @property
    def _next(self) -> str:
        # A part of an object whose id is a UUID needs an NCName-safe id of its own: urn:uuid:x -> x.1, x.2 …
        return f"{self._id}.{len(self.written) + 1}"


@lru_cache(_REMEMBERED)
def _code(scheme: str, code: Code) -> str:
    return (
        f'classificationScheme="{scheme}" nodeRepresentation="{_attribute(code.code)}">'
        f"{_slot('codingScheme', code.scheme)}{_label('Name', code.display or code.code)}</rim:Classification>"
    )


@lru_cache(_REMEMBERED)
def _author(scheme: str, author: Author) -> str:
    slots = (
        _slot("authorPerson", author.person)
        + _slot("authorInstitution", *author.institutions)
        + _slot("authorRole", *author.roles)
        + _slot("authorSpecialty", *author.specialties)
        + _slot("authorTelecommunication", *author.telecoms)
    )
    return f'classificationScheme="{scheme}" nodeRepresentation="">{slots}</rim:Classification>'


def _opening(tag: str, identifier: str, attributes: dict[str, str]) -> str:
    given = "".join(f' {name}="{_attribute(value)}"' for name, value in attributes.items() if value)
    return f'<rim:{tag} id="{_attribute(identifier)}"{given}>'


def _slot(name: str, *values: str) -> str:
    given = "".join(f"<rim:Value>{_text(value)}</rim:Value>" for value in values if value)
    return f'<rim:Slot name="{name}"><rim:ValueList>{given}</rim:ValueList></rim:Slot>' if given else ""


def _others(slots: tuple[Slot, ...]) -> str:
    return "".join(_slot(_attribute(name), *values) for name, values in slots)


def _label(tag: str, value: str) -> str:
    if not value:
        return ""
    return f'<rim:{tag}><rim:LocalizedString charset="UTF8" value="{_attribute(value)}" xml:lang="FR"/></rim:{tag}>'


@lru_cache(_REMEMBERED)
def _text(value: str) -> str:
    return _checked(value).translate(_IN_TEXT)


@lru_cache(_REMEMBERED)
def _attribute(value: str) -> str:
    return _checked(value).translate(_IN_ATTRIBUTE)


def _checked(value: str) -> str:
    found = _NO_XML.search(value)
    if found is not None:
        raise ValueError(f"character U+{ord(found.group()):04X} cannot be written in XML")
    return value
