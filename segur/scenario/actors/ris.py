"""A radiology information system: it stores images by STOW-RS and sends the validated report by HL7 v2 over MLLP.

[DRIM digest 1.3, 1.4], PS3.18 10.5.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx

from segur.kernel.ids import new_id
from segur.personas.model import Patient, Structure
from segur.personas.synthetic_uids import local_patient_id
from segur.vocab import oids
from segur.wire import cda, hl7v2, multipart
from segur.wire.hl7v2_cda import QUALIFIED, Action, CdaMessage, Hl7Patient
from segur.wire.hl7v2_cda_write import write_cda_message
from segur.wire.xds import Code

STUDIES = "/drimbox/rs/studies"
_PATIENCE_S = 20.0


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """What the box answered: `AA`, `AE` or `AR`, and for a refusal where (ERR-2) and why (ERR-8)."""

    code: str
    where: str = ""
    reason: str = ""

    @property
    def taken(self) -> bool:
        """True when the box has the report."""
        return self.code == "AA"


@dataclass(frozen=True, slots=True)
class Ris:
    """One installation: an HTTP client and address of the edge, host and port of MLLP."""

    client: httpx.AsyncClient
    base: str
    mllp: tuple[str, int]
    structure: Structure
    sandbox: str = "default"

    async def store(self, images: Sequence[bytes]) -> httpx.Response:
        """Store images in one STOW-RS request; give the answer, whatever it is."""
        parts = [({"Content-Type": "application/dicom"}, image) for image in images]
        content_type, chunks = multipart.build(parts, parameters={"type": "application/dicom"})
        body = b"".join(bytes(chunk) for chunk in chunks)
        prefix = "" if self.sandbox == "default" else f"/s/{self.sandbox}"
        headers = {"content-type": content_type, "accept": "application/dicom+json"}
        return await self.client.post(f"{self.base}{prefix}{STUDIES}", content=body, headers=headers)

    def message(self, document: bytes, patient: Patient, **changes: Any) -> bytes:
        """The ORU^R01 that carries a report; `changes` replace fields of `CdaMessage`."""
        header = cda.read_header(document)
        order = header.orders[0] if header.orders else None
        fields: dict[str, Any] = {
            "control_id": new_id()[-20:],
            "time": f"{datetime.now(UTC):%Y%m%d%H%M%S}+0000",
            "action": Action.CREATE,
            "is_result": True,
            "patient": hl7_patient(patient, self.structure),
            "type_code": Code("18748-4", oids.LOINC, "CR d'imagerie médicale"),
            "documents": (document,),
            "sending": ("RIS SEGURSTACK", self.structure.name[:20]),
            "receiving": ("DRIMBOX", self.sandbox),
            "placer": (order.id.extension, order.id.root) if order else ("", ""),
            "accession": (order.accession.extension, order.accession.root) if order and order.accession else ("", ""),
            "flags": {"DESTDMP": True, "MASQUE_PS": False, "INVISIBLE_PATIENT": False},
        }
        return hl7v2.encode(write_cda_message(CdaMessage(**{**fields, **changes})))

    async def send_report(self, document: bytes, patient: Patient, **changes: Any) -> Acknowledgement:
        """Send the validated report; give the acknowledgement. Raise `OSError` when there is none."""
        [answer] = await self.exchange(hl7v2.frame(self.message(document, patient, **changes)))
        return answer

    async def exchange(self, data: bytes, expected: int = 1) -> list[Acknowledgement]:
        """Send bytes on a fresh connection and wait for so many answers."""
        reader, writer = await asyncio.open_connection(*self.mllp)
        try:
            writer.write(data)
            await writer.drain()
            decoder = hl7v2.MllpDecoder()
            answers: list[Acknowledgement] = []
            while len(answers) < expected:
                piece = await asyncio.wait_for(reader.read(65536), _PATIENCE_S)
                if not piece:
                    raise ConnectionError("MLLP: the connection was closed without an acknowledgement")
                answers += [_read(message) for message in decoder.feed(piece)]
            return answers
        finally:
            writer.close()
            await writer.wait_closed()


def _read(data: bytes) -> Acknowledgement:
    message = hl7v2.parse(data)
    error = message.first("ERR")
    where = "-".join(part for part in (error.get(2), error.get(2, 3)) if part)
    return Acknowledgement(message.first("MSA").get(1), where, error.get(8))


def hl7_patient(patient: Patient, structure: Structure) -> Hl7Patient:
    """A patient as the software of a structure writes the PID of its messages."""
    local, authority = local_patient_id(patient, structure)
    return Hl7Patient(
        ins=patient.ins.matricule,
        ins_oid=patient.ins.oid,
        family=patient.birth_name,
        given=patient.given_name,
        birth_date=f"{patient.birth_date:%Y%m%d}",
        sex=patient.sex,
        birthplace=patient.birth_place,
        local_id=local,
        local_oid=authority,
        identity_status=QUALIFIED if patient.carries_ins else "PROV",
    )
