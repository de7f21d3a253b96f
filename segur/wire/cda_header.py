"""The header of a CDA R2 document as values. Times keep the form of the document (`20260105101500+0100`).

[DMP digest 5.2], [DRIM digest 2.5], [MSSanté digest 3.3]
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from segur.vocab import oids
from segur.wire.xds_values import NO_CODE, Code

UNSTRUCTURED: Final = 1
STRUCTURED: Final = 3


class CdaRefused(ValueError):
    """A document that cannot be taken as a CDA; `field` is the element at fault, `rule` the rule and the fix."""

    def __init__(self, field: str, rule: str) -> None:
        super().__init__(f"{field}: {rule}")
        self.field = field
        self.rule = rule


@dataclass(frozen=True, slots=True)
class InstanceId:
    """An HL7 II: an OID or UUID root, and an extension when the root is an assigning authority."""

    root: str
    extension: str = ""

    def __str__(self) -> str:
        return f"{self.root}^{self.extension}" if self.extension else self.root


@dataclass(frozen=True, slots=True)
class Organization:
    """A structure: identifiers, name, telecoms (`mailto:` and `tel:` URLs)."""

    ids: tuple[InstanceId, ...] = ()
    name: str = ""
    telecoms: tuple[str, ...] = ()
    industry: Code = NO_CODE


@dataclass(frozen=True, slots=True)
class Patient:
    """The person of the document. `birth_given` holds all given names of the birth certificate, as written there."""

    ids: tuple[InstanceId, ...]
    birth_family: str = ""
    birth_given: str = ""
    first_given: str = ""
    used_family: str = ""
    used_given: str = ""
    birth_time: str = ""
    sex: str = ""
    birthplace: str = ""
    telecoms: tuple[str, ...] = ()
    guardians: tuple[Party, ...] = ()

    @property
    def ins(self) -> InstanceId | None:
        """The first identifier whose root is an assigning authority of the INS (the retired INS-C is none)."""
        return next((identifier for identifier in self.ids if identifier.root in oids.INS_AUTHORITIES), None)

    @property
    def local_id(self) -> InstanceId | None:
        """The first identifier of another authority: the patient number of the sender."""
        known = oids.INS_AUTHORITIES | {oids.INS_C}
        return next((i for i in self.ids if i.root not in known and i.extension), None)

    @property
    def identity_is_complete(self) -> bool:
        """True when the header `X-MSS-INS` may say `O`. [MSSanté digest 3.3]"""
        return self.ins is not None and all(
            (self.ins.extension, self.birth_family, self.first_given, self.birth_time, self.sex)
        )


@dataclass(frozen=True, slots=True)
class Party:
    """A person, or a system (`is_device`, then family = software name and given = model), with its structure.

    `time` is when it wrote or signed; `function` its role in this document, `specialty` its profession.
    """

    ids: tuple[InstanceId, ...] = ()
    family: str = ""
    given: str = ""
    is_device: bool = False
    time: str = ""
    function: Code = NO_CODE
    specialty: Code = NO_CODE
    organization: Organization = Organization()
    telecoms: tuple[str, ...] = ()

    @property
    def emails(self) -> tuple[str, ...]:
        """Addresses of the `mailto:` telecoms of the party and of its structure, without the scheme."""
        return emails((*self.telecoms, *self.organization.telecoms))


@dataclass(frozen=True, slots=True)
class ServiceEvent:
    """An act the document is about. In imaging `ids[0].root` is the StudyInstanceUID."""

    ids: tuple[InstanceId, ...] = ()
    code: Code = NO_CODE
    translations: tuple[Code, ...] = ()
    start: str = ""
    stop: str = ""
    performer: Party | None = None

    @property
    def industry(self) -> Code:
        """The care setting (standardIndustryClassCode) of the performer's structure."""
        return NO_CODE if self.performer is None else self.performer.organization.industry


@dataclass(frozen=True, slots=True)
class Encounter:
    """The stay or visit, and the kind of place it happened in."""

    facility_type: Code = NO_CODE
    code: Code = NO_CODE
    start: str = ""
    stop: str = ""


@dataclass(frozen=True, slots=True)
class RelatedDocument:
    """An earlier document: `kind` is RPLC (replaced by this one) or XFRM (this one is made from it)."""

    kind: str
    id: InstanceId
    set_id: InstanceId | None = None
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """The request fulfilled: placer order number, and accession number in imaging."""

    id: InstanceId
    accession: InstanceId | None = None


@dataclass(frozen=True, slots=True)
class Participant:
    """Another party with the `typeCode` of its participation (INF, REF, PRF, CON …; PRCP or TRC for recipients)."""

    kind: str
    party: Party


@dataclass(frozen=True, slots=True)
class Authorization:
    """A consent the document tells of: its identifiers, its code, its status (`completed`)."""

    ids: tuple[InstanceId, ...] = ()
    code: Code = NO_CODE
    status: str = ""


@dataclass(frozen=True, slots=True)
class CdaHeader:
    """Everything the platform reads of a CDA header.

    `level` is 1 (a file in `nonXMLBody`, of type `body_media_type`) or 3 (structured). `wrapping` is empty for a plain
    document, `signature` or `stylesheet` for the two other allowed roots. [DMP digest 5.1]
    """

    id: InstanceId
    code: Code
    effective_time: str
    patient: Patient
    level: int
    title: str = ""
    translations: tuple[Code, ...] = ()
    set_id: InstanceId | None = None
    version: int | None = None
    confidentiality: Code = NO_CODE
    language: str = ""
    realm: str = ""
    templates: tuple[InstanceId, ...] = ()
    authors: tuple[Party, ...] = ()
    custodian: Organization = Organization()
    legal_authenticator: Party | None = None
    service_events: tuple[ServiceEvent, ...] = ()
    encounter: Encounter | None = None
    related_documents: tuple[RelatedDocument, ...] = ()
    orders: tuple[Order, ...] = ()
    recipients: tuple[Participant, ...] = ()
    participants: tuple[Participant, ...] = ()
    body_media_type: str = ""
    wrapping: str = ""
    type_id: InstanceId | None = None
    signature_code: str = ""
    data_enterer: Party | None = None
    informants: tuple[Participant, ...] = ()
    authenticators: tuple[Party, ...] = ()
    authorizations: tuple[Authorization, ...] = ()

    @property
    def main_event(self) -> ServiceEvent | None:
        """The main act: the first whose performer's structure says its care setting, else the first."""
        return next((event for event in self.service_events if event.industry), next(iter(self.service_events), None))

    @property
    def replaces(self) -> tuple[InstanceId, ...]:
        """Identifiers of the documents this one replaces (RPLC)."""
        return tuple(related.id for related in self.related_documents if related.kind == "RPLC")

    @property
    def recipient_emails(self) -> tuple[str, ...]:
        """Addresses of information recipients, then of participants (requester, treating doctor), each once."""
        parties = (*self.recipients, *self.participants)
        return tuple(dict.fromkeys(address for taking_part in parties for address in taking_part.party.emails))


def emails(telecoms: tuple[str, ...]) -> tuple[str, ...]:
    """The addresses among telecom URLs."""
    return tuple(url[7:].strip() for url in telecoms if url.lower().startswith("mailto:"))
