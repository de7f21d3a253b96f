"""Mail as Python's own clients see it: smtplib and imaplib against the running operator."""

from __future__ import annotations

import asyncio
import base64
import imaplib
import smtplib
import ssl
import threading
from collections.abc import Iterator
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import httpx
import pytest
from segur_mssante.service import build
from segur_mssante.settings import Settings

from segur.kernel.faults import FaultRule
from segur.kernel.pki import Authority
from segur.kernel.runner import running
from segur.kernel.service import Service
from segur.kernel.tls import client_context
from segur.personas.country import build_country
from segur.personas.states import MailboxKind
from tests.conftest import free_port

if TYPE_CHECKING:
    from tests.conftest import Servers

COUNTRY = build_country(1, 12, 8)
PER = [box for box in COUNTRY.mailboxes if box.kind is MailboxKind.PER]
CITIZEN = next(box for box in COUNTRY.mailboxes if box.kind is MailboxKind.CIT and box.is_open)
SENDER, READER = PER[0], PER[1]


@pytest.fixture
def introspection() -> Iterator[str]:
    """Pro Santé Connect's introspection: the token `of-<key>` lives and belongs to that professional."""

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            form = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
            key = form["token"][0].removeprefix("of-")
            known = {p.key: p.id_nat.value for p in COUNTRY.professionals}
            body = b'{"active": false}'
            if key in known and self.headers["authorization"]:
                body = f'{{"active": true, "preferred_username": "{known[key]}"}}'.encode()
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


@pytest.fixture
def settings(servers: Servers, introspection: str, tmp_path: Path) -> Settings:
    """Settings of an operator of its own."""
    told = servers.settings(tmp_path, gateway_url=introspection, population=12, professionals=8)
    return Settings(**told.model_dump(), smtp_port=free_port(), imap_port=free_port(), max_message_bytes=200_000)


def xoauth2(address: str, token: str) -> str:
    return f"user={address}\x01auth=Bearer {token}\x01\x01"


def trust(settings: Settings) -> ssl.SSLContext:
    return client_context(Authority.of_home(settings.home).bundle)


def smtp(settings: Settings) -> smtplib.SMTP:
    """A session after STARTTLS."""
    client = smtplib.SMTP("127.0.0.1", settings.smtp_port, timeout=20)
    client.starttls(context=trust(settings))
    client.ehlo()
    return client


def sender(settings: Settings) -> smtplib.SMTP:
    """A session of the sender."""
    client = smtp(settings)
    client.auth("XOAUTH2", lambda _challenge=None: xoauth2(SENDER.address, f"of-{SENDER.owner}"))
    return client


def imap(settings: Settings, token: str = f"of-{READER.owner}") -> imaplib.IMAP4:
    """A session of the reader."""
    client = imaplib.IMAP4("127.0.0.1", settings.imap_port, timeout=20)
    client.starttls(trust(settings))
    answers = [xoauth2(READER.address, token).encode(), b""]
    client.authenticate("XOAUTH2", lambda _challenge: answers.pop(0))
    return client


def mail(to: str, archive: bytes = b"") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = SENDER.address, to, "Compte rendu d'été"
    message["Message-ID"] = "<one@test>"
    message.set_content("Bonjour")
    if archive:
        message.add_attachment(archive, maintype="application", subtype="zip", filename="IHE_XDM.ZIP")
    return message


async def facts_of(service: Service) -> list[str]:
    return [str(row) for row in await service.floor.store.outbox.find({})]


async def test_a_mail_sent_is_found_read_and_flagged_by_its_recipient(settings: Settings) -> None:
    def exchange() -> None:
        with sender(settings) as client:
            assert client.send_message(mail(READER.address)) == {}
        box = imap(settings)
        assert box.select("INBOX") == ("OK", [b"1"])
        assert box.search(None, "UNSEEN")[1] == [b"1"]
        assert box.search(None, "HEADER", "Message-ID", '"<one@test>"')[1] == [b"1"]
        assert box.search(None, "HEADER", "Message-ID", '"<other@test>"')[1] == [b""]
        kind, peeked = box.uid("FETCH", "1", "(FLAGS RFC822.SIZE BODY.PEEK[])")
        assert kind == "OK"
        assert b"Bonjour" in peeked[0][1]
        assert box.search(None, "UNSEEN")[1] == [b"1"]
        assert box.fetch("1", "(RFC822)")[1][0][1] == peeked[0][1]
        assert box.search(None, "UNSEEN")[1] == [b""]
        assert b"\\Flagged" in box.store("1", "+FLAGS", "(\\Flagged)")[1][0]
        assert box.list()[0] == box.noop()[0] == "OK"
        box.logout()

    async with running(service := build(settings)):
        await asyncio.to_thread(exchange)
        told = "".join(await facts_of(service))

    assert all(f"mssante.message.{verb}" in told for verb in ("accepted", "delivered", "read"))


