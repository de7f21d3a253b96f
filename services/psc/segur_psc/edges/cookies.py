"""The browser's secrets: which names they go by, and whom they are shown to.

Browsers keep one jar for all ports of a host and send the cookies of `/` to `/s/<sandbox>` as well; they also refuse
to let http overwrite a cookie of https. So the names tell sandboxes and schemes apart.
"""

from __future__ import annotations

import secrets

from starlette.requests import Request
from starlette.responses import Response

from segur.kernel import request as present
from segur_psc.context import Context

SESSION, BROWSER, LANGUAGE, STATUS = "PSC_SESSION", "PSC_BROWSER", "PSC_LANGUAGE", "PSC_STATUS"
"""The session's secret; what ties pages to this browser; its language; the session's id, for the session iframe."""


def name_of(context: Context, kind: str) -> str:
    """`PSC_SESSION`, `PSC_SESSION_workshop`, `PSC_SESSION_workshop_HTTP` …"""
    sandbox = present.current_sandbox()
    own = "" if sandbox == present.DEFAULT_SANDBOX else f"_{sandbox}"
    return f"{kind}{own}{'' if context.addresses.secure else '_HTTP'}"


def read(context: Context, request: Request, kind: str) -> str:
    """The browser's value, empty when it has none."""
    return request.cookies.get(name_of(context, kind), "")


def write(context: Context, answer: Response, kind: str, value: str) -> None:
    """Give the browser a value until it closes; an empty one takes it away."""
    addresses = context.addresses
    # The iframe of OIDC session management reads it by script, inside a page of the service: it holds no secret.
    open_to_frames = kind == STATUS
    answer.set_cookie(
        name_of(context, kind),
        value,
        max_age=None if value else 0,
        path=addresses.prefix or "/",
        domain=addresses.cookie_domain,
        secure=addresses.secure,
        httponly=not open_to_frames,
        samesite="none" if open_to_frames and addresses.secure else "lax",
    )


def browser_secret(context: Context, request: Request) -> str:
    """What ties a page to the browser that was shown it; made when there is none yet."""
    return read(context, request, BROWSER) or secrets.token_urlsafe(24)
