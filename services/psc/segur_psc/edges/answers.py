"""Answers of the back channel: JSON, never stored, refusals as OAuth writes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from starlette.responses import Response

from segur.kernel.errors import Kind, SegurError

_REALM = 'realm="esante-wallet"'
_PRIVATE = {"cache-control": "no-store", "pragma": "no-cache"}
_PUBLIC = {"cache-control": "no-cache", "access-control-allow-origin": "*"}
"""Discovery and keys may be read by a page of any origin, as Keycloak allows."""


def answered(value: Any, status: int = 200, *, public: bool = False) -> Response:
    """A JSON answer; orjson, for these doors are the busiest of the country."""
    headers = _PUBLIC if public else _PRIVATE
    return Response(orjson.dumps(value), status, headers, "application/json")


def signed(token: str) -> Response:
    """An answer that is a JWT."""
    return Response(token, 200, _PRIVATE, "application/jwt")


def refused(error: SegurError, headers: Mapping[str, str] | None = None) -> Response:
    """A refusal as OAuth writes it."""
    body = orjson.dumps({"error": error.code, "error_description": error.text})
    return Response(body, error.kind.value, {**_PRIVATE, **(headers or {})}, "application/json")


def refused_client(error: SegurError) -> Response:
    """A refusal to a client, with the challenge that goes with 401."""
    return refused(error, {"www-authenticate": f"Basic {_REALM}"} if error.kind is Kind.UNAUTHENTICATED else None)


def refused_bearer(error: SegurError) -> Response:
    """A refusal to the holder of an access token (RFC 6750)."""
    told = f'Bearer {_REALM}, error="{error.code}", error_description="{error.text}"'
    needs = error.kind in (Kind.UNAUTHENTICATED, Kind.FORBIDDEN)
    return refused(error, {"www-authenticate": told} if needs else None)
