"""The authorization servers of API providers: a PSC token for a token of theirs (RFC 8693) [PSC digest 1.17]."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from segur_psc.domain import exchange

from segur.kernel.pki import Authority
from segur.wire.confirmation import HEX, RFC8705, thumbprint
from tests.contract.psc.conftest import CLIENT, PROTOCOL, RADIOLOGIST, Psc, payload, showing
from tests.contract.psc.edc_desk import DOOR, INSI, REALM, Desk, at_the_desk

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def desk(psc: Psc, psc_home: Path) -> AsyncIterator[Desk]:
    """A client with a certificate."""
    async with at_the_desk(psc, psc_home) as found:
        yield found


async def test_an_exchange_answers_as_the_conformity_server_does(desk: Desk) -> None:
    answer = await desk.exchanged()
    assert list(answer) == [
        "access_token", "expires_in", "refresh_expires_in", "refresh_token", "token_type", "id_token",
        "not-before-policy", "session_state", "scope", "issued_token_type",
    ]  # fmt: skip
    assert answer["expires_in"] == 14_400
    assert answer["refresh_expires_in"] == 1_800
    assert answer["token_type"] == "Bearer"
    assert answer["issued_token_type"] == exchange.ACCESS_TOKEN
    assert answer["scope"] == "openid email profile"
    claims = payload(answer["access_token"])
    assert set(claims) == {
        "exp", "iat", "jti", "iss", "aud", "sub", "typ", "azp", "session_state", "sid", "acr", "scope", "name",
        "SubjectNameID", "preferred_username", "given_name", "family_name", "email_verified", "cnf",
    }  # fmt: skip
    assert claims["iss"] == "https://localhost:8443/realms/signsessiondata"
    assert claims["aud"] == ["account", CLIENT[0]]
    assert claims["acr"] == "1"
    assert claims["SubjectNameID"] == RADIOLOGIST
    assert claims["exp"] - claims["iat"] == 14_400


async def test_the_token_names_its_certificate_as_padded_base64_of_hexadecimal(desk: Desk) -> None:
    value = payload((await desk.exchanged())["access_token"])["cnf"]["x5t#S256"]
    assert base64.b64decode(value, validate=True).decode() == desk.sha256


@pytest.mark.parametrize("told", [{"psc_edc_cnf": "rfc8705"}])
async def test_the_form_of_rfc_8705_can_be_set(desk: Desk) -> None:
    value = payload((await desk.exchanged())["access_token"])["cnf"]["x5t#S256"]
    assert value == thumbprint(desk.sha256, RFC8705)


async def test_an_exchange_is_a_fact_and_so_is_a_refused_one(desk: Desk) -> None:
    answer = await desk.exchanged(INSI, scope="insi.recherche")
    assert (await desk.exchange(INSI, scope="tout")).status_code == 400
    exchanged = next(f for f in desk.psc.facts if f.type == "psc.token.exchanged")
    refused, mend = desk.psc.facts[-2:]
    assert exchanged.subject == answer["session_state"]
    assert exchanged.model_dump()["scope"] == "openid email profile insi.recherche"
    assert exchanged.model_dump()["flow"] == "code"
    assert mend.model_dump(exclude={"fix"}) == {
        "client_id": CLIENT[0],
        "rule": "edc_scopes",
        "error": "invalid_scope",
        "count": 1,
    }
    assert refused.type == "psc.exchange.refused"
    assert refused.model_dump()["error"] == "invalid_scope"


async def test_a_resource_server_sees_the_token_and_its_binding(desk: Desk) -> None:
    answer = await desk.exchanged(INSI, scope="insi.recherche")
    told = await desk.introspect(answer["access_token"], INSI)
    assert told["active"] is True
    assert told["SubjectNameID"] == RADIOLOGIST
    assert told["client_id"] == CLIENT[0]
    assert told["cnf"]["x5t#S256"] == thumbprint(desk.sha256, HEX)
    assert (await desk.introspect(answer["access_token"], "/realms/dmp")) == {"active": False}
    assert (await desk.introspect(answer["id_token"], INSI)) == {"active": False}
    assert (await desk.introspect(answer["refresh_token"], INSI)) == {"active": False}


async def test_psc_and_its_providers_do_not_take_one_anothers_tokens(desk: Desk) -> None:
    psc_token = (await desk.psc.signed_in())["access_token"]
    api_token = (await desk.exchanged(subject=psc_token))["access_token"]
    assert (await desk.psc.introspect(api_token)) == {"active": False}
    assert (await desk.psc.userinfo(api_token)).status_code == 401
    assert (await desk.introspect(psc_token)) == {"active": False}
    again = await desk.exchange(subject=api_token)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_token")


REFUSED: list[tuple[dict[str, str | None], int, str, str]] = [
    ({"grant_type": None}, 400, "invalid_request", "Missing form parameter: grant_type"),
    ({"grant_type": "authorization_code"}, 400, "unsupported_grant_type", "Unsupported grant_type"),
    ({"client_id": "personne"}, 401, "invalid_client", "Certificate DN is not mapped to client_id"),
    ({"subject_token": ""}, 400, "invalid_request", "Missing parameter: subject_token"),
    ({"subject_token_type": None}, 400, "invalid_request", "Missing parameter: subject_token_type"),
    ({"subject_token_type": "x"}, 400, "invalid_request", "Unsupported subject_token_type: x"),
    ({"subject_issuer": "keycloak"}, 400, "invalid_issuer", "Invalid subject_issuer parameter"),
    ({"requested_token_type": "x"}, 400, "invalid_request", "Unsupported requested_token_type: x"),
    ({"subject_token": "a.b.c"}, 400, "invalid_token", "Invalid token"),
    ({"audience": "ailleurs"}, 400, "invalid_target", "Audience not found"),
    ({"scope": "openid tout"}, 400, "invalid_scope", "Invalid scopes: tout"),
    ({"scope": "openid"}, 400, "invalid_scope", "Missing business scope, one of: insi.recherche"),
    ({"actor_token": "x"}, 400, "invalid_request", "Invalid parameter: actor_token (actor_token and actor_token_type, a JWT's, go together)"),  # noqa: E501
    ({"actor_token": "x", "actor_token_type": exchange.JWT}, 400, "invalid_request", "Invalid parameter: actor_token (not a JWT)"),  # noqa: E501
]  # fmt: skip


@pytest.mark.parametrize(("changes", "status", "error", "description"), REFUSED)
async def test_what_is_wrong_with_an_exchange_is_said_in_order(
    desk: Desk, changes: dict[str, str | None], status: int, error: str, description: str
) -> None:
    answer = await desk.exchange(INSI, **{"scope": "insi.recherche", **changes})
    assert answer.status_code == status, answer.text
    assert answer.json() == {"error": error, "error_description": description}
    assert answer.headers["cache-control"] == "no-store"


async def test_a_proxy_that_names_no_scope_is_served_by_the_conformity_server_only(desk: Desk) -> None:
    assert (await desk.exchange(REALM)).status_code == 200
    assert (await desk.exchange(INSI)).json()["error"] == "invalid_scope"


async def test_the_software_behind_the_proxy_is_told_in_the_token(desk: Desk) -> None:
    told = {"iss": CLIENT[0], "exp": 1, "sub": "lps-1", "lps_nom": "Doctis", "lps_id": "NIL-1", "lps_version": "3.2"}
    encoded = base64.urlsafe_b64encode(json.dumps(told).encode()).rstrip(b"=").decode()
    answer = await desk.exchanged(actor_token=f"e30.{encoded}.", actor_token_type=exchange.JWT)
    assert payload(answer["access_token"])["act"] == {
        "iss": CLIENT[0], "sub": "lps-1", "lps_nom": "Doctis", "lps_id": "NIL-1", "lps_version": "3.2",
    }  # fmt: skip


async def test_an_unknown_realm_is_told_as_keycloak_does(desk: Desk) -> None:
    answer = await desk.exchange("/realms/ailleurs")
    assert (answer.status_code, answer.json()["error"]) == (404, "Realm does not exist")


async def test_a_refresh_token_gives_a_new_api_token_until_it_expires(desk: Desk) -> None:
    first = await desk.exchanged()

    async def refresh(token: str) -> httpx.Response:
        form = {"grant_type": "refresh_token", "client_id": CLIENT[0], "refresh_token": token}
        return await desk.http.post(f"{REALM}{DOOR}/token", data=form)

    second = (await refresh(first["refresh_token"])).json()
    assert payload(second["access_token"])["sid"] == payload(first["access_token"])["sid"]
    assert (await desk.introspect(second["access_token"]))["active"] is True
    assert (await refresh(first["access_token"])).json()["error_description"] == "Invalid refresh token"
    desk.psc.service.floor.clock.set_offset("default", timedelta(seconds=1_801))
    late = await refresh(second["refresh_token"])
    assert (late.status_code, late.json()["error_description"]) == (400, "Token is not active")


async def test_an_api_token_ends_with_its_time_and_with_a_logout_at_psc(desk: Desk) -> None:
    signed_in = await desk.psc.signed_in()
    token = (await desk.exchanged(subject=signed_in["access_token"]))["access_token"]
    desk.psc.service.floor.clock.set_offset("default", timedelta(seconds=14_401))
    assert (await desk.introspect(token)) == {"active": False}
    desk.psc.service.floor.clock.set_offset("default", timedelta())
    assert (await desk.introspect(token))["active"] is True
    left = await desk.psc.http.post(f"{PROTOCOL}/logout", data={"id_token_hint": signed_in["id_token"]})
    assert left.status_code == 200, left.text
    assert (await desk.introspect(token)) == {"active": False}


async def test_a_revoked_token_is_void_and_a_revoked_refresh_token_ends_all(desk: Desk) -> None:
    answer = await desk.exchanged()

    async def revoke(token: str) -> int:
        form = {"client_id": CLIENT[0], "token": token}
        return (await desk.http.post(f"{REALM}{DOOR}/revoke", data=form)).status_code

    other = await desk.exchanged()
    assert await revoke(answer["access_token"]) == 200
    assert (await desk.introspect(answer["access_token"])) == {"active": False}
    assert await revoke(other["refresh_token"]) == 200
    assert (await desk.introspect(other["access_token"])) == {"active": False}
    assert await revoke("inconnu") == 200


async def test_the_metadata_names_doors_that_answer(desk: Desk) -> None:
    for name in ("openid-configuration", "oauth-authorization-server"):
        told = (await desk.http.get(f"{INSI}/.well-known/{name}")).json()
        assert told["issuer"] == "https://localhost:8443/realms/insi"
        assert told["grant_types_supported"] == [exchange.GRANT, "refresh_token"]
        assert told["tls_client_certificate_bound_access_tokens"] is True
    keys = (await desk.http.get(told["jwks_uri"])).json()["keys"]
    psc_keys = (await desk.http.get(f"{PROTOCOL}/certs")).json()["keys"]
    assert {key["kid"] for key in keys}.isdisjoint(key["kid"] for key in psc_keys)
    token = (await desk.exchanged(INSI, scope="insi.recherche"))["access_token"]
    kid = json.loads(base64.urlsafe_b64decode(token.split(".")[0] + "=="))["kid"]
    assert kid in {key["kid"] for key in keys}


async def test_a_client_is_told_by_whom_it_is_known(desk: Desk, psc_home: Path) -> None:
    authority = Authority.of_home(psc_home)
    person = authority.issue("edc-card", "ps-auth", common_name=RADIOLOGIST, surname="X", given_name="Y")
    subject = (await desk.psc.signed_in())["access_token"]
    form = {
        "grant_type": exchange.GRANT, "client_id": CLIENT[0], "subject_token": subject,
        "subject_token_type": exchange.ACCESS_TOKEN,
    }  # fmt: skip
    url = f"{REALM}{DOOR}/token"
    without = await desk.psc.http.post(url, data=form)
    assert (without.status_code, without.json()["error_description"]) == (
        401, "Client certificate missing: mutual TLS is required",
    )  # fmt: skip
    secret = await desk.psc.http.post(url, data=form | {"client_secret": CLIENT[1]})
    assert (secret.status_code, secret.json()["error_description"]) == (
        401, "Client secret not accepted: mutual TLS is required",
    )  # fmt: skip
    async with desk.psc.browser(**showing(person)) as http:
        card = await http.post(url, data=form)
    assert (card.status_code, card.json()["error"]) == (401, "invalid_client")
    assert "ORG AUTH_CLI" in card.json()["error_description"]
    desk.psc.service.floor.clock.set_offset("default", timedelta(days=3 * 365 + 1))
    old = await desk.http.post(url, data=form)
    assert old.json()["error_description"] == "Client certificate expired"
    desk.psc.service.floor.clock.set_offset("default", timedelta())
    await desk.psc.change("clients", CLIENT[0], certificate_subject="CN=un autre,C=FR")
    other = await desk.http.post(url, data=form)
    assert other.json()["error_description"] == "Certificate DN is not mapped to client_id"
    await desk.psc.change("clients", CLIENT[0], certificate_subject="", policy="SECRET")
    barred = await desk.http.post(url, data=form)
    assert (barred.status_code, barred.json()["error"]) == (403, "access_denied")
