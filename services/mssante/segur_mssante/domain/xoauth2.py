"""The XOAUTH2 mechanism: one message from the client, a JSON answer when refused [MSSanté digest 2.4]."""

from __future__ import annotations

import json
from dataclasses import dataclass


class MalformedLogin(ValueError):
    """The client's message is not of the XOAUTH2 form; the text names the rule."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """The mailbox a client wants to open, in lower case, and its access token."""

    mailbox: str
    token: str


def read_credentials(message: bytes) -> Credentials:
    """Read `user=<mailbox>^Aauth=Bearer <token>^A^A`; raise `MalformedLogin`."""
    try:
        text = message.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedLogin("UTF-8 expected") from error
    fields = dict(part.split("=", 1) for part in text.split("\x01") if "=" in part)
    mailbox = fields.get("user", "").strip().lower()
    scheme, _, token = fields.get("auth", "").partition(" ")
    if not mailbox:
        raise MalformedLogin("user= followed by the mailbox address expected")
    if scheme.lower() != "bearer" or not token.strip():
        raise MalformedLogin("auth=Bearer followed by the access token expected")
    return Credentials(mailbox, token.strip())


def refusal_json(status: str) -> bytes:
    """What Dovecot writes: status 401 bad token, 403 not allowed, 400 malformed."""
    return json.dumps({"status": status, "schemes": "bearer", "scope": "mail"}, separators=(",", ":")).encode()
