"""Test identities in one go: registered in the real Annuaire, able to sign in at once."""

from __future__ import annotations

import ssl
from base64 import b64decode
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs12 import load_pkcs12
from segur_annuaire.service import build as build_annuaire
from segur_annuaire.settings import Settings as AnnuaireSettings

from segur.kernel.certificates import ClientCertificate
from segur.kernel.http_server import HttpListener, Surface
from segur.kernel.ids import new_id
from segur.kernel.pki import Authority
from segur.personas.country import build_country
from segur.vocab.professions import WAVE_2_PROFESSIONS
from tests.conftest import Servers, free_port
from tests.contract.psc.conftest import Psc, payload

pytestmark = pytest.mark.asyncio(loop_scope="session")

PORT = free_port()
IDENTITIES = "/psc/identities"
HERE = [{"gateway_url": f"http://127.0.0.1:{PORT}", "professionals": 15, "population": 15}]
AWAY = [{"gateway_url": "http://127.0.0.1:9", "professionals": 15, "population": 15}]


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def annuaire(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[None]:
    """The Annuaire where PSC expects the gateway."""
    told = servers.settings(
        tmp_path_factory.mktemp("annuaire"), professionals=15, population=15, namespace=f"t{new_id().lower()}"
    )
    service = build_annuaire(AnnuaireSettings(**told.model_dump()))
    await service.floor.store.open()
    assert service.seed is not None
    await service.seed("default")
    listener = HttpListener(
        Surface(service.app, default_base="http://127.0.0.1", max_body_bytes=1 << 20), "127.0.0.1", PORT
    )
    await listener.start()
    yield
    await listener.stop()
    for closing in service.closing:
        await closing()
    await service.floor.store.close()


@pytest.mark.parametrize("told", HERE)
@pytest.mark.usefixtures("annuaire")
async def test_somebody_of_each_profession_of_wave_2_can_sign_in_at_once(psc: Psc) -> None:
    for code, profession in WAVE_2_PROFESSIONS.items():
        answer = await psc.http.post(IDENTITIES, json={"profession": code, "certificates": False})
        assert answer.status_code == 201, answer.text
        made = answer.json()
        assert (made["profession"], made["rpps"][:3]) == (code, "997")
        tokens = await psc.signed_in(id_nat=made["id_nat"], prompt="login")
        told = (await psc.userinfo(tokens["access_token"])).json()
        assert told["family_name"] == made["family_name"]
        assert told["SubjectRefPro"]["exercices"][0]["codeProfession"] == profession.code


@pytest.mark.parametrize("told", HERE)
@pytest.mark.usefixtures("annuaire")
async def test_a_card_with_certificates_a_phone_and_a_mailbox_come_with_it(psc: Psc, tmp_path: Path) -> None:
    asked = {"profession": "medecin", "family_name": "Éssai", "given_name": "Zoé", "speciality": "SM54"}
    made = (await psc.http.post(IDENTITIES, json=asked)).json()
    assert (made["family_name"], made["given_name"], made["speciality"]) == ("ESSAI", "ZOE", "SM54")
    assert made["card"]["pin"] == "1234"
    assert made["e_cps"]["phone"].endswith(f"/psc/ciba?login_hint={made['id_nat']}")
    (mailbox, *_) = made["mailboxes"]
    assert mailbox.startswith("zoe.essai@medecin.")
    issued = made["certificates"]["ps-auth"]
    first = x509.load_pem_x509_certificates(issued["certificate"].encode())[0]
    card = ClientCertificate.from_der(first.public_bytes(Encoding.DER))
    assert (card.kind, card.common_name) == ("ps-auth", made["id_nat"])
    assert Authority.of_home(psc.settings.home).issued(first)
    (tmp_path / "card.pem").write_text(issued["certificate"] + issued["key"])
    ssl.create_default_context().load_cert_chain(tmp_path / "card.pem")
    p12 = load_pkcs12(b64decode(issued["pkcs12"]), issued["password"].encode())
    assert p12.key is not None
    assert set(made["certificates"]) == {"ps-auth", "ps-sign"}


@pytest.mark.parametrize("told", HERE)
@pytest.mark.usefixtures("annuaire")
async def test_means_are_given_as_asked_for(psc: Psc) -> None:
    asked = {"profession": "60", "card": False, "has_ecps": True, "mailbox": False, "structure": "1990000119"}
    made = (await psc.http.post(IDENTITIES, json=asked)).json()
    assert (made["card"], made["certificates"]) == (None, {})
    assert made["structure"]["id"] == "1990000119"
    tokens = await psc.signed_in(id_nat=made["id_nat"], prompt="login")
    assert payload(tokens["access_token"])["authMode"] == "MOBILE"


@pytest.mark.parametrize("told", HERE)
@pytest.mark.usefixtures("annuaire")
async def test_what_is_wrong_is_named_and_nobody_is_made(psc: Psc) -> None:
    for asked, word in (
        ({}, "profession"),
        ({"profession": "sorcier"}, "profession"),
        ({"profession": "10", "card": "yes"}, "card"),
        ({"profession": "10", "family_name": 3}, "family_name"),
        ({"profession": "10", "shoe_size": "44"}, "shoe_size"),
        ({"profession": "10", "speciality": "SM99"}, "speciality"),
        ({"profession": "10", "structure": "1000000000"}, "structure"),
        ({"profession": "10", "rpps": "10101010101"}, "rpps"),
        ([], "JSON object"),
    ):
        answer = await psc.http.post(IDENTITIES, json=asked)
        assert (answer.status_code, word in answer.json()["error_description"]) == (400, True), answer.text
    broken = await psc.http.post(IDENTITIES, content=b"{", headers={"content-type": "application/json"})
    assert broken.status_code == 400


@pytest.mark.parametrize("told", HERE)
@pytest.mark.usefixtures("annuaire")
async def test_the_page_makes_one_and_another_site_cannot(psc: Psc) -> None:
    page = await psc.http.get(IDENTITIES)
    assert "Créer une identité de test" in page.text
    form = {"profession": "21", "family_name": "<b>", "given_name": "LEA", "card": "1", "has_ecps": "1"}
    made = await psc.http.post(IDENTITIES, data={**form, "family_name": "Officine"})
    assert (made.status_code, "LEA OFFICINE" in made.text) == (200, True)
    assert "application/x-pkcs12;base64," in made.text
    wrong = await psc.http.post(IDENTITIES, data={**form, "speciality": "<i>"})
    assert (wrong.status_code, "&lt;b&gt;" in wrong.text, "<i>" in wrong.text) == (400, True, False)
    foreign = {"origin": "https://evil.example", "sec-fetch-site": "cross-site"}
    assert (await psc.http.post(IDENTITIES, data=form, headers=foreign)).status_code == 403
    assert (await psc.http.post(IDENTITIES, json={"profession": "10"}, headers=foreign)).status_code == 403


@pytest.mark.parametrize("told", AWAY)
async def test_an_annuaire_that_is_away_is_said_so(psc: Psc) -> None:
    answer = await psc.http.post(IDENTITIES, json={"profession": "10"})
    assert (answer.status_code, answer.json()["error"]) == (503, "temporarily_unavailable")
    assert len(await psc.service.floor.store._collections["people"].find({"sandbox": "default"})) == len(
        build_country(1, 15, 15).professionals
    )
