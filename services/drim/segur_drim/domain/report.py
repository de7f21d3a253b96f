"""What the RIS says to the box: whose report, signed where, about which exams and requests [DRIM digest 1.3-1.4, 2.5].

A report comes whole (`Report`); its removal (ORC-1 `CA`, MDM^T04) may name it alone (`Removal`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from segur.vocab.ins import Ins, InvalidIns
from segur.vocab.structures import InvalidStructId, StructId
from segur.wire import cda, hl7v2, hl7v2_cda
from segur.wire.cda import Order
from segur.wire.hl7v2 import Hl7Refused
from segur.wire.hl7v2_cda import Action, CdaMessage
from segur.wire.xds import DocumentEntry, InvalidDtm
from segur_drim.domain.instance import Study, is_uid

_MASKS = {
    "MASQUE_PS": "MASQUE_PS",
    "INVISIBLE_PATIENT": "INVISIBLE_PATIENT",
    "INVISIBLE_REP_LEGAUX": "INVISIBLE_REPRESENTANTS_LEGAUX",
}
"""Flag of the message and the confidentiality code it stands for."""
MASKED, HIDDEN_FROM_PATIENT, HIDDEN_FROM_REPRESENTATIVES = _MASKS.values()
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
    def document_id(self) -> str:
        """Its uniqueId in the DMP."""
        return self.entry.unique_id

    @property
    def replaces(self) -> tuple[str, ...]:
        """The ids of the reports it takes the place of: those of its header, and TXA-13."""
        named = (*map(str, self.header.replaces), self.message.replaced_id)
        return tuple(dict.fromkeys(one for one in named if one and one != self.document_id))

    @property
    def confidentiality(self) -> tuple[str, ...]:
        """The codes of its confidentiality: the level, then what hides it."""
        return tuple(code.code for code in self.entry.confidentiality)

    @property
    def is_secret(self) -> bool:
        """True when it came in the secret connection of a minor."""
        return bool(self.message.flags.get("CONNEXION_SECRETE"))

    def orders_of(self, study: Study) -> tuple[Order, ...]:
        """The requests an exam answers: those whose accession number the images carry [DB/RIS.04-06, DB/SO.17].

        One exam may answer several requests; a report of several exams says with the number which one answers which.
        """
        if not study.accession:
            return ()
        return tuple(o for o in self.header.orders if o.accession and o.accession.extension == study.accession)

    def with_confidentiality(self, codes: Iterable[str]) -> Report:
        """The report as the DMP has it by now: its level, and those of the codes that hide it."""
        wanted = frozenset(codes)
        entry = cda.entry_from_header(self.header, masks=tuple(one for one in _MASKS.values() if one in wanted))
        return replace(self, entry=replace(self.entry, confidentiality=entry.confidentiality))


@dataclass(frozen=True, slots=True)
class Removal:
    """A report is withdrawn: `document_id` is its uniqueId."""

    message: CdaMessage
    ins: Ins
    document_id: str
    studies: tuple[str, ...] = ()


def read_message(data: bytes) -> Report | Removal:
    """Read an HL7 v2 message; raise `Hl7Refused` naming segment, field and rule."""
    message = hl7v2_cda.read_cda_message(hl7v2.parse(data))
    if message.action is not Action.DELETE:
        return _report(message)
    ins = _ins(message)
    if message.documents:
        report = _report(message)
        return Removal(message, ins, report.document_id, report.studies)
    if not message.document_id:
        raise Hl7Refused("TXA-12", "the id of the report to remove is required, or its CDA in OBX-5", code="101")
    return Removal(message, ins, message.document_id)


def read_report(data: bytes) -> Report:
    """Read an HL7 v2 message with its CDA; raise `Hl7Refused` naming segment, field and rule."""
    return _report(hl7v2_cda.read_cda_message(hl7v2.parse(data)))


def _report(message: CdaMessage) -> Report:
    ins = _ins(message)
    if not message.documents:
        raise Hl7Refused("OBX-5", "no document", code="101")
    try:
        header = cda.read_header(message.documents[0])
        masks = tuple(code for flag, code in _MASKS.items() if message.flags.get(flag))
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


def _ins(message: CdaMessage) -> Ins:
    try:
        return Ins.parse(message.patient.ins, message.patient.ins_oid)
    except InvalidIns as error:
        raise Hl7Refused("PID-3", str(error)) from error
