"""An operator on its own event loop (uvloop, as in production) in a thread: tests are ordinary blocking clients.

Pro Santé Connect is a stand-in here, whose token `of-<key>` (or `of-<key>~<login>`) belongs to that professional;
`test_real_tokens.py` runs the real one.
"""

from __future__ import annotations

import asyncio
import base64
import imaplib
import smtplib
import ssl
import threading
from collections.abc import Awaitable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qs

import httpx
import pytest
import uvloop
from segur_mssante.service import build
from segur_mssante.settings import Settings

from segur.kernel.faults import FaultRule
from segur.kernel.ids import new_id
from segur.kernel.pki import Authority, Identity
from segur.kernel.runner import running
from segur.kernel.service import Service
from segur.kernel.tls import client_context
from segur.personas.country import build_country
from segur.personas.mailboxes import in_sandbox
from segur.personas.model import Mailbox
from segur.personas.states import MailboxKind
from tests.conftest import free_port

if TYPE_CHECKING:
    from tests.conftest import Servers

T = TypeVar("T")
COUNTRY = build_country(1, 15, 60)
PER = [box for box in COUNTRY.mailboxes if box.kind is MailboxKind.PER]
TEAM = "equipe-1"


class InThread:
    """Services running on a loop of their own."""

    def __init__(self, *services: Service) -> None:
        self.services = services
        self._loop = uvloop.new_event_loop()
        self._stack = AsyncExitStack()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> InThread:
        self._thread.start()
        self.call(self._open())
        return self

    def __exit__(self, *_: object) -> None:
        self.call(self._stack.aclose())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    async def _open(self) -> None:
        await asyncio.gather(*(self._stack.enter_async_context(running(service)) for service in self.services))

    def call(self, work: Awaitable[T]) -> T:
        """Run something on the services' loop and wait for it."""

        async def run() -> T:
            return await work

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result(40)


def xoauth2(address: str, token: str) -> str:
    """The login message."""
    return f"user={address}\x01auth=Bearer {token}\x01\x01"


def b64(text: str | bytes) -> str:
    """As it travels."""
    return base64.b64encode(text.encode() if isinstance(text, str) else text).decode()


@dataclass
class Operator:
    """The running operator and ordinary clients for it."""

    settings: Settings
    service: Service
    thread: InThread
    unused: list[Mailbox] = field(default_factory=lambda: list(PER))

    @property
    def authority(self) -> Authority:
        return Authority.of_home(self.settings.home)

    def trust(self, identity: Identity | None = None) -> ssl.SSLContext:
        return client_context(self.authority.bundle, identity)

    def fresh(self) -> Mailbox:
        """A personal mailbox no other test uses."""
        return self.unused.pop(0)

    def token(self, box: Mailbox) -> str:
        return f"of-{box.owner}"

    def smtp(self, identity: Identity | None = None) -> smtplib.SMTP:
        """A session after STARTTLS."""
        client = smtplib.SMTP("127.0.0.1", self.settings.smtp_port, timeout=20)
        client.starttls(context=self.trust(identity))
        client.ehlo()
        return client

    def sender(self, box: Mailbox, sandbox: str = "default") -> smtplib.SMTP:
        """A session of a professional."""
        client = self.smtp()
        client.auth("XOAUTH2", lambda _challenge=None: xoauth2(in_sandbox(box.address, sandbox), self.token(box)))
        return client

    def imap(self, box: Mailbox, token: str = "", *, secured: bool = False, sandbox: str = "default") -> imaplib.IMAP4:
        """A session of a professional."""
        client = imaplib.IMAP4("127.0.0.1", self.settings.imap_port, timeout=20) if not secured else imaplib.IMAP4_SSL(
            "127.0.0.1", self.settings.imaps_port, ssl_context=self.trust(), timeout=20
        )  # fmt: skip
        if not secured:
            client.starttls(self.trust())
        answers = [xoauth2(in_sandbox(box.address, sandbox), token or self.token(box)).encode(), b""]
        client.authenticate("XOAUTH2", lambda _challenge: answers.pop(0))
        return client

    def inbox(self, box: Mailbox, sandbox: str = "default") -> list[bytes]:
        """Every mail of a mailbox, without marking it."""
        client = self.imap(box, sandbox=sandbox)
        client.select("INBOX", readonly=True)
        found = client.fetch("1:*", "(BODY.PEEK[])")[1]
        client.logout()
        return [item[1] for item in found if isinstance(item, tuple)]

    def http(self) -> httpx.Client:
        return httpx.Client(base_url=f"http://127.0.0.1:{self.settings.port}", trust_env=False, timeout=20)

    def facts(self, type_: str = "") -> list[Any]:
        """The facts told so far, as their JSON text with headers."""
        rows = self.thread.call(self.service.floor.store.outbox.find({}, sort=("_id",)))
        told = [f"{dict(row['headers'])} {row['body'].decode()}" for row in rows]
        return [text for text in told if type_ in text]

    def break_(self, point: str, count: int = 1, **more: Any) -> None:
        self.service.floor.faults.arm([FaultRule(id=new_id(), point=point, count=count, **more)])


def mail(sender: str, to: str, **headers: str) -> EmailMessage:
    """A short mail with a Message-ID of its own."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, "Compte rendu d'été"
    message["Message-ID"] = f"<{new_id()}@test>"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content("Bonjour")
    return message


@pytest.fixture(scope="session")
def introspection() -> Iterator[str]:
    """Pro Santé Connect's introspection; a token counts in the sandbox whose prefix the call carries."""
    known = {p.key: p.id_nat.value for p in COUNTRY.professionals}

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            form = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
            token = form["token"][0]
            sandbox = self.path.split("/")[2] if self.path.startswith("/s/") else ""
            key = token.removeprefix("of-").removesuffix(f"@{sandbox}").partition("~")[0]
            body = b'{"active": false}'
            if token == "away":
                self.send_response(503)
                self.send_header("content-length", "0")
                self.end_headers()
                return
            if key in known and self.headers["authorization"]:
                body = f'{{"active": true, "preferred_username": "{known[key]}", "sid": "login-{token}"}}'.encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def mssante_settings(servers: Servers, home: Any, **more: Any) -> Settings:
    """Settings of an operator on free ports."""
    told = servers.settings(home, population=15, professionals=60, **more)
    return Settings(
        **told.model_dump(),
        smtp_port=free_port(),
        imap_port=free_port(),
        imaps_port=free_port(),
        max_message_bytes=400_000,
    )


@pytest.fixture(scope="session")
def shared_operator(
    servers: Servers, introspection: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Operator]:
    """One operator for all tests of a worker, with a second sandbox."""
    settings = mssante_settings(servers, tmp_path_factory.mktemp("mssante"), gateway_url=introspection)
    service = build(settings)
    with InThread(service) as thread:
        operator = Operator(settings, service, thread)
        admin = f"http://127.0.0.1:{settings.admin_port}/_segur/sandboxes/{TEAM}"
        assert httpx.put(admin, json={}, trust_env=False, timeout=20).status_code == 200
        yield operator


@pytest.fixture
def operator(shared_operator: Operator) -> Iterator[Operator]:
    """The operator, healthy again after the test."""
    yield shared_operator
    shared_operator.service.floor.faults.arm([])
