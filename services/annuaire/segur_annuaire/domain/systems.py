"""Code systems, identifier systems and extensions of the directory [PSC digest 3.5, 3.6]."""

from __future__ import annotations

from typing import Final

_NOS: Final = "https://mos.esante.gouv.fr/NOS/"
_ANNUAIRE: Final = "https://interop.esante.gouv.fr/ig/fhir/annuaire/StructureDefinition/"
_CORE: Final = "https://hl7.fr/ig/fhir/core/"


def nos(number: str, name: str) -> str:
    """The URL of a national terminology: `nos("R02", "SecteurActivite")` [PSC digest 3.5]."""
    return f"{_NOS}TRE_{number}-{name}/FHIR/TRE-{number}-{name}"


PROFESSION: Final = nos("G15", "ProfessionSante")
CATEGORY: Final = nos("R09", "CategorieProfessionnelle")
DIPLOMA: Final = nos("R48", "DiplomeEtatFrancais")
DIPLOMA_TYPE: Final = nos("R14", "TypeDiplome")
SKILL_TYPE: Final = nos("R04", "TypeSavoirFaire")
SPECIALITY: Final = nos("R38", "SpecialiteOrdinale")
ACTIVITY: Final = nos("R22", "GenreActivite")
MODE: Final = nos("R23", "ModeExercice")
FUNCTION: Final = nos("R21", "Fonction")
PHARMACY_SECTION: Final = nos("R06", "SectionTableauCNOP")
CARD_TYPE: Final = nos("R87", "TypeCarte")
CATEGORY_OF_ESTABLISHMENT: Final = nos("R66", "CategorieEtablissement")
EQUIPMENT: Final = nos("R272", "EquipementMaterielLourd")
ACTIVITY_FORM: Final = nos("R276", "FormeActivite")
ACTIVITY_TYPE: Final = nos("R209", "TypeActivite")
ACTIVITY_CATEGORY: Final = nos("R277", "ModaliteActivite")
NAF: Final = nos("R75", "InseeNAFrev2Niveau5")
SECTOR: Final = nos("R02", "SecteurActivite")
MAIL_TYPE: Final = nos("R256", "TypeMessagerie")
MAILBOX_TYPE: Final = nos("R257", "TypeBAL")

IDENTIFIER_TYPE: Final = f"{_CORE}CodeSystem/fr-core-cs-v2-0203"
ORGANIZATION_TYPE: Final = f"{_CORE}CodeSystem/fr-core-cs-v2-3307"

IDNPS: Final = "urn:oid:1.2.250.1.71.4.2.1"
IDNST: Final = "urn:oid:1.2.250.1.71.4.2.2"
RPPS: Final = "https://rpps.esante.gouv.fr"
RPPS_RANK: Final = "https://rppsrang.esante.gouv.fr"
FINESS: Final = "https://finess.esante.gouv.fr"
ARHGOS: Final = "https://arhgos.ars.sante.fr"
SIRENE: Final = "https://sirene.fr"

SUBSETTED: Final = "http://terminology.hl7.org/CodeSystem/v3-ObservationValue"
SOURCE: Final = "https://annuaire.sante.fr"

MAIL_TYPE_EXTENSION: Final = f"{_CORE}StructureDefinition/fr-core-contact-point-email-type"
MAILBOX_EXTENSION: Final = f"{_ANNUAIRE}as-ext-mailbox-mss-metadata"
DATA_TRACE: Final = f"{_ANNUAIRE}as-ext-data-trace"
SMARTCARD: Final = f"{_ANNUAIRE}as-ext-smartcard"
ORGANIZATION_TYPES: Final = f"{_ANNUAIRE}as-ext-organization-types"
PHARMACY_LICENCE: Final = f"{_ANNUAIRE}as-ext-organization-pharmacy-licence"
CARE_ACTIVITY: Final = f"{_ANNUAIRE}as-dp-healthcareservice-healthcare-activity"
INSEE_CODE: Final = f"{_CORE}StructureDefinition/fr-core-address-insee-code"

PROFILES: Final = {
    "Practitioner": (f"{_CORE}StructureDefinition/fr-core-practitioner", f"{_ANNUAIRE}as-dp-practitioner"),
    "PractitionerRole": (
        f"{_CORE}StructureDefinition/fr-core-practitioner-role",
        f"{_ANNUAIRE}as-dp-practitionerrole",
    ),
    "Organization": (f"{_CORE}StructureDefinition/fr-core-organization", f"{_ANNUAIRE}as-dp-organization"),
    "Device": (f"{_ANNUAIRE}as-dp-device",),
    "HealthcareService": (CARE_ACTIVITY,),
}
"""FR Core profile and profile of the directory, by resource type."""
