"""The pages of the site, from the templates beside this module: escaped, without scripts, nothing from elsewhere."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse, Response

from segur_dmp.edges.web_ps.session import path_of

_PARIS: Final = ZoneInfo("Europe/Paris")


def _when(moment: datetime | None) -> str:
    """A moment as a French reader expects it, in the time of Paris."""
    return f"{moment.astimezone(_PARIS):%d/%m/%Y %H:%M}" if moment is not None else ""


def _day(dtm: str) -> str:
    """The day of an HL7 time."""
    return f"{dtm[6:8]}/{dtm[4:6]}/{dtm[:4]}" if len(dtm) >= 8 else dtm


_PAGES: Final = Environment(
    loader=PackageLoader("segur_dmp", "edges/web_ps"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_PAGES.filters["when"] = _when
_PAGES.filters["day"] = _day


def page(template: str, status: int = 200, **values: Any) -> Response:
    """A page of `<template>.html`."""
    nonce = secrets.token_urlsafe(12)
    usual: dict[str, Any] = {"ins": "", "account": None, "who": None, "emergency": None, "here": ""}
    body = _PAGES.get_template(f"{template}.html").render(**(usual | values), root=path_of(), nonce=nonce)
    policy = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    headers = {
        "content-security-policy": policy,
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
        "cache-control": "no-store",
    }
    return HTMLResponse(body, status, headers)
