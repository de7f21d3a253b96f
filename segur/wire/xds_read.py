"""Reading ebRIM: requests and registry answers become `segur.wire.xds_values`.

`lxml` finds the elements. zeep with the ebRIM schema was considered: it gives the generic registry model (slots,
classifications), and the mapping to XDS attributes would still be all of this file.
[DMP digest 1.6, 1.8, 3], [MSSanté digest 3.6]
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from lxml.etree import _Element

from segur.wire import xds_uuids as ids
from segur.wire import xml
from segur.wire.xds_datatypes import InvalidDtm, parse_dtm
from segur.wire.xds_values import (
    NO_CODE,
    Association,
    Author,
    Code,
    DocumentEntry,
    MetadataRefused,
    Slot,
    Submission,
    SubmissionSet,
)

MAX_OBJECTS: Final = 1_000
"""Most registry objects read from one message."""

_SHA1 = re.compile(r"^[0-9A-Fa-f]{40}$", re.ASCII)
_ENTRY_SLOTS = frozenset(
    {
        "creationTime", "languageCode", "legalAuthenticator", "serviceStartTime", "serviceStopTime", "sourcePatientId",
        "sourcePatientInfo", "URI", "hash", "size", "repositoryUniqueId", ids.REFERENCE_IDS_SLOT,
    }
)  # fmt: skip
_SET_SLOTS = frozenset({"submissionTime", "intendedRecipient"})
_ASSOCIATION_SLOTS = frozenset({"SubmissionSetStatus", "PreviousVersion", "OriginalStatus", "NewStatus"})


@dataclass(slots=True)
class _Object:
    """One registry object with its slots, classifications and identifiers sorted by name or scheme."""

    element: _Element
    name: str
    slots: dict[str, tuple[str, ...]] = field(default_factory=dict)
    classifications: dict[str, list[_Element]] = field(default_factory=dict)
    identifiers: dict[str, str] = field(default_factory=dict)

    def one(self, slot: str) -> str:
        return self.slots.get(slot, ("",))[0] if self.slots.get(slot) else ""

    def others(self, known: frozenset[str]) -> tuple[Slot, ...]:
        return tuple((name, values) for name, values in self.slots.items() if name not in known)

    def identifier(self, scheme: str, attribute: str) -> str:
        value = self.identifiers.get(scheme, "").strip()
        if not value:
            raise MetadataRefused(attribute, f"missing in {self.name}: one ExternalIdentifier {scheme} is required")
        return value

    def codes(self, scheme: str, attribute: str) -> tuple[Code, ...]:
        return tuple(_code(element, attribute) for element in self.classifications.get(scheme, ()))

    def code(self, scheme: str, attribute: str) -> Code:
        found = self.codes(scheme, attribute)
        if len(found) > 1:
            raise MetadataRefused(attribute, f"{len(found)} values in {self.name}, at most one is allowed")
        return found[0] if found else NO_CODE

    def time(self, slot: str, attribute: str) -> str:
        value = self.one(slot)
        if value:
            try:
                parse_dtm(value)
            except InvalidDtm as error:
                raise MetadataRefused(attribute, str(error)) from error
        return value

    def whole(self, text: str, attribute: str) -> int | None:
        if not text:
            return None
        if not (text.isascii() and text.isdigit() and len(text) <= 18):
            raise MetadataRefused(attribute, f"{text!r} is not a whole number")
        return int(text)


def read_submission(element: _Element) -> Submission:
    """Read the submission of a ProvideAndRegisterDocumentSetRequest, SubmitObjectsRequest or RegistryObjectList.

    Cardinalities that make the metadata unreadable are refused here; required attributes are checked by
    `xds.missing_attributes`, since they differ between requests and registries.
    Raise `MetadataRefused` naming the attribute and the rule.
    """
    sets, entries, associations, _ = read_objects(object_list(element))
    if len(sets) != 1:
        raise MetadataRefused("SubmissionSet", f"exactly one RegistryPackage is expected, {len(sets)} found")
    symbols = [sets[0].entry_uuid, *(entry.entry_uuid for entry in entries)]
    repeated = next((symbol for symbol in symbols if symbols.count(symbol) > 1), None)
    if repeated is not None:
        raise MetadataRefused("entryUUID", f"{repeated!r} identifies several objects of the submission")
    return Submission(sets[0], entries, associations)


def object_list(element: _Element) -> _Element:
    """The RegistryObjectList in (or being) `element`; raise `MetadataRefused` when there is none."""
    tag = xml.qname(xml.RIM, "RegistryObjectList")
    found = next(element.iter(tag), None)
    if found is None:
        raise MetadataRefused("RegistryObjectList", f"missing (element {tag} expected)")
    return found


def read_objects(
    objects: _Element,
) -> tuple[tuple[SubmissionSet, ...], tuple[DocumentEntry, ...], tuple[Association, ...], tuple[str, ...]]:
    """Sort a RegistryObjectList into (submission sets, document entries, associations, ids of ObjectRef).

    Classifications that stand beside their object instead of inside it (MSSanté archives) are put back into it.
    Raise `MetadataRefused` for folders, unknown objects, or more than `MAX_OBJECTS` objects.
    """
    children = list(xml.children(objects))
    if len(children) > MAX_OBJECTS:
        raise MetadataRefused("RegistryObjectList", f"{len(children)} objects, at most {MAX_OBJECTS} are read")
    beside: dict[str, list[_Element]] = {}
    for child in children:
        if xml.local_name(child) in ("Classification", "ExternalIdentifier"):
            owner = child.get("classifiedObject") or child.get("registryObject") or ""
            beside.setdefault(owner, []).append(child)
    sets: list[SubmissionSet] = []
    entries: list[DocumentEntry] = []
    associations: list[Association] = []
    references: list[str] = []
    for child in children:
        match xml.local_name(child):
            case "RegistryPackage":
                sets.append(_submission_set(_sorted(child, beside)))
            case "ExtrinsicObject":
                entries.append(_entry(_sorted(child, beside)))
            case "Association":
                associations.append(_association(_sorted(child, beside)))
            case "ObjectRef":
                references.append(child.get("id", ""))
            case "Classification" | "ExternalIdentifier":
                continue
            case other:
                raise MetadataRefused("RegistryObjectList", f"{other} is not an object of an XDS submission")
    return tuple(sets), tuple(entries), tuple(associations), tuple(references)


def _sorted(element: _Element, beside: dict[str, list[_Element]]) -> _Object:
    identifier = element.get("id", "")
    thing = _Object(element, f"{xml.local_name(element)} {identifier!r}")
    parts: Iterator[_Element] = xml.children(element)
    for child in (*parts, *beside.get(identifier, ())):
        match xml.local_name(child):
            case "Slot":
                name = child.get("name", "")
                if name in thing.slots:
                    raise MetadataRefused(name, f"slot repeated in {thing.name}; put all values in one ValueList")
                thing.slots[name] = _values(child)
            case "Classification":
                scheme = child.get("classificationScheme") or child.get("classificationNode") or ""
                thing.classifications.setdefault(scheme, []).append(child)
            case "ExternalIdentifier":
                scheme = child.get("identificationScheme", "")
                if scheme in thing.identifiers:
                    raise MetadataRefused(scheme, f"the identifier is repeated in {thing.name}")
                thing.identifiers[scheme] = child.get("value", "")
    return thing


def _values(slot: _Element) -> tuple[str, ...]:
    return tuple(xml.text(value) for value in slot.iter(xml.qname(xml.RIM, "Value")))


def _label(element: _Element, name: str) -> str:
    holder = element.find(f"rim:{name}/rim:LocalizedString", xml.NS)
    return "" if holder is None else holder.get("value", "")


def _code(element: _Element, attribute: str) -> Code:
    code = element.get("nodeRepresentation", "")
    if not code:
        raise MetadataRefused(attribute, "a Classification without nodeRepresentation carries no code")
    scheme = ""
    for slot in element.findall("rim:Slot", xml.NS):
        if slot.get("name") == "codingScheme":
            scheme = next(iter(_values(slot)), "")
    if not scheme:
        raise MetadataRefused(attribute, f"code {code}: slot codingScheme (the code system) is missing")
    return Code(code, scheme, _label(element, "Name"))


def _authors(thing: _Object, scheme: str) -> tuple[Author, ...]:
    authors = []
    for element in thing.classifications.get(scheme, ()):
        slots = {slot.get("name", ""): _values(slot) for slot in element.findall("rim:Slot", xml.NS)}
        persons = slots.get("authorPerson", ())
        if len(persons) > 1:
            raise MetadataRefused("authorPerson", "several values in one author; write one Classification per author")
        authors.append(
            Author(
                person=next(iter(persons), ""),
                institutions=slots.get("authorInstitution", ()),
                specialties=slots.get("authorSpecialty", ()),
                roles=slots.get("authorRole", ()),
                telecoms=slots.get("authorTelecommunication", ()),
            )
        )
    return tuple(authors)


def _entry(thing: _Object) -> DocumentEntry:
    element = thing.element
    version = element.find("rim:VersionInfo", xml.NS)
    if not element.get("id"):
        raise MetadataRefused("entryUUID", "ExtrinsicObject without @id")
    mime_type = element.get("mimeType", "")
    if not mime_type:
        raise MetadataRefused("mimeType", f"@mimeType missing in {thing.name}")
    return DocumentEntry(
        entry_uuid=element.get("id", ""),
        unique_id=thing.identifier(ids.ENTRY_UNIQUE_ID, "uniqueId"),
        patient_id=thing.identifier(ids.ENTRY_PATIENT_ID, "patientId"),
        mime_type=mime_type,
        type_code=thing.code(ids.ENTRY_TYPE, "typeCode"),
        class_code=thing.code(ids.ENTRY_CLASS, "classCode"),
        format_code=thing.code(ids.ENTRY_FORMAT, "formatCode"),
        facility_type=thing.code(ids.ENTRY_FACILITY, "healthcareFacilityTypeCode"),
        practice_setting=thing.code(ids.ENTRY_PRACTICE, "practiceSettingCode"),
        confidentiality=thing.codes(ids.ENTRY_CONFIDENTIALITY, "confidentialityCode"),
        event_codes=thing.codes(ids.ENTRY_EVENT, "eventCodeList"),
        authors=_authors(thing, ids.ENTRY_AUTHOR),
        title=_label(element, "Name"),
        comments=_label(element, "Description"),
        language=thing.one("languageCode"),
        creation_time=thing.time("creationTime", "creationTime"),
        service_start=thing.time("serviceStartTime", "serviceStartTime"),
        service_stop=thing.time("serviceStopTime", "serviceStopTime"),
        legal_authenticator=thing.one("legalAuthenticator"),
        source_patient_id=thing.one("sourcePatientId"),
        source_patient_info=thing.slots.get("sourcePatientInfo", ()),
        reference_ids=thing.slots.get(ids.REFERENCE_IDS_SLOT, ()),
        uri=_uri(thing.slots.get("URI", ())),
        hash=_sha1(thing.one("hash")),
        size=thing.whole(thing.one("size"), "size"),
        repository_unique_id=thing.one("repositoryUniqueId"),
        home_community_id=element.get("home", ""),
        logical_id=element.get("lid", ""),
        version=thing.whole("" if version is None else version.get("versionName", ""), "version"),
        status=element.get("status", ""),
        object_type=element.get("objectType", ids.STABLE_DOCUMENT),
        other_slots=thing.others(_ENTRY_SLOTS),
    )


def _sha1(text: str) -> str:
    if text and not _SHA1.match(text):
        raise MetadataRefused("hash", f"{text[:60]!r} is not a SHA-1 in hexadecimal")
    return text.lower()


def _uri(values: tuple[str, ...]) -> str:
    """A URI longer than a slot value is cut into `1|part`, `2|part` … by ebRIM senders; put it together again."""
    if len(values) <= 1:
        return values[0] if values else ""
    numbered = [value.partition("|") for value in values]
    if not all(number.isdigit() and bar for number, bar, _ in numbered):
        raise MetadataRefused("URI", "several values that are not numbered parts (1|…, 2|…)")
    return "".join(part for _, _, part in sorted(numbered, key=lambda piece: int(piece[0])))


def _submission_set(thing: _Object) -> SubmissionSet:
    element = thing.element
    if ids.SUBMISSION_SET_NODE not in thing.classifications:
        raise MetadataRefused(
            "SubmissionSet", f"{thing.name} has no Classification with classificationNode {ids.SUBMISSION_SET_NODE}"
        )
    return SubmissionSet(
        entry_uuid=element.get("id", ""),
        unique_id=thing.identifier(ids.SET_UNIQUE_ID, "XDSSubmissionSet.uniqueId"),
        patient_id=thing.identifier(ids.SET_PATIENT_ID, "XDSSubmissionSet.patientId"),
        source_id=thing.identifiers.get(ids.SET_SOURCE_ID, ""),
        submission_time=thing.time("submissionTime", "XDSSubmissionSet.submissionTime"),
        content_type=thing.code(ids.SET_CONTENT_TYPE, "XDSSubmissionSet.contentTypeCode"),
        authors=_authors(thing, ids.SET_AUTHOR),
        title=_label(element, "Name"),
        comments=_label(element, "Description"),
        recipients=thing.slots.get("intendedRecipient", ()),
        status=element.get("status", ""),
        home_community_id=element.get("home", ""),
        other_slots=thing.others(_SET_SLOTS),
    )


def _association(thing: _Object) -> Association:
    element = thing.element
    kind = element.get("associationType", "")
    ends = element.get("sourceObject", ""), element.get("targetObject", "")
    if not kind or not all(ends):
        raise MetadataRefused(
            "Association", f"{thing.name}: associationType, sourceObject and targetObject are required"
        )
    return Association(
        id=element.get("id", ""),
        type=ids.ASSOCIATION_NAMES.get(kind, kind),
        source=ends[0],
        target=ends[1],
        submission_set_status=thing.one("SubmissionSetStatus"),
        previous_version=thing.whole(thing.one("PreviousVersion"), "PreviousVersion"),
        original_status=thing.one("OriginalStatus"),
        new_status=thing.one("NewStatus"),
        other_slots=thing.others(_ASSOCIATION_SLOTS),
    )