async def test_sasl_ir_opens_the_mailbox_and_login_never_does(settings: Settings) -> None:
    def exchange() -> None:
        client = imaplib.IMAP4("127.0.0.1", settings.imap_port, timeout=20)
        with pytest.raises(imaplib.IMAP4.error, match="PRIVACYREQUIRED"):
            client.login("a", "b")
        client.starttls(trust(settings))
        initial = base64.b64encode(xoauth2(READER.address, f"of-{READER.owner}").encode()).decode()
        assert client._simple_command("AUTHENTICATE", "XOAUTH2", initial)[0] == "OK"  # type: ignore[attr-defined]
        client.state = "AUTH"
        assert client.select("INBOX", readonly=True) == ("OK", [b"0"])
        client.logout()

    async with running(build(settings)):
        await asyncio.to_thread(exchange)


async def test_a_bad_token_gets_the_json_of_dovecot_then_the_refusal(settings: Settings) -> None:
    def exchange() -> None:
        with smtp(settings) as client:
            first = base64.b64encode(xoauth2(SENDER.address, "stolen").encode()).decode()
            code, text = client.docmd("AUTH", f"XOAUTH2 {first}")
            assert (code, base64.b64decode(text)) == (334, b'{"status":"401","schemes":"bearer","scope":"mail"}')
            assert client.docmd("")[0] == 535
            other = base64.b64encode(xoauth2(SENDER.address, f"of-{READER.owner}").encode()).decode()
            assert b'"403"' in base64.b64decode(client.docmd("AUTH", f"XOAUTH2 {other}")[1])
            assert client.docmd("")[0] == 535
            assert client.mail(SENDER.address)[0] == 530
        with pytest.raises(imaplib.IMAP4.error, match="AUTHENTICATIONFAILED"):
            imap(settings, "stolen")

    async with running(service := build(settings)):
        await asyncio.to_thread(exchange)
        assert "mssante.authentication.refused" in "".join(await facts_of(service))


async def test_refusals_carry_their_enhanced_status(settings: Settings) -> None:
    def exchange() -> None:
        with smtp(settings) as client:
            assert client.mail(SENDER.address)[0] == 530
        with sender(settings) as client:
            assert client.mail(READER.address) == (
                553,
                b"5.7.1 MAIL FROM must be the authenticated mailbox [MAIL FROM]",
            )
            assert client.mail(SENDER.address)[0] == 250
            code, text = client.rcpt("nobody@x.mssante.fr")
            assert (code, text[:5]) == (550, b"5.1.1")
            client.rset()
            code, text = client.mail(SENDER.address, ["SIZE=300000"])
            assert (code, text[:5]) == (552, b"5.3.4")
            with pytest.raises(smtplib.SMTPDataError) as refusal:
                client.send_message(mail(READER.address, b"PK not a zip"))
            assert refusal.value.smtp_code == 554
            assert refusal.value.smtp_error.startswith(b"5.6.0 IHE_XDM.ZIP refused")
        box = imap(settings)
        assert box.select("INBOX") == ("OK", [b"0"])
        box.logout()

    async with running(service := build(settings)):
        await asyncio.to_thread(exchange)
        assert "mssante.message.refused" in "".join(await facts_of(service))


async def test_a_citizen_finds_the_message_and_no_fact_holds_the_ins(settings: Settings) -> None:
    ins = CITIZEN.address.partition("@")[0]

    def exchange() -> None:
        with sender(settings) as client:
            client.send_message(mail(CITIZEN.address))

    async with running(service := build(settings)):
        await asyncio.to_thread(exchange)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{settings.port}", trust_env=False) as client:
            answer = await client.get(f"/mssante/api/citizens/{ins}/messages")
            configuration = await client.get("/mail/config-v1.1.xml")
        told = "".join(await facts_of(service))

    assert answer.headers["x-mes-code"] == "000000"
    assert [m["subject"] for m in answer.json()["messages"]] == ["Compte rendu d'été"]
    assert f"<port>{settings.smtp_port}</port>" in configuration.text
    assert "pat-" in told
    assert ins not in told


async def test_the_fault_makes_the_client_keep_its_message(settings: Settings) -> None:
    def exchange() -> None:
        with sender(settings) as client:
            with pytest.raises(smtplib.SMTPDataError) as refusal:
                client.send_message(mail(READER.address))
            assert (refusal.value.smtp_code, refusal.value.smtp_error[:5]) == (451, b"4.3.0")
            assert client.send_message(mail(READER.address)) == {}

    async with running(service := build(settings)):
        service.floor.faults.arm([FaultRule(id="f", point="mssante.submit.unavailable", count=1)])
        await asyncio.to_thread(exchange)
