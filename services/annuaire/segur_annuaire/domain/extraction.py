"""The public extraction `PS_LibreAcces`: three files of lines parted by `|`, under the national column names.

`Personne_activite` has a line for each situation d'exercice (somebody without one has a line too), `SavoirFaire` and
`Dipl_AutExerc` a line for each qualification. Inactive professionals are in none. Source: the header of the published
files; labels from the NOS lists [PSC digest 3.8].
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from segur.vocab.professions import PROFESSION_LABELS, SAVOIR_FAIRE
from segur.vocab.structures import ACTIVITY_SECTORS
from segur_annuaire.domain import systems
from segur_annuaire.domain.pieces import Resource

_WHO: Final = ("Type d'identifiant PP", "Identifiant PP", "Identification nationale PP")
_NAME: Final = ("Nom d'exercice", "Prénom d'exercice")
_PROFESSION: Final = (
    "Code profession",
    "Libellé profession",
    "Code catégorie professionnelle",
    "Libellé catégorie professionnelle",
)
_SKILL: Final = ("Code type savoir-faire", "Libellé type savoir-faire", "Code savoir-faire", "Libellé savoir-faire")

ACTIVITY_COLUMNS: Final = (
    *_WHO,
    "Code civilité d'exercice", "Libellé civilité d'exercice", "Code civilité", "Libellé civilité",
    *_NAME, *_PROFESSION, *_SKILL,
    "Code mode exercice", "Libellé mode exercice", "Numéro SIRET site", "Numéro SIREN site", "Numéro FINESS site",
    "Numéro FINESS établissement juridique", "Identifiant technique de la structure", "Raison sociale site",
    "Enseigne commerciale site", "Complément destinataire (coord. structure)",
    "Complément point géographique (coord. structure)", "Numéro Voie (coord. structure)",
    "Indice répétition voie (coord. structure)", "Code type de voie (coord. structure)",
    "Libellé type de voie (coord. structure)", "Libellé Voie (coord. structure)",
    "Mention distribution (coord. structure)", "Bureau cedex (coord. structure)", "Code postal (coord. structure)",
    "Code commune (coord. structure)", "Libellé commune (coord. structure)", "Code pays (coord. structure)",
    "Libellé pays (coord. structure)", "Téléphone (coord. structure)", "Téléphone 2 (coord. structure)",
    "Télécopie (coord. structure)", "Adresse e-mail (coord. structure)", "Code Département (structure)",
    "Libellé Département (structure)", "Ancien identifiant de la structure", "Autorité d'enregistrement",
    "Code secteur d'activité", "Libellé secteur d'activité", "Code section tableau pharmaciens",
    "Libellé section tableau pharmaciens", "Code rôle", "Libellé rôle", "Code genre activité", "Libellé genre activité",
)  # fmt: skip
SKILL_COLUMNS: Final = (*_WHO, *_NAME, *_PROFESSION, *_SKILL)
DIPLOMA_COLUMNS: Final = (
    *_WHO, *_NAME,
    "Code type diplôme obtenu", "Libellé type diplôme obtenu", "Code diplôme obtenu", "Libellé diplôme obtenu",
    "Code type autorisation", "Libellé type autorisation", "Code discipline autorisation",
    "Libellé discipline autorisation",
)  # fmt: skip

_LABELS: Final[Mapping[str, Mapping[str, str]]] = {
    "civilité": {"M": "Monsieur", "MME": "Madame", "DR": "Docteur"},
    "catégorie": {"C": "Civil", "M": "Militaire", "E": "Etudiant"},
    "type savoir-faire": {"S": "Spécialité ordinale", "PAC": "Qualification PAC"},
    "mode": {"L": "Libéral", "S": "Salarié", "B": "Bénévole"},
    "genre": {
        "GENR01": "Activité de soin et de pharmacie",
        "GENR02": "Activité de soin ou de pharmacie en remplacement",
        "GENR03": "Remplacement en soin",
        "GENR04": "Activité non soignante",
    },
    "rôle": {
        "FON-01": "Titulaire de cabinet",
        "FON-02": "Associé (SEL/SCP)",
        "FON-03": "Titulaire d'officine",
        "FON-04": "Remplaçant du titulaire",
        "FON-05": "Adjoint",
        "FON-33": "Salarié en poste fixe",
        "FON-40": "Biologiste responsable",
        "FON-41": "Biologiste médical",
        "FON-43": "Cadre de santé",
    },
    "section": {
        "A": "Titulaire d'officine",
        "D": "Adjoint, remplaçant, gérant",
        "G": "Biologiste",
        "H": "Pharmacien d'établissement de santé",
    },
    "diplôme": {
        "DE05": "Diplôme d'Etat français de docteur en médecine",
        "DE01": "Diplôme d'Etat français de docteur en pharmacie",
    },
    "type diplôme": {"DE": "Diplôme d'Etat français"},
}


def line(columns: tuple[str, ...], values: Mapping[str, str]) -> str:
    """One line; a sign that would part it is replaced."""
    return "|".join(values.get(column, "").replace("|", " ").replace("\n", " ") for column in columns) + "\n"


def activity(person: Resource, role: Resource | None, place: Resource | None) -> dict[str, str]:
    """The values of one situation d'exercice, at `place` (None for a situation without structure)."""
    values = _who(person) | _profession(person) | next(iter(_skills(person)), {})
    name = person["name"][0]
    civility, exercise = _first(name.get("prefix")), _first(name.get("suffix"))
    _put(values, "Code civilité d'exercice", "Libellé civilité d'exercice", "civilité", exercise)
    _put(values, "Code civilité", "Libellé civilité", "civilité", civility)
    if role is not None:
        codes = _codes(role.get("code", ()))
        _put(values, "Code mode exercice", "Libellé mode exercice", "mode", codes.get(systems.MODE, ""))
        _put(values, "Code rôle", "Libellé rôle", "rôle", codes.get(systems.FUNCTION, ""))
        _put(values, "Code genre activité", "Libellé genre activité", "genre", codes.get(systems.ACTIVITY, ""))
        section = codes.get(systems.PHARMACY_SECTION, "")
        _put(values, "Code section tableau pharmaciens", "Libellé section tableau pharmaciens", "section", section)
    return values | (_place(place) if place is not None else {})


