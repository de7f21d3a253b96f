"""A service registers itself (RFC 7591), so that an editor's own client id and addresses work in a sandbox.

The real PSC registers by a form of ANS [PSC digest 1.15]; its discovery document names this address all the same.
Beyond the RFC, `client_id` and `client_secret` may be given, for software whose configuration is fixed.
"""

from __future__ import annotations

import re
import secrets
import uuid
from typing import Any
from urllib.parse import SplitResult, urlsplit

from segur.kernel import request
from segur.kernel.store import Duplicate
from segur_psc import errors
from segur_psc.context import Context
from segur_psc.domain.session import Client, secret_digest

_LIMIT = 500
_ID = re.compile(r"[A-Za-z0-9._~-]{1,100}")
_POLICIES = {"client_secret_basic": "SECRET", "client_secret_post": "SECRET", "tls_client_auth": "MTLS"}
_WEB = frozenset({"http", "https"})
_HOST = re.compile(r"[A-Za-z0-9._:\[\]-]+")
_NEVER = frozenset({"javascript", "data", "vbscript", "file", "blob", "about"})


async def register_client(context: Context, asked: Any) -> dict[str, Any]:
    """Keep the client and give its registration; raise `BAD_REGISTRATION` or `BAD_REGISTERED_URI` naming the field.

    Read: `client_name`, `redirect_uris`, `post_logout_redirect_uris`, `token_endpoint_auth_method`,
    `tls_client_auth_subject_dn`, `tls_client_certificate_bound_access_tokens`, `backchannel_token_delivery_mode`
    (poll turns CIBA on), `client_id`, `client_secret`.
    """
    if not isinstance(asked, dict):
        raise errors.BAD_REGISTRATION.error(problem="The body is not a JSON object")
    client_id = _text(asked, "client_id") or str(uuid.uuid4())
    if not _ID.fullmatch(client_id):
        raise errors.BAD_REGISTRATION.error(problem="client_id: 1 to 100 letters, digits, '.', '_', '~' or '-'")
    method = _text(asked, "token_endpoint_auth_method") or "client_secret_basic"
    if method not in _POLICIES:
        raise errors.BAD_REGISTRATION.error(problem=f"token_endpoint_auth_method: one of {', '.join(_POLICIES)}")
    delivery = _text(asked, "backchannel_token_delivery_mode")
    if delivery not in ("", "poll"):
        raise errors.BAD_REGISTRATION.error(problem="backchannel_token_delivery_mode: PSC has poll only")
    bound = asked.get("tls_client_certificate_bound_access_tokens", False)
    if not isinstance(bound, bool):
        raise errors.BAD_REGISTRATION.error(problem="tls_client_certificate_bound_access_tokens: true or false")
    policy = _POLICIES[method]
    secret = "" if policy == "MTLS" else _text(asked, "client_secret") or secrets.token_urlsafe(32)
    client = Client(
        id=client_id,
        secret_sha256=secret_digest(secret) if secret else "",
        redirect_uris=_uris(asked, "redirect_uris"),
        logout_uris=_uris(asked, "post_logout_redirect_uris"),
        policy=policy,
        certificate_subject=_text(asked, "tls_client_auth_subject_dn"),
        bound=bound,
        ciba=delivery == "poll",
        name=_text(asked, "client_name")[:100],
        backchannel_logout_uri=_logout_uri(asked, "backchannel_logout_uri"),
        frontchannel_logout_uri=_logout_uri(asked, "frontchannel_logout_uri"),
    )
    if not (client.redirect_uris or client.ciba):
        raise errors.BAD_REGISTERED_URI.error(problem="redirect_uris: at least one, unless the client is for CIBA only")
    if await context.records.count_clients() >= _LIMIT:
        raise errors.BAD_REGISTRATION.error(problem=f"A sandbox holds at most {_LIMIT} clients")
    try:
        await context.records.register(client)
    except Duplicate as error:
        raise errors.BAD_REGISTRATION.error(problem=f"client_id: {client_id} is registered already") from error
    request.note(actor=client.id)
    told: dict[str, Any] = {
        "client_id": client.id,
        "client_id_issued_at": context.now,
        "client_name": client.name,
        "redirect_uris": client.redirect_uris,
        "post_logout_redirect_uris": client.logout_uris,
        "token_endpoint_auth_method": method,
        "tls_client_certificate_bound_access_tokens": client.bound,
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "scope": "openid scope_all",
    }
    for name in ("backchannel_logout_uri", "frontchannel_logout_uri"):
        if uri := getattr(client, name):
            told |= {name: uri, name.replace("uri", "session_required"): True}
    if secret:
        told |= {"client_secret": secret, "client_secret_expires_at": 0}
    if client.certificate_subject:
        told["tls_client_auth_subject_dn"] = client.certificate_subject
    if client.ciba:
        told["backchannel_token_delivery_mode"] = delivery
    return told


def _text(asked: dict[str, Any], name: str) -> str:
    value = asked.get(name, "")
    if not isinstance(value, str) or len(value) > 1_000:
        raise errors.BAD_REGISTRATION.error(problem=f"{name}: a text of at most 1000 characters")
    return value


def _uris(asked: dict[str, Any], name: str) -> tuple[str, ...]:
    values = asked.get(name, [])
    if not isinstance(values, list) or len(values) > 50 or not all(isinstance(value, str) for value in values):
        raise errors.BAD_REGISTERED_URI.error(problem=f"{name}: a list of at most 50 addresses")
    for value in values:
        parts = _split(value)
        # a scheme of an application's own needs no host; what a browser would run, or show by itself, is none
        if parts is None or not parts.scheme or parts.scheme in _NEVER or (_WEB & {parts.scheme} and not parts.netloc):
            raise errors.BAD_REGISTERED_URI.error(problem=f"{name}: {value[:200]!r} is not an absolute address")
        if "#" in value or "*" in value or any(char <= " " for char in value) or len(value) > 1_000:
            raise errors.BAD_REGISTERED_URI.error(
                problem=f"{name}: {value[:200]!r} holds a fragment, a wildcard or a blank, or is too long"
            )
    return tuple(values)


def _logout_uri(asked: dict[str, Any], name: str) -> str:
    """Where PSC itself calls, or what it frames: a plain web address, whose host goes into a header of the page."""
    value = _text(asked, name)
    parts = _split(value)
    if value and (parts is None or parts.scheme not in _WEB or not _HOST.fullmatch(parts.netloc) or "#" in value):
        raise errors.BAD_REGISTRATION.error(problem=f"{name}: an absolute http or https address without fragment")
    return value


def _split(value: str) -> SplitResult | None:
    try:
        return urlsplit(value)
    except ValueError:
        return None
