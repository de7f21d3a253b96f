"""The user-info claims of everyone who could be in PSC, field by field against the national sample [PSC digest 1.11].

The lists here are copied from the digest, not from the code that makes the claims.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from segur_psc.domain.userinfo import claims, released

from segur.personas import roles
from segur.personas.country import build_country
from segur.personas.model import Professional
from segur.vocab.professions import WAVE_2_PROFESSIONS
from segur.vocab.structures import ACTIVITY_SECTORS


def names(text: str) -> set[str]:
    return set(text.split())


ROOT = names(
    """
    SubjectNameID preferred_username given_name family_name email_verified otherIds UITVersion Palier_Authentification
    PSI_Locale Secteur_Activite SubjectOrganization SubjectOrganizationID SubjectRole Mode_Acces_Raison
    Acces_Regulation_Medicale
    """
)
EXERCISE = names(
    """
    codeProfession codeCategorieProfessionnelle codeCiviliteDexercice nomDexercice prenomDexercice codeTypeSavoirFaire
    codeSavoirFaire activities
    """
)
ACTIVITY = names(
    """
    codeModeExercice codeSecteurDactivite codeSectionPharmacien codeRole codeGenreActivite numeroSiretSite
    numeroSirenSite numeroFinessSite numeroFinessetablissementJuridique identifiantTechniqueDeLaStructure
    raisonSocialeSite enseigneCommercialeSite complementDestinataire complementPointGeographique numeroVoie
    indiceRepetitionVoie codeTypeDeVoie libelleVoie mentionDistribution bureauCedex codePostal codeCommune codePays
    telephone telephone2 telecopie adresseEMail codeDepartement ancienIdentifiantDeLaStructure
    autoriteDenregistrement
    """
)
EXERCISE_FORMS = {
    "codeProfession": r"10|21|40|50|60|70|80|91|92",
    "codeCategorieProfessionnelle": r"[CME]",
    "codeCiviliteDexercice": r"DR|M|MME",
    "nomDexercice": r"[A-Z][A-Z' -]*",
    "prenomDexercice": r"[A-Z][A-Z' -]*",
    "codeTypeSavoirFaire": r"(S|PAC)?",
    "codeSavoirFaire": r"((SM|SCD|SI)\d{2}|PAC00)?",
}
ACTIVITY_FORMS = {
    "codeModeExercice": r"[LSB]",
    "codeSecteurDactivite": r"SA\d{2}",
    "codeSectionPharmacien": r"([A-H][A-M]?)?",
    "codeRole": r"(FON-(\d{2}|AU)|3\d{2})?",
    "codeGenreActivite": r"GENR\d{2}",
    "numeroSiretSite": r"(\d{14})?",
    "numeroSirenSite": r"(\d{9})?",
    "numeroFinessSite": r"(\d[\dAB]\d{7})?",
    "numeroFinessetablissementJuridique": r"(\d[\dAB]\d{7})?",
    "identifiantTechniqueDeLaStructure": r"[RF]\d+",
    "raisonSocialeSite": r".+",
    "bureauCedex": r"\d{5} .+",
    "codePostal": r"\d{5}",
    "codeCommune": r"\d[\dAB]\d{3}",
    "codePays": r"99000",
    "telephone": r"(0\d{9})?",
    "codeDepartement": r"\d[\dAB]\d?",
    "ancienIdentifiantDeLaStructure": r"1\d[\dAB]\d{7}|2\d{9}|3\d{14}|4\d{14}",
    "autoriteDenregistrement": r"(\w+)/\1/\1",
}
EVERYONE = build_country(professionals=60).professionals


def fits(forms: dict[str, str], values: dict[str, Any]) -> list[str]:
    return [f"{name}={values[name]!r}" for name, form in forms.items() if not re.fullmatch(form, values[name])]


@pytest.mark.parametrize("professional", EVERYONE, ids=lambda person: person.key)
def test_the_claims_have_every_national_field_in_its_national_form(professional: Professional) -> None:
    found = claims(professional)
    assert set(found) - {"SubjectRefPro"} == ROOT
    id_nat = str(professional.id_nat)
    assert found["SubjectNameID"] == found["preferred_username"] == id_nat
    assert (found["given_name"], found["family_name"]) == (professional.given_name, professional.family_name)
    assert found["email_verified"] is False
    origin = "RPPS" if professional.rpps else "EDIT"
    assert found["otherIds"] == [{"identifiant": id_nat, "origine": origin, "qualite": 1}]
    assert found["UITVersion"] == "1.0"
    assert found["Palier_Authentification"] == "APPPRIP3^1.2.250.1.213.1.5.1.1.1"
    assert found["PSI_Locale"] == "1.2.250.1.213.1.3.1.1"
    sector, _, system = found["Secteur_Activite"].partition("^")
    assert (sector in ACTIVITY_SECTORS, system) == (True, "1.2.250.1.71.4.2.4")
    assert found["SubjectOrganization"] == professional.structure.name
    assert re.fullmatch(r"[RF]\d+", found["SubjectOrganizationID"])
    assert (found["Mode_Acces_Raison"], found["Acces_Regulation_Medicale"]) == ("", "FAUX")
    if professional.rpps is None:
        assert "SubjectRefPro" not in found
        assert found["SubjectRole"] == []
        return
    assert re.fullmatch(r"8\d{11}", id_nat)
    assert found["SubjectRole"] == [f"{professional.profession}^1.2.250.1.213.1.1.5.5"]
    reference = found["SubjectRefPro"]
    assert set(reference) == {"codeCivilite", "exercices"}
    assert reference["codeCivilite"] in ("M", "MME")
    (exercise,) = reference["exercices"]
    assert set(exercise) == EXERCISE
    assert fits(EXERCISE_FORMS, exercise) == []
    assert len(exercise["activities"]) == len(professional.situations)
    for situation, activity in zip(professional.situations, exercise["activities"], strict=True):
        assert set(activity) == ACTIVITY
        assert all(type(value) is str for value in activity.values())
        assert fits(ACTIVITY_FORMS, activity) == []
        assert activity["ancienIdentifiantDeLaStructure"] == str(situation.structure.struct_id)
    default = exercise["activities"][0]
    assert default["codeSecteurDactivite"] == sector
    assert default["identifiantTechniqueDeLaStructure"] == found["SubjectOrganizationID"]


def test_the_country_shows_all_nine_professions_of_the_wave() -> None:
    shown = {person.profession for person in EVERYONE}
    assert shown >= set(WAVE_2_PROFESSIONS)


def test_pharmacists_have_a_section_doctors_a_speciality_and_nurses_neither() -> None:
    country = build_country()

    def read(key: str) -> tuple[str, str, str, str]:
        (exercise,) = claims(country.professional(key))["SubjectRefPro"]["exercices"]
        section = exercise["activities"][0]["codeSectionPharmacien"]
        return exercise["codeProfession"], exercise["codeTypeSavoirFaire"], exercise["codeSavoirFaire"], section

    assert read(roles.PHARMACIST) == ("21", "", "", "A")
    assert read(roles.BIOLOGIST) == ("21", "", "", "G")
    assert read(roles.RADIOLOGIST) == ("10", "S", "SM44", "")
    assert read(roles.NURSE) == ("60", "", "", "")


def test_a_doctor_with_two_places_of_work_has_two_activities_and_chooses_in_the_software() -> None:
    found = claims(build_country().professional(roles.GENERAL_PRACTITIONER))
    (exercise,) = found["SubjectRefPro"]["exercices"]
    own, home = exercise["activities"]
    assert (own["codeModeExercice"], own["codeSecteurDactivite"], own["numeroFinessSite"]) == ("L", "SA07", "")
    assert own["ancienIdentifiantDeLaStructure"] == f"4{found['SubjectNameID'][1:]}001"
    assert (home["codeModeExercice"], home["codeSecteurDactivite"]) == ("S", "SA17")
    assert home["ancienIdentifiantDeLaStructure"] == f"1{home['numeroFinessSite']}"


def test_without_scope_all_a_token_reads_who_it_is_and_nothing_of_the_profession() -> None:
    whole = claims(build_country().professional(roles.NURSE))
    assert released(whole, "openid scope_all") == whole
    assert set(released(whole, "openid")) == {"preferred_username", "given_name", "family_name", "email_verified"}