def skills(person: Resource) -> Iterator[dict[str, str]]:
    """The values of each savoir-faire."""
    for skill in _skills(person):
        yield _who(person) | _profession(person) | skill


def diplomas(person: Resource) -> Iterator[dict[str, str]]:
    """The values of each diploma."""
    for qualification in person.get("qualification", ()):
        codes = _codes([qualification["code"]])
        if systems.DIPLOMA in codes:
            values = _who(person)
            kind = codes.get(systems.DIPLOMA_TYPE, "")
            _put(values, "Code type diplôme obtenu", "Libellé type diplôme obtenu", "type diplôme", kind)
            _put(values, "Code diplôme obtenu", "Libellé diplôme obtenu", "diplôme", codes[systems.DIPLOMA])
            yield values


def _who(person: Resource) -> dict[str, str]:
    numbers = {one["system"]: one["value"] for one in person["identifier"]}
    name = person["name"][0]
    return {
        "Type d'identifiant PP": "8",
        "Identifiant PP": numbers[systems.RPPS],
        "Identification nationale PP": numbers[systems.IDNPS],
        "Nom d'exercice": name["family"],
        "Prénom d'exercice": " ".join(name["given"]),
    }


def _profession(person: Resource) -> dict[str, str]:
    for qualification in person.get("qualification", ()):
        codes = _codes([qualification["code"]])
        if systems.PROFESSION in codes:
            code = codes[systems.PROFESSION]
            values = {"Code profession": code, "Libellé profession": PROFESSION_LABELS.get(code, "")}
            category = codes.get(systems.CATEGORY, "")
            columns = ("Code catégorie professionnelle", "Libellé catégorie professionnelle")
            _put(values, *columns, "catégorie", category)
            return values
    return {}


def _skills(person: Resource) -> Iterator[dict[str, str]]:
    for qualification in person.get("qualification", ()):
        codes = _codes([qualification["code"]])
        if systems.SPECIALITY in codes:
            code = codes[systems.SPECIALITY]
            values = {"Code savoir-faire": code, "Libellé savoir-faire": SAVOIR_FAIRE.get(code, "")}
            kind = codes.get(systems.SKILL_TYPE, "")
            _put(values, "Code type savoir-faire", "Libellé type savoir-faire", "type savoir-faire", kind)
            yield values


def _place(place: Resource) -> dict[str, str]:
    numbers = {one["system"]: one["value"] for one in place["identifier"]}
    values = {
        "Raison sociale site": place["name"],
        "Numéro FINESS site": numbers.get(systems.FINESS, ""),
        "Numéro SIRET site": numbers.get(systems.SIRENE, ""),
        "Numéro SIREN site": numbers.get(systems.SIRENE, "")[:9],
        "Identifiant technique de la structure": numbers.get(systems.RPPS_RANK)
        or f"F{numbers.get(systems.FINESS, '')}",
        "Ancien identifiant de la structure": numbers.get(systems.IDNST, ""),
    }
    if "partOf" in place:
        values["Numéro FINESS établissement juridique"] = place["partOf"]["reference"].rpartition("-")[2][1:]
    codes = _codes(place.get("type", ()))
    sector = codes.get(systems.SECTOR, "")
    values |= {"Code secteur d'activité": sector, "Libellé secteur d'activité": ACTIVITY_SECTORS.get(sector, "")}
    for telecom in place.get("telecom", ()):
        if telecom["system"] == "phone":
            values["Téléphone (coord. structure)"] = telecom["value"]
        elif "extension" not in telecom:
            values["Adresse e-mail (coord. structure)"] = telecom["value"]
    for address in place.get("address", ()):
        number, _, rest = address["line"][0].partition(" ")
        kind, _, street = rest.partition(" ")
        commune = next((one["valueCoding"]["code"] for one in address.get("extension", ())), "")
        values |= {
            "Numéro Voie (coord. structure)": number,
            "Code type de voie (coord. structure)": kind,
            "Libellé Voie (coord. structure)": street,
            "Bureau cedex (coord. structure)": f"{address['postalCode']} {address['city']}",
            "Code postal (coord. structure)": address["postalCode"],
            "Code commune (coord. structure)": commune,
            "Libellé commune (coord. structure)": address["city"],
            "Code pays (coord. structure)": "99000",
            "Libellé pays (coord. structure)": "France",
            "Code Département (structure)": commune[:3] if commune.startswith("97") else commune[:2],
        }
    return values


def _put(values: dict[str, str], code_column: str, label_column: str, labels: str, code: str) -> None:
    values[code_column] = code
    values[label_column] = _LABELS[labels].get(code, "")


def _codes(concepts: Any) -> dict[str, str]:
    return {coding["system"]: coding["code"] for concept in concepts for coding in concept["coding"]}


def _first(values: list[str] | None) -> str:
    return values[0] if values else ""
