"""Who learns the INS behind a Patient's id: who may search that DMP, by either door; an id alone opens nothing."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest

from segur.personas import roles
from segur.scenario.actors.fhir_lps import FhirSoftware, Refused
from segur.scenario.actors.lps import Refused as SoapRefused
from tests.contract.dmp.conftest import Dmp

pytestmark = pytest.mark.asyncio(loop_scope="module")

DENIED = "DMPAccessDeniedByRightsService"
SHUT_OUT: dict[str, tuple[str, str, str]] = {
    "never authorized": (roles.DENTIST, roles.PATIENT, "INEXISTANTE"),
    "an authorization that lapsed": (roles.GENERAL_PRACTITIONER, "DMP-EXPIRE", "EXPIREE"),
    "blocked by the patient": (roles.OTHER_DOCTOR, "DMP-BLOQUE", "bloqué"),
}


def place(dmp: Dmp, patient: str) -> str:
    """The id of the patient's resource."""
    return dmp.service.floor.pseudonyms.of(dmp.patient(patient).ins)


async def asked_by_ins(software: FhirSoftware, dmp: Dmp, patient: str) -> dict[str, Any]:
    """What the existence test by the INS gives, which is open to every professional."""
    ins = dmp.patient(patient).ins
    [found] = await software._search("Patient", {"identifier": f"urn:oid:{ins.oid}|{ins.matricule}"})
    return found


async def test_who_may_search_the_dmp_reads_the_patient_by_its_id(dmp: Dmp) -> None:
    doctor = dmp.fhir(roles.GENERAL_PRACTITIONER)
    by_ins = await asked_by_ins(doctor, dmp, roles.PATIENT)
    assert await doctor.read("Patient", place(dmp, roles.PATIENT)) == by_ins
    assert by_ins["identifier"][0]["value"] == dmp.patient().ins.matricule
    assert dmp.patient().ins in [entry_ins async for entry_ins in _seen_by_soap(dmp)]


async def _seen_by_soap(dmp: Dmp) -> Any:
    """The INS in the entries that SOAP gives the same doctor: it is told there too."""
    await dmp.software().submit(dmp.document())
    for entry in await dmp.software(roles.GENERAL_PRACTITIONER).find(dmp.patient()):
        yield type(dmp.patient().ins).from_cx(entry.patient_id)


@pytest.mark.parametrize("why", SHUT_OUT)
async def test_who_may_not_search_it_is_refused_as_by_soap_and_learns_no_ins(dmp: Dmp, why: str) -> None:
    role, patient, word = SHUT_OUT[why]
    someone, ins = dmp.fhir(role), dmp.patient(patient).ins
    assert (await asked_by_ins(someone, dmp, patient))["identifier"][0]["value"] == ins.matricule
    with pytest.raises(Refused) as refused:
        await someone.read("Patient", place(dmp, patient))
    with pytest.raises(SoapRefused) as by_soap:
        await dmp.software(role).find(dmp.patient(patient))
    assert (refused.value.status, refused.value.code) == (403, by_soap.value.code)
    assert word in refused.value.reason
    assert word in by_soap.value.reason
    assert ins.matricule not in refused.value.reason
    told, by_other_door = (await dmp.facts("dmp.access.refused", patient=place(dmp, patient)))[-2:]
    assert (told.pop("operation"), by_other_door.pop("operation")) == ("TD0.2", "TD3.1")
    assert told == by_other_door


async def test_a_structure_learns_no_ins_from_an_id(dmp: Dmp) -> None:
    """Its certificate tests existence by the INS, and searches nothing."""
    gateway = dmp.fhir(token=False)
    assert (await asked_by_ins(gateway, dmp, roles.PATIENT))["active"] is True
    with pytest.raises(Refused, match=r"TD3\.1") as refused:
        await gateway.read("Patient", place(dmp, roles.PATIENT))
    assert (refused.value.status, refused.value.code) == (403, DENIED)


@pytest.mark.parametrize("patient", ["P3", "P4", ""])
async def test_an_id_without_an_open_dmp_is_not_found_whoever_asks(dmp: Dmp, patient: str) -> None:
    identity = place(dmp, patient) if patient else "nobody"
    with pytest.raises(Refused) as refused:
        await dmp.fhir(roles.GENERAL_PRACTITIONER).read("Patient", identity)
    assert (refused.value.status, refused.value.code) == (404, "not-found")


async def test_an_existence_test_is_about_one_patient(dmp: Dmp) -> None:
    one, other = (dmp.patient(key).ins for key in (roles.PATIENT, "P4"))
    named = [("identifier", f"urn:oid:{ins.oid}|{ins.matricule}") for ins in (one, other)]
    doctor = dmp.fhir(roles.GENERAL_PRACTITIONER)
    with pytest.raises(Refused, match="once") as refused:
        await doctor._call("GET", f"/Patient?{urlencode(named)}")
    assert refused.value.status == 400


async def test_a_search_names_the_patient_by_the_id_too(dmp: Dmp) -> None:
    """As MHD has it: `patient=Patient/<id>`, or the whole address."""
    doctor, identity = dmp.fhir(roles.GENERAL_PRACTITIONER), place(dmp, roles.PATIENT)
    await dmp.fhir().submit(dmp.document())
    by_ins = await doctor.find(dmp.patient().ins)
    for named in (f"Patient/{identity}", identity, f"https://localhost:8443/dmp/fhir/Patient/{identity}"):
        fixed = {"status": "current", "patient": named}
        assert await doctor._search("DocumentReference", fixed) == by_ins
        assert await doctor._search("List", {**fixed, "code": "submissionset"})
    for named, status in (("Patient/nobody", 404), ("Practitioner/x", 400), ("Patient/", 400)):
        with pytest.raises(Refused) as refused:
            await doctor._search("DocumentReference", {"status": "current", "patient": named})
        assert refused.value.status == status
    with pytest.raises(Refused, match="INEXISTANTE"):
        await dmp.fhir(roles.DENTIST)._search("DocumentReference", {"status": "current", "patient": identity})
