"""Someone else's OAuth client exchanges, asks about and refreshes API tokens over mutual TLS [PSC digest 1.17].

Authlib sends the grant, reads errors, refreshes and revokes; joserfc checks the token against the published keys only.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from joserfc import jwt
from joserfc.jwk import KeySet

from segur.kernel.pki import Authority
from segur.kernel.tls import client_context
from segur.wire.confirmation import bound_to, confirms
from tests.conftest import Servers
from tests.contract.psc.proxy_country import RADIOLOGIST, ProxyCountry, proxy_country

pytestmark = pytest.mark.asyncio(loop_scope="module")
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
CIBA = "urn:openid:params:grant-type:ciba"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"
PSC = "/auth/realms/esante-wallet"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def country(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ProxyCountry]:
    """PSC and the gateway on real sockets."""
    home: Path = tmp_path_factory.mktemp("exchange-home")
    async with proxy_country(servers, home) as found:
        yield found


@pytest_asyncio.fixture(loop_scope="module")
async def client(country: ProxyCountry) -> AsyncIterator[AsyncOAuth2Client]:
    """Authlib's client with the certificate of a vendor's proxy; it sends its id in the form, and no secret."""
    authority = Authority.of_home(country.home)
    identity = authority.issue("vendor", "org-auth", common_name="PROXY EDITEUR", unit="1750000002")
    async with AsyncOAuth2Client(
        client_id="editeur-demo-bas",
        token_endpoint_auth_method="none",
        base_url=country.edge,
        verify=client_context(authority.bundle, identity),
        trust_env=False,
    ) as found:
        yield found


async def psc_token(client: AsyncOAuth2Client) -> str:
    """A PSC access token, by CIBA."""
    form = {"client_id": "editeur-demo-bas", "scope": "openid scope_all", "login_hint": RADIOLOGIST}
    asked = await client.request("POST", f"{PSC}/protocol/openid-connect/ext/ciba/auth", data=form, withhold_token=True)
    await asyncio.sleep(asked.json()["interval"])
    token = await client.fetch_token(
        f"{PSC}/protocol/openid-connect/token", grant_type=CIBA, auth_req_id=asked.json()["auth_req_id"]
    )
    return str(token["access_token"])


async def test_an_api_token_is_had_judged_refreshed_and_given_back(
    country: ProxyCountry, client: AsyncOAuth2Client
) -> None:
    subject = await psc_token(client)
    metadata = (await country.http.get("/realms/insi/.well-known/oauth-authorization-server")).json()
    assert metadata["issuer"] == f"{country.edge}/realms/insi"
    token = await client.fetch_token(
        metadata["token_endpoint"],
        grant_type=EXCHANGE,
        subject_token=subject,
        subject_token_type=ACCESS_TOKEN,
        scope="insi.recherche",
    )
    assert token["issued_token_type"] == ACCESS_TOKEN
    keys = (await country.http.get(metadata["jwks_uri"])).json()
    claims = jwt.decode(token["access_token"], KeySet.import_key_set(keys), algorithms=["RS256"]).claims
    assert claims["iss"] == metadata["issuer"]
    assert "editeur-demo-bas" in claims["aud"]
    assert confirms(bound_to(claims), fingerprint(country))

    async with httpx.AsyncClient(
        verify=client_context(Authority.of_home(country.home).bundle), trust_env=False
    ) as resource_server:
        told = await resource_server.post(
            metadata["introspection_endpoint"],
            data={"token": token["access_token"]},
            auth=("segur-api", "segur-api-secret"),
        )
    assert told.json()["active"] is True

    fresh = await client.refresh_token(metadata["token_endpoint"], refresh_token=token["refresh_token"])
    assert fresh["access_token"] != token["access_token"]
    assert (await client.revoke_token(metadata["revocation_endpoint"], token=fresh["refresh_token"])).status_code == 200
    with pytest.raises(OAuthError) as over:
        await client.refresh_token(metadata["token_endpoint"], refresh_token=fresh["refresh_token"])
    assert (over.value.error, over.value.description) == ("invalid_grant", "Session not active")


async def test_a_refusal_is_an_oauth_error_the_library_understands(client: AsyncOAuth2Client) -> None:
    with pytest.raises(OAuthError) as refused:
        await client.fetch_token(
            "/realms/insi/protocol/openid-connect/token",
            grant_type=EXCHANGE,
            subject_token="a.b.c",
            subject_token_type=ACCESS_TOKEN,
            scope="insi.recherche",
        )
    assert (refused.value.error, refused.value.description) == ("invalid_token", "Invalid token")


def fingerprint(country: ProxyCountry) -> str:
    """Fingerprint of the vendor's certificate."""
    pem = (country.home / "pki" / "vendor.pem").read_bytes()
    return x509.load_pem_x509_certificate(pem).fingerprint(hashes.SHA256()).hex()
