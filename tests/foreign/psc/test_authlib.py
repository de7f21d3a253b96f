"""Someone else's OpenID Connect client (authlib) signs a professional in over a real socket."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from authlib.common.security import generate_token
from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.jwk import KeySet
from segur_psc.service import build
from segur_psc.settings import Settings

from segur.kernel.http_server import HttpListener, Surface
from segur.kernel.ids import new_id
from tests.conftest import Servers, free_port

CALLBACK = "http://127.0.0.1:9999/callback"


@pytest.fixture
async def base(servers: Servers, tmp_path: Path) -> AsyncIterator[str]:
    """A PSC that listens."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    service = build(Settings(home=tmp_path, namespace=f"t{new_id().lower()}", mongo_url=servers.mongo_url))
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


async def test_authlib_signs_in_refreshes_introspects_and_revokes(base: str) -> None:
    async with httpx.AsyncClient() as browser:
        found = await browser.get(f"{base}/auth/realms/esante-wallet/.well-known/wallet-openid-configuration")
        document = found.json()
        keys = KeySet.import_key_set((await browser.get(document["jwks_uri"])).json())
        async with AsyncOAuth2Client(
            "editeur-demo-bas",
            "segur-demo-secret",
            scope="openid scope_all",
            redirect_uri=CALLBACK,
            code_challenge_method="S256",
            token_endpoint_auth_method="client_secret_basic",
        ) as client:
            verifier, nonce = generate_token(48), generate_token(32)
            url, state = client.create_authorization_url(
                document["authorization_endpoint"], code_verifier=verifier, nonce=nonce, acr_values="eidas1"
            )
            page = await browser.get(url)
            action = re.search(r'action="([^"]+)"', page.text)
            attempt = re.search(r'name="attempt" value="([^"]+)"', page.text)
            assert action
            assert attempt
            answer = await browser.post(base + action[1], data={"attempt": attempt[1], "id_nat": "99700010046"})
            location = answer.headers["location"]
            assert parse_qs(urlsplit(location).query)["iss"] == [document["issuer"]]
            token = await client.fetch_token(
                document["token_endpoint"], authorization_response=location, state=state, code_verifier=verifier
            )
            claims = CodeIDToken(
                jwt.decode(token["id_token"], keys, algorithms=["RS256"]).claims,
                {},
                options={"iss": {"value": document["issuer"]}, "aud": {"value": "editeur-demo-bas"}},
                params={"nonce": nonce, "client_id": "editeur-demo-bas", "access_token": token["access_token"]},
            )
            claims.header = {"alg": "RS256"}
            claims.validate()
            info = (await client.get(document["userinfo_endpoint"])).json()
            assert info["sub"] == claims["sub"]
            assert info["family_name"] == "RAYONNET"
            fresh = await client.refresh_token(document["token_endpoint"])
            assert fresh["access_token"] != token["access_token"]
            told = await client.introspect_token(document["introspection_endpoint"], token=fresh["access_token"])
            assert told.json()["active"] is True
            gone = await client.revoke_token(document["revocation_endpoint"], token=fresh["access_token"])
            assert gone.status_code == 200
            told = await client.introspect_token(document["introspection_endpoint"], token=fresh["access_token"])
            assert told.json() == {"active": False}
    await asyncio.sleep(0)
