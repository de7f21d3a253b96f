"""What the site remembers of a browser, in signed cookies: who signed in, and an emergency that is under way."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from typing import Any, Final
from urllib.parse import urlsplit

import orjson
from starlette.requests import Request
from starlette.responses import Response

from segur.kernel import request as present
from segur.kernel.ids import installation_secret
from segur_dmp import errors
from segur_dmp.context import Context

SIGNED_IN, LOGIN, EMERGENCY = "DMP_WEB", "DMP_WEB_LOGIN", "DMP_WEB_URGENCE"
LIFETIMES_S: Final = {SIGNED_IN: 4 * 3600, LOGIN: 600, EMERGENCY: 3600}
"""A visit ends with the working half-day, a login must be finished in ten minutes, an emergency in an hour."""


class Cookies:
    """Reads and writes them; any replica can, for the key is the installation's."""

    def __init__(self, context: Context) -> None:
        self._clock = context.floor.clock
        self._key = installation_secret(context.settings.home, "web-ps.key")

    def read(self, request: Request, name: str) -> dict[str, Any]:
        """What a cookie holds; nothing when it is forged, old or absent."""
        body, _, mark = request.cookies.get(_own(name), "").partition(".")
        if not hmac.compare_digest(mark, self.sign(f"{name}|{body}")):
            return {}
        try:
            found = orjson.loads(base64.urlsafe_b64decode(body))
        except (binascii.Error, orjson.JSONDecodeError):
            return {}
        return found if isinstance(found, dict) and found.get("until", 0) > self._clock.timestamp() else {}

    def write(self, answer: Response, name: str, **values: object) -> None:
        """Give the browser a cookie, with a fresh life."""
        until = int(self._clock.timestamp()) + LIFETIMES_S[name]
        body = base64.urlsafe_b64encode(orjson.dumps({**values, "until": until})).decode()
        answer.set_cookie(
            _own(name),
            f"{body}.{self.sign(f'{name}|{body}')}",
            path=path_of(),
            secure=present.current().base.startswith("https"),
            httponly=True,
            samesite="lax",
        )

    def forget(self, answer: Response, name: str) -> None:
        """Take a cookie back."""
        answer.delete_cookie(_own(name), path=path_of())

    def sign(self, text: str) -> str:
        """A mark only this installation makes, for this sandbox."""
        return hmac.new(self._key, f"{present.current_sandbox()}|{text}".encode(), hashlib.sha256).hexdigest()


def path_of() -> str:
    """Where the site stands, with the prefix of the sandbox."""
    return f"{urlsplit(present.current().base).path.rstrip('/')}/AccesDirect"


def check_origin(request: Request) -> None:
    """Raise `errors.FOREIGN_FORM` for a form of another site."""
    base = urlsplit(present.current().base)
    site, origin = request.headers.get("sec-fetch-site", ""), request.headers.get("origin", "")
    ours = site in ("same-origin", "none") if site else origin in ("", f"{base.scheme}://{base.netloc}")
    if not ours:
        raise errors.FOREIGN_FORM.error()


def _own(name: str) -> str:
    """Browsers keep one jar for all ports and schemes of a host: names tell sandboxes and schemes apart."""
    sandbox = present.current_sandbox()
    own = "" if sandbox == present.DEFAULT_SANDBOX else f"_{sandbox}"
    return f"{name}{own}{'' if present.current().base.startswith('https') else '_HTTP'}"
