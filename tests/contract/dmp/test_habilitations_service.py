"""The `habilitations` service, blocks and oppositions: TD0.3, TD1.6 and what they open [DMP digest 1.4, 6.4]."""

from __future__ import annotations

import pytest
from segur_dmp.domain.account import Emergency
from segur_dmp.operations.block_professional import block_professional, unblock_professional
from segur_dmp.operations.set_administrator import set_administrator, withdraw_authorization
from segur_dmp.operations.set_opposition import set_opposition

from segur.personas import roles
from segur.wire import saml
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


async def test_an_authorization_is_declared_once_and_removed_once(dmp: Dmp) -> None:
    patient, doctor = dmp.patient("DMP-AUTORISATIONS"), professional(dmp)
    with pytest.raises(Refused, match="INEXISTANTE"):
        await doctor.search(patient)
    assert await doctor.set(patient) == "Autorisation ajoutée."
    assert "déjà existante" in await doctor.set(patient)
    assert await doctor.search(patient) == ()
    assert await doctor.set(patient, "SUPPRESSION") == "Autorisation supprimée."
    assert "inexistante" in await doctor.set(patient, "SUPPRESSION")
    with pytest.raises(Refused, match="INEXISTANTE"):
        await doctor.search(patient)


async def test_a_lapsed_authorization_is_declared_again(dmp: Dmp) -> None:
    patient, doctor = dmp.patient("DMP-EXPIRE"), professional(dmp)
    with pytest.raises(Refused, match="EXPIREE") as refused:
        await doctor.search(patient)
    assert refused.value.code == "DMPAccessDeniedByRightsService"
    assert await doctor.set(patient) == "Autorisation ajoutée."
    assert (await doctor.tested(patient)).authorization == "VALIDE"


async def test_several_doctors_may_be_treating_and_only_doctors(dmp: Dmp) -> None:
    patient = dmp.patient("DMP-ATTRIBUTS")
    for key in (roles.GENERAL_PRACTITIONER, roles.OTHER_DOCTOR):
        assert await professional(dmp, key).set(patient, treating=True) == "Autorisation ajoutée."
    listed = {one.last_name: one for one in await professional(dmp).listed(patient, "ACTIVE")}
    gp = dmp.country.professional(roles.GENERAL_PRACTITIONER)
    line = listed[gp.family_name]
    assert (line.id, line.right, line.mode, line.speciality) == (str(gp.id_nat), "MT", "ACTIVE", "G15_10/SM54")
    assert len([one for one in listed.values() if one.right]) == 2
    with pytest.raises(Refused, match="seul un médecin"):
        await professional(dmp, roles.NURSE).set(patient, treating=True)


async def test_the_role_is_dropped_with_a_card_and_the_authorization_stays(dmp: Dmp) -> None:
    patient, doctor = dmp.patient("DMP-REMPLACE"), with_card(dmp, roles.GENERAL_PRACTITIONER)
    assert "ajoutée" in await doctor.set(patient, treating=True)
    assert (await doctor.tested(patient)).treating_doctor is True
    with pytest.raises(Refused, match=r"TD0\.3 retrait MT"):
        await professional(dmp, roles.GENERAL_PRACTITIONER).set(patient, "SUPPRESSION", treating=True)
    assert await doctor.set(patient, "SUPPRESSION", treating=True) == "Rôle de médecin traitant retiré."
    after = await doctor.tested(patient)
    assert (after.treating_doctor, after.authorization) == (False, "VALIDE")
    assert "aucune action" in await doctor.set(patient, "SUPPRESSION", treating=True)


async def test_what_an_employee_declares_is_given_to_the_structure(dmp: Dmp) -> None:
    patient, desk = dmp.patient("DMP-IMAGERIE"), secretary(dmp, roles.DENTIST)
    assert (await desk.tested(patient)).authorization == "INEXISTANTE"
    assert "ajoutée" in await desk.set(patient)
    assert (await desk.tested(patient)).authorization == "VALIDE"
    dentist = professional(dmp, roles.DENTIST)
    assert (await dentist.tested(patient)).authorization == "VALIDE"
    structure = dentist.user.structure
    line = next(
        one for one in await professional(dmp, roles.RADIOLOGIST).listed(patient) if one.id == str(structure.struct_id)
    )
    assert (line.last_name, line.id_type) == (structure.name, "1.2.250.1.71.4.2.2")
    with pytest.raises(Refused, match=r"TD0\.3 suppression"):
        await desk.set(patient, "SUPPRESSION")


async def test_a_blocked_professional_reaches_nothing_and_learns_it_by_the_existence_test(dmp: Dmp) -> None:
    patient, doctor = dmp.patient("DMP-BLOQUE"), with_card(dmp)
    assert (await doctor.tested(patient)).authorization == "INTERDITE"
    for act in (doctor.set(patient), doctor.search(patient), doctor.listed(patient)):
        with pytest.raises(Refused, match="bloqué") as refused:
            await act
        assert refused.value.code == "DMPAccessDeniedByRightsService"
    for purpose in (saml.BREAK_GLASS, saml.REGULATION):
        with pytest.raises(Refused, match="bloqué"):
            await emergency(doctor, purpose).search(patient)
    blocked = await professional(dmp, roles.RADIOLOGIST).listed(patient, "INTERDITE")
    assert {one.id for one in blocked} == {
        str(dmp.country.professional(key).id_nat) for key in (roles.OTHER_DOCTOR, roles.GENERAL_PRACTITIONER)
    }
    assert {one.mode for one in blocked} == {"INTERDITE"}


