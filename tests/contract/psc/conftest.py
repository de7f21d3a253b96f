"""A whole PSC in this process, over the embedded store; the edge's headers are set as the gateway would."""

from __future__ import annotations

import base64
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx
import pytest
import pytest_asyncio
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from segur_psc.service import build
from segur_psc.settings import Settings
from starlette.types import Receive, Scope, Send

from segur.contracts.fact import Fact
from segur.kernel.http_server import Surface
from segur.kernel.ids import new_id
from segur.kernel.pki import Identity
from segur.kernel.request import CERTIFICATE_HEADER
from segur.kernel.service import Service
from tests.conftest import Servers

BASE = "https://localhost:8443"
REALM = "/auth/realms/esante-wallet"
PROTOCOL = f"{REALM}/protocol/openid-connect"
CLIENT = ("editeur-demo-bas", "segur-demo-secret")
API = ("segur-api", "segur-api-secret")
CALLBACK = "http://localhost:9999/callback"
RADIOLOGIST = "899700010046"
SANDBOXES = ("default", "other")
_OF_LOGINS = ("sessions", "codes", "refresh_tokens", "ciba")


@dataclass
class Psc:
    """PSC and a browser that talks to it."""

    service: Service
    settings: Settings
    http: httpx.AsyncClient
    facts: list[Fact] = field(default_factory=list)
    changed: bool = False

    def browser(self, **headers: str) -> httpx.AsyncClient:
        """A further browser (or service) with its own cookies; `headers` as the gateway writes them."""
        return browser_of(self.service, **headers)

    def through_an_edge(self, base: str) -> httpx.AsyncClient:
        """A browser at `base` that may go anywhere; sandbox and base follow from the address, as the gateway has it."""
        surface = Surface(self.service.app, default_base=BASE, max_body_bytes=1 << 20)

        async def edge(scope: Scope, receive: Receive, send: Send) -> None:
            (host,) = (value for name, value in scope["headers"] if name == b"host")
            found = re.match(r"/s/([a-z]+)(?=/)", scope["path"])
            prefix, sandbox = (found[0], found[1]) if found else ("", "default")
            told = [
                (b"x-segur-base", f"{scope['scheme']}://{host.decode()}{prefix}".encode()),
                (b"x-segur-sandbox", sandbox.encode()),
            ]
            path = scope["path"].removeprefix(prefix)
            await surface({**scope, "path": path, "headers": [*scope["headers"], *told]}, receive, send)

        return httpx.AsyncClient(transport=httpx.ASGITransport(edge), base_url=base)

    async def ask(self, http: httpx.AsyncClient | None = None, **changes: str | None) -> httpx.Response:
        """The authorization request of a well-behaved client, with changes (None leaves a parameter out)."""
        params: dict[str, str | None] = {
            "response_type": "code",
            "client_id": CLIENT[0],
            "redirect_uri": CALLBACK,
            "scope": "openid scope_all",
            "acr_values": "eidas1",
            "state": "s1",
            "nonce": "n1",
            **changes,
        }
        told = {name: value for name, value in params.items() if value is not None}
        return await (http or self.http).get("auth", params=told)

    async def submit(
        self, page: httpx.Response, http: httpx.AsyncClient | None = None, **fields: str
    ) -> httpx.Response:
        """Send the login form of a page."""
        action = re.search(r'<form method="post" action="([^"]+)"', page.text)
        attempt = re.search(r'name="attempt" value="([^"]+)"', page.text)
        assert action, page.text
        assert attempt, page.text
        return await (http or self.http).post(urljoin(str(page.url), action[1]), data={"attempt": attempt[1], **fields})

    async def code(self, http: httpx.AsyncClient | None = None, id_nat: str = RADIOLOGIST, **changes: str) -> str:
        """A code, after a login."""
        answer = await self.submit(await self.ask(http, **changes), http, id_nat=id_nat)
        assert "code=" in answer.headers.get("location", ""), answer.headers.get("location", answer.text)
        return returned(answer)["code"]

    async def token(
        self, auth: tuple[str, str] | None = CLIENT, http: httpx.AsyncClient | None = None, **form: str
    ) -> httpx.Response:
        """A call to the token endpoint."""
        return await (http or self.http).post(f"{PROTOCOL}/token", data=form, auth=auth)

    async def exchange(self, code: str, **form: str) -> httpx.Response:
        """Tokens for a code."""
        return await self.token(**{"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, **form})

    async def signed_in(self, **changes: str) -> dict[str, Any]:
        """Tokens, after a login and an exchange."""
        answer = await self.exchange(await self.code(**changes))
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def userinfo(self, token: str) -> httpx.Response:
        """The user-info answer for a token."""
        return await self.http.get(f"{PROTOCOL}/userinfo", headers={"authorization": f"Bearer {token}"})

    async def introspect(self, token: str, auth: tuple[str, str] = API) -> dict[str, Any]:
        """What the API's client is told of a token."""
        answer = await self.http.post(f"{PROTOCOL}/token/introspect", data={"token": token}, auth=auth)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def change(self, collection: str, name: str, **fields: object) -> None:
        """Change a client or a professional behind the service's back, as an administrator would."""
        self.changed = True
        found = self.service.floor.store._collections[collection]
        assert await found.update({"_id": f"default:{name}"}, {"$set": fields}) == 1


def browser_of(service: Service, **headers: str) -> httpx.AsyncClient:
    """A browser without cookies that talks to a PSC; `headers` as the gateway writes them."""
    surface = Surface(service.app, default_base=BASE, max_body_bytes=1 << 20)
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.AsyncClient(transport=httpx.ASGITransport(surface), base_url=BASE, headers=given)


def returned(answer: httpx.Response) -> dict[str, str]:
    """The query an answer redirects with."""
    return {k: v[0] for k, v in parse_qs(urlsplit(answer.headers["location"]).query).items()}


def showing(identity: Identity) -> dict[str, str]:
    """The header by which the edge hands a client's certificate on, for `Psc.browser`."""
    der = x509.load_pem_x509_certificate(identity.certificate.read_bytes()).public_bytes(Encoding.DER)
    return {CERTIFICATE_HEADER.decode().replace("-", "_"): base64.b64encode(der).decode()}


def payload(token: str) -> dict[str, Any]:
    """The claims of a JWT, unchecked."""
    import json

    body = token.split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return found


@pytest.fixture(scope="session")
def psc_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One home for all tests of a worker: making keys takes a while."""
    return tmp_path_factory.mktemp("psc-home")


@pytest.fixture
def told() -> dict[str, object]:
    """Settings a test wants different; override by parametrizing."""
    return {}


async def _opened(servers: Servers, home: Path, told: dict[str, object]) -> tuple[Service, Settings]:
    given = {"namespace": f"t{new_id().lower()}", "psc_recent_s": 0, **told}
    settings = Settings(home=home, mongo_url=servers.mongo_url, **given)  # type: ignore[arg-type]
    service = build(settings)
    await service.floor.store.open()
    assert service.seed is not None
    for sandbox in SANDBOXES:
        await service.seed(sandbox)
    return service, settings


async def _gone(service: Service) -> None:
    store = service.floor.store
    await store.client.drop_database(store.database.name)
    await store.close()


@dataclass
class Fleet:
    """The PSCs of a test worker, one for each set of settings: opening and dropping a store takes seconds."""

    mongo_url: str
    home: Path
    running: dict[str, tuple[Service, Settings]] = field(default_factory=dict)

    async def of(self, told: dict[str, object]) -> tuple[Service, Settings]:
        """The one with these settings, opened at first use."""
        name = repr(sorted(told.items()))
        if name not in self.running:
            self.running[name] = await self._opened(told)
        return self.running[name]

    async def _opened(self, told: dict[str, object]) -> tuple[Service, Settings]:
        given = {"namespace": f"t{new_id().lower()}", "psc_recent_s": 0, **told}
        settings = Settings(home=self.home, mongo_url=self.mongo_url, **given)  # type: ignore[arg-type]
        service = build(settings)
        await service.floor.store.open()
        assert service.seed is not None
        for sandbox in SANDBOXES:
            await service.seed(sandbox)
        return service, settings

    async def close(self) -> None:
        """Drop all stores."""
        for service, _ in self.running.values():
            store = service.floor.store
            await store.client.drop_database(store.database.name)
            await store.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def fleet(servers: Servers, psc_home: Path) -> AsyncIterator[Fleet]:
    """The PSCs all modules share."""
    fleet = Fleet(servers.mongo_url, psc_home)
    yield fleet
    await fleet.close()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def usual(fleet: Fleet) -> tuple[Service, Settings]:
    """The PSC of a module's tests that want nothing special: nobody has signed in, nobody is changed."""
    service, settings = await fleet.of({})
    for name in _OF_LOGINS:
        await service.floor.store._collections[name].delete({})
    assert service.seed is not None
    await service.seed("default")
    return service, settings


@pytest_asyncio.fixture(loop_scope="session")
async def psc(fleet: Fleet, usual: tuple[Service, Settings], told: dict[str, object]) -> AsyncIterator[Psc]:
    """A PSC nobody waits at, as good as freshly seeded, and a browser without cookies."""
    service, settings = await fleet.of(told) if told else usual
    store = service.floor.store
    whole = Psc(service, settings, browser_of(service))
    commit = store.commit

    async def heard(writes: Any, facts: Any = ()) -> Any:
        envelopes = await commit(writes, facts)
        whole.facts.extend(facts)
        return envelopes

    store.commit = heard  # type: ignore[method-assign]
    yield whole
    store.commit = commit  # type: ignore[method-assign]
    await whole.http.aclose()
    service.floor.faults.arm([])
    for sandbox in SANDBOXES:
        service.floor.clock.set_offset(sandbox, timedelta())
    await store._collections["ciba"].delete({})
    if whole.changed:
        assert service.seed is not None
        await service.seed("default")
