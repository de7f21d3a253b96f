"""The `patients` service: TD0.2, TD0.4, TD0.5, TD1.1 to TD1.4 on the persons of the conformity cases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from segur.personas import roles
from segur.vocab import oids
from segur.wire import hl7v3, hl7v3_revise, saml
from segur.wire.hl7v3_candidates import Traits
from segur.wire.hl7v3_values import Identifier, Observation, Telecom
from segur.wire.patient_list import DateType, PatientListQuery
from tests.contract.dmp.callers import (
    INDIRECT,
    Refused,
    emergency,
    professional,
    secretary,
    with_card,
)
from tests.contract.dmp.conftest import Dmp

pytestmark = pytest.mark.asyncio(loop_scope="module")

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


async def test_an_open_record_says_who_it_is_of_and_whether_mon_espace_sante_has_it(dmp: Dmp) -> None:
    patient = dmp.patient("DMP-WEB")
    answer = await professional(dmp).tested(patient)
    record = answer.record
    assert record is not None
    assert (answer.query_status, answer.authorization, answer.treating_doctor) == ("OK", "VALIDE", False)
    assert record.ids == (Identifier(patient.ins.oid, patient.ins.matricule),)
    assert (record.status, record.prefix, record.birth_name, record.gender) == ("active", "M", "PAT-WEB", "M")
    assert record.telecoms == (Telecom(f"mailto:{patient.email}"), Telecom(f"tel:{patient.phone}", "MC"))
    assert record.observed(hl7v3.ATTACHED_TO_ENS) is True
    assert record.observed(hl7v3.INTERNET_ACCOUNT) is True
    treating = await professional(dmp, roles.GENERAL_PRACTITIONER).tested(patient)
    assert treating.treating_doctor is True


@pytest.mark.parametrize(
    ("key", "attached", "activated"), [("DMP-RATTACHE", True, False), ("DMP-DETACHE", False, False)]
)
async def test_whether_a_record_is_attached_and_activated_is_told(
    dmp: Dmp, key: str, attached: bool, activated: bool
) -> None:
    record = (await professional(dmp).tested(dmp.patient(key))).record
    assert record is not None
    assert record.observed(hl7v3.ATTACHED_TO_ENS) is attached
    assert record.observed(hl7v3.INTERNET_ACCOUNT) is activated


async def test_without_a_record_the_answer_is_nf_and_names_nobody(dmp: Dmp) -> None:
    answer = await professional(dmp).tested(dmp.patient("DMP-ABSENT"))
    assert (answer.query_status, answer.acknowledgement, answer.record) == ("NF", "AA", None)
    assert (answer.authorization, answer.treating_doctor) == ("", None)


@pytest.mark.parametrize(
    ("key", "text"),
    [("DMP-FERME-1", "Le patient ne souhaite plus de DMP."), ("DMP-FERME-3", "Décès du patient.")],
)
async def test_a_closed_record_is_terminated_with_its_date_and_its_reasons(dmp: Dmp, key: str, text: str) -> None:
    record = (await professional(dmp).tested(dmp.patient(key))).record
    assert record is not None
    assert record.closed
    assert record.closing is not None
    assert (record.closing.reason, record.closing.text) == ("FERMETURE_DEMANDE_PATIENT", text)
    assert len(record.closing.date) == 14


async def test_a_record_may_not_know_the_name(dmp: Dmp) -> None:
    record = (await professional(dmp).tested(dmp.patient("DMP-SANS-NOM"))).record
    assert record is not None
    assert (record.birth_name, record.given) == ("NON RENSEIGNE", ("NON RENSEIGNE",))


@pytest.mark.parametrize(
    ("key", "state"),
    [("DMP-BLOQUE", "INTERDITE"), ("DMP-EXPIRE", "EXPIREE"), ("DMP-AUTORISATIONS", "INEXISTANTE")],
)
async def test_the_state_of_the_authorization_is_told(dmp: Dmp, key: str, state: str) -> None:
    assert (await professional(dmp).tested(dmp.patient(key))).authorization == state


async def test_a_retired_ins_c_beside_the_matricule_is_read_over_and_answered_where_it_is_known(dmp: Dmp) -> None:
    patient = dmp.patient("DMP-CORSE")
    accounts = dmp.service.floor.store.database["accounts"]
    await accounts.update_one({"ins": patient.ins.cx}, {"$set": {"ins_c": "0123456789012345678901"}})
    record = (await professional(dmp).tested(patient)).record
    assert record is not None
    assert record.ids[0] == Identifier(oids.INS_C, "0123456789012345678901")


async def test_administrative_data_is_read_by_its_reason_but_not_by_the_blocked(dmp: Dmp) -> None:
    answer = await professional(dmp).tested(dmp.patient("DMP-COMPLET"), hl7v3.READ_DATA)
    assert answer.reason == "CNSLT_DATA"
    assert answer.record is not None
    with pytest.raises(Refused, match="bloqué") as refused:
        await professional(dmp).tested(dmp.patient("DMP-BLOQUE"), hl7v3.READ_DATA)
    assert refused.value.code == "DMPAccessDeniedByRightsService"


async def test_the_list_names_the_records_one_is_authorized_on_and_no_other(dmp: Dmp) -> None:
    doctor = professional(dmp, roles.GENERAL_PRACTITIONER)
    listed = await doctor.patients(PatientListQuery(LONG_AGO, DateType.LAST_AUTHORIZATION), dmp.patient())
    by_name = {one.patronymical_name: one for one in listed}
    assert by_name["PAT-COMPLET"].treating_doctor
    assert by_name["PAT-REMPLACE"].date_of_birth == "19780110"
    assert by_name["PAT-REMPLACE"].identifiers[0].extension == dmp.patient("DMP-REMPLACE").ins.matricule
    assert {"PAT-BLOQUE", "PAT-EXPIRE", "PAT-FERME"}.isdisjoint(by_name)
    now = datetime.now(UTC) + timedelta(minutes=1)
    assert await doctor.patients(PatientListQuery(now, DateType.LAST_AUTHORIZATION), dmp.patient()) == []


async def test_the_list_by_last_document_holds_what_got_one(dmp: Dmp) -> None:
    doctor = professional(dmp, roles.GENERAL_PRACTITIONER)
    query = PatientListQuery(LONG_AGO, DateType.LAST_DOCUMENT)
    before = {one.patronymical_name for one in await doctor.patients(query, dmp.patient())}
    assert "PAT-VACCIN" not in before
    await dmp.software().submit(dmp.document("DMP-VACCIN"))
    after = {one.patronymical_name: one for one in await doctor.patients(query, dmp.patient())}
    assert after["PAT-VACCIN"].last_add


async def test_an_employee_lists_for_the_structure_and_for_its_professionals_only(dmp: Dmp) -> None:
    desk = secretary(dmp)
    practice = dmp.country.professional(roles.GENERAL_PRACTITIONER)
    query = PatientListQuery(LONG_AGO, DateType.LAST_AUTHORIZATION, str(practice.id_nat))
    assert "PAT-COMPLET" in {one.patronymical_name for one in await desk.patients(query, dmp.patient())}
    patient = dmp.patient("DMP-AUTORISATIONS")
    assert "ajoutée" in await desk.set(patient)
    own = await desk.patients(replace(query, owner=""), dmp.patient())
    assert [one.patronymical_name for one in own] == ["PAT-ENCHAINEMENT"]
    stranger = str(dmp.country.professional(roles.DENTIST).id_nat)
    with pytest.raises(Refused, match="psOwnerId") as refused:
        await desk.patients(replace(query, owner=stranger), dmp.patient())
    assert refused.value.code == "DMPAccessDeniedByRightsService"


async def test_a_structures_certificate_lists_new_authorizations_only(dmp: Dmp) -> None:
    gateway = professional(dmp, mode=INDIRECT)
    query = PatientListQuery(LONG_AGO, DateType.LAST_AUTHORIZATION)
    assert await gateway.patients(query, dmp.patient()) == []
    with pytest.raises(Refused, match="nouvelles autorisations"):
        await gateway.patients(replace(query, date_type=DateType.LAST_DOCUMENT), dmp.patient())


async def test_a_patient_is_sought_without_ins_in_regulation_only(dmp: Dmp) -> None:
    samu = emergency(professional(dmp, roles.EMERGENCY_DOCTOR), saml.REGULATION)
    traits = Traits("pat-Deschamps", "Sidonie", birth_date="1995", gender="F", postal_code="51000")
    answer = await samu.sought(traits, dmp.patient())
    [found] = answer.records
    assert found.ids[0].extension == dmp.patient("DMP-SANS-INS").ins.matricule
    assert (found.said("POURCENTAGE"), found.said("OPPOSITION_ACCES_URGENCE")) == (100, False)
    opposed = (await samu.sought(Traits("PAT-SANSSAMU"), dmp.patient())).records
    assert [one.said("OPPOSITION_ACCES_URGENCE") for one in opposed] == [True]
    assert (await samu.sought(Traits("PERSONNE"), dmp.patient())).records == ()
    with pytest.raises(Refused, match=r"TD0\.5") as refused:
        await professional(dmp).sought(traits, dmp.patient())
    assert refused.value.code == "DMPAccessDeniedByRightsService"
    assert (await dmp.facts("dmp.patient.sought"))[0]["candidates"] == 1


async def test_a_query_that_must_name_its_patient_is_refused_without(dmp: Dmp) -> None:
    with pytest.raises(Refused, match="resource-id") as refused:
        await professional(dmp).but(resource_id="").tested(dmp.patient())
    assert refused.value.code == "DMPInvalidVIHF"


async def test_data_of_a_record_outside_mon_espace_sante_is_changed_and_told(dmp: Dmp) -> None:
    patient, doctor = dmp.patient("DMP-DETACHE"), with_card(dmp, roles.GENERAL_PRACTITIONER)
    opposed = (Observation("OPPOSITION_BRIS_DE_GLACE", "1.2", True),)
    answer = await doctor.revised(
        patient, "MODIF_DATA", telecoms=(Telecom("mailto:leocadie@exemple.test"),), observations=opposed
    )
    assert answer.code == ""
    assert answer.record is not None
    assert Telecom("mailto:leocadie@exemple.test") in answer.record.telecoms
    told = await dmp.facts("dmp.record.changed")
    assert told[-1]["changed"] == ["break_glass_permitted", "email"]
    with pytest.raises(Refused, match="s'est opposé"):
        await emergency(with_card(dmp, roles.EMERGENCY_DOCTOR), saml.BREAK_GLASS).search(patient)


async def test_a_record_of_mon_espace_sante_is_governed_there(dmp: Dmp) -> None:
    doctor = with_card(dmp, roles.GENERAL_PRACTITIONER)
    for key, reason in (("DMP-COMPLET", "FERM"), ("DMP-COMPLET", "MODIF_DATA"), ("DMP-FERME-1", "REAC")):
        answer = await doctor.revised(dmp.patient(key), reason)
        assert (answer.code, "Mon espace santé" in answer.text) == ("DMPAccessDeniedByRightsService", True)


async def test_closing_twice_and_reactivating(dmp: Dmp) -> None:
    patient, doctor = dmp.patient("DMP-FERME-2"), with_card(dmp, roles.GENERAL_PRACTITIONER)
    assert (await doctor.revised(patient, "MODIF_DATA")).code == "DMPClosed"
    opened = await doctor.revised(patient, "REAC")
    assert (opened.code, opened.record and opened.record.status) == ("", "active")
    assert (await doctor.revised(patient, "REAC")).code == "DMPFound"
    closed = await doctor.revised(patient, "FERM", issue="FERMETURE_DEMANDE_PATIENT", status="terminated")
    assert (closed.code, closed.record and closed.record.status) == ("", "terminated")
    assert (await doctor.revised(patient, "FERM")).code == "DMPClosed"
    assert await dmp.facts("dmp.record.closed", motif="FERMETURE_DEMANDE_PATIENT")
    assert await dmp.facts("dmp.record.reopened")


async def test_creation_is_closed_to_software(dmp: Dmp) -> None:
    doctor = with_card(dmp, roles.GENERAL_PRACTITIONER)
    there = await doctor.revised(dmp.patient(), "CREA_RD", kind=hl7v3_revise.ADD)
    assert (there.kind, there.code) == (hl7v3_revise.ADD, "DMPFound")
    answer = await doctor.revised(dmp.patient("DMP-ABSENT"), "CREA_RD", kind=hl7v3_revise.ADD)
    assert (answer.code, "01/07/2021" in answer.text) == ("DMPAccessDeniedByRightsService", True)
    assert (await doctor.revised(dmp.patient("DMP-ABSENT"), "FERM")).code == "DMPNotFound"


async def test_administration_needs_a_card_in_ordinary_access(dmp: Dmp) -> None:
    patient = dmp.patient("DMP-DETACHE")
    for caller in (professional(dmp), emergency(with_card(dmp), saml.BREAK_GLASS), professional(dmp, mode=INDIRECT)):
        with pytest.raises(Refused) as refused:
            await caller.revised(patient, "MODIF_DATA")
        assert refused.value.code == "DMPAccessDeniedByRightsService"
