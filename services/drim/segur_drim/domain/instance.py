"""What the archive keeps of an image's header: identifiers, descriptions, and where the INS goes."""

from __future__ import annotations

import re
from dataclasses import dataclass

from segur.vocab.ins import Ins
from segur.wire.dicom import DicomRefused, Header
from segur.wire.dicom_patient import ISSUER_QUALIFIERS, PATIENT_ID, UNIVERSAL_ENTITY_ID, Place, ins_of, place_of

DUPLICATE, CANNOT_UNDERSTAND, MISMATCH = 0x0111, 0xC000, 0xA900
SYNTAX_NOT_SUPPORTED, NOT_AUTHORISED = 0xC122, 0x0124
"""Failure reasons of STOW-RS and C-STORE [PS3.18 10.5, PS3.4 B.2.3, PS3.7 annex C]."""

FARTHEST_PLACE = 1024 * 1024
"""Other Patient IDs stand near the beginning: the first piece of a file is enough to change them."""

_UID = re.compile(r"(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*))+")
_REQUIRED = (
    ("SOPClassUID", 0x00080016),
    ("SOPInstanceUID", 0x00080018),
    ("StudyInstanceUID", 0x0020000D),
    ("SeriesInstanceUID", 0x0020000E),
)


def is_uid(text: str) -> bool:
    """True for a DICOM UID [PS3.5 9.1]."""
    return len(text) <= 64 and _UID.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Study:
    """What the archive knows of an exam; times as DICOM writes them."""

    uid: str
    accession: str = ""
    accession_authority: str = ""
    patient_id: str = ""
    patient_authority: str = ""
    ins: str = ""
    """CX of the INS the images carry; empty without one."""
    date: str = ""
    time: str = ""
    timezone: str = ""
    description: str = ""
    id: str = ""
    referring: str = ""
    institution: str = ""


@dataclass(frozen=True, slots=True)
class Series:
    """One series of an exam."""

    uid: str
    modality: str = ""
    number: int | None = None
    description: str = ""
    body_part: str = ""


@dataclass(frozen=True, slots=True)
class Instance:
    """One object, with the exam and the series it says it belongs to."""

    uid: str
    sop_class: str
    syntax: str
    place: Place
    study: Study
    series: Series
    ins: Ins | None
    number: int | None = None
    frames: int | None = None


def read_instance(header: Header) -> Instance:
    """What a header says; raise `DicomRefused` naming the element when it cannot be filed."""
    uids = {}
    for name, tag in _REQUIRED:
        uids[name] = header.text(tag)
        if not is_uid(uids[name]):
            raise DicomRefused(name, f"{uids[name][:70]!r}: a UID of at most 64 characters is required")
    place = place_of(header)
    if place.end > FARTHEST_PLACE:
        raise DicomRefused("OtherPatientIDsSequence", f"must stand within the first {FARTHEST_PLACE} bytes")
    ins = ins_of(header)
    authority = next((item.text(UNIVERSAL_ENTITY_ID) for item in header.items(ISSUER_QUALIFIERS)), "")
    accession_authority = next((item.text(UNIVERSAL_ENTITY_ID) for item in header.items(0x00080051)), "")
    study = Study(
        uid=uids["StudyInstanceUID"],
        accession=header.text(0x00080050),
        accession_authority=accession_authority,
        patient_id=header.text(PATIENT_ID),
        patient_authority=authority,
        ins=ins.cx if ins else "",
        date=header.text(0x00080020),
        time=header.text(0x00080030),
        timezone=header.text(0x00080201),
        description=header.text(0x00081030),
        id=header.text(0x00200010),
        referring=header.text(0x00080090),
        institution=header.text(0x00080080),
    )
    series = Series(
        uid=uids["SeriesInstanceUID"],
        modality=header.text(0x00080060),
        number=header.number(0x00200011),
        description=header.text(0x0008103E),
        body_part=header.text(0x00180015),
    )
    return Instance(
        uid=uids["SOPInstanceUID"],
        sop_class=uids["SOPClassUID"],
        syntax=header.syntax,
        place=place,
        study=study,
        series=series,
        ins=ins,
        number=header.number(0x00200013),
        frames=header.number(0x00280008),
    )
