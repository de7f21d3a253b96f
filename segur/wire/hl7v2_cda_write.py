"""Writing the HL7 v2 messages that carry a CDA. [MSSanté digest 3.8], [DRIM digest 1.4]"""

from __future__ import annotations

import base64
from typing import Final

from segur.vocab import oids
from segur.wire.hl7v2 import Message, Segment, escape, segment
from segur.wire.hl7v2_cda import FLAG_SYSTEM, LOINC_SYSTEM, TRIGGERS, Action, CdaMessage, Correspondent, Hl7Patient

_PROFILE: Final = "2.1^CISIS_CDA_HL7_V2"
_RESULT_STATUS: Final = {Action.CREATE: "F", Action.REPLACE: "C", Action.DELETE: "D"}


def write_cda_message(value: CdaMessage) -> Message:
    """Write the message: ORU^R01 in version 2.5, or MDM in 2.6 with the trigger of its action."""
    trigger = next(name for name, action in TRIGGERS.items() if action is value.action)
    kind = "ORU^R01^ORU_R01" if value.is_result else f"MDM^{trigger}^MDM_T02"
    version, coded = ("2.5", "CE") if value.is_result else ("2.6", "CWE")
    document_type = f"{value.type_code.code}^{escape(value.type_code.display)}^{LOINC_SYSTEM}"
    status = _RESULT_STATUS[value.action]
    segments = [
        segment(
            "MSH", *map(escape, (*value.sending, *value.receiving)), value.time, "", kind, escape(value.control_id),
            value.processing, version, "", "", "", "", "FRA", "UNICODE UTF-8", "", "", _PROFILE,
        )
    ]  # fmt: skip
    if not value.is_result:
        segments.append(segment("EVN", "", value.time))
    segments += [
        _pid(value.patient),
        segment("PV1", "1", value.patient_class),
        segment("ORC", value.action.value, _entity(value.placer), _entity(value.filler)),
        segment(
            "OBR",
            "1",
            _entity(value.placer),
            _entity(value.filler),
            document_type,
            *[""] * 13,
            _entity(value.accession),
        ),
    ]
    if not value.is_result:
        identifiers = _document_id(value.document_id), _document_id(value.replaced_id)
        transcription = (
            "1",
            value.type_code.code,
            "TEXT",
            value.document_time,
            *[""] * 7,
            *identifiers,
            "",
            "",
            "",
            "AU",
        )
        segments.append(segment("TXA", *transcription))
    number = 0
    for document in value.documents:
        number += 1
        segments.append(_encapsulated(number, document_type, "XML", document, status))
        if number == 1:
            segments += [_prt(correspondent) for correspondent in value.correspondents]
    if value.mail is not None:
        number += 1
        identifier = f"{escape(value.mail[0])}^{escape(value.mail[1])}"
        segments.append(_encapsulated(number, identifier, "", value.mail[2].encode(), status))
    for name, raised in value.flags.items():
        number += 1
        answer = f"{'Y' if raised else 'N'}^^expandedYes-NoIndicator"
        identifier = f"{name}^^{FLAG_SYSTEM}"
        segments.append(segment("OBX", str(number), coded, identifier, "", answer, "", "", "", "", "", "F"))
        if name == "DESTMSSANTEPAT" and value.no_reply:
            segments.append(segment("NTE", "1", "", "", "FIN"))
    for name, text in value.texts.items():
        number += 1
        segments.append(_encapsulated(number, f"{name}^^{FLAG_SYSTEM}", "", text.encode(), "F"))
    return Message(tuple(segments))


def _pid(patient: Hl7Patient) -> Segment:
    authority = "ASIP-SANTE-INS-NIA" if patient.ins_oid == oids.INS_NIA else "ASIP-SANTE-INS-NIR"
    identifiers = f"{escape(patient.ins)}^^^{authority}&{patient.ins_oid}&ISO^INS"
    if patient.local_id:
        identifiers += f"~{escape(patient.local_id)}^^^&{escape(patient.local_oid)}&ISO^PI"
    names = f"{escape(patient.family)}^{escape(patient.given)}^^^^^L"
    if patient.used_family:
        names += f"~{escape(patient.used_family)}^{escape(patient.used_given)}^^^^^D"
    birthplace = f"^^^^^^BDL^^{escape(patient.birthplace)}" if patient.birthplace else ""
    fields = [""] * 32
    for number, text in (
        (3, identifiers), (5, names), (7, patient.birth_date), (8, patient.sex), (11, birthplace),
        (32, patient.identity_status),
    ):  # fmt: skip
        fields[number - 1] = text
    return segment("PID", *fields)


def _encapsulated(number: int, identifier: str, subtype: str, content: bytes, status: str) -> Segment:
    data = f"^TEXT^{subtype}^Base64^{base64.b64encode(content).decode()}"
    return segment("OBX", str(number), "ED", identifier, "", data, "", "", "", "", "", status)


def _prt(correspondent: Correspondent) -> Segment:
    address = f"^^X.400^{escape(correspondent.address)}" if correspondent.address else ""
    role = f"{correspondent.kind}^^participation"
    return segment(
        "PRT", "", "UC", "", role, correspondent.person, "", "", correspondent.structure, *[""] * 6, address
    )  # fmt: skip


def _entity(identifier: tuple[str, str]) -> str:
    """An EI: `id^^OID^ISO` when the assigner is an OID, `id^assigner` when it is a name."""
    value, assigner = map(escape, identifier)
    if not assigner:
        return value
    return f"{value}^^{assigner}^ISO" if assigner[:1].isdigit() and "." in assigner else f"{value}^{assigner}"


def _document_id(identifier: str) -> str:
    """`root^ext` as `ext^^root^ISO`."""
    root, caret, extension = identifier.partition("^")
    return f"{escape(extension)}^^{escape(root)}^ISO" if caret else escape(root)
