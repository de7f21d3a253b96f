"""idpyoidc, of the family of OpenID-certified relying parties, drives PSC over TLS with its own strict checks.

It is told the issuer and its credentials only: it finds the rest by the standard discovery document, verifies the
id_token (signature by the published keys, iss, aud, nonce, at_hash, times) and userinfo's `sub` by itself.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import pytest_asyncio
from idpyoidc.client.client_auth import ClientAuthnMethod, ClientSecretBasic
from idpyoidc.client.rp_handler import RPHandler

from tests.foreign.psc.conftest import AFTER_LOGOUT, CALLBACK, RADIOLOGIST, Edge

pytestmark = pytest.mark.asyncio(loop_scope="module")

_SERVICES = {
    name: {"class": f"idpyoidc.client.oidc.{path}"}
    for name, path in {
        "discovery": "provider_info_discovery.ProviderInfoDiscovery",
        "authorization": "authorization.Authorization",
        "accesstoken": "access_token.AccessToken",
        "refresh_token": "refresh_access_token.RefreshAccessToken",
        "userinfo": "userinfo.UserInfo",
        "end_session": "end_session.EndSession",
    }.items()
}


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The library writes its keys into the working directory."""
    monkeypatch.chdir(tmp_path)


class TlsClientAuth(ClientAuthnMethod):
    """RFC 8705, which the library leaves to its users: the client's id in the form, the proof in the TLS handshake."""

    def construct(self, request: Any, service: Any = None, http_args: Any = None, **_: Any) -> Any:
        """The id goes in, a secret there is not goes out."""
        request["client_id"] = service.upstream_get("context").get_client_id()
        request.pop("client_secret", None)
        return http_args or {}


def software(edge: Edge, client_id: str, secret: str) -> RPHandler:
    """The library, configured as its documentation does; without secret it shows its certificate (RFC 8705)."""
    told: dict[str, Any] = {
        "client_type": "oidc",
        "issuer": edge.issuer,
        "client_id": client_id,
        "redirect_uris": [CALLBACK],
        "post_logout_redirect_uris": [AFTER_LOGOUT],
        "response_types": ["code"],
        "add_ons": {
            "pkce": {
                "function": "idpyoidc.client.oauth2.add_on.pkce.add_support",
                "kwargs": {"code_challenge_length": 64, "code_challenge_method": "S256"},
            }
        },
    }
    transport: dict[str, Any] = {"verify": str(edge.ca), "timeout": 20}
    proof: type[ClientAuthnMethod] = ClientSecretBasic
    if secret:
        told["client_secret"] = secret
    else:
        proof = TlsClientAuth
        transport["cert"] = (str(edge.organisation.chain), str(edge.organisation.key))
    # Whatever it is told, the library asks for the one method it shares with the provider by this name.
    authentication = {"client_authn_methods": {"client_secret_basic": proof}}
    told["services"] = _SERVICES | {
        name: {**_SERVICES[name], "kwargs": authentication} for name in ("accesstoken", "refresh_token")
    }
    return RPHandler(
        base_url="http://127.0.0.1:9999",
        client_configs={edge.issuer: told},
        httpc_params=transport,
    )


async def begin(handler: RPHandler, edge: Edge) -> str:
    """The address the library sends the browser to."""
    url: str = await asyncio.to_thread(
        handler.begin, edge.issuer, req_args={"acr_values": "eidas1", "scope": ["openid", "scope_all"]}
    )
    return url


@pytest_asyncio.fixture(loop_scope="module", params=["client_secret", "mtls"])
async def handler(edge: Edge, request: pytest.FixtureRequest) -> RPHandler:
    """The library with a secret, or with a certificate and no secret."""
    if request.param == "client_secret":
        return software(edge, "editeur-demo-bas", "segur-demo-secret")
    told = await edge.register(token_endpoint_auth_method="tls_client_auth")
    assert "client_secret" not in told
    return software(edge, told["client_id"], "")


async def finished(handler: RPHandler, edge: Edge) -> dict[str, Any]:
    """A login from the library's address to its verdict."""
    url = await begin(handler, edge)
    asked = parse_qs(urlsplit(url).query)
    assert asked["code_challenge_method"] == ["S256"]
    returned = parse_qs(urlsplit(await edge.sign_in(url)).query)
    response = {name: values[0] for name, values in returned.items()}
    assert response["iss"] == edge.issuer
    client = handler.issuer2rp[edge.issuer]
    found: dict[str, Any] = await asyncio.to_thread(client.finalize, response)
    return found | {"client": client, "state": response["state"]}


async def test_it_signs_in_refreshes_reads_userinfo_and_signs_out(handler: RPHandler, edge: Edge) -> None:
    done = await finished(handler, edge)
    client, state = done["client"], done["state"]
    assert "error" not in done, done
    who = done["id_token"]
    assert (who["SubjectNameID"], who["acr"], who["iss"]) == (RADIOLOGIST, "eidas1", edge.issuer)
    assert (done["userinfo"]["sub"], done["userinfo"]["family_name"]) == (who["sub"], "RAYONNET")
    fresh = await asyncio.to_thread(client.refresh_access_token, state)
    assert fresh["access_token"] != done["token"]
    info = await asyncio.to_thread(client.get_user_info, state, fresh["access_token"])
    assert info["SubjectNameID"] == RADIOLOGIST
    leaving = await asyncio.to_thread(client.logout, state, AFTER_LOGOUT)
    async with edge.browser() as browser:
        answer = await browser.get(leaving["url"])
        assert answer.headers["location"].startswith(AFTER_LOGOUT), answer.text
        bearer = {"authorization": f"Bearer {fresh['access_token']}"}
        assert (await browser.get(f"{edge.issuer}/protocol/openid-connect/userinfo", headers=bearer)).status_code == 401


async def test_it_would_refuse_a_nonce_that_is_not_its_own(edge: Edge) -> None:
    handler = software(edge, "editeur-demo-bas", "segur-demo-secret")
    url = await begin(handler, edge)
    nonce = parse_qs(urlsplit(url).query)["nonce"][0]
    returned = parse_qs(urlsplit(await edge.sign_in(url.replace(nonce, "another"))).query)
    response = {name: values[0] for name, values in returned.items()}
    with pytest.raises(ValueError, match="Invalid nonce value"):
        await asyncio.to_thread(handler.issuer2rp[edge.issuer].finalize, response)
