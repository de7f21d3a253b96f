"""Document types the DMP takes, and the class each belongs to (value set JDV_J66, association table ASS_X04).

Labels are those of the national nomenclature, in French because an end user reads them. [DMP digest 3.3]
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from segur.vocab.oids import LOINC

LOCAL_TYPE: Final = "1.2.250.1.213.1.1.4.12"
"""TRE_A05: type codes that LOINC does not have."""
DOCUMENT_CLASS: Final = "1.2.250.1.213.1.1.4.1"
"""TRE_A03: document classes."""
J66: Final = "1.2.250.1.213.1.1.5.7"
"""The value set of the types the DMP takes."""

SIGNATURE_TYPE: Final = ("E1762", "ASTM", "Full Document")
"""Type of the signature entry: (code, scheme, label). [DMP digest 1.6.1]"""
SIGNATURE_CLASS: Final = ("urn:oid:1.3.6.1.4.1.19376.1.2.1.1.1", "URN", "Signature")
"""Class of the signature entry. [DMP digest 1.6.1]"""

CLASS_LABELS: Final = MappingProxyType(
    {
        "10": "Compte rendu",
        "11": "Synthèse",
        "31": "Imagerie médicale",
        "42": "Prescription",
        "43": "Dispensation",
        "44": "Plan, protocole de soins",
        "45": "Traitement administré",
        "52": "Certificat, déclaration",
        "60": "Données de remboursement",
        "90": "Document déposé par le patient, expression personnelle",
        "95": "Document de gestion",
        "99": "Document technique",
    }
)

_TYPES_BY_CLASS: Final = {
    "10": {
        "11488-4": "CR ou fiche de consultation ou de visite",
        "11490-0": "Lettre de liaison à la sortie d'un établissement de soins",
        "11502-2": "CR d'examens biologiques",
        "11505-5": "CR d'acte thérapeutique (autre)",
        "11506-3": "CR ou fiche de suivi de soins par auxiliaire médical",
        "15507-7": "CR de passage aux urgences",
        "15508-5": "CR d'accouchement",
        "28617-9": "Bilan bucco-dentaire",
        "28653-4": "Document du secteur social / médico-social",
        "29274-8": "Mesures de signes vitaux",
        "34112-3": "CR hospitalier (séjour)",
        "34120-6": "Bilan par professionnel de santé",
        "34749-2": "CR de consultation pré-anesthésique",
        "34794-8": "CR de réunion de concertation pluridisciplinaire",
        "34874-8": "CR opératoire",
        "34875-5": "Évaluation postopératoire et note de suivi",
        "47420-5": "CR de bilan fonctionnel",
        "51969-4": "CR de génétique moléculaire",
        "59283-2": "CR d'examen de l'enfant",
        "60568-3": "CR d'anatomie et de cytologie pathologiques",
        "67851-6": "CR d'admission",
        "70004-7": "CR d'acte diagnostique (autre)",
        "75482-0": "CR d'acte thérapeutique à visée préventive",
        "75492-9": "CR d'acte diagnostique à visée préventive ou de dépistage",
        "75496-0": "Demande d'acte de télémédecine",
        "77436-4": "CR d'anesthésie",
        "78513-9": "CR de consultation en ophtalmologie",
        "78601-2": "CR d'entretien pharmaceutique",
        "83981-1": "Lettre de liaison à la sortie d'une structure sociale ou médico-sociale",
        "85208-7": "CR de télémédecine",
        "89233-1": "CR de grossesse",
        "93024-8": "CR de consultation pharmaceutique",
        "96349-6": "Lettre d'adressage",
        "BIL_AUTO": "CR de bilan d'évaluation de la perte d'autonomie",
        "DOCPAT03": "CR déposé par le patient",
        "DOCPAT05": "CR de biologie déposé par le patient",
        "DOCPAT06": "CR de prévention déposé par le patient",
    },
    "11": {
        "18761-7": "Note de transfert (dont lettre de liaison à l'entrée en établissement de soins)",
        "34133-9": "Synthèse d'épisode de soins",
        "34842-5": "Grille d'évaluation médico-social",
        "56445-0": "Bilan médicamenteux (Officine)",
        "57055-6": "Synthèse antepartum",
        "57057-2": "Synthèse Salle de Naissance Mère",
        "57075-4": "Synthèse Salle de Naissance Enfant",
        "60280-5": "Fiche de retour du service des urgences",
        "60591-5": "Synthèse médicale",
        "68599-0": "Synthèse psychiatrique",
        "68817-6": "Bilan de santé et de prévention de l'enfant",
        "74207-2": "Document de liaison d'urgence",
        "78341-5": "Fiche de transfert vers le service des urgences",
        "78489-2": "Synthèse Enfant en Maternité",
        "80820-4": "Formulaire de conciliation médicamenteuse (Hôpital)",
        "83836-7": "Schéma dentaire",
        "83901-9": "Bilan psychologique",
        "88348-8": "Lettre de liaison d'entrée en structure sociale ou médico-sociale",
        "89235-6": "Synthèse Suites de Couches Mère",
        "SYNTH": "Synthèse",
        "DOCPAT01": "Synthèse déposée par le patient",
        "DOCPAT08": "Profil médical Mon espace santé",
    },
    "31": {
        "18748-4": "CR d'imagerie médicale",
        "52040-3": "Document encapsulant une image d'illustration non DICOM",
        "IMG-KOS": "Reference d'objets d'un examen d'imagerie",
        "DOCPAT04": "Imagerie déposée par le patient",
    },
    "42": {
        "55115-0": "Demande d'actes d'imagerie",
        "57828-6": "Prescription (autre)",
        "57832-8": "Prescription de soins",
        "57833-6": "Prescription de produits de santé",
        "61357-0": "Intervention pharmaceutique",
        "75468-9": "Renouvellement ordonnance par pharmacien correspondant",
        "PRESC-AAT": "Prescription arrêt de travail",
        "PRESC-BIO": "Prescription d'actes de biologie médicale",
        "PRESC-INF": "Prescription d'actes infirmiers",
        "PRESC-KINE": "Prescription d'actes de kinésithérapie",
        "PRESC-ORTHOPHO": "Prescription d'actes d'orthophonie",
        "PRESC-ORTHOPTIE": "Prescription d'actes d'orthoptie",
        "PRESC-PEDI": "Prescription d'actes de pédicurie",
        "DOCPAT02": "Traitement ou document de soins déposé par le patient",
    },
    "43": {
        "60593-1": "Dispensation médicamenteuse",
        "DISP_AUT": "Dispensation (autre)",
    },
    "44": {
        "18776-5": "Plan personnalisé de soins",
        "77604-7": "Planification thérapeutique",
        "80771-9": "Projet d'accueil individualisé",
        "80788-3": "Projet personnalisé d'accompagnement",
        "83869-8": "Plan personnalisé de prévention",
        "PROT_ALD": "Protocole de soins ALD",
    },
    "45": {
        "80565-5": "CR d'administration de médicaments",
    },
    "52": {
        "11369-6": "Historique des vaccinations",
        "87273-9": "Note de vaccination",
        "89601-9": "Certificat médical",
        "96173-0": "Test rapide d'orientation diagnostique",
        "96874-3": "COVID-19 Attestation de vaccination",
        "CERT_DECL": "Certificat, déclaration",
        "DOCPAT07": "Certificat déposé par le patient",
        "101881-1": "Carte d'implant",
    },
    "60": {
        "REMB": "Données de remboursement",
    },
    "90": {
        "EXPPAT_1": "Volontés et droits du patient",
        "EXPPAT_2": "Autre document du patient",
        "EXPPAT_3": "Directives anticipées",
        "74465-6": "Questionnaire patient",
    },
    "95": {
        "59284-0": "Attestation de consentement",
        "86531-1": "Attestation de sortie",
        "AUTORIS-SOINS": "Autorisation de soins et actes non usuels sanitaires",
        "ATTEST-ASS-COMPL": "Attestation assurance complémentaire",
        "ATTEST-DROITS-AM": "Attestation de droits à l'assurance maladie",
        "ATTEST-HEBGT": "Attestation d'hébergement",
        "ATTEST-RESID": "Attestation de résidence",
        "DOCPAT09": "Document administratif déposé par le patient",
    },
}

TYPE_LABELS: Final = MappingProxyType(
    {code: label for types in _TYPES_BY_CLASS.values() for code, label in types.items()}
)
"""Every type code of J66 with its French label."""

_CLASS_OF: Final = {code: class_code for class_code, types in _TYPES_BY_CLASS.items() for code in types}


class UnknownDocumentType(ValueError):
    """The code is not a document type of the DMP; the message names it and the value set."""


def class_of(type_code: str) -> str:
    """The class code (TRE_A03) of a type code of J66; raise `UnknownDocumentType` for any other code."""
    try:
        return _CLASS_OF[type_code]
    except KeyError:
        raise UnknownDocumentType(f"typeCode {type_code}: not in the DMP's list JDV_J66 ({J66})") from None


def type_scheme(type_code: str) -> str:
    """The code system of a type code: LOINC when it has LOINC's shape (digits, dash, digit), TRE_A05 otherwise."""
    number, dash, check = type_code.partition("-")
    return LOINC if dash and number.isdigit() and len(check) == 1 and check.isdigit() else LOCAL_TYPE


def types_of_class(class_code: str) -> tuple[str, ...]:
    """The type codes of one class, in the order of the national table; empty for an unknown class."""
    return tuple(_TYPES_BY_CLASS.get(class_code, {}))
