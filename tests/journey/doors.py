"""The doors of a running platform, and how to send something bad through each: what the rows of a table are made of."""

from __future__ import annotations

import asyncio
import base64
import imaplib
import io
import re
import smtplib
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

import pymongo

from segur.kernel.ids import new_oid
from segur.kernel.tls import client_context
from segur.personas import roles, samples_cda
from segur.personas.model import Patient
from segur.personas.states import MailboxKind
from segur.scenario.actors import insi_client, lps
from segur.scenario.actors.lps import Software, submission_of
from segur.scenario.actors.mail_client import report_mail, xoauth2
from segur.scenario.actors.ris import Acknowledgement, Ris
from segur.scenario.stage import Stage
from segur.wire import hl7v2, mtom, saml, xds
from segur.wire.saml_signature import SigningKey
from tests.journey.conftest import Platform

BOMB = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbbbbbb"><!ENTITY c "&b;&b;&b;&b;">]><a>&c;</a>'
SOAP = "application/soap+xml; charset=UTF-8"
MIME = 'multipart/related; type="application/xop+xml"; boundary=cut; start="<root>"; start-info="application/soap+xml"'
OIDC = "/auth/realms/esante-wallet/protocol/openid-connect"
TECHNICAL = {"outbox", "inbox", "dead_letters", "sandboxes", "snapshots", "snapshot_pieces"}


class World:
    """The doors, and ordinary clients for them."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.store = pymongo.MongoClient[dict[str, Any]](platform.running.plan.mongo_url)
        self.stage = stage = Stage(platform.running)
        self.patient, self.other = stage.country.patient(roles.PATIENT), stage.country.patient("P2")
        self.user = stage.country.professional(roles.RADIOLOGIST)
        self.identity, signer = Software.identities(stage.authority, self.user)
        signing = SigningKey.load(signer.key.read_bytes(), signer.certificate.read_bytes())
        self.client = stage.client(self.identity)
        self.insi = stage.client(insi_client.identity(stage.authority, self.user.structure))
        self.software = Software(self.client, stage.https, self.user, signing)
        self.ris = Ris(self.client, stage.https, ("127.0.0.1", stage.ports.mllp), self.user.structure)
        boxes = stage.country.mailboxes_of(self.user.structure.key)
        self.mailbox = next(box.address for box in boxes if box.kind is MailboxKind.APP)

    def report(self, patient: Patient) -> bytes:
        """A small CDA."""
        return samples_cda.clinical_document(
            "11488-4", patient, self.user, self.user.structure, document_id=new_oid(1), at=datetime.now(UTC)
        )

    def stored(self) -> dict[str, int]:
        """How many documents each service keeps, its technical collections aside."""
        counted: dict[str, int] = {}
        for service in ("annuaire", "dmp", "drim", "ins", "mssante", "psc"):
            database = self.store[f"segur_{service}"]
            for name in sorted(set(database.list_collection_names()) - TECHNICAL):
                counted[f"{service}.{name}"] = database[name].count_documents({})
        return counted


Send = Callable[[World], Awaitable[str]]


@dataclass(frozen=True)
class Bad:
    """One case: at which door, what is sent, and what the answer must look like (status or code, then words)."""

    door: str
    what: str
    send: Send
    answer: str

    def __str__(self) -> str:
        return f"{self.door}-{self.what}".replace(" ", "_")


def http(
    method: str,
    path: str,
    *,
    content: bytes | Callable[[], AsyncIterator[bytes]] = b"",
    kind: str = "",
    insi: bool = False,
    control: bool = False,
    **headers: str,
) -> Send:
    """An HTTP request over the TLS edge (or to the control plane); the answer as `status body`."""

    async def send(world: World) -> str:
        base = world.stage.control if control else world.stage.https
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        if kind:
            told["content-type"] = kind
        body = content if isinstance(content, bytes) else content()
        client = world.insi if insi else world.client
        answer = await client.request(method, base + path, content=body, headers=told)
        return f"{answer.status_code} {answer.headers.get('drim-error', '')} {answer.text}"

    return send


async def too_much() -> AsyncIterator[bytes]:
    for _ in range(66):
        yield bytes(1024 * 1024)


async def wrong_patient(world: World) -> str:
    """The VIHF speaks of one patient, the document of another."""
    document = world.report(world.patient)
    submission = submission_of(document, world.user)
    request = xds.write_provide_and_register(
        xds.ProvideAndRegister(submission, (xds.DocumentPart(submission.entries[0].entry_uuid, content_id="a@b"),))
    )
    action = "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b"
    mode = saml.AuthenticationMode.INDIRECT
    try:
        answer = await world.software.call(
            "repository", action, request, world.other.ins, mode, (mtom.Attachment("a@b", document),)
        )
    except lps.Refused as refused:
        return f"{refused.status} {refused.code} {refused.reason}"
    return "200 " + " ".join(error.code for error in xds.read_registry_response(answer.root).errors)


async def no_dmp(world: World) -> str:
    """A document for somebody without DMP."""
    stranger = replace(world.patient, ins=world.stage.country.patient("P3").ins)
    _, answer = await world.software.submit(world.report(stranger))
    return "200 " + " ".join(error.code for error in answer.errors)


async def bomb_in_document(world: World) -> str:
    document = world.report(world.patient)
    submission = submission_of(document, world.user)
    [entry] = submission.entries
    request = xds.write_provide_and_register(
        xds.ProvideAndRegister(submission, (xds.DocumentPart(entry.entry_uuid, content_id="a@b"),))
    )
    answer = await world.software.call(
        "repository",
        "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b",
        request,
        world.patient.ins,
        saml.AuthenticationMode.INDIRECT,
        (mtom.Attachment("a@b", BOMB),),
    )
    return "200 " + " ".join(error.code for error in xds.read_registry_response(answer.root).errors)


def mail(make: Callable[[World], bytes]) -> Send:
    """Submit these bytes from the application mailbox; the answer is the operator's last reply."""

    def submit(world: World) -> str:
        with smtplib.SMTP("localhost", world.stage.ports.smtp_submission, timeout=30) as client:
            client.starttls(context=client_context(world.stage.authority.bundle, world.identity))
            client.ehlo()
            client.auth("PLAIN", lambda _=None: f"\x00{world.mailbox}\x00")
            code, words = client.mail(world.mailbox)
            if code == 250:
                code, words = client.rcpt("paul.genereux@medecin.emulateur.mssante.fr")
            if code == 250:
                code, words = client.data(make(world))
            return f"{code} {words.decode()}"

    return lambda world: asyncio.to_thread(submit, world)


