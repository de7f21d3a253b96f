"""The two login mechanisms: XOAUTH2 for people, PLAIN for applications [MSSanté digest 2.4]."""

from __future__ import annotations

import json
from dataclasses import dataclass


class MalformedLogin(ValueError):
    """The client's message is not of the form of its mechanism; the text names the rule."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """The mailbox a client wants to open, in lower case, and its access token (XOAUTH2) or password (PLAIN)."""

    mailbox: str
    token: str = ""
    password: str = ""


def read_credentials(message: bytes) -> Credentials:
    """Read `user=<mailbox>^Aauth=Bearer <token>^A^A`; raise `MalformedLogin`."""
    text = _text(message)
    if not text.endswith("\x01\x01"):
        raise MalformedLogin("two ^A (0x01) at the end expected")
    fields = dict(part.split("=", 1) for part in text.split("\x01") if "=" in part)
    mailbox = fields.get("user", "").strip().lower()
    scheme, _, token = fields.get("auth", "").partition(" ")
    if not mailbox:
        raise MalformedLogin("user= followed by the mailbox address expected")
    if scheme.lower() != "bearer" or not token.strip():
        raise MalformedLogin("auth=Bearer followed by the access token expected")
    return Credentials(mailbox, token.strip())


def read_plain(message: bytes) -> Credentials:
    """Read `[authzid] NUL <mailbox> NUL <password>` (RFC 4616); raise `MalformedLogin`."""
    fields = _text(message).split("\x00")
    if len(fields) != 3:
        raise MalformedLogin("NUL, mailbox address, NUL, password expected")
    authorization, mailbox = fields[0].strip().lower(), fields[1].strip().lower()
    if not mailbox or authorization not in ("", mailbox):
        raise MalformedLogin("the mailbox address expected as authentication identity")
    return Credentials(mailbox, password=fields[2])


def refusal_json(status: str) -> bytes:
    """What Dovecot writes: status 401 bad token, 403 not allowed, 400 malformed."""
    return json.dumps({"status": status, "schemes": "bearer", "scope": "mail"}, separators=(",", ":")).encode()


def _text(message: bytes) -> str:
    try:
        return message.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedLogin("UTF-8 expected") from error
