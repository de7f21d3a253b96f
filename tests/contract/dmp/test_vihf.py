"""Who calls: the VIHF, its signature, the certificates, and the links between them [DMP digest 2, 9]."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from lxml import etree

from segur.kernel.pki import Identity
from segur.personas import roles
from segur.scenario.actors.lps import Refused, Software, submission_of
from segur.vocab.ins import Ins
from segur.wire import saml, soap, xds, xds_query, xds_uuids
from segur.wire.saml_signature import SigningKey
from tests.contract.dmp.conftest import Dmp

pytestmark = pytest.mark.asyncio(loop_scope="module")

AIR, INDIRECT, DIRECT = (
    saml.AuthenticationMode.REINFORCED,
    saml.AuthenticationMode.INDIRECT,
    saml.AuthenticationMode.DIRECT,
)


class Other(Software):
    """Software whose VIHF has been changed before it is signed."""

    changes: dict[str, Any]

    def vihf(self, patient: Ins, mode: saml.AuthenticationMode) -> etree._Element:
        good = saml.read_vihf(super().vihf(patient, mode))
        return saml.write_vihf(replace(good, **self.changes), self.signing)


def changed(software: Software, **changes: Any) -> Software:
    other = Other(software.client, software.base, software.user, software.signing)
    object.__setattr__(other, "changes", changes)
    return other


def signed_by(software: Software, identity: Identity) -> Software:
    return replace(software, signing=SigningKey.load(identity.key.read_bytes(), identity.certificate.read_bytes()))


async def refusal(software: Software, dmp: Dmp, mode: saml.AuthenticationMode = AIR) -> Refused:
    """What a search is refused with."""
    params = {
        "$XDSDocumentEntryPatientId": ((dmp.patient().ins.cx,),),
        "$XDSDocumentEntryStatus": ((xds_uuids.APPROVED,),),
    }
    query = xds_query.write_query(xds_query.StoredQuery("FindDocuments", params))
    with pytest.raises(Refused) as refused:
        await software.call("registry", "urn:ihe:iti:2007:RegistryStoredQuery", query, dmp.patient().ins, mode)
    return refused.value


async def test_a_stale_or_future_token_is_refused(dmp: Dmp) -> None:
    now = dmp.service.floor.clock.now()
    doctor = dmp.software(roles.OTHER_DOCTOR)
    for instant, word in ((now - timedelta(hours=3), "expiré"), (now + timedelta(hours=1), "futur")):
        refused = await refusal(changed(doctor, issue_instant=instant), dmp)
        assert (refused.code, refused.status) == ("DMPInvalidVIHF", 500)
        assert word in refused.reason


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"lps_name": ""}, "DMPInvalidVIHF", "LPS_Nom"),
        ({"sector": None}, "DMPInvalidVIHF", "Secteur_Activite"),
        ({"subject_id": ""}, "DMPInvalidVIHF", "subject-id"),
        ({"resource_id": "279035121518989"}, "DMPInvalidVIHF", "resource-id"),
        ({"roles": (saml.Coded("10", "1.2.250.1.71.1.2.7"),)}, "DMPInvalidVIHF", "spécialité"),
        ({"purpose": saml.purpose(saml.BREAK_GLASS)}, "DMPInvalidVIHF", "Mode_Acces_Raison"),
        ({"structure": "1999999999"}, "DMPInvalidCertificate", "personne morale"),
        ({"structure": ""}, "DMPInvalidVIHF", "Identifiant_Structure"),
        ({"resource_id": "277076322082910^^^&1.2.250.1.213.1.4.8&ISO^NH"}, "SEGUR_PRODUCTION_IDENTITY", "réelles"),
    ],
)
async def test_a_token_that_lacks_or_contradicts_is_refused_with_the_field(
    dmp: Dmp, changes: dict[str, Any], code: str, words: str
) -> None:
    refused = await refusal(changed(dmp.software(roles.OTHER_DOCTOR), **changes), dmp)
    assert refused.code == code
    assert words in refused.reason


async def test_an_unknown_structure_is_refused_where_the_setting_says_so(dmp: Dmp, open_dmp: Dmp) -> None:
    for one, code in ((dmp, "DMPAccessDeniedByRightsService"), (open_dmp, "DMPInvalidVIHF")):
        unit = "1999999999"
        identities = [one.authority.issue(f"new-{k}", f"org-{k}", common_name="x", unit=unit) for k in ("auth", "sign")]
        doctor = replace(one.software(roles.OTHER_DOCTOR), client=one.client(identities[0]))
        stranger = changed(signed_by(doctor, identities[1]), structure=unit, name_id="899999999990")
        refused = await refusal(stranger, one)
        assert refused.code == code
        assert code != "DMPInvalidVIHF" or "introuvable" in refused.reason


async def test_a_professional_who_does_not_work_there_is_refused(dmp: Dmp) -> None:
    intruder = changed(dmp.software(roles.OTHER_DOCTOR), name_id=str(dmp.country.professional(roles.DENTIST).id_nat))
    refused = await refusal(intruder, dmp)
    assert (refused.code, "non liés" in refused.reason) == ("DMPInvalidVIHF", True)


async def test_the_client_certificate_must_be_of_the_structure_and_of_the_kind(dmp: Dmp) -> None:
    doctor = dmp.software(roles.OTHER_DOCTOR)
    laboratory = Software.identities(dmp.authority, dmp.country.professional(roles.BIOLOGIST))[0]
    refused = await refusal(replace(doctor, client=dmp.client(laboratory)), dmp)
    assert (refused.code, "personne morale" in refused.reason) == ("DMPInvalidCertificate", True)
    signer = Software.identities(dmp.authority, doctor.user)[1]
    refused = await refusal(replace(doctor, client=dmp.client(signer)), dmp)
    assert (refused.code, "ORG_AUTH_CLI" in refused.reason) == ("DMPInvalidCertificate", True)
    refused = await refusal(replace(doctor, client=dmp.client(https=True)), dmp)
    assert (refused.code, "certificat client" in refused.reason) == ("DMPInvalidCertificate", True)


async def test_only_a_signature_key_of_our_authority_signs(dmp: Dmp) -> None:
    doctor = dmp.software(roles.OTHER_DOCTOR)
    authentication = Software.identities(dmp.authority, doctor.user)[0]
    refused = await refusal(signed_by(doctor, authentication), dmp)
    assert (refused.code, "signature valide" in refused.reason) == ("DMPInvalidCertificate", True)
    laboratory = Software.identities(dmp.authority, dmp.country.professional(roles.BIOLOGIST))[1]
    refused = await refusal(signed_by(doctor, laboratory), dmp)
    assert "personne morale" in refused.reason


async def test_a_changed_token_is_refused(dmp: Dmp) -> None:
    doctor = dmp.software(roles.OTHER_DOCTOR)

    class Forger(Software):
        def vihf(self, patient: Ins, mode: saml.AuthenticationMode) -> etree._Element:
            token = super().vihf(patient, mode)
            for name in token.iter("{*}NameID"):
                name.text = "899700010046"
            return token

    refused = await refusal(Forger(doctor.client, doctor.base, doctor.user, doctor.signing), dmp)
    assert refused.code == "DMPInvalidVIHF"


async def test_a_call_without_token_is_refused_and_told(dmp: Dmp) -> None:
    body = etree.Element("{urn:ihe:iti:xds-b:2007}RetrieveDocumentSetRequest")
    root = soap.write_envelope(body, action="urn:ihe:iti:2007:RetrieveDocumentSet", message_id="urn:uuid:1")
    answer = await dmp.client().post(
        f"{dmp.base}/si-dmp-server/v2/services/repository",
        content=etree.tostring(root),
        headers={"content-type": "application/soap+xml"},
    )
    assert answer.status_code == 500
    assert b"DMPInvalidVIHF" in answer.content
    assert await dmp.facts("dmp.access.refused", operation="TD3.2", code="DMPInvalidVIHF", reason="no_vihf")


async def test_a_card_signs_and_connects_for_its_holder_and_may_read_and_feed(dmp: Dmp) -> None:
    doctor = dmp.software(roles.OTHER_DOCTOR)
    id_nat = str(doctor.user.id_nat)
    signer = dmp.authority.issue("card-sign", "ps-sign", common_name=id_nat)
    connection = dmp.authority.issue("card-auth", "ps-auth", common_name=id_nat)
    card = signed_by(replace(doctor, client=dmp.client(connection)), signer)
    params = {
        "$XDSDocumentEntryPatientId": ((dmp.patient().ins.cx,),),
        "$XDSDocumentEntryStatus": ((xds_uuids.APPROVED,),),
    }
    query = xds_query.write_query(xds_query.StoredQuery("FindDocuments", params))
    answer = await card.call("registry", "urn:ihe:iti:2007:RegistryStoredQuery", query, dmp.patient().ins, DIRECT)
    assert answer.root.get("status") == xds_uuids.SUCCESS
    other = dmp.authority.issue("other-sign", "ps-sign", common_name="899700010046")
    refused = await refusal(signed_by(card, other), dmp, DIRECT)
    assert "celui du professionnel" in refused.reason
    refused = await refusal(card, dmp, INDIRECT)
    assert refused.code == "DMPInvalidCertificate"


async def test_the_structure_alone_does_not_read_and_air_does_not_feed(dmp: Dmp) -> None:
    doctor = dmp.software(roles.OTHER_DOCTOR)
    assert (await refusal(doctor, dmp, INDIRECT)).code == "DMPAccessDeniedByRightsService"
    with pytest.raises(Refused, match="AIR") as refused:
        await doctor.call(
            "repository",
            "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b",
            _submission(dmp),
            dmp.patient().ins,
            AIR,
        )
    assert refused.value.code == "DMPAccessDeniedByRightsService"


async def test_broken_glass_opens_a_record_without_authorization_but_not_what_is_masked(dmp: Dmp) -> None:
    patient = dmp.patient("P2")
    plain, _ = await dmp.software().submit(dmp.document("P2"))
    masked, _ = await dmp.software().submit(dmp.document("P2"), masks=("MASQUE_PS",))
    emergency = dmp.software(roles.EMERGENCY_DOCTOR)
    with pytest.raises(Refused, match="INEXISTANTE"):
        await emergency.find(patient)
    for purpose, reason in ((saml.BREAK_GLASS, "Patient inconscient"), (saml.REGULATION, "")):
        urgent = changed(emergency, purpose=saml.purpose(purpose), reason=reason)
        found = [entry.unique_id for entry in await urgent.find(patient)]
        assert plain.unique_id in found
        assert masked.unique_id not in found
        with pytest.raises(Refused, match=r"TD0\.3 ajout n'est pas permise"):
            await urgent.authorize(patient)


async def test_the_generic_account_of_a_hospital_does_not_read(dmp: Dmp) -> None:
    generic = changed(
        dmp.software(roles.GENERIC_ACCOUNT), roles=(saml.Coded("SECRETARIAT_MEDICAL", "1.2.250.1.213.1.1.4.6"),)
    )
    refused = await refusal(generic, dmp)
    assert (refused.code, "identité nationale" in refused.reason) == ("DMPAccessDeniedByRightsService", True)


def _submission(dmp: Dmp) -> etree._Element:
    document = dmp.document(author=roles.OTHER_DOCTOR)
    submission = submission_of(document, dmp.country.professional(roles.OTHER_DOCTOR))
    part = xds.DocumentPart(submission.entries[0].entry_uuid, content=document)
    return xds.write_provide_and_register(xds.ProvideAndRegister(submission, (part,)))