async def test_a_block_ends_an_authorization_and_lifting_it_gives_none_back(dmp: Dmp) -> None:
    patient, doctor = dmp.patient("DMP-RECHERCHE"), professional(dmp)
    pseudonym, id_nat = dmp.service.floor.pseudonyms.of(patient.ins), str(doctor.user.id_nat)
    assert await doctor.search(patient) == ()
    assert await block_professional(dmp.context, pseudonym, id_nat, by="patient")
    assert not await block_professional(dmp.context, pseudonym, id_nat, by="patient")
    assert (await doctor.tested(patient)).authorization == "INTERDITE"
    assert not await withdraw_authorization(dmp.context, pseudonym, id_nat, by="patient")
    assert await unblock_professional(dmp.context, pseudonym, id_nat, by="patient")
    assert (await doctor.tested(patient)).authorization == "INEXISTANTE"
    assert [fact["professional"] for fact in await dmp.facts("dmp.professional.blocked", patient=pseudonym)] == [id_nat]
    assert await dmp.facts("dmp.professional.unblocked", patient=pseudonym)


async def test_an_administrator_sees_masked_documents_until_the_patient_takes_the_role(dmp: Dmp) -> None:
    patient, doctor = dmp.patient("DMP-NOMBREUX"), professional(dmp)
    pseudonym, id_nat = dmp.service.floor.pseudonyms.of(patient.ins), str(doctor.user.id_nat)
    masked, _ = await dmp.software().submit(dmp.document("DMP-NOMBREUX"), masks=("MASQUE_PS",))
    assert masked.unique_id not in await doctor.search(patient)
    assert await set_administrator(dmp.context, pseudonym, id_nat, administrator=True, by="patient")
    assert masked.unique_id in await doctor.search(patient)
    assert await set_administrator(dmp.context, pseudonym, id_nat, administrator=False, by="patient")
    assert masked.unique_id not in await doctor.search(patient)
    assert (await doctor.tested(patient)).authorization == "VALIDE"


@pytest.mark.parametrize(
    ("key", "purpose", "enters"),
    [
        ("DMP-OPPOSE-15", saml.REGULATION, False),
        ("DMP-OPPOSE-15", saml.BREAK_GLASS, True),
        ("DMP-OPPOSE-URGENCE", saml.REGULATION, False),
        ("DMP-OPPOSE-URGENCE", saml.BREAK_GLASS, False),
        ("DMP-URGENCE", saml.REGULATION, True),
        ("DMP-URGENCE", saml.BREAK_GLASS, True),
    ],
)
async def test_an_emergency_access_is_open_unless_the_patient_objects(
    dmp: Dmp, key: str, purpose: str, enters: bool
) -> None:
    patient, doctor = dmp.patient(key), emergency(professional(dmp, roles.EMERGENCY_DOCTOR), purpose)
    pseudonym = dmp.service.floor.pseudonyms.of(patient.ins)
    if enters:
        assert await doctor.search(patient) == ()
        assert await dmp.facts(
            "dmp.emergency.accessed", patient=pseudonym, mode=purpose, reader=str(doctor.user.id_nat)
        )
        rows = await dmp.context.records.emergencies.of(pseudonym)
        assert rows[0]["reason"] == "Patient inconscient"
    else:
        with pytest.raises(Refused, match="s'est opposé") as refused:
            await doctor.search(patient)
        assert refused.value.code == "DMPAccessDeniedByRightsService"
        assert not await dmp.facts("dmp.emergency.accessed", patient=pseudonym, mode=purpose)


async def test_masked_documents_are_read_in_an_emergency_only_if_the_patient_agreed(dmp: Dmp) -> None:
    patient = dmp.patient("DMP-EXPRESSION")
    masked, _ = await dmp.software().submit(dmp.document("DMP-EXPRESSION"), masks=("MASQUE_PS",))
    doctor = professional(dmp, roles.EMERGENCY_DOCTOR)
    for purpose in (saml.BREAK_GLASS, saml.REGULATION):
        assert masked.unique_id in await emergency(doctor, purpose).search(patient)
    account = await dmp.context.records.accounts.of(dmp.service.floor.pseudonyms.of(patient.ins))
    assert account is not None
    assert await set_opposition(dmp.context, account, Emergency.MASKED, permitted=False, by="patient")
    for purpose in (saml.BREAK_GLASS, saml.REGULATION):
        assert masked.unique_id not in await emergency(doctor, purpose).search(patient)
    assert await dmp.facts("dmp.emergency.denied", purpose="MASKED")


async def test_the_list_of_authorizations_is_not_for_employees_nor_emergencies(dmp: Dmp) -> None:
    patient = dmp.patient("DMP-COMPLET")
    for caller in (secretary(dmp), professional(dmp, mode=INDIRECT), emergency(professional(dmp), saml.REGULATION)):
        with pytest.raises(Refused, match=r"TD1\.6"):
            await caller.listed(patient)
