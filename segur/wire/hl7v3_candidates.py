"""HL7 V3 search of a patient without INS: PRPA_IN201305UV02 and its answer PRPA_IN201306UV02 (TD0.5).

Source: [DMP digest 1.4], and the IHE PDQ V3 profile for the parameters the digest does not show.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from lxml import etree

from segur.wire import xml
from segur.wire.hl7v3_elements import add, add_id, attribute, expect, mandatory, mandatory_id, read_created, read_device
from segur.wire.hl7v3_elements import start as start_message
from segur.wire.hl7v3_record import read_record, write_record
from segur.wire.hl7v3_values import DMP_DEVICE, REASON_SYSTEM, Device, DmpRecord, Hl7Refused, Identifier

QUERY: Final = xml.qname(xml.HL7, "PRPA_IN201305UV02")
RESPONSE: Final = xml.qname(xml.HL7, "PRPA_IN201306UV02")
_QUERY: Final = "hl7:controlActProcess/hl7:queryByParameter"
_PARAMETERS: Final = f"{_QUERY}/hl7:parameterList"


@dataclass(frozen=True, slots=True)
class Traits:
    """What is known of the patient; a birth date is `YYYYMMDD` or a beginning of it, a gender `M`, `F` or `UN`."""

    family_name: str
    given_name: str = ""
    birth_date: str = ""
    gender: str = ""
    postal_code: str = ""
    city: str = ""


@dataclass(frozen=True, slots=True)
class CandidatesQuery:
    """PRPA_IN201305UV02."""

    id: Identifier
    query_id: Identifier
    traits: Traits
    sender: Device
    reason: str = ""
    created: datetime | None = None
    receiver: Device = DMP_DEVICE
    processing: str = "P"


@dataclass(frozen=True, slots=True)
class CandidatesAnswer:
    """PRPA_IN201306UV02: the candidates, best first."""

    id: Identifier
    target: Identifier
    query_id: Identifier
    receiver: Device
    records: tuple[DmpRecord, ...] = ()
    reason: str = ""
    created: datetime | None = None
    sender: Device = DMP_DEVICE


def read_candidates_query(element: etree._Element) -> CandidatesQuery:
    """Read the query; raise `Hl7Refused` without ids, or without a family name."""
    expect(element, QUERY)
    name = _value(element, "livingSubjectName")
    address = _value(element, "patientAddress")
    family = xml.find_text(name, "hl7:family") if name is not None else ""
    return CandidatesQuery(
        id=mandatory_id(element, "hl7:id"),
        query_id=mandatory_id(element, f"{_QUERY}/hl7:queryId"),
        traits=Traits(
            family_name=mandatory(family, "livingSubjectName/value/family"),
            given_name=xml.find_text(name, "hl7:given") if name is not None else "",
            birth_date=attribute(element, f"{_PARAMETERS}/hl7:livingSubjectBirthTime/hl7:value", "value"),
            gender=attribute(element, f"{_PARAMETERS}/hl7:livingSubjectAdministrativeGender/hl7:value", "code"),
            postal_code=xml.find_text(address, "hl7:postalCode") if address is not None else "",
            city=xml.find_text(address, "hl7:city") if address is not None else "",
        ),
        sender=read_device(element, "sender"),
        reason=attribute(element, "hl7:controlActProcess/hl7:reasonCode", "code"),
        created=read_created(element),
        receiver=read_device(element, "receiver"),
        processing=attribute(element, "hl7:processingCode", "code"),
    )


def write_candidates_query(query: CandidatesQuery) -> etree._Element:
    """Write the query."""
    root = start_message(QUERY, query.id, query.created, query.processing, "AL", query.receiver, query.sender)
    control = add(root, "controlActProcess", classCode="CACT", moodCode="EVN")
    if query.reason:
        add(control, "reasonCode", code=query.reason, codeSystem=REASON_SYSTEM)
    by = add(control, "queryByParameter")
    add_id(by, query.query_id, "queryId")
    add(by, "statusCode", code="new")
    parameters, traits = add(by, "parameterList"), query.traits
    if traits.gender:
        _parameter(parameters, "livingSubjectAdministrativeGender", code=traits.gender)
    if traits.birth_date:
        _parameter(parameters, "livingSubjectBirthTime", value=traits.birth_date)
    name = _parameter(parameters, "livingSubjectName")
    _texts(name, ("given", traits.given_name), ("family", traits.family_name))
    if traits.postal_code or traits.city:
        address = _parameter(parameters, "patientAddress")
        _texts(address, ("postalCode", traits.postal_code), ("city", traits.city))
    return root


def write_candidates_answer(value: CandidatesAnswer) -> etree._Element:
    """Write the answer; without candidates the queryResponseCode is `NF`."""
    root = start_message(RESPONSE, value.id, value.created, "P", "NE", value.receiver, value.sender)
    add_id(add(add(root, "acknowledgement", typeCode="AA"), "targetMessage"), value.target)
    control = add(root, "controlActProcess", classCode="CACT", moodCode="EVN")
    if value.reason:
        add(control, "reasonCode", code=value.reason, codeSystem=REASON_SYSTEM)
    for record in value.records:
        subject = add(control, "subject", typeCode="SUBJ", contextConductionInd="false")
        event = add(subject, "registrationEvent", classCode="REG", moodCode="EVN")
        add(event, "statusCode", code="active")
        write_record(add(event, "subject1", typeCode="SBJ"), record)
        custodian = add(event, "custodian", typeCode="CST")
        add_id(add(custodian, "assignedEntity", classCode="ASSIGNED"), Identifier(value.sender.oid))
    ack, found = add(control, "queryAck"), str(len(value.records))
    add_id(ack, value.query_id, "queryId")
    add(ack, "queryResponseCode", code="OK" if value.records else "NF")
    for name, number in (("resultTotalQuantity", found), ("resultCurrentQuantity", found)):
        add(ack, name, value=number)
    add(ack, "resultRemainingQuantity", value="0")
    return root


def read_candidates_answer(element: etree._Element) -> CandidatesAnswer:
    """Read the answer; raise `Hl7Refused` for another message."""
    expect(element, RESPONSE)
    path = "hl7:controlActProcess/hl7:subject/hl7:registrationEvent/hl7:subject1/hl7:patient"
    status = attribute(element, "hl7:controlActProcess/hl7:queryAck/hl7:queryResponseCode", "code")
    if not status:
        raise Hl7Refused("is missing or empty, it is mandatory", "queryResponseCode")
    return CandidatesAnswer(
        id=mandatory_id(element, "hl7:id"),
        target=mandatory_id(element, "hl7:acknowledgement/hl7:targetMessage/hl7:id"),
        query_id=mandatory_id(element, "hl7:controlActProcess/hl7:queryAck/hl7:queryId"),
        receiver=read_device(element, "receiver"),
        records=tuple(read_record(patient) for patient in element.iterfind(path, xml.NS)),
        reason=attribute(element, "hl7:controlActProcess/hl7:reasonCode", "code"),
        created=read_created(element),
        sender=read_device(element, "sender"),
    )


def _value(element: etree._Element, parameter: str) -> etree._Element | None:
    return element.find(f"{_PARAMETERS}/hl7:{parameter}/hl7:value", xml.NS)


def _parameter(parameters: etree._Element, name: str, **attributes: str) -> etree._Element:
    holder = add(parameters, name)
    value = add(holder, "value", **attributes)
    add(holder, "semanticsText").text = name
    return value


def _texts(parent: etree._Element, *pairs: tuple[str, str]) -> None:
    for name, text in pairs:
        if text:
            add(parent, name).text = text
