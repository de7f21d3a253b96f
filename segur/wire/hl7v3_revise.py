"""HL7 V3 messages that change a DMP: PRPA_IN201314UV02 (revise) and PRPA_IN201311UV02 (add), and their answers.

The answer is a wrapper of the DMP's own namespace around PRPA_IN201315UV02 (done) or 316 (refused), for an addition 312
or 313. Source: [DMP digest 1.1, 1.5].
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from lxml import etree

from segur.wire import xml
from segur.wire.hl7v3_elements import (
    add,
    add_id,
    attribute,
    mandatory,
    mandatory_id,
    read_created,
    read_device,
    start,
)
from segur.wire.hl7v3_record import read_record, write_record
from segur.wire.hl7v3_values import (
    CLOSING_SYSTEM,
    DMP_DEVICE,
    REASON_SYSTEM,
    Device,
    DmpRecord,
    Hl7Refused,
    Identifier,
)

GDP: Final = "asip:ci-sis:gdp:2010"
REVISE: Final = xml.qname(xml.HL7, "PRPA_IN201314UV02")
ADD: Final = xml.qname(xml.HL7, "PRPA_IN201311UV02")
_ANSWERS: Final = {
    REVISE: ("PRPA_IN201314UV02_Response", "PRPA_IN201315UV02", "PRPA_IN201316UV02"),
    ADD: ("PRPA_IN201311UV02_Response", "PRPA_IN201312UV02", "PRPA_IN201313UV02"),
}
"""Request → wrapper, done, refused. NOTE: the wrapper of an addition is named after that of a revision, inferred."""
_PATIENT: Final = "hl7:controlActProcess/hl7:subject/hl7:registrationEvent/hl7:subject1/hl7:patient"


@dataclass(frozen=True, slots=True)
class Revision:
    """A change asked for, told by its `reason`: `MODIF_DATA`, `FERM`, `REAC`, `CREA_RD`.

    `record` is the patient as it shall be; `issue` says why a DMP is closed (`FERMETURE_DEMANDE_PATIENT`).
    """

    id: Identifier
    sender: Device
    reason: str
    record: DmpRecord
    issue: str = ""
    issue_text: str = ""
    created: datetime | None = None
    receiver: Device = DMP_DEVICE
    processing: str = "P"
    kind: str = REVISE
    """`REVISE` or `ADD`."""


@dataclass(frozen=True, slots=True)
class RevisionAnswer:
    """What became of it: `code` is empty when it was done, else the DMP's code, with the French `text`."""

    id: Identifier
    target: Identifier
    receiver: Device
    reason: str
    created: datetime | None = None
    code: str = ""
    text: str = ""
    record: DmpRecord | None = None
    sender: Device = DMP_DEVICE
    kind: str = REVISE


def read_revision(element: etree._Element) -> Revision:
    """Read either request; raise `Hl7Refused` without message id, reason or a patient identifier."""
    if element.tag not in _ANSWERS:
        raise Hl7Refused(f"expected PRPA_IN201314UV02 or PRPA_IN201311UV02, got {element.tag!s}", "body")
    patient = element.find(_PATIENT, xml.NS)
    record = read_record(patient) if patient is not None else None
    if record is None or not any(one.root and one.extension for one in record.ids):
        raise Hl7Refused("a patient with an id (root and extension) is mandatory", "registrationEvent/subject1/patient")
    # NOTE: where the official sample hangs the issue is not certain, its name is: the first one counts.
    issue = next(element.iter(xml.qname(xml.HL7, "detectedIssueEvent")), None)
    return Revision(
        id=mandatory_id(element, "hl7:id"),
        sender=read_device(element, "sender"),
        reason=mandatory(attribute(element, "hl7:controlActProcess/hl7:reasonCode", "code"), "reasonCode"),
        record=record,
        issue=attribute(issue, "hl7:code", "code") if issue is not None else "",
        issue_text=xml.find_text(issue, "hl7:text") if issue is not None else "",
        created=read_created(element),
        receiver=read_device(element, "receiver"),
        processing=attribute(element, "hl7:processingCode", "code"),
        kind=str(element.tag),
    )


