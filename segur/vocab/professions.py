"""Professions, specialities and what goes with them in the national value sets.

`WAVE_2_PROFESSIONS` are the nine professions of Ségur wave 2. Source: PSC digest 3.7 and 3.8; DMP digest 3.6.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

AUTHOR_SPECIALTY = "1.2.250.1.213.1.1.4.5"
"""TRE_A01: profession and speciality in one code, as CDA authors and XDS authorSpecialty carry it [DMP digest 3.6]."""
PHARMACY_SECTION = "1.2.250.1.71.4.2.6"
"""Sections of the Ordre des pharmaciens."""
PSC_SUBJECT_ROLE = "1.2.250.1.213.1.1.5.5"
"""Code system of `SubjectRole` in the user info of PSC [PSC digest 1.11]."""


class UnknownProfession(ValueError):
    """The code is not in the value set it should come from; the message names code and set."""


@dataclass(frozen=True, slots=True)
class Profession:
    """One profession of wave 2.

    `code` and `label` come from TRE_G15; `sectors` are the usual TRE_R02 sectors; `savoir_faire` the prefix of its
    speciality codes, empty when it has none; `civility` the civilité d'exercice; `authority` the body that registers
    its members, as PSC writes it; `domain` the label used in personal mail domains.
    """

    code: str
    label: str
    sectors: tuple[str, ...]
    savoir_faire: str
    civility: str
    authority: str
    domain: str


WAVE_2_PROFESSIONS: Mapping[str, Profession] = MappingProxyType(
    {
        p.code: p
        for p in (
            Profession(
                "10", "Médecin", ("SA07", "SA08", "SA09", "SA05", "SA52", "SA01", "SA04"), "SM", "DR", "CNOM", "medecin"
            ),
            Profession(
                "21", "Pharmacien", ("SA33", "SA38", "SA39", "SA65", "SA25", "SA01"), "", "DR", "CNOP", "pharmacien"
            ),
            Profession(
                "40",
                "Chirurgien-Dentiste",
                ("SA07", "SA08", "SA09", "SA05"),
                "SCD",
                "DR",
                "CNOCD",
                "chirurgien-dentiste",
            ),
            Profession("50", "Sage-Femme", ("SA07", "SA08", "SA01", "SA04"), "", "", "CNOSF", "sage-femme"),
            Profession("60", "Infirmier", ("SA07", "SA08", "SA05", "SA01"), "SI", "", "CNOI", "infirmier"),
            Profession(
                "70",
                "Masseur-Kinésithérapeute",
                ("SA07", "SA08", "SA09", "SA05"),
                "",
                "",
                "CNOMK",
                "masseur-kinesitherapeute",
            ),
            Profession("80", "Pédicure-Podologue", ("SA07", "SA08"), "", "", "CNOPP", "pedicure-podologue"),
            Profession("91", "Orthophoniste", ("SA07", "SA08", "SA05"), "", "", "ARS", "orthophoniste"),
            Profession("92", "Orthoptiste", ("SA07", "SA08", "SA05"), "", "", "ARS", "orthoptiste"),
        )
    }
)
"""The nine professions of wave 2 by TRE_G15 code [PSC digest 3.7]."""

PROFESSION_LABELS: Mapping[str, str] = MappingProxyType(
    {
        "10": "Médecin",
        "21": "Pharmacien",
        "26": "Audioprothésiste",
        "28": "Opticien-Lunetier",
        "31": "Assistant dentaire",
        "32": "Physicien médical",
        "35": "Aide-soignant",
        "36": "Ambulancier",
        "37": "Auxiliaire de puériculture",
        "38": "Préparateur en pharmacie hospitalière",
        "39": "Préparateur en pharmacie (officine)",
        "40": "Chirurgien-Dentiste",
        "50": "Sage-Femme",
        "60": "Infirmier",
        "69": "Infirmier psychiatrique",
        "70": "Masseur-Kinésithérapeute",
        "80": "Pédicure-Podologue",
        "81": "Orthoprothésiste",
        "82": "Podo-Orthésiste",
        "83": "Orthopédiste-Orthésiste",
        "84": "Oculariste",
        "85": "Epithésiste",
        "86": "Technicien de laboratoire médical",
        "91": "Orthophoniste",
        "92": "Orthoptiste",
        "94": "Ergothérapeute",
        "95": "Diététicien",
        "96": "Psychomotricien",
        "98": "Manipulateur ERM",
    }
)
"""TRE_G15 professions of the DMP role value set, code and label [PSC digest 3.7]."""

SAVOIR_FAIRE: Mapping[str, str] = MappingProxyType(
    {
        "SCD01": "Orthopédie dento-faciale",
        "SCD02": "Chirurgie orale",
        "SCD03": "Médecine bucco-dentaire",
        "PAC00": "Qualifié Praticien Adjoint Contractuel (PAC)",
        "SM01": "Anatomie et cytologie pathologiques",
        "SM02": "Anesthésie-réanimation",
        "SM03": "Biologie médicale",
        "SM04": "Cardiologie et maladies vasculaires",
        "SM05": "Chirurgie générale",
        "SM06": "Chirurgie maxillo-faciale",
        "SM07": "Chirurgie maxillo-faciale et stomatologie",
        "SM08": "Chirurgie orthopédique et traumatologie",
        "SM09": "Chirurgie infantile",
        "SM10": "Chirurgie plastique reconstructrice et esthétique",
        "SM11": "Chirurgie thoracique et cardio-vasculaire",
        "SM12": "Chirurgie urologique",
        "SM13": "Chirurgie vasculaire",
        "SM14": "Chirurgie viscérale et digestive",
        "SM15": "Dermatologie et vénéréologie",
        "SM16": "Endocrinologie et métabolisme",
        "SM17": "Génétique médicale",
        "SM18": "Gériatrie",
        "SM19": "Gynécologie médicale",
        "SM20": "Gynécologie-obstétrique",
        "SM21": "Hématologie",
        "SM22": "Hématologie option Maladie du sang",
        "SM23": "Hématologie option Onco-hématologie",
        "SM24": "Gastro-entérologie et hépatologie",
        "SM25": "Médecine du travail",
        "SM26": "Qualifié en médecine générale",
        "SM27": "Médecine interne",
        "SM28": "Médecine nucléaire",
        "SM29": "Médecine physique et réadaptation",
        "SM30": "Néphrologie",
        "SM31": "Neuro-chirurgie",
        "SM32": "Neurologie",
        "SM33": "Neuro-psychiatrie",
        "SM34": "ORL et chirurgie cervico-faciale",
        "SM35": "Oncologie option onco-hématologie",
        "SM36": "Oncologie option médicale",
        "SM37": "Oncologie option radiothérapie",
        "SM38": "Ophtalmologie",
        "SM39": "Oto-rhino-laryngologie",
        "SM40": "Pédiatrie",
        "SM41": "Pneumologie",
        "SM42": "Psychiatrie",
        "SM43": "Psychiatrie option enfant et adolescent",
        "SM44": "Radiodiagnostic",
        "SM45": "Radiothérapie",
        "SM46": "Médecine intensive-réanimation",
        "SM47": "Recherche médicale",
        "SM48": "Rhumatologie",
        "SM49": "Santé publique et médecine sociale",
        "SM50": "Stomatologie",
        "SM51": "Gynéco-obstétrique et Gynéco médicale option Gynéco-obst.",
        "SM52": "Gynéco-obstétrique et Gynéco médicale option Gynéco-médicale",
        "SM53": "Spécialiste en médecine générale",
        "SM54": "Médecine générale",
        "SM55": "Radiodiagnostic et radiothérapie",
        "SM56": "Chirurgie orale",
        "SM57": "Allergologie",
        "SM58": "Maladies infectieuses et tropicales",
        "SM59": "Médecine d'urgence",
        "SM60": "Médecine légale et expertises médicales",
        "SM61": "Médecine vasculaire",
        "SM62": "Endocrinologie, diabétologie, nutrition",
        "SM63": "Biologie médicale option biologie générale",
        "SM64": "Biologie médicale option médecine moléculaire, génétique et pharmacologie",
        "SM65": "Biologie médicale option hématologie et immunologie",
        "SM66": "Biologie médicale option agents infectieux",
        "SM67": "Biologie médicale option biologie de la reproduction",
        "SM68": "Chirurgie maxillo-faciale (réforme 2017)",
        "SM69": "Chirurgie pédiatrique option chirurgie viscérale pédiatrique",
        "SM70": "Chirurgie pédiatrique option orthopédie pédiatrique",
        "SM71": "Hématologie (réforme 2017)",
        "SM72": "Médecine interne et immunologie clinique",
        "SI01": "Exercice infirmier en pratique avancée pathologies chroniques stabilisées",
        "SI02": "Exercice infirmier en pratique avancée oncologie et hémato-oncologie",
        "SI03": "Exercice infirmier en pratique avancée maladie rénale chronique, dialyse et transplantation rénale",
        "SI04": "Exercice infirmier en pratique avancée santé mentale",
    }
)
"""Code and label of ordinal specialities (SM), dental ones (SCD), advanced nursing (SI) and PAC [PSC digest 3.8]."""

PHARMACY_SECTIONS: Mapping[str, str] = MappingProxyType(
    {
        "A": "Pharmacien titulaire d'officine",
        "B": "Pharmacien de l'industrie",
        "C": "Pharmacien de la distribution",
        "D": "Pharmacien adjoint, remplaçant ou gérant",
        "E": "Pharmacien d'outre-mer",
        "G": "Pharmacien biologiste",
        "H": "Pharmacien d'établissement de santé",
        "M": "Pharmacien militaire",
    }
)
"""Sections of the Ordre des pharmaciens [PSC digest 3.8]."""

FUNCTIONS: Mapping[str, str] = MappingProxyType(
    {
        "FON-01": "Titulaire de cabinet",
        "FON-02": "Associé (SEL ou SCP)",
        "FON-03": "Titulaire d'officine",
        "FON-05": "Adjoint",
        "FON-33": "Salarié en poste fixe",
        "FON-40": "Biologiste responsable",
        "FON-41": "Biologiste médical",
        "FON-AU": "Fonction non définie",
    }
)
"""TRE_R21, the functions our people hold [PSC digest 3.8]."""

EXERCISE_MODES: Mapping[str, str] = MappingProxyType({"L": "Libéral", "S": "Salarié", "B": "Bénévole"})
"""TRE_R23 [PSC digest 3.8]."""


def author_specialty(profession: str, speciality: str = "", section: str = "") -> tuple[str, str]:
    """Code and label of TRE_A01 for an author, such as `("G15_10/SM44", "Médecin - Radiodiagnostic (SM)")`.

    `speciality` is a savoir-faire code, `section` a section of the Ordre des pharmaciens; give at most one of them.
    Raise `UnknownProfession` when a code is not in its value set. [DMP digest 3.6]
    """
    if profession not in PROFESSION_LABELS:
        raise UnknownProfession(f"profession: {profession!r} is not a TRE_G15 code")
    label = PROFESSION_LABELS[profession]
    if section:
        if section[0] not in PHARMACY_SECTIONS:
            raise UnknownProfession(f"section: {section!r} is not a section of the Ordre des pharmaciens")
        return f"G15_{profession}/{section}", PHARMACY_SECTIONS[section[0]]
    if not speciality:
        return f"G15_{profession}", label
    if speciality not in SAVOIR_FAIRE:
        raise UnknownProfession(f"speciality: {speciality!r} is not a savoir-faire code")
    return f"G15_{profession}/{speciality}", f"{label} - {SAVOIR_FAIRE[speciality]} ({speciality.rstrip('0123456789')})"
