"""The claims of a professional, as the user-info service gives them [PSC digest 1.11].

An absent value is an empty string, never null and never left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from segur.personas.model import Professional, Situation
from segur.vocab.structures import Register

_PROFESSION_ROLE = "1.2.250.1.213.1.1.5.5"
_SECTORS = "1.2.250.1.71.4.2.4"
_BLANK_ACTIVITY = (
    "codeModeExercice", "codeSecteurDactivite", "codeSectionPharmacien", "codeRole", "codeGenreActivite",
    "numeroSiretSite", "numeroSirenSite", "numeroFinessSite", "numeroFinessetablissementJuridique",
    "identifiantTechniqueDeLaStructure", "raisonSocialeSite", "enseigneCommercialeSite", "complementDestinataire",
    "complementPointGeographique", "numeroVoie", "indiceRepetitionVoie", "codeTypeDeVoie", "libelleVoie",
    "mentionDistribution", "bureauCedex", "codePostal", "codeCommune", "codePays", "telephone", "telephone2",
    "telecopie", "adresseEMail", "codeDepartement", "ancienIdentifiantDeLaStructure", "autoriteDenregistrement",
)  # fmt: skip
"""The thirty fields of an activity, in the order of the national sample."""
_IDENTITY = ("preferred_username", "given_name", "family_name", "email_verified")


def other_ids(id_nat: str, *, registered: bool) -> list[dict[str, Any]]:
    """`otherIds`, in the token and in the answer."""
    return [{"identifiant": id_nat, "origine": "RPPS" if registered else "EDIT", "qualite": 1}]


def claims(professional: Professional) -> dict[str, Any]:
    """All claims but `sub`. Someone the RPPS does not know has no `SubjectRefPro`."""
    default, id_nat = professional.situations[0], str(professional.id_nat)
    found: dict[str, Any] = {
        "SubjectNameID": id_nat,
        "preferred_username": id_nat,
        "given_name": professional.given_name,
        "family_name": professional.family_name,
        "email_verified": False,
        "otherIds": other_ids(id_nat, registered=professional.rpps is not None),
        "UITVersion": "1.0",
        "Palier_Authentification": "APPPRIP3^1.2.250.1.213.1.5.1.1.1",
        "PSI_Locale": "1.2.250.1.213.1.3.1.1",
        "Secteur_Activite": f"{default.structure.sector}^{_SECTORS}",
        "SubjectOrganization": default.structure.name,
        "SubjectOrganizationID": default.structure.technical_id,
        "SubjectRole": [f"{professional.profession}^{_PROFESSION_ROLE}"] if professional.profession else [],
        "Mode_Acces_Raison": "",
        "Acces_Regulation_Medicale": "FAUX",
    }
    if professional.rpps is not None:
        found["SubjectRefPro"] = {"codeCivilite": professional.civility, "exercices": [_exercise(professional)]}
    return found


def released(found: Mapping[str, Any], scope: str) -> dict[str, Any]:
    """What of `claims` a token of this scope may read: without `scope_all`, who it is and nothing of the profession.

    The rule is inferred: ANS calls `scope_all` the one business scope and mandatory [PSC digest 1.4].
    """
    return dict(found) if "scope_all" in scope.split() else {name: found[name] for name in _IDENTITY}


def _exercise(professional: Professional) -> dict[str, Any]:
    return {
        "codeProfession": professional.profession,
        "codeCategorieProfessionnelle": professional.category,
        "codeCiviliteDexercice": professional.exercise_civility or professional.civility,
        "nomDexercice": professional.family_name,
        "prenomDexercice": professional.given_name,
        "codeTypeSavoirFaire": professional.skill_type,
        "codeSavoirFaire": professional.speciality,
        "activities": [_activity(situation, professional) for situation in professional.situations],
    }


def _activity(situation: Situation, professional: Professional) -> dict[str, str]:
    place = situation.structure
    address = place.address
    struct = place.struct_id
    siren = place.siret[:9] or (struct.number if struct.register is Register.SIREN else "")
    filled = {
        "codeModeExercice": situation.mode,
        "codeSecteurDactivite": place.sector,
        "codeSectionPharmacien": situation.section,
        "codeRole": situation.role,
        "codeGenreActivite": situation.genre,
        "numeroSiretSite": place.siret,
        "numeroSirenSite": siren,
        "numeroFinessSite": place.finess_site,
        "numeroFinessetablissementJuridique": place.finess_legal,
        "identifiantTechniqueDeLaStructure": place.technical_id,
        "raisonSocialeSite": place.name,
        "numeroVoie": address.number,
        "codeTypeDeVoie": address.street_type,
        "libelleVoie": address.street,
        "bureauCedex": f"{address.postal_code} {address.city}",
        "codePostal": address.postal_code,
        "codeCommune": address.commune,
        "codePays": "99000",
        "telephone": place.phone,
        "codeDepartement": address.department,
        "ancienIdentifiantDeLaStructure": str(struct),
        "autoriteDenregistrement": "/".join([professional.authority] * 3) if professional.authority else "",
    }
    return dict.fromkeys(_BLANK_ACTIVITY, "") | filled
