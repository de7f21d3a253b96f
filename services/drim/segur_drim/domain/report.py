"""What a report says to the box: whose, signed where, about which exams and requests [DRIM digest 1.3, 1.4, 2.5]."""

from __future__ import annotations

from dataclasses import dataclass

from segur.vocab.ins import Ins, InvalidIns
from segur.vocab.structures import InvalidStructId, StructId
from segur.wire import cda, hl7v2, hl7v2_cda
from segur.wire.hl7v2 import Hl7Refused
from segur.wire.hl7v2_cda import CdaMessage
from segur.wire.xds import DocumentEntry, InvalidDtm
from segur_drim.domain.instance import is_uid

_MASKS = {
    "MASQUE_PS": "MASQUE_PS",
    "INVISIBLE_PATIENT": "INVISIBLE_PATIENT",
    "INVISIBLE_REP_LEGAUX": "INVISIBLE_REPRESENTANTS_LEGAUX",
}
"""Flag of the message and the confidentiality code it stands for."""
_APPLICATION_ERROR = "207"


@dataclass(frozen=True, slots=True)
class Report:
    """A validated imaging report. `entry` is the DMP metadata of the report itself, from which the KOS's is made.

    `local_id` is the IPP of the message, empty without one; `structure` the one whose certificates publish.
    """

    message: CdaMessage
    header: cda.CdaHeader
    entry: DocumentEntry
    ins: Ins
    local_id: str
    structure: StructId
    studies: tuple[str, ...]

    @property
    def accessions(self) -> tuple[str, ...]:
        """The accession numbers the report answers to."""
        return tuple(o.accession.extension for o in self.header.orders if o.accession and o.accession.extension)


def read_report(data: bytes) -> Report:
    """Read an HL7 v2 message with its CDA; raise `Hl7Refused` naming segment, field and rule."""
    message = hl7v2_cda.read_cda_message(hl7v2.parse(data))
    try:
        ins = Ins.parse(message.patient.ins, message.patient.ins_oid)
    except InvalidIns as error:
        raise Hl7Refused("PID-3", str(error)) from error
    if not message.documents:
        raise Hl7Refused("OBX-5", "no document", code="101")
    masks = tuple(code for flag, code in _MASKS.items() if message.flags.get(flag))
    try:
        header = cda.read_header(message.documents[0])
        entry = cda.entry_from_header(header, masks=masks)
    except (cda.CdaRefused, InvalidDtm) as error:
        raise Hl7Refused("OBX-5", f"CDA {error}", code=_APPLICATION_ERROR) from error
    named = header.patient.ins
    if named is None or (named.extension, named.root) != (ins.matricule, ins.oid):
        raise Hl7Refused("PID-3", "the INS differs from that of the CDA (recordTarget)", code=_APPLICATION_ERROR)
    signer = header.legal_authenticator
    identifier = next((i.extension or i.root for i in signer.organization.ids), "") if signer else ""
    try:
        structure = StructId.parse(identifier)
    except InvalidStructId as error:
        where = "CDA legalAuthenticator/representedOrganization/id"
        raise Hl7Refused("OBX-5", f"{where}: {error}", code=_APPLICATION_ERROR) from error
    studies = dict.fromkeys(event.ids[0].root for event in header.service_events if event.ids)
    return Report(
        message, header, entry, ins, message.patient.local_id, structure, tuple(uid for uid in studies if is_uid(uid))
    )
