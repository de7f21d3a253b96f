"""A client with a certificate in front of the authorization servers of the Espace de confiance."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from segur_psc.domain import exchange

from segur.kernel.pki import Authority
from tests.contract.psc.conftest import API, CLIENT, Psc, showing

REALM = "/realms/signsessiondata"
INSI = "/realms/insi"
DOOR = "/protocol/openid-connect"
CONFORMITY = "/psc/mockservice/apipsc/signsessiondata"


class Desk:
    """The demonstration client, its certificate's fingerprint, and the PSC it talks to."""

    def __init__(self, psc: Psc, http: httpx.AsyncClient, sha256: str) -> None:
        self.psc, self.http, self.sha256 = psc, http, sha256

    async def subject(self) -> str:
        """A fresh PSC access token, of a session of its own."""
        async with self.psc.browser() as browser:
            answer = await self.psc.exchange(await self.psc.code(browser))
        return str(answer.json()["access_token"])

    async def exchange(self, realm: str = REALM, subject: str = "", **changes: str | None) -> httpx.Response:
        """A well-formed exchange, with changes (None leaves a parameter out); signs in for want of a subject token."""
        form: dict[str, str | None] = {
            "grant_type": exchange.GRANT,
            "client_id": CLIENT[0],
            "subject_token": subject or await self.subject(),
            "subject_token_type": exchange.ACCESS_TOKEN,
            "subject_issuer": "psc",
            **changes,
        }
        told = {name: value for name, value in form.items() if value is not None}
        return await self.http.post(f"{realm}{DOOR}/token", data=told)

    async def exchanged(self, realm: str = REALM, **changes: str | None) -> dict[str, Any]:
        """The answer of an exchange that worked."""
        answer = await self.exchange(realm, **changes)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def introspect(self, token: str, realm: str = REALM) -> dict[str, Any]:
        """What a resource server is told."""
        answer = await self.http.post(f"{realm}{DOOR}/token/introspect", data={"token": token}, auth=API)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


@contextlib.asynccontextmanager
async def at_the_desk(psc: Psc, home: Path) -> AsyncIterator[Desk]:
    """The demonstration client, showing an ORG AUTH_CLI certificate."""
    identity = Authority.of_home(home).issue("edc-client", "org-auth", common_name="proxy de test", unit="1750000001")
    certificate = x509.load_pem_x509_certificate(identity.certificate.read_bytes())
    async with psc.browser(**showing(identity)) as http:
        yield Desk(psc, http, certificate.fingerprint(hashes.SHA256()).hex())
