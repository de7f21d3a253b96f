"""Imaging examinations of the stories, in the codes reports and images need [DRIM digest 2.4, 2.5]."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Exam:
    """One examination: LOINC act, CCAM act, DICOM modality, SNOMED CT region, SNOMED CT site (another value set) and
    SOP class, each with its label."""

    label: str
    loinc: tuple[str, str]
    ccam: tuple[str, str]
    modality: tuple[str, str]
    region: tuple[str, str]
    site: tuple[str, str]
    body_part: str
    sop_class: tuple[str, str]


CT_CHEST = Exam(
    label="Scanner thoracique avec injection",
    loinc=("24628-0", "CT thorax avec contraste IV"),
    ccam=("ZBQH001", "Scanographie du thorax, avec injection intraveineuse de produit de contraste"),
    modality=("CT", "Tomodensitométrie"),
    region=("67734004", "segment thoracique du tronc"),
    site=("302551006", "thorax entier"),
    body_part="CHEST",
    sop_class=("1.2.840.10008.5.1.4.1.1.2", "CT Image Storage"),
)
CHEST_XRAY = Exam(
    label="Radiographie du thorax",
    loinc=("36643-5", "Radiographie thorax 2 incidences"),
    ccam=("ZBQK002", "Radiographie du thorax"),
    modality=("DX", "Radiographie numérique"),
    region=("67734004", "segment thoracique du tronc"),
    site=("302551006", "thorax entier"),
    body_part="CHEST",
    sop_class=("1.2.840.10008.5.1.4.1.1.1.1", "Digital X-Ray Image Storage - For Presentation"),
)
