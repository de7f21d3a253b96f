"""Who feeds and reads in less usual ways: employees, the secret connection of a minor, structures learnt later."""

from __future__ import annotations

from dataclasses import replace

import pytest
from segur_dmp.operations.follow_directory import directory_now, learn_structure
from segur_dmp.operations.identify_by_token import visitor_of
from segur_dmp.operations.set_opposition import set_masked_by_default

from segur.contracts.directory_records import PlaceRecord
from segur.kernel.request import Request, enter, leave
from segur.personas import roles
from segur.wire import saml
from tests.contract.dmp.callers import AIR, DIRECT, INDIRECT, Refused, professional, secretary, with_card
from tests.contract.dmp.conftest import Dmp

pytestmark = pytest.mark.asyncio(loop_scope="module")

SECRET = "INVISIBLE_REPRESENTANTS_LEGAUX"


async def test_an_employee_feeds_with_a_card_for_the_practice_and_does_not_read(dmp: Dmp) -> None:
    desk, patient = secretary(dmp), dmp.patient("DMP-MELANGE-1")
    entry, answer = await desk.feed(dmp.document("DMP-MELANGE-1", roles.GENERAL_PRACTITIONER))
    assert answer.succeeded, answer.errors
    [told] = await dmp.facts("dmp.document.submitted", document_id=entry.unique_id)
    assert told["structure"] == str(desk.user.structure.struct_id)
    with pytest.raises(Refused, match=r"TD3\.1"):
        await desk.search(patient)


@pytest.mark.parametrize(("mode", "feeds"), [(DIRECT, True), (INDIRECT, True), (AIR, False)])
async def test_a_card_and_a_structure_feed_without_authorization_and_air_never(
    dmp: Dmp, mode: saml.AuthenticationMode, feeds: bool
) -> None:
    doctor = with_card(dmp) if mode is DIRECT else professional(dmp, mode=mode)
    document = dmp.document("DMP-MELANGE-2", roles.OTHER_DOCTOR)
    if feeds:
        _, answer = await doctor.feed(document)
        assert answer.succeeded, answer.errors
    else:
        with pytest.raises(Refused, match="AIR") as refused:
            await doctor.feed(document)
        assert refused.value.code == "DMPAccessDeniedByRightsService"


async def test_the_secret_connection_of_a_minor_feeds_only_what_the_parents_do_not_see(dmp: Dmp) -> None:
    doctor = with_card(dmp, roles.GENERAL_PRACTITIONER).but(confidentiality=SECRET)
    _, refused = await doctor.feed(dmp.document("DMP-MELANGE-3", roles.GENERAL_PRACTITIONER))
    assert [error.code for error in refused.errors] == ["XDSRegistryMetadataError"]
    assert any("confidentialityCode" in error.context for error in refused.errors)
    entry, taken = await doctor.feed(dmp.document("DMP-MELANGE-3", roles.GENERAL_PRACTITIONER), SECRET)
    assert taken.succeeded, taken.errors
    [told] = await dmp.facts("dmp.document.submitted", document_id=entry.unique_id)
    assert told["hidden_from_representatives"] is True
    assert "ajoutée" in await professional(dmp).but(confidentiality=SECRET).set(dmp.patient("DMP-MELANGE-3"))
    assert [one["secret"] for one in await dmp.facts("dmp.authorization.granted", patient=told["patient"])] == [True]


async def test_new_documents_come_masked_where_the_patient_wants_it(dmp: Dmp) -> None:
    patient = dmp.patient("DMP-NOMBREUX")
    account = await dmp.context.records.accounts.of(dmp.service.floor.pseudonyms.of(patient.ins))
    assert account is not None
    assert await set_masked_by_default(dmp.context, account, masked=True, by="patient")
    entry, answer = await dmp.software().submit(dmp.document("DMP-NOMBREUX"))
    assert answer.succeeded
    assert entry.unique_id not in await professional(dmp).search(patient)
    assert await dmp.facts("dmp.masking.default_changed", masked=True)


async def test_a_structure_learnt_from_the_directory_is_known_by_its_siret_and_its_legal_entity(dmp: Dmp) -> None:
    hospital = dmp.country.structure(roles.HOSPITAL)
    site = replace(
        hospital, key="ST-NEW", struct_id=type(hospital.struct_id).finess("990009998"), finess_site="990009998",
        siret="99000999800019",
    )  # fmt: skip
    token = enter(Request())
    try:
        await learn_structure(dmp.context, PlaceRecord.of(site))
        directory = await directory_now(dmp.context, "399000999800019")
    finally:
        leave(token)
    for other in ("1990009998", f"1{hospital.finess_legal}", str(hospital.struct_id)):
        assert directory.same_entity("399000999800019", other)
    gateway = professional(dmp, mode=INDIRECT).but(structure="399000999800019")
    assert (await gateway.tested(dmp.patient())).query_status == "OK"


async def test_spellings_and_other_uncertain_forms_are_settings(open_dmp: Dmp) -> None:
    doctor = professional(open_dmp)
    assert (await doctor.tested(open_dmp.patient("DMP-EXPIRE"))).authorization == "PERIMEE"
    assert (await doctor.tested(open_dmp.patient("DMP-ABSENT"))).acknowledgement == "AE"
    patient = open_dmp.patient("DMP-IMAGERIE")
    assert "ajoutée" in await secretary(open_dmp, roles.DENTIST).set(patient)
    assert (await professional(open_dmp, roles.DENTIST).tested(patient)).authorization == "INEXISTANTE"


async def test_the_directory_says_the_speciality_of_who_comes_by_fhir(dmp: Dmp) -> None:
    directory = await directory_now(dmp.context)
    doctor, pharmacist = (dmp.country.professional(key) for key in (roles.OTHER_DOCTOR, roles.PHARMACIST))
    one = visitor_of(directory, str(doctor.id_nat), AIR)
    assert (one.profession, one.speciality, one.structure) == ("10", "SM04", str(doctor.structure.struct_id))
    assert visitor_of(directory, str(pharmacist.id_nat), AIR).speciality == "A"
    assert visitor_of(directory, "899999999999", AIR).profession == ""
    assert visitor_of(directory, "1990000017/ACCUEIL", DIRECT).structure == "1990000017"
