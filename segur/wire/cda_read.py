"""Reading the header and the embedded file of a CDA R2 document. [DMP digest 5.1, 5.2]

One safe parse of bounded size (`segur.wire.xml`), then plain paths: generateDS-like bindings of the CDA schema were
considered, and make hundreds of classes for the few dozen elements read here.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Final

from lxml.etree import _Element

from segur.wire import xml
from segur.wire.cda_elements import (
    all_coded,
    attribute,
    coded,
    find,
    find_all,
    instance_ids,
    line,
    moment,
    name_parts,
    only_id,
    span,
    structure,
    telecoms,
    value_of,
)
from segur.wire.cda_header import (
    STRUCTURED,
    UNSTRUCTURED,
    CdaHeader,
    CdaRefused,
    Encounter,
    InstanceId,
    Order,
    Patient,
    RelatedDocument,
    ServiceEvent,
)
from segur.wire.cda_parties import (
    read_author,
    read_authorization,
    read_guardian,
    read_informant,
    read_participant,
    read_party,
    read_recipient,
    read_signer,
)

_ROOT = xml.qname(xml.HL7, "ClinicalDocument")
_XSL: Final = "http://www.w3.org/1999/XSL/Transform"
_ACCESSION = "{urn:dicom-org:ps3-20}accessionNumber"
_PDF_COPY: Final = "1.2.250.1.213.1.1.2.243"
"""templateId of the section FR-Document-PDF-copie. [DMP digest 5.1]"""


@dataclass(frozen=True, slots=True)
class EmbeddedFile:
    """A file carried by a CDA: the body of a level 1 document, or the PDF copy inside a level 3 one."""

    media_type: str
    content: bytes


def read_header(document: bytes, *, max_bytes: int = xml.DEFAULT_MAX_BYTES) -> CdaHeader:
    """Read the header of a CDA, plain, signed or self-presenting.

    Refused with `CdaRefused` (which element, which rule): what is not XML, has a DOCTYPE, is over `max_bytes`, is not a
    CDA, or lacks id, code, effectiveTime, patient identifier or body. Other rules are those of `segur.cda.check`.
    """
    return header_of(*clinical_document(document, max_bytes=max_bytes))


def header_of(root: _Element, wrapping: str = "") -> CdaHeader:
    """The header of a document already parsed by `clinical_document`; refusals as in `read_header`."""
    code = coded(find(root, "code"))
    if not code:
        raise CdaRefused("code", "code and codeSystem of the document type are required")
    level, media_type = _body_kind(root)
    version = value_of(root, "versionNumber")
    if version and not (version.isascii() and version.isdigit()):
        raise CdaRefused("versionNumber", f"{version!r} is not a whole number")
    return CdaHeader(
        id=only_id(root, "id"),
        code=code,
        translations=all_coded(root, "code/hl7:translation"),
        title=line(root, "title"),
        effective_time=moment(root, "effectiveTime", required=True),
        patient=_patient(root),
        level=level,
        body_media_type=media_type,
        wrapping=wrapping,
        set_id=next(iter(instance_ids(root, "setId")), None),
        version=int(version) if version else None,
        confidentiality=coded(find(root, "confidentialityCode")),
        language=attribute(root, "languageCode", "code"),
        realm=attribute(root, "realmCode", "code"),
        templates=instance_ids(root, "templateId"),
        authors=tuple(read_author(author) for author in find_all(root, "author")),
        custodian=structure(find(root, "custodian/hl7:assignedCustodian/hl7:representedCustodianOrganization")),
        legal_authenticator=read_signer(find(root, "legalAuthenticator")),
        service_events=tuple(_service_event(event) for event in find_all(root, "documentationOf/hl7:serviceEvent")),
        encounter=_encounter(find(root, "componentOf/hl7:encompassingEncounter")),
        related_documents=tuple(_related(related) for related in find_all(root, "relatedDocument")),
        orders=tuple(_order(order) for order in find_all(root, "inFulfillmentOf/hl7:order")),
        recipients=tuple(read_recipient(recipient) for recipient in find_all(root, "informationRecipient")),
        participants=tuple(read_participant(participant) for participant in find_all(root, "participant")),
        type_id=next(iter(instance_ids(root, "typeId")), None),
        signature_code=attribute(root, "legalAuthenticator/hl7:signatureCode", "code"),
        data_enterer=read_signer(find(root, "dataEnterer")),
        informants=tuple(read_informant(informant) for informant in find_all(root, "informant")),
        authenticators=tuple(filter(None, map(read_signer, find_all(root, "authenticator")))),
        authorizations=tuple(read_authorization(consent) for consent in find_all(root, "authorization/hl7:consent")),
    )


def read_embedded_file(document: bytes, *, max_bytes: int = xml.DEFAULT_MAX_BYTES) -> EmbeddedFile | None:
    """The file in the body of a level 1 document, or the PDF copy of a level 3 one; `None` when there is none.

    Raise `CdaRefused` when it is not base64.
    """
    return embedded_file_of(clinical_document(document, max_bytes=max_bytes)[0])


def embedded_file_of(root: _Element) -> EmbeddedFile | None:
    """The embedded file of a document already parsed by `clinical_document`; see `read_embedded_file`."""
    holder = find(root, "component/hl7:nonXMLBody/hl7:text")
    if holder is None:
        holder = next(
            (
                value
                for section in root.iter(xml.qname(xml.HL7, "section"))
                if any(identifier.root == _PDF_COPY for identifier in instance_ids(section, "templateId"))
                for value in section.iter(xml.qname(xml.HL7, "value"))
                if value.get("representation") == "B64"
            ),
            None,
        )
    if holder is None:
        return None
    if holder.get("representation") != "B64":
        return EmbeddedFile(holder.get("mediaType", "text/plain"), xml.text(holder).encode())
    try:
        content = base64.b64decode("".join(xml.text(holder).split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise CdaRefused("text", f"not base64: {error}") from error
    return EmbeddedFile(holder.get("mediaType", ""), content)


def clinical_document(document: bytes, *, max_bytes: int = xml.DEFAULT_MAX_BYTES) -> tuple[_Element, str]:
    """The `ClinicalDocument` element and what wraps it: '' for nothing, `signature` or `stylesheet` [DMP digest 5.1].

    Raise `CdaRefused` for bytes that are not a CDA. The stylesheet of a self-presenting document is never run.
    """
    try:
        root = xml.parse(document, max_bytes=max_bytes)
    except xml.XmlRefused as error:
        raise CdaRefused("document", str(error)) from error
    if root.tag == _ROOT:
        return root, ""
    wrapping = {xml.DS: "signature", _XSL: "stylesheet"}.get(xml.namespace(root))
    inside = list(root.iter(_ROOT)) if wrapping else []
    if wrapping is None or len(inside) != 1:
        raise CdaRefused("document", f"root ClinicalDocument ({xml.HL7}) expected, {root.tag} found")
    return inside[0], wrapping


def _patient(root: _Element) -> Patient:
    role = find(root, "recordTarget/hl7:patientRole")
    identifiers = () if role is None else instance_ids(role, "id")
    if role is None or not identifiers:
        raise CdaRefused("recordTarget/patientRole/id", "at least one identifier with a root is required")
    person = find(role, "patient")
    if person is None:
        return Patient(identifiers, telecoms=telecoms(role))
    families = name_parts(person, "family")
    givens = name_parts(person, "given")
    birth_given = givens.get("", "")
    return Patient(
        identifiers,
        birth_family=families.get("BR", "") or families.get("", ""),
        birth_given=birth_given,
        first_given=givens.get("BR", "") or next(iter(birth_given.split()), ""),
        used_family=families.get("CL", ""),
        used_given=givens.get("CL", ""),
        birth_time=moment(person, "birthTime"),
        sex=attribute(person, "administrativeGenderCode", "code"),
        birthplace=line(person, "birthplace/hl7:place/hl7:addr/hl7:county"),
        telecoms=telecoms(role),
        guardians=tuple(read_guardian(guardian) for guardian in find_all(person, "guardian")),
    )


def _service_event(event: _Element) -> ServiceEvent:
    performer = find(event, "performer/hl7:assignedEntity")
    start, stop = span(event, "effectiveTime")
    return ServiceEvent(
        instance_ids(event, "id"),
        coded(find(event, "code")),
        all_coded(event, "code/hl7:translation"),
        start,
        stop,
        None if performer is None else read_party(performer, "assignedPerson", "representedOrganization"),
    )


def _encounter(element: _Element | None) -> Encounter | None:
    if element is None:
        return None
    facility = coded(find(element, "location/hl7:healthCareFacility/hl7:code"))
    return Encounter(facility, coded(find(element, "code")), *span(element, "effectiveTime"))


def _related(related: _Element) -> RelatedDocument:
    parent = find(related, "parentDocument")
    if parent is None:
        raise CdaRefused("relatedDocument", "parentDocument with the id of the other document is required")
    version = value_of(parent, "versionNumber")
    return RelatedDocument(
        related.get("typeCode", ""),
        only_id(parent, "id"),
        next(iter(instance_ids(parent, "setId")), None),
        int(version) if version.isascii() and version.isdigit() else None,
    )


def _order(order: _Element) -> Order:
    accession = order.find(_ACCESSION)
    number = None if accession is None else InstanceId(accession.get("root", ""), accession.get("extension", ""))
    return Order(next(iter(instance_ids(order, "id")), InstanceId("")), number)


def _body_kind(root: _Element) -> tuple[int, str]:
    if find(root, "component/hl7:structuredBody") is not None:
        return STRUCTURED, ""
    media_type = attribute(root, "component/hl7:nonXMLBody/hl7:text", "mediaType")
    if not media_type:
        raise CdaRefused("component", "structuredBody, or nonXMLBody/text with a mediaType, is required")
    return UNSTRUCTURED, media_type