def write_revision(value: Revision) -> etree._Element:
    """Write either request."""
    root = start(value.kind, value.id, value.created, value.processing, "AL", value.receiver, value.sender)
    control = add(root, "controlActProcess", classCode="CACT", moodCode="EVN")
    add(control, "reasonCode", code=value.reason, codeSystem=REASON_SYSTEM)
    _add_subject(control, value.record, "active")
    if value.issue:
        reason = add(control, "reasonOf", typeCode="RSON")
        issue = add(reason, "detectedIssueEvent", classCode="ALRT", moodCode="EVN")
        add(issue, "code", code=value.issue, codeSystem=CLOSING_SYSTEM)
        if value.issue_text:
            add(issue, "text").text = value.issue_text
    return root


def answer(request: Revision, *, id: str, created: datetime, record: DmpRecord | None = None) -> RevisionAnswer:
    """The answer that it is done, with the record as it is now."""
    return RevisionAnswer(
        Identifier(id), request.id, request.sender, request.reason, created, record=record, kind=request.kind
    )


def refusal(request: Revision, *, id: str, created: datetime, code: str, text: str) -> RevisionAnswer:
    """The answer that it is refused."""
    return RevisionAnswer(
        Identifier(id), request.id, request.sender, request.reason, created, code, text, kind=request.kind
    )


def write_revision_answer(value: RevisionAnswer) -> etree._Element:
    """Write the wrapper with the answer inside."""
    wrapper, done, refused = _ANSWERS[value.kind]
    root = etree.Element(xml.qname(GDP, wrapper), nsmap=xml.as_default(GDP))
    tag = xml.qname(xml.HL7, refused if value.code else done)
    inner = start(tag, value.id, value.created, "P", "NE", value.receiver, value.sender)
    acknowledgement = add(inner, "acknowledgement", typeCode="AE" if value.code else "AA")
    add_id(add(acknowledgement, "targetMessage"), value.target)
    if value.code:
        detail = add(acknowledgement, "acknowledgementDetail", typeCode="E")
        add(detail, "code", code=value.code)
        add(detail, "text").text = value.text
    control = add(inner, "controlActProcess", classCode="CACT", moodCode="EVN")
    add(control, "reasonCode", code=value.reason, codeSystem=REASON_SYSTEM)
    if value.record is not None:
        _add_subject(control, value.record, "completed")
    root.append(inner)
    return root


def read_revision_answer(element: etree._Element) -> RevisionAnswer:
    """Read the wrapper or the answer itself; raise `Hl7Refused` for another message."""
    inner = next(xml.children(element), element) if xml.namespace(element) == GDP else element
    name = xml.local_name(inner)
    kind = next((request for request, (_, *both) in _ANSWERS.items() if name in both), None)
    if kind is None:
        raise Hl7Refused(f"expected an answer to a revision or an addition, got {inner.tag!s}", "body")
    detail = inner.find("hl7:acknowledgement/hl7:acknowledgementDetail", xml.NS)
    patient = inner.find(_PATIENT, xml.NS)
    return RevisionAnswer(
        id=mandatory_id(inner, "hl7:id"),
        target=mandatory_id(inner, "hl7:acknowledgement/hl7:targetMessage/hl7:id"),
        receiver=read_device(inner, "receiver"),
        reason=attribute(inner, "hl7:controlActProcess/hl7:reasonCode", "code"),
        created=read_created(inner),
        code=attribute(detail, "hl7:code", "code") if detail is not None else "",
        text=xml.find_text(detail, "hl7:text") if detail is not None else "",
        record=read_record(patient) if patient is not None else None,
        sender=read_device(inner, "sender"),
        kind=kind,
    )


def _add_subject(control: etree._Element, record: DmpRecord, status: str) -> None:
    subject = add(control, "subject", typeCode="SUBJ", contextConductionInd="false")
    event = add(subject, "registrationEvent", classCode="REG", moodCode="EVN")
    add(event, "statusCode", code=status)
    write_record(add(event, "subject1", typeCode="SBJ"), record)
