"""National identifiers of structures, their activity sectors and what documents say of them.

Source: DMP digest 3.6 (Struct_idNat prefixes, sector and practice setting codes); PSC digest 3.9.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from segur.vocab.professional_ids import Rpps, luhn_key

PRACTICE_SETTING = "1.2.250.1.213.1.1.4.9"
"""TRE_A00, cadre d'exercice: `standardIndustryClassCode` of a CDA, practiceSettingCode of an XDS entry."""


class InvalidStructId(ValueError):
    """The text is not a Struct_idNat or one of the numbers inside it; the message names the rule."""


class Register(StrEnum):
    """Which register gave a Struct_idNat; the value is its first digit [DMP digest 3.6]."""

    ADELI_PRACTICE = "0"
    FINESS = "1"
    SIREN = "2"
    SIRET = "3"
    RPPS_RANK = "4"


_NUMBERS: Mapping[Register, re.Pattern[str]] = MappingProxyType(
    {
        Register.ADELI_PRACTICE: re.compile(r"[0-9A-Z]{9,13}"),
        Register.FINESS: re.compile(r"[0-9][0-9AB][0-9]{7}"),
        Register.SIREN: re.compile(r"[0-9]{9}"),
        Register.SIRET: re.compile(r"[0-9]{14}"),
        Register.RPPS_RANK: re.compile(r"[0-9]{11}[0-9]{2,3}"),
    }
)


@dataclass(frozen=True, slots=True)
class StructId:
    """A Struct_idNat: a register's digit followed by the number in that register.

    `register` says which one, `number` is a FINESS, SIREN, SIRET … without the prefix; `value` is the wire form.
    """

    register: Register
    number: str

    @classmethod
    def parse(cls, text: str) -> StructId:
        """Read a prefixed identifier such as `1990000010`; raise `InvalidStructId`."""
        value = text.strip().upper()
        try:
            register = Register(value[:1])
        except ValueError:
            raise InvalidStructId(
                "struct_id: first digit 0 (ADELI), 1 (FINESS), 2 (SIREN), 3 (SIRET) or 4 (RPPS and rank) expected"
            ) from None
        return cls._checked(register, value[1:])

    @classmethod
    def finess(cls, number: str) -> StructId:
        """From a FINESS number (9 characters); raise `InvalidStructId`."""
        return cls._checked(Register.FINESS, number)

    @classmethod
    def siret(cls, number: str) -> StructId:
        """From a SIRET number (14 digits); raise `InvalidStructId`."""
        return cls._checked(Register.SIRET, number)

    @classmethod
    def practice(cls, rpps: Rpps, rank: int = 1) -> StructId:
        """A liberal practice without FINESS: RPPS of its holder and a rank on three digits [PSC digest 1.11]."""
        return cls._checked(Register.RPPS_RANK, f"{rpps.value}{rank:03d}")

    @classmethod
    def _checked(cls, register: Register, number: str) -> StructId:
        if not _NUMBERS[register].fullmatch(number):
            raise InvalidStructId(f"struct_id: {number!r} is not a number of the register {register.name}")
        return cls(register, number)

    @property
    def value(self) -> str:
        """The wire form: prefix and number."""
        return self.register.value + self.number

    def __str__(self) -> str:
        return self.value


def finess_of_test(serial: int) -> str:
    """The FINESS test number of rank `serial` (0 to 999,999): department 99, which exists nowhere, and a Luhn key."""
    if not 0 <= serial < 1_000_000:
        raise InvalidStructId(f"serial: between 0 and 999999 expected, got {serial}")
    first = f"99{serial:06d}"
    return first + luhn_key(first)


def siret_of_test(serial: int, establishment: int = 1) -> str:
    """A SIRET whose SIREN starts with 999 (never attributed), both Luhn keys right."""
    if not 0 <= serial < 100_000:
        raise InvalidStructId(f"serial: between 0 and 99999 expected, got {serial}")
    siren = f"999{serial:05d}"
    siren += luhn_key(siren)
    first = f"{siren}{establishment:04d}"
    return first + luhn_key(first)


