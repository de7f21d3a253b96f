"""The public extraction, as a download that an import of the national files reads."""

from __future__ import annotations

import csv
import io
import zipfile

import pytest

from segur.kernel.service import Service
from segur.personas.country import build_country
from tests.contract.annuaire.conftest import client

pytestmark = pytest.mark.asyncio(loop_scope="module")

COUNTRY = build_country()
REGISTERED = [person for person in COUNTRY.professionals if person.rpps is not None]


def rows(archive: zipfile.ZipFile, name: str) -> list[dict[str, str]]:
    [found] = [one for one in archive.namelist() if one.startswith(f"PS_LibreAcces_{name}_")]
    assert found.removesuffix(".txt").rpartition("_")[2].isdecimal()
    text = archive.read(found).decode("utf-8")
    return list(csv.DictReader(io.StringIO(text), delimiter="|", quoting=csv.QUOTE_NONE))


@pytest.mark.parametrize(
    "path",
    ["/annuaire-sante-webservices/V300/services/extraction/PS_LibreAcces", "/annuaire/extractions/PS_LibreAcces"],
)
async def test_the_extraction_holds_every_active_professional_under_the_national_columns(
    directory: Service, path: str
) -> None:
    async with client(directory) as http:
        answer = await http.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-disposition"].startswith('attachment; filename="PS_LibreAcces_2')
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert archive.testzip() is None
    activities = rows(archive, "Personne_activite")
    assert len(activities[0]) == 56
    assert {row["Identifiant PP"] for row in activities} == {str(person.rpps) for person in REGISTERED}
    assert len(activities) == sum(len(person.situations) for person in REGISTERED)
    doctor, hospital = COUNTRY.professional("PS1"), COUNTRY.structure("ST1")
    [mine] = [row for row in activities if row["Identifiant PP"] == str(doctor.rpps)]
    assert mine["Identification nationale PP"] == str(doctor.id_nat)
    assert (mine["Code profession"], mine["Code savoir-faire"]) == ("10", "SM04")
    assert (mine["Raison sociale site"], mine["Numéro FINESS site"]) == (hospital.name, hospital.finess_site)
    assert mine["Numéro FINESS établissement juridique"] == hospital.finess_legal
    assert (mine["Code secteur d'activité"], mine["Libellé secteur d'activité"]) == ("SA01", hospital.sector_label)
    assert mine["Code commune (coord. structure)"] == hospital.address.commune
    assert mine["Libellé mode exercice"] == "Salarié"
    assert len(rows(archive, "SavoirFaire")) == sum(bool(person.speciality) for person in REGISTERED)
    diplomas = rows(archive, "Dipl_AutExerc")
    assert {row["Code diplôme obtenu"] for row in diplomas} == {"DE05", "DE01"}


async def test_a_sandbox_without_people_gives_files_with_headers_alone(directory: Service) -> None:
    async with client(directory) as http:
        answer = await http.get("/annuaire/extractions/PS_LibreAcces", headers={"x-segur-sandbox": "vide"})
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert rows(archive, "Personne_activite") == []
    assert len(archive.namelist()) == 3
