"""HL7 V3 messages of the DMP: the demographics query PRPA_IN201307UV02 and its answer PRPA_IN201308UV02.

No maintained Python library knows these two interactions; their skeleton is fixed, so lxml is enough.
Source: [DMP digest 1.3].
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from lxml import etree

from segur.wire import xml
from segur.wire.hl7v3_elements import (
    add,
    add_id,
    attribute,
    boolean,
    expect,
    identifier,
    mandatory,
    mandatory_id,
    read_created,
    read_device,
    start,
)
from segur.wire.hl7v3_record import read_record, write_record
from segur.wire.hl7v3_values import (
    ATTACHED_TO_ENS,
    AUTHORIZATION_EXPIRED,
    AUTHORIZATION_FORBIDDEN,
    AUTHORIZATION_KEY,
    AUTHORIZATION_NONE,
    AUTHORIZATION_SYSTEM,
    AUTHORIZATION_VALID,
    DMP_DEVICE,
    EXISTENCE_TEST,
    INTERNET_ACCOUNT,
    READ_DATA,
    REASON_SYSTEM,
    TREATING_DOCTOR_KEY,
    Closing,
    DemographicsAnswer,
    DemographicsQuery,
    Device,
    DmpRecord,
    Hl7Refused,
    Identifier,
    Observation,
    Telecom,
    format_ts,
    parse_ts,
)

__all__ = [
    "ATTACHED_TO_ENS",
    "AUTHORIZATION_EXPIRED",
    "AUTHORIZATION_FORBIDDEN",
    "AUTHORIZATION_NONE",
    "AUTHORIZATION_VALID",
    "DMP_DEVICE",
    "EXISTENCE_TEST",
    "INTERNET_ACCOUNT",
    "QUERY",
    "READ_DATA",
    "RESPONSE",
    "Closing",
    "DemographicsAnswer",
    "DemographicsQuery",
    "Device",
    "DmpRecord",
    "Hl7Refused",
    "Identifier",
    "Observation",
    "Telecom",
    "answer",
    "format_ts",
    "parse_ts",
    "read_answer",
    "read_query",
    "write_answer",
    "write_query",
]

QUERY: Final = xml.qname(xml.HL7, "PRPA_IN201307UV02")
RESPONSE: Final = xml.qname(xml.HL7, "PRPA_IN201308UV02")
_CONTROL: Final = "hl7:controlActProcess"


def answer(
    query: DemographicsQuery,
    *,
    id: str,
    created: datetime,
    record: DmpRecord | None = None,
    authorization: str = "",
    treating_doctor: bool | None = None,
    acknowledgement: str = "AA",
) -> DemographicsAnswer:
    """The answer to a query: `NF` without a record; ids and devices are echoed as the DMP does. `id` is a new UUID.

    `acknowledgement` is `AA`, or `AE` as some answers without a record have it.
    """
    return DemographicsAnswer(
        id=Identifier(id),
        target=query.id,
        query_id=query.query_id,
        receiver=query.sender,
        sender=query.receiver,
        reason=query.reason,
        created=created,
        acknowledgement=acknowledgement,
        query_status="NF" if record is None else "OK",
        authorization=authorization,
        treating_doctor=treating_doctor,
        record=record,
    )


def read_query(element: etree._Element) -> DemographicsQuery:
    """Read PRPA_IN201307UV02.

    Raise `Hl7Refused` when the message id, the reason, the queryId or a patient identifier with root and extension is
    absent, or a time is malformed.
    """
    expect(element, QUERY)
    parameters = f"{_CONTROL}/hl7:queryByParameter"
    values = element.iterfind(f"{parameters}/hl7:parameterList/hl7:patientIdentifier/hl7:value", xml.NS)
    patients = tuple(identifier(value) for value in values)
    if not patients or not all(patient.root and patient.extension for patient in patients):
        raise Hl7Refused("one patientIdentifier/value with root and extension is mandatory", "patientIdentifier")
    return DemographicsQuery(
        id=mandatory_id(element, "hl7:id"),
        query_id=mandatory_id(element, f"{parameters}/hl7:queryId"),
        patients=patients,
        sender=read_device(element, "sender"),
        receiver=read_device(element, "receiver"),
        reason=mandatory(attribute(element, f"{_CONTROL}/hl7:reasonCode", "code"), "reasonCode"),
        created=read_created(element),
        processing=attribute(element, "hl7:processingCode", "code"),
    )


def read_answer(element: etree._Element) -> DemographicsAnswer:
    """Read PRPA_IN201308UV02; raise `Hl7Refused` when the acknowledgement or the queryResponseCode is absent."""
    expect(element, RESPONSE)
    authorization, doctor = "", None
    for line in element.iterfind("hl7:attentionLine", xml.NS):
        key = attribute(line, "hl7:keyWordText", "code")
        if key == AUTHORIZATION_KEY[0]:
            authorization = attribute(line, "hl7:value", "code")
        elif key == TREATING_DOCTOR_KEY[0]:
            doctor = attribute(line, "hl7:value", "value") == "true"
    patient = element.find(f"{_CONTROL}/hl7:subject/hl7:registrationEvent/hl7:subject1/hl7:patient", xml.NS)
    query_ack = f"{_CONTROL}/hl7:queryAck"
    return DemographicsAnswer(
        id=mandatory_id(element, "hl7:id"),
        target=mandatory_id(element, "hl7:acknowledgement/hl7:targetMessage/hl7:id"),
        query_id=mandatory_id(element, f"{query_ack}/hl7:queryId"),
        receiver=read_device(element, "receiver"),
        sender=read_device(element, "sender"),
        reason=attribute(element, f"{_CONTROL}/hl7:reasonCode", "code"),
        created=read_created(element),
        acknowledgement=mandatory(attribute(element, "hl7:acknowledgement", "typeCode"), "acknowledgement"),
        query_status=mandatory(attribute(element, f"{query_ack}/hl7:queryResponseCode", "code"), "queryResponseCode"),
        authorization=authorization,
        treating_doctor=doctor,
        record=read_record(patient) if patient is not None else None,
    )


def write_query(query: DemographicsQuery) -> etree._Element:
    """Write PRPA_IN201307UV02."""
    root = start(QUERY, query.id, query.created, query.processing, "AL", query.receiver, query.sender)
    control = add(root, "controlActProcess", classCode="CACT", moodCode="EVN")
    add(control, "reasonCode", code=query.reason, codeSystem=REASON_SYSTEM)
    by = add(control, "queryByParameter")
    add_id(by, query.query_id, "queryId")
    add(by, "statusCode", code="new")
    parameters = add(by, "parameterList")
    for patient in query.patients:
        holder = add(parameters, "patientIdentifier")
        add_id(holder, patient, "value")
        add(holder, "semanticsText").text = "Patient.id"
    return root


def write_answer(value: DemographicsAnswer) -> etree._Element:
    """Write PRPA_IN201308UV02."""
    root = start(RESPONSE, value.id, value.created, "P", "NE", value.receiver, value.sender)
    if value.authorization:
        line = _attention(root, AUTHORIZATION_KEY)
        add(line, "value", type="CV", code=value.authorization, codeSystem=AUTHORIZATION_SYSTEM)
    if value.treating_doctor is not None:
        add(_attention(root, TREATING_DOCTOR_KEY), "value", type="BL", value=boolean(value.treating_doctor))
    acknowledgement = add(root, "acknowledgement", typeCode=value.acknowledgement)
    add_id(add(acknowledgement, "targetMessage"), value.target)
    control = add(root, "controlActProcess", classCode="CACT", moodCode="EVN")
    add(control, "reasonCode", code=value.reason, codeSystem=REASON_SYSTEM)
    if value.record is not None:
        subject = add(control, "subject", typeCode="SUBJ", contextConductionInd="false")
        event = add(subject, "registrationEvent", classCode="REG", moodCode="EVN")
        add(event, "statusCode", code="completed")
        write_record(add(event, "subject1", typeCode="SBJ"), value.record)
        custodian = add(event, "custodian", typeCode="CST")
        add_id(add(custodian, "assignedEntity", classCode="ASSIGNED"), Identifier(value.sender.oid))
    ack = add(control, "queryAck")
    add_id(ack, value.query_id, "queryId")
    add(ack, "queryResponseCode", code=value.query_status)
    return root


def _attention(root: etree._Element, key: tuple[str, str]) -> etree._Element:
    line = add(root, "attentionLine")
    add(line, "keyWordText", code=key[0], codeSystem=key[1])
    return line
