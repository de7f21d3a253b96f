"""Someone else's OpenID Connect client signs professionals in over a real socket, and judges our tokens.

Authlib finds everything in the discovery document by itself and validates as it does for its users: signature by the
published keys and the advertised algorithm only, `iss`, `aud`, `azp`, `nonce`, `at_hash`, times.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import pytest_asyncio
from authlib.common.security import generate_token
from authlib.integrations.base_client import OAuthError
from authlib.integrations.starlette_client import OAuth
from joserfc.errors import JoseError
from segur_psc.service import build
from segur_psc.settings import Settings

from segur.kernel.http_server import HttpListener, Surface
from segur.kernel.ids import new_id
from tests.conftest import Servers, free_port

pytestmark = pytest.mark.asyncio(loop_scope="module")
CALLBACK = "http://127.0.0.1:9999/callback"
RADIOLOGIST = "899700010046"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def base(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """A PSC that listens."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    home: Path = tmp_path_factory.mktemp("home")
    service = build(Settings(home=home, namespace=f"t{new_id().lower()}", mongo_url=servers.mongo_url))
    store = service.floor.store
    await store.open()
    assert service.seed is not None
    await service.seed("default")
    listener = HttpListener(Surface(service.app, default_base=address, max_body_bytes=1 << 20), "127.0.0.1", port)
    await listener.start()
    yield address
    await listener.stop()
    await store.client.drop_database(store.database.name)
    await store.close()


@pytest.fixture
def software(base: str) -> Any:
    """Authlib's client, told nothing but the discovery address and its credentials."""
    return OAuth().register(
        "psc",
        client_id="editeur-demo-bas",
        client_secret="segur-demo-secret",
        server_metadata_url=f"{base}/auth/realms/esante-wallet/.well-known/wallet-openid-configuration",
        client_kwargs={"scope": "openid scope_all", "code_challenge_method": "S256"},
    )


@dataclass
class Login:
    """What authlib asked for and what came back to the redirect URI."""

    nonce: str
    tokens: dict[str, Any]


async def sign_in(software: Any) -> Login:
    asked = await software.create_authorization_url(CALLBACK, acr_values="eidas1", nonce=generate_token(32))
    async with httpx.AsyncClient() as browser:
        page = await browser.get(asked["url"])
        action = re.search(r'action="([^"]+)"', page.text)
        attempt = re.search(r'name="attempt" value="([^"]+)"', page.text)
        assert action, page.text
        assert attempt
        answer = await browser.post(str(page.url.join(action[1])), data={"attempt": attempt[1], "id_nat": RADIOLOGIST})
    returned = {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}
    assert returned["state"] == asked["state"]
    metadata = await software.load_server_metadata()
    assert metadata["authorization_response_iss_parameter_supported"]
    assert returned["iss"] == metadata["issuer"]
    tokens = await software.fetch_access_token(
        redirect_uri=CALLBACK, code=returned["code"], code_verifier=asked["code_verifier"]
    )
    return Login(asked["nonce"], dict(tokens))


async def test_authlib_signs_in_and_finds_the_id_token_right(software: Any) -> None:
    login = await sign_in(software)
    who = await software.parse_id_token(login.tokens, login.nonce, leeway=0)
    assert (who["SubjectNameID"], who["acr"], who["aud"]) == (RADIOLOGIST, "eidas1", "editeur-demo-bas")
    info = await software.userinfo(token=login.tokens)
    assert (info["sub"], info["family_name"]) == (who["sub"], "RAYONNET")


@pytest.mark.parametrize("spoiled", ["nonce", "access_token", "signature", "claims", "audience", "issuer"])
async def test_authlib_would_notice_if_the_id_token_were_wrong(software: Any, spoiled: str) -> None:
    login = await sign_in(software)
    tokens, nonce, options = dict(login.tokens), login.nonce, None
    head, body, signature = tokens["id_token"].split(".")
    if spoiled == "nonce":
        nonce = "another"
    elif spoiled == "access_token":
        tokens["access_token"] += "x"  # at_hash
    elif spoiled == "signature":
        tokens["id_token"] = f"{head}.{body}.{signature[:-8]}AAAAAAAA"
    elif spoiled == "claims":
        tokens["id_token"] = f"{head}.{tokens['access_token'].split('.')[1]}.{signature}"
    elif spoiled == "audience":
        options = {"aud": {"essential": True, "value": "someone-else"}}
    else:
        options = {"iss": {"essential": True, "value": "https://elsewhere.invalid"}}
    with pytest.raises(JoseError):
        await software.parse_id_token(tokens, nonce, claims_options=options)


async def test_authlib_refreshes_introspects_and_revokes(software: Any) -> None:
    login = await sign_in(software)
    metadata = await software.load_server_metadata()
    async with software._get_oauth_client(**metadata) as client:
        client.token = login.tokens
        fresh = await client.refresh_token(metadata["token_endpoint"])
        assert fresh["access_token"] != login.tokens["access_token"]
        await software.parse_id_token(fresh, login.nonce)
        told = await client.introspect_token(metadata["introspection_endpoint"], token=fresh["access_token"])
        assert (told.json()["active"], told.json()["username"]) == (True, RADIOLOGIST)
        gone = await client.revoke_token(metadata["revocation_endpoint"], token=fresh["access_token"])
        assert gone.status_code == 200
        told = await client.introspect_token(metadata["introspection_endpoint"], token=fresh["access_token"])
        assert told.json() == {"active": False}


async def test_authlib_is_told_why_a_code_does_not_serve(software: Any) -> None:
    with pytest.raises(OAuthError) as refused:
        await software.fetch_access_token(redirect_uri=CALLBACK, code="made.up.code", code_verifier="v" * 43)
    assert (refused.value.error, refused.value.description) == ("invalid_grant", "Code not valid")
