"""The pages, from the templates beside this module: escaped, never framed, no foreign script or style.

They work without scripts; the one script only narrows a list while the user types.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from segur.kernel.errors import SegurError
from segur_psc.context import Context
from segur_psc.edges import cookies
from segur_psc.edges.refusal_texts import refusal_text
from segur_psc.edges.texts import TEXTS

_ENVIRONMENT = Environment(
    loader=PackageLoader("segur_psc", "edges"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
NO_STORE = {"cache-control": "no-store", "pragma": "no-cache"}


def language_of(context: Context, request: Request, ui_locales: str = "") -> str:
    """The language the user chose, else the one the service asked for, else French."""
    for wanted in (cookies.read(context, request, cookies.LANGUAGE), *ui_locales.split()):
        if wanted[:2].lower() in TEXTS:
            return wanted[:2].lower()
    return "fr"


def page(
    template: str, language: str, status: int = 200, *, leaves: bool = False, frames: Sequence[str] = (), **values: Any
) -> Response:
    """A page of `<template>.html`; `values` are escaped.

    `leaves` says that its forms lead to the service in the end: browsers hold redirects, the service's own included,
    against `form-action`, so such a page cannot name where its forms may go. `frames` are the
    addresses it frames.
    """
    nonce = secrets.token_urlsafe(16)
    text = TEXTS[language]
    body = _ENVIRONMENT.get_template(f"{template}.html").render(
        nonce=nonce, language=language, t=text, frames=frames, **values
    )
    policy = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; img-src data:; base-uri 'none'; "
        "frame-ancestors 'none'" + ("" if leaves else "; form-action 'self'")
    )
    if frames:
        policy += f"; frame-src {' '.join(sorted({origin_of(frame) for frame in frames}))}"
    headers = {
        "content-security-policy": policy,
        "content-language": language,
        "x-frame-options": "DENY",
        "x-content-type-options": "nosniff",
        # not `no-referrer`: forms would then hide the origin that `check_own_page` wants to see
        "referrer-policy": "same-origin",
        **NO_STORE,
    }
    return HTMLResponse(body, status, headers)


def bare(template: str, **values: Any) -> str:
    """The text of a template that is no page of ours to look at; `values` are escaped."""
    return _ENVIRONMENT.get_template(f"{template}.html").render(**values)


def origin_of(address: str) -> str:
    """Scheme, host and port of an absolute address."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def error_page(error: SegurError, language: str) -> Response:
    """A refusal nobody can be redirected with: for the user in their language, for the vendor as OAuth has it."""
    message = refusal_text(error.refusal.name, language)
    return page("error", language, error.kind.value, message=message, technical=error.text, code=error.code)