ACTIVITY_SECTORS: Mapping[str, str] = MappingProxyType(
    {
        "SA01": "Etablissement public de santé",
        "SA02": "Hôpital militaire du Service de santé des armées",
        "SA03": "Etablissement privé PSPH",
        "SA04": "Etablissement privé non PSPH",
        "SA05": "Centre de santé",
        "SA06": "Autre structure du Service de santé des armées",
        "SA07": "Cabinet individuel",
        "SA08": "Cabinet de groupe",
        "SA09": "Exercice en société",
        "SA10": "Transporteur sanitaire",
        "SA12": "Etablissement de soins et prévention",
        "SA13": "Prévention et soins en entreprise",
        "SA14": "Etablissements scolaires, universitaires et de formation hors champ FINESS",
        "SA15": "PMI et Planification familiale",
        "SA16": "Etablissement pour personnes handicapées",
        "SA17": "Etablissement pour personnes âgées",
        "SA18": "Etablissement aide à la famille",
        "SA19": "Etablissements FINESS de formation aux professions sanitaires et sociales",
        "SA20": "Etablissement pour la protection de l'enfance",
        "SA21": "Etablissement d'hébergement et de réadaptation",
        "SA22": "Recherche",
        "SA23": "Assurance privée",
        "SA24": "Organisme de sécurité sociale",
        "SA25": "Laboratoire de biologie médicale",
        "SA26": "Ministère ou Service déconcentré",
        "SA27": "Collectivité territoriale",
        "SA28": "Association ou organisme humanitaire",
        "SA29": "Laboratoire d'analyses et de biologie médicale",
        "SA30": "Autre établissement sanitaire",
        "SA31": "Répartition et Distribution de médicaments et dispositifs médicaux",
        "SA32": "Fabrication, Exploitation et Importation de médicaments et dispositifs médicaux",
        "SA33": "Pharmacie d'officine",
        "SA34": "Centre de dialyse",
        "SA35": "Para-pharmacie",
        "SA36": "Centre anti-cancer",
        "SA37": "Centre de transfusion sanguine",
        "SA38": "Pharmacie minière",
        "SA39": "Pharmacie mutualiste",
        "SA40": "Secteur privé, praticien hospitalier temps plein",
        "SA41": "Autre établissement du domaine social ou médico-social",
        "SA42": "Appareillage médical",
        "SA43": "Secteur non défini",
        "SA44": "Recrutement ou Gestion RH",
        "SA45": "Communication, Marketing, Consulting, Média",
        "SA46": "Fabrication, Exploitation, Importation, Répartition, Distribution médicaments et dispositifs médicaux",
        "SA47": "Incendie et secours",
        "SA48": "Entreprise industrielle et tertiaire hors industrie pharmaceutique",
        "SA49": "Entité Outre-Mer",
        "SA50": "Permanence des soins ambulatoires hors cabinet",
        "SA51": "Structure de coopération avec autorisation de soins",
        "SA52": "Maison de santé ou Pôle de santé",
        "SA53": "Siège administratif d'un établissement de santé",
        "SA54": "Centre de dépistage et de prévention",
        "SA55": "Laboratoire pharmaceutique préparant et délivrant des allergènes",
        "SA56": "Propharmacie",
        "SA57": "Structure de coopération avec mission de coordination de soins",
        "SA58": "Entreprise de taxis",
        "SA59": "Laboratoire de biologie médicale hors catégorie standard",
        "SA60": "Centres médicaux SNCF",
        "SA61": "Structure Dispensatrice à domicile d'Oxygène à usage médical",
        "SA63": "Communauté professionnelle territoriale de santé et équipe de soins spécialisés",
        "SA64": "Société de téléconsultation",
        "SA65": "Antenne de pharmacie",
        "SA66": "Services de Prévention et de Santé au Travail (SPST)",
        "SA67": "Maisons médicales de garde (MMG)",
        "SA68": "Services départementaux d'incendie et de secours",
        "SA69": "Maisons de naissance",
    }
)
"""TRE_R02, code and label; SA11 and SA62 are not in the list [PSC digest 3.9]."""

_HOSPITALS = frozenset({"SA01", "SA02", "SA03", "SA04", "SA30", "SA34", "SA36", "SA53"})
_SOCIAL_CARE = frozenset({"SA16", "SA17", "SA18", "SA20", "SA21", "SA41"})


def practice_setting(sector: str) -> tuple[str, str]:
    """Code and label of the cadre d'exercice (TRE_A00) of a structure of this sector [DMP digest 3.6].

    Our reading of both lists: hospitals ETABLISSEMENT, social care ESSMS, everything else AMBULATOIRE. Raise
    `InvalidStructId` for a sector that does not exist.
    """
    if sector not in ACTIVITY_SECTORS:
        raise InvalidStructId(f"sector: {sector!r} is not a TRE_R02 code")
    if sector in _HOSPITALS:
        return "ETABLISSEMENT", "Etablissement de santé"
    if sector in _SOCIAL_CARE:
        return "ESSMS", "Etablissement ou Service Social ou Médico-Social"
    return "AMBULATOIRE", "Ambulatoire"
