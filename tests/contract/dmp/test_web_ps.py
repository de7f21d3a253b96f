"""The Web-PS site: opened on a patient with a card or Pro Santé Connect, it shows what the rights allow [1.9]."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from segur_dmp.domain.mes.traces import Group, Trace

from segur.kernel.ids import new_id
from segur.personas import roles
from tests.contract.dmp.callers import professional
from tests.contract.dmp.conftest import Dmp

pytestmark = pytest.mark.asyncio(loop_scope="module")

SITE = "/AccesDirect"


def browser(dmp: Dmp) -> httpx.AsyncClient:
    """A browser without a card, on the plain edge."""
    client = httpx.AsyncClient(base_url=dmp.base, headers={"x-segur-base": dmp.base})
    dmp._clients.append(client)
    return client


def with_card(dmp: Dmp, key: str = roles.OTHER_DOCTOR) -> httpx.AsyncClient:
    """The browser of a professional whose card is in the reader."""
    id_nat = str(dmp.country.professional(key).id_nat)
    return dmp.client(dmp.authority.issue(f"web-{key}", "ps-auth", common_name=id_nat))


async def page(dmp: Dmp, client: httpx.AsyncClient, name: str, patient: str = "") -> httpx.Response:
    """A page of the site, opened as a software opens it."""
    ins = f"/{dmp.patient(patient).ins.matricule}" if patient else ""
    return await client.get(f"{dmp.base}{SITE}/{name}{ins}")


async def signed_in(dmp: Dmp, key: str = roles.OTHER_DOCTOR) -> httpx.AsyncClient:
    """A browser after the way through PSC."""
    client = browser(dmp)
    leaving = await client.get(f"{SITE}/TableauDeBord")
    asked = parse_qs(urlsplit(leaving.headers["location"]).query)
    code = str(dmp.country.professional(key).id_nat)
    back = await client.get(f"{SITE}/retour", params={"code": code, "state": asked["state"][0]})
    assert (back.status_code, back.headers["location"]) == (303, f"{SITE}/TableauDeBord")
    return client


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("TableauDeBord", "DossierPatient"),
        ("DossierPatient", "VALIDE"),
        ("GestionDMPPatient", "Mon espace santé"),
        ("Documents", "Documents"),
        ("ParcoursDeSoins", "Parcours de soins"),
        ("HistoriqueAcces", "Vos accès"),
        ("VolontesEtDroits", "médecin traitant"),
        ("CarnetVaccination", "vaccination"),
    ],
)
async def test_each_address_opens_on_the_patient_with_a_card(dmp: Dmp, name: str, words: str) -> None:
    answer = await page(dmp, with_card(dmp), name, "DMP-WEB")
    assert answer.status_code == 200
    assert words in answer.text
    assert "PAT-WEB" in answer.text
    assert "script" not in answer.headers["content-security-policy"]


async def test_pages_without_patient_show_the_own_patients_and_the_parameters(dmp: Dmp) -> None:
    client = with_card(dmp, roles.GENERAL_PRACTITIONER)
    assert "PAT-COMPLET" in (await page(dmp, client, "TableauDeBord")).text
    assert "fonctions-gestion-mineurs" in (await page(dmp, client, "Parametrages")).text


async def test_a_document_is_listed_and_read_as_a_page(dmp: Dmp) -> None:
    entry, _ = await dmp.software().submit(dmp.document("DMP-WEB"))
    client = with_card(dmp)
    listed = (await page(dmp, client, "Documents", "DMP-WEB")).text
    links = [part.partition('"')[0] for part in listed.split('href="')[1:]]
    link = next(one for one in links if one.startswith(f"{SITE}/Documents/") and one.count("/") == 4)
    shown = await client.get(dmp.base + link)
    assert (shown.status_code, shown.headers["content-type"].partition(";")[0]) == (200, "text/html")
    assert "PAT-WEB" in shown.text
    read = await dmp.facts("dmp.document.consulted", document_id=entry.unique_id)
    assert [one["door"] for one in read] == ["web"]


async def test_psc_is_asked_without_a_card_and_brings_back_to_the_page(dmp: Dmp) -> None:
    client = browser(dmp)
    wanted = f"{SITE}/Documents/{dmp.patient('DMP-WEB').ins.matricule}"
    leaving = await client.get(wanted)
    target = urlsplit(leaving.headers["location"])
    asked = parse_qs(target.query)
    assert (leaving.status_code, target.path) == (303, "/auth/realms/esante-wallet/protocol/openid-connect/auth")
    assert asked["redirect_uri"] == [f"{dmp.base}{SITE}/retour"]
    assert asked["code_challenge_method"] == ["S256"]
    code = str(dmp.country.professional(roles.OTHER_DOCTOR).id_nat)
    back = await client.get(f"{SITE}/retour", params={"code": code, "state": asked["state"][0]})
    assert back.headers["location"] == wanted
    assert "Pro Santé Connect" in (await client.get(wanted)).text


async def test_a_login_that_nobody_began_or_that_psc_refused_is_a_clear_page(dmp: Dmp) -> None:
    lost = await browser(dmp).get(f"{SITE}/retour", params={"code": "x", "state": "y"})
    assert (lost.status_code, "Contexte expiré" in lost.text) == (403, True)
    client = browser(dmp)
    state = parse_qs(urlsplit((await client.get(SITE)).headers["location"]).query)["state"][0]
    refused = await client.get(f"{SITE}/retour", params={"code": "refused", "state": state})
    assert (refused.status_code, "refusé le code" in refused.text) == (401, True)
    denied = await client.get(f"{SITE}/retour", params={"error": "access_denied", "state": state})
    assert "access_denied" in denied.text


async def test_a_session_closed_at_psc_is_over_here(dmp: Dmp) -> None:
    client = await signed_in(dmp)
    assert (await client.get(f"{SITE}/Parametrages")).status_code == 200
    closing = dmp.context.records.sessions.closing("web", dmp.service.floor.clock.now())
    await dmp.service.floor.store.commit([closing])
    try:
        assert (await client.get(f"{SITE}/Parametrages")).status_code == 303
        late = await client.post(f"{SITE}/Autorisation/{dmp.patient('DMP-WEB').ins.matricule}")
        assert (late.status_code, "expiré" in late.text) == (403, True)
    finally:
        await dmp.context.records.sessions.table.delete({})


async def test_patients_without_an_open_record_have_clear_pages(dmp: Dmp) -> None:
    client = with_card(dmp)
    for name, status, words in (
        ("DossierPatient", 404, "pas de DMP"),
        ("GestionDMPPatient", 403, "DMPAccessDeniedByRightsService"),
    ):
        answer = await page(dmp, client, name, "DMP-ABSENT")
        assert (answer.status_code, words in answer.text) == (status, True)
    gone = await page(dmp, client, "Documents", "DMP-FERME-1")
    assert (gone.status_code, "ne souhaite plus" in gone.text) == (410, True)
    for address in ("Documents/123", "Ailleurs/1"):
        assert (await client.get(f"{dmp.base}{SITE}/{address}")).status_code == 404


async def test_without_authorization_one_declares_it_or_breaks_the_glass_with_a_reason(dmp: Dmp) -> None:
    client, ins = await signed_in(dmp, roles.EMERGENCY_DOCTOR), dmp.patient("DMP-URGENCE").ins.matricule
    record = await client.get(f"{SITE}/DossierPatient/{ins}")
    assert "INEXISTANTE" in record.text
    assert (await client.get(f"{SITE}/Documents/{ins}")).status_code == 403
    assert (await client.post(f"{SITE}/Urgence/{ins}", data={"raison": " "})).status_code == 400
    urgent = await client.post(f"{SITE}/Urgence/{ins}", data={"raison": "Patient inconscient"})
    assert urgent.status_code == 303
    inside = await client.get(f"{SITE}/Documents/{ins}")
    assert (inside.status_code, "Accès en bris de glace" in inside.text) == (200, True)
    assert "Accès en urgence (bris de glace)" in (await client.get(f"{SITE}/HistoriqueAcces/{ins}")).text
    await client.post(f"{SITE}/Urgence/{ins}/fin")
    assert (await client.get(f"{SITE}/Documents/{ins}")).status_code == 403
    declared = await client.post(f"{SITE}/Autorisation/{ins}", headers={"origin": dmp.base})
    assert declared.status_code == 303
    assert (await client.get(f"{SITE}/Documents/{ins}")).status_code == 200


async def test_a_form_of_another_site_is_refused(dmp: Dmp) -> None:
    client, ins = with_card(dmp), dmp.patient("DMP-AUTORISATIONS").ins.matricule
    for headers in ({"origin": "https://ailleurs.test"}, {"sec-fetch-site": "cross-site"}):
        answer = await client.post(f"{dmp.base}{SITE}/Autorisation/{ins}", headers=headers)
        assert answer.status_code == 403
    assert (await professional(dmp).tested(dmp.patient("DMP-AUTORISATIONS"))).authorization == "INEXISTANTE"


async def test_the_history_is_ones_own_but_the_treating_doctor_sees_everybodys(dmp: Dmp) -> None:
    pseudonym = dmp.service.floor.pseudonyms.of(dmp.patient("DMP-WEB").ins)
    other = dmp.country.professional(roles.RADIOLOGIST)
    now, traces = dmp.service.floor.clock.now(), dmp.context.records.traces
    line = Trace(pseudonym, Group.GENERAL, "dmp.record.searched", str(other.id_nat))
    await dmp.service.floor.store.commit([traces.insertion(line, now)])
    assert other.family_name not in (await page(dmp, with_card(dmp), "HistoriqueAcces", "DMP-WEB")).text
    treating = with_card(dmp, roles.GENERAL_PRACTITIONER)
    seen = (await page(dmp, treating, "HistoriqueAcces", "DMP-WEB")).text
    assert other.family_name in seen
    assert "Tous les accès" in seen


async def test_a_blocked_professional_sees_no_page_of_the_record_but_its_state(dmp: Dmp) -> None:
    client = with_card(dmp)
    state = await page(dmp, client, "DossierPatient", "DMP-BLOQUE")
    assert "INTERDITE" in state.text
    refused = await page(dmp, client, "Documents", "DMP-BLOQUE")
    assert (refused.status_code, "bloqué" in refused.text) == (403, True)
    assert await dmp.facts("dmp.access.refused", operation="TD0.9", reason="blocked")


async def test_leaving_forgets_the_login(dmp: Dmp) -> None:
    client = await signed_in(dmp)
    assert "quitté" in (await client.post(f"{SITE}/quitter")).text
    assert (await client.get(f"{SITE}/Parametrages")).status_code == 303
    forged = httpx.Cookies({"DMP_WEB": f"eyJ1bnRpbCI6OTk5OTk5OTk5OTl9.{new_id()}"})
    assert (
        await browser(dmp).get(f"{SITE}/Parametrages", headers={"cookie": f"DMP_WEB={forged['DMP_WEB']}"})
    ).status_code == 303
