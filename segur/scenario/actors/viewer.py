"""A consumer DRIMbox and its viewer: from the KOS found in the DMP to the images [DRIM digest 1.5, 3.2, 3.4].

It checks what a careful consumer checks: the syntax is one it asked for, the multipart is whole, the INS in the images
is the one of the call.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

import httpx

from segur.vocab.ins import Ins
from segur.wire import multipart
from segur.wire.multipart import HeaderValue

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

EXPORT: Mapping[str, str] = {
    "1.2.840.10008.1.2.4.70": "0.9",
    "1.2.840.10008.1.2.4.80": "0.8",
    "1.2.840.10008.1.2.4.91": "0.6",
    "1.2.840.10008.1.2.4.50": "0.5",
    "1.2.840.10008.1.2.4.51": "0.5",
    "1.2.840.10008.1.2.1": "0.4",
}
"""Transfer syntaxes with their weight, lossless first, as an export to the local PACS asks [DRIM digest 3.3]."""


class ImagesRefused(Exception):
    """The source said no, or sent what must not be shown; `code` is its `drim-error`, or ours."""

    def __init__(self, code: str, reason: str, status: int = 0) -> None:
        super().__init__(f"{status} {code}: {reason}")
        self.code, self.reason, self.status = code, reason, status


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a KOS tells: its own UID, the exam, its patient's INS, the address of each series, the objects, the text."""

    kos_uid: str
    study_uid: str
    ins: str
    series: Mapping[str, str]
    instances: Mapping[str, tuple[str, ...]]
    description: str


def read_kos(content: bytes) -> Manifest:
    """Read a KOS; raise `ImagesRefused` when it is none."""
    import pydicom

    kos = pydicom.dcmread(BytesIO(content), force=True)
    if kos.get("Modality") != "KO":
        raise ImagesRefused("NOT_A_KOS", f"Modality KO expected, {kos.get('Modality')!r} found")
    [study] = kos.CurrentRequestedProcedureEvidenceSequence
    texts = [item.TextValue for item in kos.ContentSequence if item.ValueType == "TEXT"]
    return Manifest(
        kos_uid=str(kos.SOPInstanceUID),
        study_uid=str(study.StudyInstanceUID),
        ins=str(kos.PatientID),
        series={str(one.SeriesInstanceUID): str(one.RetrieveURL).strip() for one in study.ReferencedSeriesSequence},
        instances={
            str(one.SeriesInstanceUID): tuple(str(sop.ReferencedSOPInstanceUID) for sop in one.ReferencedSOPSequence)
            for one in study.ReferencedSeriesSequence
        },
        description=texts[0] if texts else "",
    )


@dataclass(frozen=True, slots=True)
class Viewer:
    """One consumer box: an HTTP client (with the certificate of its structure over TLS)."""

    client: httpx.AsyncClient

    async def fetch(self, url: str, *, token: str, kos_uid: str, accept: Mapping[str, str] = EXPORT) -> list[bytes]:
        """The objects behind a RetrieveURL, Part 10 files; raise `ImagesRefused`."""
        ranges = ", ".join(
            f'multipart/related; type="application/dicom";transfer-syntax={uid};q={weight};boundary=**'
            for uid, weight in accept.items()
        )
        headers = {"authorization": f"Bearer {token}", "kos-sopinstanceuid": kos_uid, "accept": ranges}
        answer = await self.client.get(url, headers=headers)
        if answer.status_code not in (200, 206):
            raise ImagesRefused(answer.headers.get("drim-error", ""), answer.text.strip(), answer.status_code)
        kind = HeaderValue.parse(answer.headers.get("content-type", ""))
        if kind.value != "multipart/related":
            raise ImagesRefused("TYPE", f"multipart/related expected, {kind.value!r} received", answer.status_code)
        try:
            parts = multipart.parse(answer.headers["content-type"], answer.content, max_parts=20_000)
        except multipart.MultipartRefused as error:
            raise ImagesRefused("TRUNCATED", str(error), answer.status_code) from error
        for one in (kind, *(part.content_type for part in parts)):
            syntax = one.parameters.get("transfer-syntax", "")
            if syntax and syntax not in accept:
                raise ImagesRefused("SYNTAX", f"{syntax} was not asked for", answer.status_code)
        return [bytes(part.body) for part in parts]

    async def show(self, kos: bytes, *, token: str, ins: Ins) -> list[Dataset]:
        """Every image of a KOS, for the patient of the call; a mismatch of INS blocks the display [DB/CO.68]."""
        import pydicom

        manifest = read_kos(kos)
        images: list[Dataset] = []
        for uid, url in manifest.series.items():
            found = await self.fetch(url, token=token, kos_uid=manifest.kos_uid)
            read: Sequence[Dataset] = [pydicom.dcmread(BytesIO(one)) for one in found]
            if sorted(str(one.SOPInstanceUID) for one in read) != sorted(manifest.instances[uid]):
                raise ImagesRefused("INCOMPLETE", f"series {uid}: not the objects the KOS names")
            for image in read:
                others = image.get("OtherPatientIDsSequence") or []
                if [item.PatientID for item in others if item.PatientID == ins.matricule] != [ins.matricule]:
                    raise ImagesRefused("INS", "the INS of the images is not that of the call")
            images += read
        return images
