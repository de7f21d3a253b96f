"""The visitor's browser session: a signed cookie without state on the server, and the token that ties forms to it."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlsplit

import orjson
from starlette.requests import Request
from starlette.responses import Response

from segur.kernel import request as present
from segur.kernel.ids import installation_secret
from segur_dmp import errors
from segur_dmp.context import Context

_LIFETIME_S: Final = 12 * 3600
_NAME: Final = "MES_SESSION"


@dataclass(frozen=True, slots=True)
class Session:
    """Who is signed in (`person`, empty for nobody), in whose space (`patient`), in which language, until when."""

    person: str = ""
    patient: str = ""
    language: str = "fr"
    until: int = 0
    nonce: str = ""


class Sessions:
    """Reads and writes sessions; any replica can, for the key is the installation's."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._key = installation_secret(context.settings.home, "mes-session.key")

    def read(self, request: Request) -> Session:
        """The session of a browser; one that is forged, old or absent is nobody's."""
        told = request.cookies.get(_name(), "")
        body, _, mark = told.partition(".")
        if not hmac.compare_digest(mark, self._sign(body)):
            return Session()
        try:
            found = Session(**orjson.loads(base64.urlsafe_b64decode(body)))
        except (binascii.Error, orjson.JSONDecodeError, TypeError):
            return Session()
        if found.until < self._context.floor.clock.timestamp():
            return Session(language=found.language)
        return found

    def write(self, answer: Response, session: Session) -> None:
        """Give the browser a session, with a fresh life."""
        until = int(self._context.floor.clock.timestamp()) + _LIFETIME_S
        fresh = replace(session, until=until, nonce=session.nonce or secrets.token_urlsafe(12))
        body = base64.urlsafe_b64encode(orjson.dumps(fresh)).decode()
        base = urlsplit(present.current().base)
        answer.set_cookie(
            _name(),
            f"{body}.{self._sign(body)}",
            path=f"{base.path.rstrip('/')}/mes",
            secure=base.scheme == "https",
            httponly=True,
            samesite="lax",
        )

    def form_token(self, session: Session) -> str:
        """What the forms of a session carry."""
        return self._sign(f"form|{session.nonce}|{session.person}")

    def check_form(self, request: Request, session: Session, token: str) -> None:
        """Raise `errors.FOREIGN_FORM` for a form of another origin, or of another session."""
        base = urlsplit(present.current().base)
        site, origin = request.headers.get("sec-fetch-site", ""), request.headers.get("origin", "")
        foreign = (
            site not in ("same-origin", "none") if site else bool(origin) and origin != f"{base.scheme}://{base.netloc}"
        )
        if foreign or not hmac.compare_digest(token, self.form_token(session)):
            raise errors.FOREIGN_FORM.error()

    def _sign(self, text: str) -> str:
        about = f"{present.current_sandbox()}|{text}".encode()
        return hmac.new(self._key, about, hashlib.sha256).hexdigest()


def _name() -> str:
    """Browsers keep one jar for all ports and schemes of a host: names tell sandboxes and schemes apart."""
    sandbox = present.current_sandbox()
    own = "" if sandbox == present.DEFAULT_SANDBOX else f"_{sandbox}"
    return f"{_NAME}{own}{'' if present.current().base.startswith('https') else '_HTTP'}"
