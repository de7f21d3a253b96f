"""XDS metadata as values: codes, authors, document entries, submission sets, associations.

Times are HL7 DTM strings in UTC (`YYYYMMDDhhmmss`, possibly shorter), as on the wire; identifiers keep their wire form
(CX, XCN, XON) and are parsed by `segur.wire.xds_datatypes`. Every class is frozen and made of strings, integers and
tuples only, so that it can be stored and rebuilt field by field. [DMP digest 3.1, 3.2]
"""

from __future__ import annotations

from dataclasses import dataclass, field

from segur.wire import xds_uuids as ids
from segur.wire.xds_datatypes import Person, Structure


class MetadataRefused(ValueError):
    """Metadata that cannot be taken.

    `code` is the XDS error code, `field` the attribute at fault, `context` the rule and the fix, fit for `codeContext`.
    """

    def __init__(self, field: str, context: str, *, code: str = "XDSRegistryMetadataError") -> None:
        super().__init__(f"{field}: {context}")
        self.code = code
        self.field = field
        self.context = f"{field}: {context}"


@dataclass(frozen=True, slots=True)
class Code:
    """A coded value: code, scheme (OID or name of the code system), label. False when there is no code."""

    code: str
    scheme: str
    display: str = ""

    def __bool__(self) -> bool:
        return bool(self.code)

    def same(self, other: Code) -> bool:
        """True when code and scheme are equal; labels do not count."""
        return (self.code, self.scheme) == (other.code, other.scheme)


NO_CODE = Code("", "")
"""Stands for an absent coded attribute."""


@dataclass(frozen=True, slots=True)
class Author:
    """One author: `person` is an XCN, `institutions` XON, `specialties` and `roles` are `code^label^OID` or text."""

    person: str = ""
    institutions: tuple[str, ...] = ()
    specialties: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    telecoms: tuple[str, ...] = ()

    @property
    def who(self) -> Person:
        """The XCN taken apart: identifier, family and given name, authority, kind."""
        return Person.parse(self.person)

    @property
    def structures(self) -> tuple[Structure, ...]:
        """The XONs taken apart: name, identifier, authority."""
        return tuple(Structure.parse(institution) for institution in self.institutions)


Slot = tuple[str, tuple[str, ...]]
"""A slot by name with its values."""


@dataclass(frozen=True, slots=True)
class DocumentEntry:
    """One document's metadata (ExtrinsicObject).

    `entry_uuid` is symbolic (`Document01`) in requests and a `urn:uuid:` in a registry. Attributes that the registry
    sets (`hash` SHA-1 hex, `size` bytes, `repository_unique_id`, `logical_id`, `version`, `status`) are empty in
    requests. `other_slots` keeps what this reader does not know, so that nothing is lost on the way.
    """

    entry_uuid: str
    unique_id: str
    patient_id: str
    mime_type: str = "text/xml"
    type_code: Code = NO_CODE
    class_code: Code = NO_CODE
    format_code: Code = NO_CODE
    facility_type: Code = NO_CODE
    practice_setting: Code = NO_CODE
    confidentiality: tuple[Code, ...] = ()
    event_codes: tuple[Code, ...] = ()
    authors: tuple[Author, ...] = ()
    title: str = ""
    comments: str = ""
    language: str = ""
    creation_time: str = ""
    service_start: str = ""
    service_stop: str = ""
    legal_authenticator: str = ""
    source_patient_id: str = ""
    source_patient_info: tuple[str, ...] = ()
    reference_ids: tuple[str, ...] = ()
    uri: str = ""
    hash: str = ""
    size: int | None = None
    repository_unique_id: str = ""
    home_community_id: str = ""
    logical_id: str = ""
    version: int | None = None
    status: str = ""
    object_type: str = ids.STABLE_DOCUMENT
    other_slots: tuple[Slot, ...] = ()


@dataclass(frozen=True, slots=True)
class SubmissionSet:
    """One submission (RegistryPackage): who sent what kind of content for whom, when."""

    entry_uuid: str
    unique_id: str
    patient_id: str
    source_id: str = ""
    submission_time: str = ""
    content_type: Code = NO_CODE
    authors: tuple[Author, ...] = ()
    title: str = ""
    comments: str = ""
    recipients: tuple[str, ...] = ()
    status: str = ""
    home_community_id: str = ""
    other_slots: tuple[Slot, ...] = ()


@dataclass(frozen=True, slots=True)
class Association:
    """A link between two registry objects; `type` is one of `xds_uuids.ASSOCIATION_NAMES`' values.

    `original_status` and `new_status` go with UpdateAvailabilityStatus, `previous_version` with a new version of an
    entry (ITI-57). [DMP digest 1.8]
    """

    id: str
    type: str
    source: str
    target: str
    submission_set_status: str = ""
    previous_version: int | None = None
    original_status: str = ""
    new_status: str = ""
    other_slots: tuple[Slot, ...] = ()


@dataclass(frozen=True, slots=True)
class Submission:
    """What one request submits: a set, new entries or versions, and associations."""

    submission_set: SubmissionSet
    entries: tuple[DocumentEntry, ...] = ()
    associations: tuple[Association, ...] = field(default=())

    def of_type(self, association_type: str) -> tuple[Association, ...]:
        """The associations of one type, in order."""
        return tuple(link for link in self.associations if link.type == association_type)

    def entry(self, entry_uuid: str) -> DocumentEntry | None:
        """The entry with this (symbolic) identifier, if it is part of the submission."""
        return next((entry for entry in self.entries if entry.entry_uuid == entry_uuid), None)