def mail_with(world: World, change: Callable[[dict[str, bytes]], None] | None = None, archive: bytes = b"") -> bytes:
    """A good mail whose archive is changed, or is something else."""
    good = report_mail([world.report(world.patient)], sender=world.mailbox, sender_label="RIS", recipients=["a@b"])
    [package] = [part.get_content() for part in good.iter_attachments() if part.get_filename() == "IHE_XDM.ZIP"]
    if change is not None:
        with zipfile.ZipFile(io.BytesIO(package)) as opened:
            files = {name: opened.read(name) for name in opened.namelist()}
        change(files)
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as written:
            for name, content in files.items():
                written.writestr(name, content)
        archive = buffer.getvalue()
    message = EmailMessage()
    message["Subject"], message["Message-ID"] = "XDM/1.0/DDM+x", "<bad@input>"
    message.set_content("x")
    message.add_attachment(archive, maintype="application", subtype="zip", filename="IHE_XDM.ZIP")
    return message.as_bytes()


def bomb_in_metadata(files: dict[str, bytes]) -> None:
    files["IHE_XDM/SUBSET01/METADATA.XML"] = BOMB


def zip_bomb(files: dict[str, bytes]) -> None:
    files["X.TXT"] = bytes(60 << 20)


def broken_mime(_: World) -> bytes:
    return b'Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n\r\nx\r\n'


def smtp_login(token: str) -> Send:
    """Authenticate with a token at submission."""

    def login(world: World) -> str:
        with smtplib.SMTP("localhost", world.stage.ports.smtp_submission, timeout=30) as client:
            client.starttls(context=client_context(world.stage.authority.bundle))
            client.ehlo()
            code, words = client.docmd("AUTH", "XOAUTH2 " + _b64(xoauth2("claire@x", token)))
            told = f"{code} {words.decode()}"
            code, words = client.docmd("")
            return f"{told} | {code} {words.decode()}"

    return lambda world: asyncio.to_thread(login, world)


def imap_login(token: str) -> Send:
    """Authenticate with a token at reading."""

    def login(world: World) -> str:
        client = imaplib.IMAP4("localhost", world.stage.ports.imap, timeout=30)
        client.starttls(client_context(world.stage.authority.bundle))
        answers = [xoauth2("paul.genereux@medecin.emulateur.mssante.fr", token).encode(), b""]
        try:
            client.authenticate("XOAUTH2", lambda _: answers.pop(0))
        except imaplib.IMAP4.error as error:
            return str(error)
        finally:
            client.shutdown()
        return "OK"

    return lambda world: asyncio.to_thread(login, world)


def imap_line(line: bytes) -> Send:
    """Send a line before logging in; the first answer to it."""

    async def send(world: World) -> str:
        reader, writer = await asyncio.open_connection("localhost", world.stage.ports.imap)
        await reader.readline()
        writer.write(line)
        answer = await asyncio.wait_for(reader.readline(), 20)
        writer.close()
        return answer.decode()

    return send


def mllp(make: Callable[[World], bytes]) -> Send:
    """Send a message to the DRIMbox; the acknowledgement as `code where reason`."""

    async def send(world: World) -> str:
        [answer] = await world.ris.exchange(hl7v2.frame(make(world)))
        assert isinstance(answer, Acknowledgement)
        return f"{answer.code} {answer.where} {answer.reason}"

    return send


def report_without_study(world: World) -> bytes:
    return world.ris.message(world.report(world.patient), world.patient)


def bomb_as_report(world: World) -> bytes:
    good, document = world.ris.message(world.report(world.patient), world.patient), BOMB
    return re.sub(rb"\^Base64\^[A-Za-z0-9+/=]+", b"^Base64^" + base64.b64encode(document), good)


def _b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
