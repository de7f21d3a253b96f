"""A mail client that keeps its IMAP and SMTP sessions open beside a PSC session (imaplib, smtplib, in threads)."""

from __future__ import annotations

import asyncio
import imaplib
import smtplib
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from segur.kernel.tls import client_context
from segur.scenario.actors.mail_client import MailRefused, xoauth2

_TIMEOUT_S = 20.0


@dataclass(frozen=True, slots=True)
class MailSettings:
    """What an autoconfiguration file tells: hosts, ports, how to log in."""

    imap: tuple[str, int]
    smtp: tuple[str, int]
    authentication: str
    socket_type: str


async def autoconfig(client: httpx.AsyncClient, base: str, address: str, *, by_host: bool = False) -> MailSettings:
    """Read the file Mozilla's scheme names, for an address; raise `MailRefused` without one [MSSanté digest 2.5].

    `by_host` asks `autoconfig.<domain>`, the scheme's first address, as far as the edge at `base` answers to it.
    """
    host = {"host": f"autoconfig.{address.rpartition('@')[2]}"} if by_host else {}
    answer = await client.get(f"{base}/mail/config-v1.1.xml", params={"emailaddress": address}, headers=host)
    if answer.status_code != 200:
        raise MailRefused(answer.status_code, "no autoconfiguration for this domain")
    root = ET.fromstring(answer.content)  # noqa: S314 - a simulated editor's reader, of our own platform's file
    incoming, outgoing = root.find(".//incomingServer"), root.find(".//outgoingServer")
    if incoming is None or outgoing is None:
        raise MailRefused(answer.status_code, "the file names no server")

    def address_of(server: ET.Element) -> tuple[str, int]:
        return str(server.findtext("hostname")), int(server.findtext("port") or 0)

    told = str(incoming.findtext("authentication")), str(incoming.findtext("socketType"))
    return MailSettings(address_of(incoming), address_of(outgoing), *told)


@dataclass(slots=True)
class MailSession:
    """One mailbox, opened with a PSC token; `open` again after the operator closed the connection."""

    settings: MailSettings
    ca_bundle: Path
    mailbox: str
    _imap: imaplib.IMAP4 | None = field(default=None)

    async def open(self, token: str) -> int:
        """STARTTLS, XOAUTH2, INBOX; give how many messages lie there. Raise `MailRefused`."""
        return await asyncio.to_thread(self._open, token)

    async def alive(self) -> bool:
        """Whether the operator still answers on this connection."""
        return await asyncio.to_thread(self._alive)

    async def close(self) -> None:
        """Say goodbye, as software does when the PSC session is over."""
        await asyncio.to_thread(self._close)

    async def may_send(self, token: str) -> str:
        """Log in for submission and leave; empty when it works, else the operator's words."""
        return await asyncio.to_thread(self._may_send, token)

    async def may_write(self, token: str, recipient: str) -> str:
        """Log in for submission and name a recipient; empty when the operator takes it, else its words."""
        return await asyncio.to_thread(self._may_send, token, recipient)

    def _open(self, token: str) -> int:
        imap = imaplib.IMAP4(*self.settings.imap, timeout=_TIMEOUT_S)
        try:
            imap.starttls(client_context(self.ca_bundle))
            answers = [xoauth2(self.mailbox, token).encode(), b""]
            imap.authenticate("XOAUTH2", lambda _challenge: answers.pop(0))
            status, [number] = imap.select("INBOX")
            if status != "OK":
                raise imaplib.IMAP4.error((number or b"").decode())
        except imaplib.IMAP4.error as error:
            imap.shutdown()
            raise MailRefused(0, str(error)) from error
        self._imap = imap
        return int(number or 0)

    def _alive(self) -> bool:
        try:
            return self._imap is not None and self._imap.noop()[0] == "OK"
        except (imaplib.IMAP4.error, OSError):
            return False

    def _close(self) -> None:
        if self._imap is None:
            return
        try:
            self._imap.logout()
        except (imaplib.IMAP4.error, OSError):
            self._imap.shutdown()
        self._imap = None

    def _may_send(self, token: str, recipient: str = "") -> str:
        try:
            with smtplib.SMTP(*self.settings.smtp, timeout=_TIMEOUT_S) as smtp:
                smtp.starttls(context=client_context(self.ca_bundle))
                smtp.ehlo()
                smtp.auth("XOAUTH2", lambda _challenge=None: xoauth2(self.mailbox, token))
                if recipient:
                    smtp.mail(self.mailbox)
                    code, words = smtp.rcpt(recipient)
                    return "" if code == 250 else f"{code} {words.decode()}"
        except smtplib.SMTPResponseException as error:
            told = error.smtp_error
            return f"{error.smtp_code} {told.decode() if isinstance(told, bytes) else told}"
        except smtplib.SMTPServerDisconnected as error:
            return str(error)
        return ""
