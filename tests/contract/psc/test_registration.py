"""A service registers itself and is at once what it said it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from segur.kernel.pki import Authority
from tests.contract.psc.conftest import CLIENT, PROTOCOL, RADIOLOGIST, REALM, Psc, returned, showing

pytestmark = pytest.mark.asyncio(loop_scope="session")

DOOR = f"{REALM}/clients-registrations/openid-connect"
MINE = "https://mon-logiciel.test/retour"


async def register(psc: Psc, **fields: Any) -> httpx.Response:
    return await psc.http.post(DOOR, json={"redirect_uris": [MINE], **fields})


async def test_an_editors_own_client_signs_people_in(psc: Psc) -> None:
    answer = await register(
        psc,
        client_id="mon-lps",
        client_name="Mon LPS",
        post_logout_redirect_uris=["https://mon-logiciel.test/"],
        backchannel_token_delivery_mode="poll",
    )
    assert answer.status_code == 201, answer.text
    mine = answer.json()
    assert (mine["client_id"], mine["redirect_uris"]) == ("mon-lps", [MINE])
    page = await psc.ask(client_id="mon-lps", redirect_uri=MINE)
    assert "Mon LPS" in page.text
    code = returned(await psc.submit(page, id_nat=RADIOLOGIST))["code"]
    auth = ("mon-lps", mine["client_secret"])
    tokens = await psc.token(auth, grant_type="authorization_code", code=code, redirect_uri=MINE)
    assert tokens.status_code == 200, tokens.text
    asked = {"scope": "openid scope_all", "login_hint": RADIOLOGIST}
    assert (await psc.http.post(f"{PROTOCOL}/ext/ciba/auth", data=asked, auth=auth)).status_code == 200


async def test_software_with_a_fixed_configuration_brings_its_own_id_and_secret(psc: Psc) -> None:
    answer = await register(psc, client_id="fixe", client_secret="s3cret")
    assert answer.json()["client_secret"] == "s3cret"
    told = await psc.http.post(f"{PROTOCOL}/token/introspect", data={"token": "x"}, auth=("fixe", "s3cret"))
    assert told.json() == {"active": False}


async def test_a_client_of_one_sandbox_is_unknown_in_another(psc: Psc) -> None:
    assert (await register(psc, client_id="chez-moi")).status_code == 201
    async with psc.browser(x_segur_sandbox="other") as http:
        page = await psc.ask(http, client_id="chez-moi", redirect_uri=MINE)
    assert (page.status_code, "Client not found." in page.text) == (400, True)


async def test_a_client_of_the_espace_de_confiance_is_known_by_the_subject_of_its_certificate(
    psc: Psc, tmp_path: Path
) -> None:
    authority = Authority(tmp_path / "pki")
    own, other = (authority.issue(name, "org-auth", common_name=name, unit="1990000119") for name in ("MOI", "AUTRUI"))
    subject = "CN=MOI,OU=1990000119,O=SégurStack,C=FR"
    answer = await register(
        psc,
        client_id="confiance",
        token_endpoint_auth_method="tls_client_auth",
        tls_client_auth_subject_dn=subject,
        tls_client_certificate_bound_access_tokens=True,
    )
    assert "client_secret" not in answer.json()
    assert answer.json()["tls_client_auth_subject_dn"] == subject
    form = {"token": "x", "client_id": "confiance"}
    for identity, status in ((own, 200), (other, 401)):
        async with psc.browser(**showing(identity)) as http:
            assert (await http.post(f"{PROTOCOL}/token/introspect", data=form)).status_code == status
    secret = await psc.http.post(f"{PROTOCOL}/token/introspect", data=form, auth=("confiance", "any"))
    assert (secret.status_code, secret.json()["error"]) == (401, "unauthorized_client")


@pytest.mark.parametrize(
    ("fields", "error", "field"),
    [
        ({"client_id": CLIENT[0]}, "invalid_client_metadata", "client_id"),
        ({"client_id": "a b"}, "invalid_client_metadata", "client_id"),
        ({"client_id": 5}, "invalid_client_metadata", "client_id"),
        ({"redirect_uris": []}, "invalid_redirect_uri", "redirect_uris"),
        ({"redirect_uris": "https://a/"}, "invalid_redirect_uri", "redirect_uris"),
        ({"redirect_uris": ["/relative"]}, "invalid_redirect_uri", "redirect_uris"),
        ({"redirect_uris": ["javascript:alert(1)"]}, "invalid_redirect_uri", "redirect_uris"),
        ({"redirect_uris": ["https://a.test/*"]}, "invalid_redirect_uri", "redirect_uris"),
        ({"redirect_uris": ["https://a.test/#x"]}, "invalid_redirect_uri", "redirect_uris"),
        ({"redirect_uris": ["http://[bad"]}, "invalid_redirect_uri", "redirect_uris"),
        ({"token_endpoint_auth_method": "private_key_jwt"}, "invalid_client_metadata", "token_endpoint_auth_method"),
        ({"backchannel_token_delivery_mode": "ping"}, "invalid_client_metadata", "backchannel_token_delivery_mode"),
    ],
)
async def test_a_registration_that_could_not_work_is_refused_by_the_name_of_the_field(
    psc: Psc, fields: dict[str, Any], error: str, field: str
) -> None:
    answer = await register(psc, **fields)
    assert (answer.status_code, answer.json()["error"]) == (400, error)
    assert field in answer.json()["error_description"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"\xff"])
async def test_a_registration_that_is_no_json_object_is_refused(psc: Psc, body: bytes) -> None:
    answer = await psc.http.post(DOOR, content=body)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client_metadata")
