"""The mode of access a software was turned to: what its VIHF says, its screen shows, and it does not send."""

from __future__ import annotations

from dataclasses import dataclass, field

import httpx
import pytest
from lxml import etree

from segur.kernel.ids import new_urn_uuid
from segur.kernel.pki import Authority
from segur.personas import roles
from segur.personas.country import build_country
from segur.scenario.actors.access_mode import NORMAL, REGULATION, AccessMode, ReasonMissing, break_glass
from segur.scenario.actors.dmp_lps import Lps
from segur.scenario.actors.dmp_opening import Icon, Visit, consult
from segur.wire import hl7v3, hl7v3_candidates, mtom, saml, soap, xds
from segur.wire.saml_signature import SigningKey
from segur.wire.xml import local_name

COUNTRY = build_country()
PATIENT = COUNTRY.patient("P2")
INSIDE = ["PRPA_IN201307UV02", "AdhocQueryRequest"]
URGENT = break_glass("Patient inconscient")


@dataclass
class Dmp:
    """Answers TD0.2, TD0.5 and TD3.1 about one patient, and keeps what it was asked."""

    authorization: str = "INEXISTANTE"
    status: str = "active"
    asked: list[tuple[str, saml.Vihf]] = field(default_factory=list)

    async def answer(self, request: httpx.Request) -> httpx.Response:
        envelope = soap.read_envelope(mtom.read(request.headers["content-type"], request.content).root)
        assert envelope.assertion is not None
        root = local_name(envelope.body)
        self.asked.append((root, saml.read_vihf(envelope.assertion)))
        answer = soap.write_envelope(self._body(root), action="urn:x", message_id=new_urn_uuid())
        return httpx.Response(
            200, content=etree.tostring(answer), headers={"content-type": "application/soap+xml; charset=UTF-8"}
        )

    @property
    def roots(self) -> list[str]:
        return [root for root, _ in self.asked]

    def _body(self, root: str) -> etree._Element:
        one, device = hl7v3.Identifier("1.2", "3"), hl7v3.Device("1.2", "DMP")
        record = hl7v3.DmpRecord((hl7v3.Identifier(PATIENT.ins.oid, PATIENT.ins.matricule),), self.status)
        if root == "PRPA_IN201307UV02":
            return hl7v3.write_answer(
                hl7v3.DemographicsAnswer(one, one, one, device, authorization=self.authorization, record=record)
            )
        if root == "PRPA_IN201305UV02":
            return hl7v3_candidates.write_candidates_answer(
                hl7v3_candidates.CandidatesAnswer(one, one, one, device, (record,))
            )
        return xds.write_query_response(xds.QueryResponse(xds.RegistryResponse()))


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> SigningKey:
    made = Authority.of_home(tmp_path_factory.mktemp("pki")).issue("s", "org-sign", common_name="S", unit="1990000119")
    return SigningKey.load(made.key.read_bytes(), made.certificate.read_bytes())


def software(dmp: Dmp, key: SigningKey, access: AccessMode = NORMAL) -> Lps:
    """An installation turned to that mode."""
    client = httpx.AsyncClient(transport=httpx.MockTransport(dmp.answer))
    doctor = COUNTRY.professional(roles.EMERGENCY_DOCTOR)
    return Lps(client, "https://dmp.test", doctor, key).turned_to(access)


async def visited(dmp: Dmp, key: SigningKey, access: AccessMode) -> Visit:
    """A visit whose patient could not be asked."""
    return await consult(software(dmp, key, access), PATIENT, consents=False)


@pytest.mark.parametrize(
    ("access", "code", "banner"),
    [
        (NORMAL, "normal", ""),
        (REGULATION, "centre_15", "Régulation médicale (centre 15)"),
        (URGENT, "bris_de_glace", "Bris de glace : Patient inconscient"),
    ],
)
def test_each_mode_has_its_code_and_what_the_screen_shows(access: AccessMode, code: str, banner: str) -> None:
    assert (access.purpose.code, access.purpose.system, access.banner) == (code, "1.2.250.1.213.1.1.4.248", banner)
    assert access.is_emergency is bool(banner)


@pytest.mark.parametrize("reason", ["", "  "])
def test_the_software_does_not_break_the_glass_without_a_reason(reason: str) -> None:
    with pytest.raises(ReasonMissing, match="motif"):
        break_glass(reason)


@pytest.mark.parametrize("access", [URGENT, REGULATION])
async def test_an_emergency_goes_in_without_authorization_and_asks_for_none(
    key: SigningKey, access: AccessMode
) -> None:
    dmp = Dmp()
    visit = await visited(dmp, key, access)
    assert (visit.opening.icon, visit.documents, visit.declared) == (Icon.NOT_AUTHORIZED, (), False)
    assert visit.banner == access.banner
    assert dmp.roots == INSIDE
    said = {(vihf.purpose.code if vihf.purpose else "", vihf.reason) for _, vihf in dmp.asked}
    assert said == {(access.code, access.reason)}


async def test_turned_back_to_normal_it_asks_the_patient_again(key: SigningKey) -> None:
    dmp = Dmp()
    back = software(dmp, key, URGENT).turned_to(NORMAL)
    visit = await consult(back, PATIENT, consents=False)
    assert (visit.documents, visit.banner, dmp.roots) == (None, "", INSIDE[:1])
    [(_, vihf)] = dmp.asked
    assert (vihf.purpose, vihf.reason) == (saml.purpose(), "")


@pytest.mark.parametrize(
    ("dmp", "icon"),
    [(Dmp(authorization="INTERDITE"), Icon.BLOCKED), (Dmp(status="terminated"), Icon.CLOSED)],
    ids=["blocked", "closed"],
)
async def test_an_emergency_opens_neither_a_closed_record_nor_one_whose_patient_blocked_the_doctor(
    key: SigningKey, dmp: Dmp, icon: Icon
) -> None:
    visit = await visited(dmp, key, URGENT)
    assert (visit.opening.icon, visit.documents, dmp.roots) == (icon, None, INSIDE[:1])


async def test_a_patient_is_sought_without_ins_in_a_vihf_that_names_nobody(key: SigningKey) -> None:
    dmp = Dmp()
    [found] = await software(dmp, key, REGULATION).candidates(hl7v3_candidates.Traits(PATIENT.birth_name))
    assert found.ids[0].extension == PATIENT.ins.matricule
    [(root, vihf)] = dmp.asked
    assert (root, vihf.resource_id, vihf.purpose) == ("PRPA_IN201305UV02", "", saml.purpose(saml.REGULATION))
