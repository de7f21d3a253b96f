"""A CDA carried by HL7 v2: ORU^R01 and MDM^T02/T10/T04 of the CI-SIS; writing is in `hl7v2_cda_write`.

[MSSanté digest 3.8], [DRIM digest 1.4]
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from segur.vocab import oids
from segur.wire.hl7v2 import Hl7Refused, Message, Segment, component_of, unescape
from segur.wire.xds_values import Code

FLAGS: Final = (
    "MASQUE_PS", "INVISIBLE_PATIENT", "INVISIBLE_REP_LEGAUX", "CONNEXION_SECRETE", "MODIF_CONF_CODE", "DESTDMP",
    "DESTMSSANTEPS", "DESTMSSANTEPAT", "ACK_RECEPTION", "ACK_LECTURE_MSS",
)  # fmt: skip
"""Flags of the code system MetaDMPMSS."""
MAIL_TO_PROFESSIONALS: Final = "CORPSMAIL_PS"
MAIL_TO_PATIENT: Final = "CORPSMAIL_PATIENT"
QUALIFIED: Final = "VALI"
"""PID-32 of a qualified identity."""

FLAG_SYSTEM: Final = "MetaDMPMSS"
LOINC_SYSTEM: Final = "LN"


class Action(StrEnum):
    """What the message asks: the value is ORC-1."""

    CREATE = "NW"
    REPLACE = "RO"
    DELETE = "CA"


TRIGGERS: Final = {"T02": Action.CREATE, "T10": Action.REPLACE, "T04": Action.DELETE}


@dataclass(frozen=True, slots=True)
class Hl7Patient:
    """PID: INS and its authority, local number (IPP) and its authority, identity, qualification (`VALI`)."""

    ins: str
    ins_oid: str
    family: str
    given: str
    birth_date: str = ""
    sex: str = ""
    used_family: str = ""
    used_given: str = ""
    birthplace: str = ""
    local_id: str = ""
    local_oid: str = ""
    identity_status: str = ""

    @property
    def is_qualified(self) -> bool:
        """True when the identity is qualified."""
        return self.identity_status == QUALIFIED


@dataclass(frozen=True, slots=True)
class Correspondent:
    """PRT: `SB` sender, `RCT` recipient or `REPLY`; XCN and XON as written; the address of PRT-15."""

    kind: str
    person: str = ""
    structure: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class CdaMessage:
    """One or two CDA (level 3, level 1) for one patient, with routing flags.

    `placer`, `filler`, `accession` are (identifier, assigner); `texts` are mail bodies by `CORPSMAIL_…` code;
    `no_reply` asks `X-MSS-MES: FIN`. `mail` is (Message-ID, subject, body) of the mail a document came from.
    """

    control_id: str
    time: str
    action: Action
    is_result: bool
    patient: Hl7Patient
    type_code: Code
    documents: tuple[bytes, ...]
    sending: tuple[str, str] = ("", "")
    receiving: tuple[str, str] = ("", "")
    processing: str = "P"
    patient_class: str = "N"
    placer: tuple[str, str] = ("", "")
    filler: tuple[str, str] = ("", "")
    accession: tuple[str, str] = ("", "")
    document_id: str = ""
    replaced_id: str = ""
    document_time: str = ""
    flags: Mapping[str, bool] = field(default_factory=lambda: MappingProxyType({}))
    texts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    no_reply: bool = False
    correspondents: tuple[Correspondent, ...] = ()
    mail: tuple[str, str, str] | None = None


def read_cda_message(message: Message) -> CdaMessage:
    """Read the CDA message of a parsed message; raise `Hl7Refused` naming segment, field and rule."""
    code, trigger = message.structure
    if (code, trigger) != ("ORU", "R01") and (code != "MDM" or trigger not in TRIGGERS):
        raise Hl7Refused("MSH-9", f"{code}^{trigger}: ORU^R01 or MDM^T02, T10, T04 is expected", code="200")
    action = _action(message, trigger)
    header, order, transcription = message.header, message.first("OBR"), message.first("TXA")
    documents, flags, texts, mail = _observations(message)
    if not documents and action is not Action.DELETE:
        raise Hl7Refused("OBX-5", "no document: an OBX of type ED with the CDA in base64 is required", code="101")
    return CdaMessage(
        control_id=message.control_id,
        time=header.get(7),
        action=action,
        is_result=code == "ORU",
        patient=_patient(message.first("PID")),
        type_code=_type_code(order, message),
        documents=documents,
        sending=(header.get(3), header.get(4)),
        receiving=(header.get(5), header.get(6)),
        processing=header.get(11) or "P",
        patient_class=message.first("PV1").get(2) or "N",
        placer=(order.get(2), order.get(2, 3) or order.get(2, 2)),
        filler=(order.get(3), order.get(3, 3) or order.get(3, 2)),
        accession=(order.get(18), order.get(18, 3) or order.get(18, 2)),
        document_id=_document_id(transcription, 12),
        replaced_id=_document_id(transcription, 13),
        document_time=transcription.get(4),
        flags=MappingProxyType(flags),
        texts=MappingProxyType(texts),
        no_reply=any(note.get(4) == "FIN" for note in message.all("NTE")),
        correspondents=tuple(
            Correspondent(prt.get(4), prt.raw(5), prt.raw(8), prt.get(15, 4)) for prt in message.all("PRT")
        ),
        mail=mail,
    )


def _action(message: Message, trigger: str) -> Action:
    control = message.first("ORC").get(1)
    if control not in {action.value for action in Action}:
        raise Hl7Refused("ORC-1", f"{control!r}: NW (create), RO (replace) or CA (delete) is expected", code="103")
    action = Action(control)
    if trigger in TRIGGERS and TRIGGERS[trigger] is not action:
        raise Hl7Refused("ORC-1", f"{control} contradicts the event {trigger}", code="103")
    return action


def _patient(pid: Segment) -> Hl7Patient:
    ins = local = ("", "")
    for repetition in pid.repetitions(3):
        oid, kind = component_of(repetition, 4, 2), component_of(repetition, 5)
        if oid in oids.INS_AUTHORITIES and not ins[0]:
            ins = component_of(repetition), oid
        elif kind == "PI" and not local[0]:
            local = component_of(repetition), oid or component_of(repetition, 4)
    if not ins[0]:
        raise Hl7Refused("PID-3", "the INS with the OID of its authority is required", code="101")
    names = {component_of(name, 7) or "L": name for name in pid.repetitions(5)}
    birth, used = names.get("L", ""), names.get("D", "")
    places = [address for address in pid.repetitions(11) if component_of(address, 7) == "BDL"]
    birthplace = component_of(places[0], 9) if places else ""
    return Hl7Patient(
        ins[0], ins[1], component_of(birth, 1), component_of(birth, 2), pid.get(7), pid.get(8), component_of(used, 1),
        component_of(used, 2), birthplace, local[0], local[1], pid.get(32),
    )  # fmt: skip


def _type_code(order: Segment, message: Message) -> Code:
    source = order if order.get(4) else message.first("OBX")
    number = 4 if source is order else 3
    if not source.get(number):
        raise Hl7Refused("OBR-4", "the type of the document (code^label^LN) is required", code="101")
    scheme = source.get(number, 3)
    return Code(source.get(number), oids.LOINC if scheme == LOINC_SYSTEM else scheme, source.get(number, 2))


def _observations(
    message: Message,
) -> tuple[tuple[bytes, ...], dict[str, bool], dict[str, str], tuple[str, str, str] | None]:
    documents: list[bytes] = []
    flags: dict[str, bool] = {}
    texts: dict[str, str] = {}
    mail: tuple[str, str, str] | None = None
    for obx in message.all("OBX"):
        name, system = obx.get(3), obx.get(3, 3)
        if system == FLAG_SYSTEM and obx.get(2) == "ED":
            texts[name] = _text(obx)
        elif system == FLAG_SYSTEM:
            if name not in FLAGS or obx.get(5) not in ("Y", "N"):
                raise Hl7Refused(
                    "OBX-5", f"{name} = {obx.get(5)!r}: a flag of {FLAG_SYSTEM} with Y or N is expected", code="103"
                )
            flags[name] = obx.get(5) == "Y"
        elif obx.get(2) == "ED" and obx.get(5, 3).upper() == "XML":
            documents.extend(content for content in (_decoded(obx),) if content)
        elif obx.get(2) == "ED":
            mail = name, obx.get(3, 2), _text(obx)
    return tuple(documents), flags, texts, mail


def _text(obx: Segment) -> str:
    try:
        return _decoded(obx).decode()
    except UnicodeDecodeError as error:
        raise Hl7Refused("OBX-5", "the text in base64 is not UTF-8") from error


def _decoded(obx: Segment) -> bytes:
    # The data is taken as written: base64 has no HL7 delimiter, and unescaping megabytes would copy them once more.
    parts = obx.raw(5).split("^", 4)
    if len(parts) < 5:
        return b""
    if parts[3].upper() != "BASE64":
        raise Hl7Refused("OBX-5.4", f"{unescape(parts[3])!r}: Base64 is expected", code="103")
    try:
        return base64.b64decode("".join(parts[4].split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Hl7Refused("OBX-5.5", f"not base64: {error}") from error


def _document_id(transcription: Segment, number: int) -> str:
    """`root`, or `ext^^root^ISO` as `root^ext`."""
    value, root = transcription.get(number), transcription.get(number, 3)
    return f"{root}^{value}" if root else value
