"""OIDs made by us, always the same for the same parts, under the project's own arc.

A UID has at most 64 characters [DICOM PS3.5 9.1]; 128 bits of a hash leave room under the arc.
"""

from __future__ import annotations

import hashlib

from segur.personas.model import Patient, Structure
from segur.vocab.oids import SEGURSTACK

ARC = f"{SEGURSTACK}.3"
"""Documents, versions, studies, series and images of the personas."""


def synthetic_uid(*parts: str | int) -> str:
    """The OID that stands for `parts`: equal parts give equal OIDs, in any process."""
    digest = hashlib.sha256("\x1f".join(map(str, parts)).encode()).digest()
    return f"{ARC}.{int.from_bytes(digest[:16], 'big')}"


def series_uid(study_uid: str, number: int) -> str:
    """SeriesInstanceUID of the series `number` (from 1) of a study of ours."""
    return synthetic_uid("series", study_uid, number)


def instance_uid(study_uid: str, series: int, number: int) -> str:
    """SOPInstanceUID of the instance `number` (from 1) in the series `series` of a study of ours."""
    return synthetic_uid("instance", study_uid, series, number)


def local_patient_id(patient: Patient, structure: Structure) -> tuple[str, str]:
    """The IPP of a patient in a structure, as (number, OID of the structure that gave it)."""
    digest = hashlib.sha256(f"{structure.oid}/{patient.ins.matricule}".encode()).digest()
    return f"{int.from_bytes(digest[:4], 'big'):010d}", f"{structure.oid}.1"


def order_authority(structure: Structure) -> str:
    """OID under which a structure numbers the orders it places (Order Placer Number)."""
    return f"{structure.oid}.2"


def accession_authority(structure: Structure) -> str:
    """OID under which a structure numbers the examinations it does (Accession Number)."""
    return f"{structure.oid}.3"
