"""The `patient` element of an answer: the administrative side of one DMP. Source: [DMP digest 1.3]."""

from __future__ import annotations

from lxml import etree

from segur.wire import xml
from segur.wire.hl7v3_elements import add, add_id, attribute, boolean, identifier
from segur.wire.hl7v3_values import CLOSING_SYSTEM, Closing, DmpRecord, Observation, Telecom


def write_record(parent: etree._Element, record: DmpRecord) -> None:
    """Add the `patient` element under `parent`."""
    patient = add(parent, "patient", classCode="PAT")
    for identity in record.ids:
        add_id(patient, identity)
    add(patient, "statusCode", code=record.status)
    person = add(patient, "patientPerson", classCode="PSN", determinerCode="INSTANCE")
    name = add(person, "name")
    if record.prefix:
        add(name, "prefix").text = record.prefix
    for given in record.given:
        add(name, "given").text = given
    for qualifier, family in (("SP", record.used_name), ("BR", record.birth_name)):
        if family:
            add(name, "family", qualifier=qualifier).text = family
    for telecom in record.telecoms:
        add(person, "telecom", use=telecom.use, value=telecom.value)
    add(person, "administrativeGenderCode", code=record.gender)
    add(person, "birthTime", value=record.birth_date)
    for item in record.observations:
        observation = _observation(patient, item.code, item.system)
        if isinstance(item.value, bool):
            add(observation, "value", type="BL", value=boolean(item.value))
        elif isinstance(item.value, int):
            add(observation, "value", type="INT", value=str(item.value))
        else:
            add(observation, "value", type="ST").text = item.value
    if record.closing is not None:
        # NOTE: the digest gives the code system of the closing reason only; text and effectiveTime are inferred.
        observation = _observation(patient, record.closing.reason, CLOSING_SYSTEM)
        if record.closing.text:
            add(observation, "text").text = record.closing.text
        if record.closing.date:
            add(observation, "effectiveTime", value=record.closing.date)


def read_record(patient: etree._Element) -> DmpRecord:
    """Read a `patient` element; whatever is absent is left empty."""
    observations: list[Observation] = []
    closing: Closing | None = None
    for item in patient.iterfind("hl7:subjectOf/hl7:administrativeObservation", xml.NS):
        code, system = attribute(item, "hl7:code", "code"), attribute(item, "hl7:code", "codeSystem")
        if system == CLOSING_SYSTEM:
            closing = Closing(code, attribute(item, "hl7:effectiveTime", "value"), xml.find_text(item, "hl7:text"))
        else:
            observations.append(Observation(code, system, _read_value(item.find("hl7:value", xml.NS))))
    person = "hl7:patientPerson"
    name = f"{person}/hl7:name"
    return DmpRecord(
        ids=tuple(identifier(item) for item in patient.iterfind("hl7:id", xml.NS)),
        status=attribute(patient, "hl7:statusCode", "code"),
        prefix=xml.find_text(patient, f"{name}/hl7:prefix"),
        given=tuple(xml.text(item) for item in patient.iterfind(f"{name}/hl7:given", xml.NS)),
        used_name=xml.find_text(patient, f"{name}/hl7:family[@qualifier='SP']"),
        birth_name=xml.find_text(patient, f"{name}/hl7:family[@qualifier='BR']"),
        telecoms=tuple(
            Telecom(item.get("value", ""), item.get("use", ""))
            for item in patient.iterfind(f"{person}/hl7:telecom", xml.NS)
        ),
        gender=attribute(patient, f"{person}/hl7:administrativeGenderCode", "code"),
        birth_date=attribute(patient, f"{person}/hl7:birthTime", "value"),
        observations=tuple(observations),
        closing=closing,
    )


def _read_value(value: etree._Element | None) -> bool | int | str:
    if value is None:
        return ""
    text = value.get("value")
    if text and value.get(xml.qname(xml.XSI, "type"), "").endswith("INT") and text.isascii() and text.isdigit():
        return int(text)
    if text in ("true", "false") and value.get(xml.qname(xml.XSI, "type"), "BL").endswith("BL"):
        return text == "true"
    return text or value.get("code") or xml.text(value)


def _observation(patient: etree._Element, code: str, system: str) -> etree._Element:
    holder = add(patient, "subjectOf", typeCode="SBJ")
    observation = add(holder, "administrativeObservation", classCode="OBS", moodCode="EVN")
    add(observation, "code", code=code, codeSystem=system)
    return observation
