"""The registry of clients: the page, what `segur psc client` calls, the seed file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from segur_psc.domain.registration import described
from segur_psc.operations.register_client import read_clients_file
from segur_psc.service import build

from tests.contract.psc.conftest import API, CLIENT, PROTOCOL, RADIOLOGIST, Psc, returned

pytestmark = pytest.mark.asyncio(loop_scope="session")
MINE = "https://mon-logiciel.test/retour"
JSON = {"accept": "application/json"}


async def test_an_editor_registers_and_removes_a_service_on_the_page_without_scripts(psc: Psc) -> None:
    page = await psc.http.get("/psc/clients")
    assert (page.status_code, "<script" in page.text) == (200, False)
    assert "Services raccordés" in page.text
    assert CLIENT[1] not in page.text
    form = {
        "client_name": "<b>Mon LPS</b>",
        "client_id": "page-lps",
        "redirect_uris": MINE,
        "policy": "BOTH",
        "pkce": "S256",
    }
    made = await psc.http.post("/psc/clients", data={**form, "ciba": "on"})
    assert made.status_code == 201
    assert "&lt;b&gt;Mon LPS&lt;/b&gt;" in made.text
    secret = made.text.split("client_secret<br><code>")[1].split("</code>")[0]
    told = await psc.http.post(f"{PROTOCOL}/token/introspect", data={"token": "x"}, auth=("page-lps", secret))
    assert told.json() == {"active": False}
    shown = {c["client_id"]: c for c in (await psc.http.get("/psc/clients", headers=JSON)).json()["clients"]}
    assert (shown["page-lps"]["policy"], shown["page-lps"]["pkce"]) == ("BOTH", "S256")
    assert secret not in json.dumps(shown)
    wrong = await psc.http.post("/psc/clients", data={**form, "redirect_uris": "nowhere"})
    assert (wrong.status_code, "redirect_uris" in wrong.text, MINE in wrong.text) == (400, True, True)
    gone = await psc.http.post("/psc/clients/removal", data={"client_id": "page-lps"})
    assert "page-lps" not in gone.text
    assert (await psc.http.post("/psc/clients/removal", data={"client_id": "page-lps"})).status_code == 404
    told = await psc.http.post(f"{PROTOCOL}/token/introspect", data={"token": "x"}, auth=("page-lps", secret))
    assert told.status_code == 401


async def test_the_page_speaks_english_to_those_who_ask(psc: Psc) -> None:
    async with psc.browser() as http:
        assert "Registered services" in (await http.get("/psc/clients?language=en")).text
        assert "Registered services" in (await http.get("/psc/clients")).text


async def test_programs_register_list_and_remove(psc: Psc) -> None:
    asked = {"client_id": "cli-lps", "redirect_uris": [MINE], "policy": "SECRET"}
    made = await psc.http.post("/psc/clients", json=asked, headers=JSON)
    assert (made.status_code, made.json()["client_id"]) == (201, "cli-lps")
    again = await psc.http.post("/psc/clients", json=asked, headers=JSON)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_client_metadata")
    async with psc.browser() as http:
        code = returned(
            await psc.submit(await psc.ask(http, client_id="cli-lps", redirect_uri=MINE), http, id_nat=RADIOLOGIST)
        )["code"]
    assert (await psc.http.delete("/psc/clients/cli-lps")).status_code == 204
    auth = ("cli-lps", made.json()["client_secret"])
    left = await psc.token(auth, grant_type="authorization_code", code=code, redirect_uri=MINE)
    assert left.status_code == 401
    missing = await psc.http.delete("/psc/clients/cli-lps")
    assert (missing.status_code, missing.json()["error_description"]) == (404, "No client is called cli-lps")


@pytest.mark.parametrize("headers", [{"origin": "https://evil.example"}, {"sec_fetch_site": "cross-site"}])
async def test_another_sites_page_cannot_touch_the_registry(psc: Psc, headers: dict[str, str]) -> None:
    async with psc.browser(**headers) as http:
        assert (await http.post("/psc/clients", data={"redirect_uris": MINE})).status_code == 403
        assert (await http.post("/psc/clients/removal", data={"client_id": CLIENT[0]})).status_code == 403
        assert (await http.delete(f"/psc/clients/{CLIENT[0]}")).status_code == 403
    assert (await psc.ask()).status_code in (200, 302)


@pytest.mark.parametrize(
    ("policy", "by_secret", "by_nothing"), [("SECRET", 200, 401), ("BOTH", 200, 401), ("MTLS", 401, 401)]
)
async def test_the_policy_says_how_a_client_proves_itself(
    psc: Psc, policy: str, by_secret: int, by_nothing: int
) -> None:
    await psc.change("clients", API[0], policy=policy)
    form = {"token": "x", "client_id": API[0]}
    assert (await psc.http.post(f"{PROTOCOL}/token/introspect", data=form, auth=API)).status_code == by_secret
    assert (await psc.http.post(f"{PROTOCOL}/token/introspect", data=form)).status_code == by_nothing


SEEDED = {
    "client_id": "seme",
    "client_secret": "s3cret",
    "redirect_uris": [MINE],
    "pkce": "REQUIRED",
    "userinfo_signed_response_alg": "RS256",
    "backchannel_token_delivery_mode": "poll",
}


async def test_a_file_gives_every_new_sandbox_its_clients(psc: Psc, tmp_path: Path) -> None:
    path = tmp_path / "clients.json"
    path.write_text(json.dumps([SEEDED]))
    (client,) = read_clients_file(path)
    told = described(client)
    assert {name: told[name] for name in SEEDED if name != "client_secret"} == {
        **{name: value for name, value in SEEDED.items() if name != "client_secret"}, "redirect_uris": (MINE,),
    }  # fmt: skip
    assert client.knows("s3cret")
    service = build(psc.settings.model_copy(update={"psc_clients_file": path, "professionals": 1}))
    await service.floor.store.open()
    assert service.seed is not None
    await service.seed("third")
    async with psc.browser(x_segur_sandbox="third", x_segur_base="https://localhost:8443/s/third") as http:
        answer = await http.post(f"{PROTOCOL}/token/introspect", data={"token": "x"}, auth=("seme", "s3cret"))
        assert answer.json() == {"active": False}
    await service.floor.store.close()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "unexpected end|expected"),
        ("{}", "a JSON list"),
        ('[{"redirect_uris": ["https://a/"]}]', "client 0: client_id is missing"),
        ('[{"client_id": "a", "redirect_uris": ["https://a/"]}]', "client_secret is missing"),
        ('[{"client_id": "a", "client_secret": "b", "redirect_uris": ["x"]}]', r"client 0 \(a\): redirect_uris"),
        ('[{"client_id": "a", "client_secret": "b", "redirect_uris": ["https://a/"], "pkce": "MAYBE"}]', "pkce"),
    ],
)
async def test_a_file_that_cannot_work_is_told_before_anything_starts(
    psc: Psc, tmp_path: Path, content: str, words: str
) -> None:
    path = tmp_path / "clients.json"
    path.write_text(content)
    with pytest.raises(ValueError, match=words) as refused:
        build(psc.settings.model_copy(update={"psc_clients_file": path}))
    assert str(path) in str(refused.value)


@pytest.mark.parametrize(
    "fields",
    [
        {"jwks": {"keys": [{"kty": "oct", "k": "x"}]}},
        {"jwks": {"keys": [{"kty": "RSA", "n": "x", "e": "AQAB", "d": "private"}]}},
        {"jwks": []},
        {"jwks_uri": "https://a/"},
        {"subject_type": "pairwise"},
        {"id_token_signed_response_alg": "HS256"},
        {"id_token_encrypted_response_alg": "RSA-OAEP"},
        {"request_uris": ["https://a/"]},
        {"policy": "NONE"},
        {"cnf_encoding": "md5"},
    ],
)
async def test_what_is_advertised_and_not_offered_is_refused_by_name(psc: Psc, fields: dict[str, Any]) -> None:
    answer = await psc.http.post("/psc/clients", json={"redirect_uris": [MINE], **fields}, headers=JSON)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client_metadata")
    assert next(iter(fields)) in answer.json()["error_description"]
