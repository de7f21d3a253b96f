"""A login in progress, sealed into the pages of one browser.

No other site, and no other browser, can post a form in somebody's name, for what is sealed names the browser by the
digest of its cookie; nothing is stored for pages nobody finishes.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field

from starlette.requests import Request

from segur.kernel import request as present
from segur_psc import errors
from segur_psc.context import Context
from segur_psc.domain.authorization import AuthorizationRequest, Destination
from segur_psc.edges import cookies

_PAGE_LIFETIME_S = 1_800


@dataclass(frozen=True, slots=True)
class Attempt:
    """What the client asked, and how far the professional has come: facts the next page relies on."""

    asked: AuthorizationRequest
    step: dict[str, str] = field(default_factory=dict)


def digest(secret: str) -> str:
    """How a browser is named where its secret must not be."""
    return hashlib.sha256(secret.encode()).hexdigest()


def seal(context: Context, attempt: Attempt, browser: str) -> str:
    """The form's hidden field."""
    return context.keys.seal(
        {
            "typ": "Login",
            "exp": context.now + _PAGE_LIFETIME_S,
            "sandbox": present.current_sandbox(),
            "browser": digest(browser),
            "asked": asdict(attempt.asked),
            "step": attempt.step,
        }
    )


def unseal(context: Context, sealed: str, request: Request) -> Attempt:
    """What a page held; raise `STALE_LOGIN` unless this browser was shown it, here and not long ago."""
    told = context.keys.unseal(sealed, "Login")
    browser = cookies.read(context, request, cookies.BROWSER)
    if told is None or context.now >= told["exp"] or told["sandbox"] != present.current_sandbox():
        raise errors.STALE_LOGIN.error()
    if told["browser"] != digest(browser):
        raise errors.STALE_LOGIN.error()
    asked = told["asked"]
    return Attempt(
        AuthorizationRequest(**{**asked, "to": Destination(**asked["to"]), "prompts": tuple(asked["prompts"])}),
        told["step"],
    )
