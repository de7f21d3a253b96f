"""Mail software of an editor: sends a report as Référentiel 2 wants it, reads it from the correspondent's mailbox.

Ordinary clients of the standard library (smtplib, imaplib), in a thread: STARTTLS, XOAUTH2 with a Pro Santé Connect
token, or PLAIN with the structure's certificate [MSSanté digest 2.4, 3].
"""

from __future__ import annotations

import asyncio
import imaplib
import re
import smtplib
import ssl
import time
import unicodedata
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from io import BytesIO
from pathlib import Path

from segur.kernel.ids import new_id, new_oid
from segur.kernel.pki import Identity
from segur.kernel.tls import client_context
from segur.personas.report_pdf import report_pdf
from segur.vocab import oids
from segur.wire import cda, xds
from segur.wire.xdm import XdmSender, write_package
from segur.wire.xds_uuids import HAS_MEMBER

_TIMEOUT_S = 30.0
_POLL_S = 0.2
_PRODUCT = "9999"
"""The « référence produit » of a software that is in no register (X-MSS-NIL)."""


class MailRefused(Exception):
    """The operator said no; `code` is the SMTP reply code (0 for IMAP), `text` its words."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"{code} {text}".strip())
        self.code, self.text = code, text


@dataclass(frozen=True, slots=True)
class Received:
    """A mail found in a mailbox: its CDA documents, its subject and its bytes."""

    documents: tuple[bytes, ...]
    subject: str
    raw: bytes

    @property
    def cda(self) -> bytes:
        """The first document."""
        return self.documents[0]


def report_mail(
    documents: Sequence[bytes],
    *,
    sender: str,
    sender_label: str,
    recipients: Sequence[str],
    traceparent: str = "",
    text: str = "Bonjour, veuillez trouver ci-joint le compte rendu.",
    end: bool = False,
    read_receipt: bool = False,
    delivery_receipt: bool = False,
    reply_to: str = "",
) -> EmailMessage:
    """A mail that carries CDA documents of one patient: IHE_XDM.ZIP, one PDF each, subject and headers of the rules.

    `end` asks the patient for no answer. Raise `CdaRefused` when a document has no INS.
    """
    headers = [cda.read_header(document) for document in documents]
    domain = sender.rpartition("@")[2]
    mail = EmailMessage(policy=policy.SMTP)
    mail["Date"] = format_datetime(datetime.now(UTC))
    mail["Message-ID"] = f"<{new_id()}@{domain}>"
    mail["From"] = Address(sender_label, addr_spec=sender)
    mail["To"] = ", ".join(recipients)
    mail["Subject"] = report_subject(headers)
    mail["X-MSS-CODECDA"] = ",".join(header.code.code for header in headers)
    mail["X-MSS-INS"] = "O" if all(header.patient.identity_is_complete for header in headers) else "N"
    mail["X-MSS-NIL"] = _PRODUCT
    optional = {
        "X-MSS-MES": "FIN" if end else "",
        "Disposition-Notification-To": sender if read_receipt else "",
        "Return-Receipt-To": sender if delivery_receipt else "",
        "Reply-To": reply_to,
        "traceparent": traceparent,
    }
    for name, value in optional.items():
        if value:
            mail[name] = value
    mail.set_content(text)
    mail.add_alternative(f"<p>{text}</p>", subtype="html")
    for document, header in zip(documents, headers, strict=True):
        mail.add_attachment(_pdf(document, header), maintype="application", subtype="pdf", filename=_pdf_name(header))
    archive = _archive(documents, headers, sender_label)
    mail.add_attachment(archive, maintype="application", subtype="zip", filename="IHE_XDM.ZIP")
    return mail


def report_subject(headers: Sequence[cda.CdaHeader]) -> str:
    """`XDM/1.0/DDM+<libellé> <NOM> <prénom> <JJ/MM/AAAA>` [MSSanté digest 3.2]."""
    patient = headers[0].patient
    label = headers[0].code.display[:40].rstrip() if len(headers) == 1 else f"{len(headers)} documents"
    born = patient.birth_time[:8]
    date = f"{born[6:]}/{born[4:6]}/{born[:4]}" if len(born) == 8 else ""
    name = f"{_plain(patient.birth_family).upper()} {_plain(patient.first_given)}"
    return f"XDM/1.0/DDM+{label} {name} {date}".rstrip()


async def send_report(
    host: str,
    smtp_port: int,
    ca_bundle: Path,
    mail: EmailMessage,
    *,
    mailbox: str,
    recipients: Sequence[str],
    token: str = "",
    identity: Identity | None = None,
    traceparent: str = "",
) -> str:
    """Submit a mail from `mailbox`; give the operator's last words (`2.0.0 Ok: queued as …`).

    With `token` by XOAUTH2, with `identity` (the structure's ORG AUTH_CLI) by PLAIN. Raise `MailRefused`.
    """
    return await asyncio.to_thread(
        _send, host, smtp_port, client_context(ca_bundle, identity), mail, mailbox, recipients, token, traceparent
    )


async def read_report(
    host: str,
    imap_port: int,
    ca_bundle: Path,
    *,
    mailbox: str,
    message_id: str,
    token: str = "",
    identity: Identity | None = None,
    traceparent: str = "",
    patience_s: float = 10.0,
) -> Received:
    """Find a mail by its Message-ID in the INBOX, read it (it becomes seen) and open its archive.

    Raise `MailRefused` when the login is refused, `LookupError` when the mail does not come in time.
    """
    return await asyncio.to_thread(
        _read, host, imap_port, client_context(ca_bundle, identity), mailbox, message_id, token, traceparent, patience_s
    )


def xoauth2(mailbox: str, token: str) -> str:
    """The message of the mechanism, before base64."""
    return f"user={mailbox}\x01auth=Bearer {token}\x01\x01"


def _send(
    host: str,
    port: int,
    tls: ssl.SSLContext,
    mail: EmailMessage,
    mailbox: str,
    recipients: Sequence[str],
    token: str,
    traceparent: str,
) -> str:
    try:
        with smtplib.SMTP(host, port, timeout=_TIMEOUT_S) as client:
            client.starttls(context=tls)
            client.ehlo()
            if traceparent:
                client.docmd("NOOP", f"traceparent={traceparent}")
            if token:
                client.auth("XOAUTH2", lambda _challenge=None: xoauth2(mailbox, token))
            else:
                client.auth("PLAIN", lambda _challenge=None: f"\x00{mailbox}\x00")
            code, words = client.mail(mailbox, [f"SIZE={len(mail.as_bytes())}"])
            if code != 250:
                raise MailRefused(code, words.decode())
            for recipient in recipients:
                code, words = client.rcpt(recipient)
                if code != 250:
                    raise MailRefused(code, words.decode())
            code, words = client.data(mail.as_bytes())
            if code != 250:
                raise MailRefused(code, words.decode())
            return words.decode()
    except smtplib.SMTPResponseException as error:
        told = error.smtp_error
        raise MailRefused(error.smtp_code, told.decode() if isinstance(told, bytes) else told) from error
    except smtplib.SMTPServerDisconnected as error:
        raise MailRefused(0, str(error)) from error


def _read(
    host: str,
    port: int,
    tls: ssl.SSLContext,
    mailbox: str,
    message_id: str,
    token: str,
    traceparent: str,
    patience_s: float,
) -> Received:
    client = imaplib.IMAP4(host, port, timeout=_TIMEOUT_S)
    try:
        client.starttls(tls)
        if traceparent:
            client.xatom("ID", f'("name" "SEGURSTACK-LPS" "traceparent" "{traceparent}")')
        answers = [xoauth2(mailbox, token).encode(), b""] if token else [f"\x00{mailbox}\x00".encode()]
        client.authenticate("XOAUTH2" if token else "PLAIN", lambda _challenge: answers.pop(0))
        client.select("INBOX")
        deadline = time.monotonic() + patience_s
        while not (numbers := client.uid("SEARCH", "HEADER", "Message-ID", f'"{message_id}"')[1][0].split()):
            if time.monotonic() > deadline:
                raise LookupError(f"{message_id} is not in {mailbox}")
            time.sleep(_POLL_S)
        [(_, raw), *_] = client.uid("FETCH", numbers[-1].decode(), "(BODY[])")[1]
        client.close()
        return _opened(raw)
    except imaplib.IMAP4.error as error:
        raise MailRefused(0, str(error)) from error
    finally:
        client.logout()


def _opened(raw: bytes) -> Received:
    mail = message_from_bytes(raw, policy=policy.default)
    documents: list[bytes] = []
    for part in mail.iter_attachments():
        if (part.get_filename() or "").upper() == "IHE_XDM.ZIP":
            with zipfile.ZipFile(BytesIO(part.get_content())) as archive:
                names = sorted(name for name in archive.namelist() if re.search(r"/DOC\d+\.XML$", name))
                documents += [archive.read(name) for name in names]
    return Received(tuple(documents), str(mail["Subject"]), raw)


def _archive(documents: Sequence[bytes], headers: Sequence[cda.CdaHeader], sender: str) -> bytes:
    entries = tuple(
        cda.entry_from_header(header, entry_uuid=f"Document{number:02d}", content=document)
        for number, (document, header) in enumerate(zip(documents, headers, strict=True), start=1)
    )
    lot = xds.SubmissionSet(
        entry_uuid="SubmissionSet01",
        unique_id=new_oid(7),
        patient_id=entries[0].patient_id,
        source_id=f"{oids.SEGURSTACK}.7",
        submission_time=datetime.now(UTC).strftime("%Y%m%d%H%M%S"),
        content_type=xds.Code("04", "1.2.250.1.213.2.2", "Hospitalisation de jour"),
        authors=entries[0].authors,
        title=entries[0].title,
    )
    members = tuple(
        xds.Association(f"as{entry.entry_uuid}", HAS_MEMBER, lot.entry_uuid, entry.entry_uuid,
                        submission_set_status="Original")
        for entry in entries
    )  # fmt: skip
    contents = {entry.entry_uuid: document for entry, document in zip(entries, documents, strict=True)}
    who = XdmSender(sender, headers[0].custodian.name or sender, "SEGURSTACK-LPS", "1.0", "SégurStack")
    return write_package(xds.Submission(lot, entries, members), contents, who)


def _pdf(document: bytes, header: cda.CdaHeader) -> bytes:
    """The PDF inside the document; a structured one without copy gets a page with what the rules want shown."""
    inside = cda.read_embedded_file(document)
    if inside is not None and inside.media_type == "application/pdf":
        return inside.content
    author = header.authors[0] if header.authors else cda.Party()
    lines = (
        f"Type : {header.code.display}",
        f"Date : {header.effective_time}",
        f"Auteur : {author.given} {author.family}",
        f"Conservateur : {header.custodian.name}",
    )
    return report_pdf(header.title, f"{author.given} {author.family}", lines, datetime.now(UTC))


def _pdf_name(header: cda.CdaHeader) -> str:
    event = header.main_event
    day = (event.start if event is not None and event.start else header.effective_time)[:8]
    words = (header.code.display, header.patient.birth_family, header.patient.first_given)
    return "_".join([day, *(re.sub(r"[^A-Za-z0-9]+", "_", _plain(word)).strip("_") for word in words)]) + ".pdf"


def _plain(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
