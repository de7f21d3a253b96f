"""Each error of an access, met by itself and as an armed fault, with the exact answer on the wire [DMP digest 9]."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives import hashes
from lxml import etree
from segur_dmp import faults

from segur.kernel.faults import FaultRule
from segur.personas import roles
from segur.scenario.actors import fhir_lps
from segur.wire import hl7v3, hl7v3_revise, saml, soap
from tests.contract.dmp.callers import (
    INDIRECT,
    Caller,
    Refused,
    emergency,
    envelope,
    professional,
    raw,
    with_card,
)
from tests.contract.dmp.conftest import Dmp

pytestmark = pytest.mark.asyncio(loop_scope="module")

SERVICES = "/si-dmp-server/v2/services"


@pytest.fixture
def arm(dmp: Dmp) -> Iterator[Callable[..., None]]:
    """Arms one fault for the test."""
    board = dmp.service.floor.faults
    yield lambda point, **how: board.arm([FaultRule(id="one", point=point, **how)])
    board.arm([])


FAULTS = {
    faults.WRONG_SIGNER: ("DMPInvalidCertificate", "n'est pas un certificat de signature valide"),
    faults.SIGNER_REVOKED: ("DMPInvalidCertificate", "il est révoqué"),
    faults.CLIENT_REVOKED: ("DMPInvalidCertificate", "Le certificat client ne convient pas : il est révoqué"),
    faults.UNKNOWN_STRUCTURE: ("DMPInvalidVIHF", "Structure introuvable ou inactive"),
    faults.NOT_LINKED: ("DMPInvalidVIHF", "PS et structure non liés"),
    faults.NO_SPECIALITY: ("DMPInvalidVIHF", "La spécialité est absente du VIHF"),
    faults.LEGAL_PERSON: ("DMPInvalidCertificate", "Erreur d'authentification de la personne morale"),
    faults.NO_ADDRESSING: ("MessageAddressingHeaderRequired", "en-tête WS-Addressing obligatoire est absent"),
    faults.DENIED: ("DMPAccessDeniedByRightsService", "Action refusée : TD3.1 n'est pas permise"),
    faults.LAPSED: ("DMPAccessDeniedByRightsService", "autorisation EXPIREE"),
    faults.BLOCKED: ("DMPAccessDeniedByRightsService", "le patient a bloqué ce professionnel"),
}


@pytest.mark.parametrize("point", FAULTS)
async def test_an_armed_fault_of_the_access_shows_its_refusal(dmp: Dmp, arm: Callable[..., None], point: str) -> None:
    code, words = FAULTS[point]
    doctor = professional(dmp)
    arm(point)
    with pytest.raises(Refused) as refused:
        await doctor.search(dmp.patient())
    assert (refused.value.code, refused.value.status) == (code, 500)
    assert words in refused.value.reason
    told = dmp.service.floor.faults.points[point]
    assert code in told.shows
    assert told.explains.endswith(".")


async def test_a_fault_strikes_whom_it_is_armed_for_and_as_often_as_it_is(dmp: Dmp, arm: Callable[..., None]) -> None:
    doctor, other = professional(dmp), professional(dmp, roles.RADIOLOGIST)
    arm(faults.NOT_LINKED, actor=str(doctor.user.id_nat), count=1)
    assert await other.search(dmp.patient()) is not None
    with pytest.raises(Refused, match="non liés"):
        await doctor.search(dmp.patient())
    assert await doctor.search(dmp.patient()) is not None
    arm(faults.DENIED, patient=dmp.service.floor.pseudonyms.of(dmp.patient("DMP-WEB").ins))
    assert await doctor.search(dmp.patient()) is not None
    with pytest.raises(Refused, match="Action refusée"):
        await doctor.search(dmp.patient("DMP-WEB"))


async def test_an_armed_opposition_strikes_in_emergencies_only(dmp: Dmp, arm: Callable[..., None]) -> None:
    arm(faults.OPPOSED)
    assert await professional(dmp).search(dmp.patient()) is not None
    with pytest.raises(Refused, match="s'est opposé") as refused:
        await emergency(professional(dmp), saml.BREAK_GLASS).search(dmp.patient())
    assert refused.value.code == "DMPAccessDeniedByRightsService"


async def test_the_armed_states_of_a_record_show_in_the_existence_test_too(dmp: Dmp, arm: Callable[..., None]) -> None:
    doctor, card = professional(dmp), with_card(dmp, roles.GENERAL_PRACTITIONER)
    for point, state in ((faults.BLOCKED, "INTERDITE"), (faults.LAPSED, "EXPIREE")):
        arm(point)
        assert (await doctor.tested(dmp.patient())).authorization == state
    arm(faults.RECORD_ABSENT)
    assert (await doctor.tested(dmp.patient())).query_status == "NF"
    arm(faults.RECORD_CLOSED)
    record = (await doctor.tested(dmp.patient())).record
    assert record is not None
    assert record.closed
    assert (await card.revised(dmp.patient("DMP-DETACHE"), "FERM")).code == "DMPClosed"
    arm(faults.RECORD_EXISTS)
    answer = await card.revised(dmp.patient("DMP-ABSENT"), "CREA_RD", kind=hl7v3_revise.ADD)
    assert answer.code == "DMPFound"


@pytest.mark.parametrize(
    ("point", "words"),
    [(faults.DENIED, "TD3.1"), (faults.LAPSED, "EXPIREE"), (faults.BLOCKED, "bloqué")],
)
async def test_the_fhir_door_shows_armed_faults_of_the_rights_as_outcomes(
    dmp: Dmp, arm: Callable[..., None], point: str, words: str
) -> None:
    arm(point)
    with pytest.raises(fhir_lps.Refused) as refused:
        await dmp.fhir(roles.OTHER_DOCTOR).find(dmp.patient().ins)
    assert (refused.value.status, refused.value.code) == (403, "DMPAccessDeniedByRightsService")
    assert words in refused.value.reason


async def test_every_fault_of_an_access_is_tried_here(dmp: Dmp) -> None:
    own = {point.name for point in faults.ACCESS_POINTS}
    elsewhere = {faults.OPPOSED, faults.RECORD_ABSENT, faults.RECORD_CLOSED, faults.RECORD_EXISTS}
    assert own == FAULTS.keys() | elsewhere
    assert own <= dmp.service.floor.faults.points.keys()


Spoil = Callable[[Caller], Caller]
NATURAL: dict[str, tuple[Spoil, str, str]] = {
    "sector": (lambda c: c.but(sector=saml.Coded("SA99", "1.2.250.1.71.4.2.4")), "DMPInvalidVIHF", "JDV_J61"),
    "version": (lambda c: c.but(vihf_version="1.0"), "DMPInvalidVIHF", "VIHF_Version"),
    "resource": (lambda c: c.but(resource_urn="urn:x"), "DMPInvalidVIHF", "urn:dmp"),
    "audience": (lambda c: c.but(audiences=("urn:insi",)), "DMPInvalidVIHF", "urn:insi"),
    "confidentiality": (lambda c: c.but(confidentiality="MASQUE_PS"), "DMPInvalidVIHF", "JDV_J64"),
    "role": (lambda c: c.but(roles=(saml.Coded("10", "1.2.3"),)), "DMPInvalidVIHF", "JDV_J65"),
    "secret of an adult": (
        lambda c: c.but(confidentiality="INVISIBLE_REPRESENTANTS_LEGAUX"), "DMPInvalidVIHF", "mineur"),
}  # fmt: skip


@pytest.mark.parametrize("name", NATURAL)
async def test_a_wrong_attribute_is_refused_on_the_wire(dmp: Dmp, name: str) -> None:
    spoil, code, words = NATURAL[name]
    with pytest.raises(Refused) as refused:
        await spoil(professional(dmp)).search(dmp.patient())
    assert (refused.value.code, refused.value.status) == (code, 500)
    assert words in refused.value.reason


async def test_a_certificate_that_is_over_is_refused(dmp: Dmp) -> None:
    doctor, clock = professional(dmp), dmp.service.floor.clock
    clock.set_offset("default", timedelta(days=365 * 40))
    try:
        with pytest.raises(Refused, match="a expiré") as refused:
            await doctor.search(dmp.patient())
    finally:
        clock.set_offset("default", timedelta())
    assert refused.value.code == "DMPInvalidCertificate"


async def test_without_an_open_record_the_registry_says_so(dmp: Dmp) -> None:
    for key in ("DMP-ABSENT", "DMP-FERME-1"):
        _, answer = await dmp.software().submit(dmp.document(key))
        assert [error.code for error in answer.errors] == ["XDSUnknownPatientId"]


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        ("<identityCertification xmlns='urn:x'/>", "DMPIdentityCertificationFailure", "30/09/2023"),
        ("<createPatientAccess/>", "DMPWithdrawnService", "TD1.5a"),
        ("<patientOTPUpdate xmlns='urn:hl7-org:v3'/>", "DMPWithdrawnService", "TD1.5b"),
        ("<updatePatientAccess xmlns='urn:y'/>", "DMPWithdrawnService", "Mon espace santé"),
    ],
)
async def test_a_withdrawn_transaction_says_since_when_or_why(dmp: Dmp, body: str, code: str, words: str) -> None:
    message = etree.tostring(envelope(etree.fromstring(body), "urn:x"))
    status, fault = await raw(dmp, f"{SERVICES}/patientCertif", message)
    assert (status, fault.code, fault.subcode) == (500, "Sender", code)
    assert words in fault.reason


@pytest.mark.parametrize(
    "path",
    ["patients", "patient", "PatientSpecific", "Habilitation", "habilitations", "DocumentRegistry_Service",
     "DocumentRepository_Service", "registry", "repository", "PDQ", "PatientSpecific/PDQ"],
)  # fmt: skip
@pytest.mark.parametrize("action", ["", "urn:hl7-org:v3:PRPA_IN201307UV02", "urn:something:else"])
async def test_every_address_of_old_and_new_software_answers_whatever_its_soap_action(
    dmp: Dmp, path: str, action: str
) -> None:
    doctor, patient = professional(dmp), dmp.patient()
    query = hl7v3.DemographicsQuery(
        id=hl7v3.Identifier("1.2.3", "1"),
        query_id=hl7v3.Identifier("1.2.4", "1"),
        patients=(hl7v3.Identifier(patient.ins.oid, patient.ins.matricule),),
        sender=hl7v3.Device("1.2"),
    )
    root = envelope(hl7v3.write_query(query), "urn:hl7-org:v3:PRPA_IN201307UV02", doctor.vihf(patient.ins, doctor.mode))
    for name in ("ReplyTo", "Action"):
        for header in root.iter(f"{{http://www.w3.org/2005/08/addressing}}{name}"):
            header.set("mustUnderstand", "true")
    kind = "application/soap+xml; charset=UTF-8" + (f'; action="{action}"' if action else "")
    answer = await doctor.client.post(
        f"{dmp.base}{SERVICES}/{path}", content=etree.tostring(root), headers={"content-type": kind}
    )
    assert answer.status_code == 200
    envelope_back = soap.read_envelope(etree.fromstring(answer.content), required=())
    assert hl7v3.read_answer(envelope_back.body).query_status == "OK"
    assert envelope_back.action == "urn:hl7-org:v3:PRPA_IN201308UV02"


async def test_a_gateway_that_signs_for_its_site_with_the_certificate_of_the_legal_entity_is_known(dmp: Dmp) -> None:
    hospital = dmp.country.structure(roles.HOSPITAL)
    doctor = professional(dmp, mode=INDIRECT).but(structure=f"1{hospital.finess_legal}")
    assert (await doctor.tested(dmp.patient())).query_status == "OK"


async def test_the_parameters_are_served_changed_and_lived_by(dmp: Dmp) -> None:
    client = dmp.client()
    url = f"{dmp.base}/dmp/api/parametres"
    usual = (await client.get(url)).json()
    assert (usual["fonctions-gestion-mineurs"], usual["age-majorite"]) == (True, 18)
    assert usual["cumul-invisible_patient-masque_ps"] is False
    doctor, minor = professional(dmp, roles.GENERAL_PRACTITIONER), dmp.patient("DMP-MELANGE-3")
    secret = doctor.but(confidentiality="INVISIBLE_REPRESENTANTS_LEGAUX")
    assert await secret.search(minor) == ()
    pseudonym = dmp.service.floor.pseudonyms.of(minor.ins)
    assert [one["secret"] for one in await dmp.facts("dmp.record.searched", patient=pseudonym)] == [True]
    try:
        told = await client.put(url, json={"age-majorite": 10, "vihf-strict": True})
        assert told.json() == usual | {"age-majorite": 10, "vihf-strict": True}
        with pytest.raises(Refused, match="AuthnContextDecl"):
            await secret.search(minor)
        whole = secret.but(authn_decl="APP_BROWSER_AUTH")
        with pytest.raises(Refused, match="mineur"):
            await whole.search(minor)
        table = "profession\tdocuments\tread\tsource\n*\t*\t-\ttest\n"
        await client.put(url, json={"vihf-strict": False, "matrice-habilitation": table})
        entry, _ = await dmp.software().submit(dmp.document("DMP-WEB"))
        assert entry.unique_id not in await professional(dmp).search(dmp.patient("DMP-WEB"))
        assert entry.unique_id in await professional(dmp, roles.RADIOLOGIST).but(
            purpose=saml.purpose(saml.BREAK_GLASS), reason="Auteur"
        ).search(dmp.patient("DMP-WEB"))
    finally:
        await client.put(url, json=usual)
    for wrong, words in (({"age-majorite": "x"}, "age-majorite"), ({"autre": 1}, "autre"),
                         ({"matrice-habilitation": "a"}, "matrice-habilitation")):  # fmt: skip
        answer = await client.put(url, json=wrong)
        assert (answer.status_code, words in answer.text) == (400, True)


async def test_a_revoked_certificate_no_longer_signs_nor_connects(dmp: Dmp) -> None:
    doctor, client = professional(dmp, roles.BIOLOGIST), dmp.client()
    url = f"{dmp.base}/dmp/api/parametres"
    fingerprint = doctor.signing.certificate.fingerprint(hashes.SHA256()).hex(":")
    try:
        await client.put(url, json={"certificats-revoques": [fingerprint.upper()]})
        with pytest.raises(Refused, match="révoqué") as refused:
            await doctor.search(dmp.patient())
    finally:
        await client.put(url, json={"certificats-revoques": []})
    assert refused.value.code == "DMPInvalidCertificate"
