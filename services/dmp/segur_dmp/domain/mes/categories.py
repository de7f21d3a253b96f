"""The fifteen categories under which a patient finds documents, and the type a patient's own one gets [DMP digest 6.5].

The list is confirmed; which type belongs where is inferred.
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import Final

from segur.vocab import document_types
from segur.vocab.document_types import UnknownDocumentType


class Category(StrEnum):
    """A category, by its code in Mon espace santé; the order is that of the page."""

    SUMMARY = "SYNTHESE"
    TREATMENT = "ORD_SOIN"
    IMAGING = "RADIO_SC"
    LABORATORY = "BIOLOGIE"
    REPORT = "CPT_REND"
    PREVENTION = "DEPISTAG"
    CERTIFICATE = "CERT_MED"
    PROFILE = "SYNTH_PML"
    VACCINATION = "CAR_VAC"
    ADVANCE_DIRECTIVES = "DIR_ANT"
    WISHES = "VDP"
    QUESTIONNAIRE = "QUEST_SANTE"
    REIMBURSEMENT = "REMB"
    ADMINISTRATIVE = "DOC_ADM"
    OTHER = "AUTR_DOC"


LABELS: Final = MappingProxyType(
    {
        Category.SUMMARY: ("Synthèses médicales", "Medical summaries"),
        Category.TREATMENT: ("Ordonnances, traitements et soins", "Prescriptions, treatments and care"),
        Category.IMAGING: ("Radios et imagerie", "Imaging"),
        Category.LABORATORY: ("Examens de biologie", "Laboratory tests"),
        Category.REPORT: ("Comptes rendus", "Reports"),
        Category.PREVENTION: ("Prévention et dépistages", "Prevention and screening"),
        Category.CERTIFICATE: ("Certificats médicaux", "Medical certificates"),
        Category.PROFILE: ("Profil médical", "Medical profile"),
        Category.VACCINATION: ("Carnet de vaccination", "Vaccination record"),
        Category.ADVANCE_DIRECTIVES: ("Directives anticipées", "Advance directives"),
        Category.WISHES: ("Volontés et droits", "Wishes and rights"),
        Category.QUESTIONNAIRE: ("Questionnaires de santé", "Health questionnaires"),
        Category.REIMBURSEMENT: ("Données de remboursement", "Reimbursements"),
        Category.ADMINISTRATIVE: ("Documents administratifs", "Administrative documents"),
        Category.OTHER: ("Autres documents", "Other documents"),
    }
)
"""French and English label of each category; the wording is ours."""

_OF_TYPE: Final = {
    "11502-2": Category.LABORATORY,
    "DOCPAT05": Category.LABORATORY,
    "75492-9": Category.PREVENTION,
    "DOCPAT06": Category.PREVENTION,
    "11369-6": Category.VACCINATION,
    "87273-9": Category.VACCINATION,
    "EXPPAT_1": Category.WISHES,
    "EXPPAT_3": Category.ADVANCE_DIRECTIVES,
    "74465-6": Category.QUESTIONNAIRE,
    "DOCPAT08": Category.PROFILE,
}
_OF_CLASS: Final = {
    "10": Category.REPORT,
    "11": Category.SUMMARY,
    "31": Category.IMAGING,
    "42": Category.TREATMENT,
    "43": Category.TREATMENT,
    "44": Category.TREATMENT,
    "45": Category.TREATMENT,
    "52": Category.CERTIFICATE,
    "60": Category.REIMBURSEMENT,
    "95": Category.ADMINISTRATIVE,
}
OWN_TYPES: Final = MappingProxyType(
    {
        Category.SUMMARY: "DOCPAT01",
        Category.TREATMENT: "DOCPAT02",
        Category.REPORT: "DOCPAT03",
        Category.IMAGING: "DOCPAT04",
        Category.LABORATORY: "DOCPAT05",
        Category.PREVENTION: "DOCPAT06",
        Category.CERTIFICATE: "DOCPAT07",
        Category.PROFILE: "DOCPAT08",
        Category.ADMINISTRATIVE: "DOCPAT09",
        Category.WISHES: "EXPPAT_1",
        Category.OTHER: "EXPPAT_2",
        Category.ADVANCE_DIRECTIVES: "EXPPAT_3",
        Category.QUESTIONNAIRE: "74465-6",
    }
)
"""The type of a document a patient puts into a category; categories that only others fill are absent."""


def category_of(type_code: str) -> Category:
    """The category of a document type; what no rule names is among the other documents."""
    if type_code in _OF_TYPE:
        return _OF_TYPE[type_code]
    try:
        return _OF_CLASS.get(document_types.class_of(type_code), Category.OTHER)
    except UnknownDocumentType:
        return Category.OTHER
