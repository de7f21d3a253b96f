"""What the reference Proxy e-Santé is told and tells, by the contract ANS publishes [PSC digest 1.17]."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from segur_psc import errors
from segur_psc.domain.session import CARD, MOBILE

COOKIE = "proxy_session_id"
CONNECT_SUCCESS, CONNECT_REPLAY, CONNECT_FAILURE = "CONNECT_SUCCESS", "CONNECT_REPLAY", "CONNECT_FAILURE"
SEND, DISCONNECT = "SEND", "DISCONNECT"
RELAYED = (502, 503, 504)
"""Statuses of PSC, of an authorization server or of an API that the software is told as they are."""

_BLANK_BEFORE_OFFSET = re.compile(r" (?=\d\d:?\d\d$)(?<=[\d.:]{3} )")


@dataclass(frozen=True, slots=True)
class Connection:
    """The body of `/connect`."""

    national_id: str
    binding_message: str
    client_id: str
    channel: str

    @property
    def metadata(self) -> dict[str, str]:
        """What errors repeat."""
        return {"nationalId": self.national_id, "clientId": self.client_id}


def read_connection(body: Any) -> Connection:
    """Check the body of `/connect`; raise `PROXY_BAD_REQUEST` with every problem at once."""
    told = body if isinstance(body, dict) else {}
    problems = []
    for name in ("nationalId", "bindingMessage", "clientId", "channel"):
        value = told.get(name)
        if value is None:
            problems.append(f"{name} is missing")
        elif not isinstance(value, str) or not value or len(value) > 200:
            problems.append(f"{name} must be a text of 1 to 200 characters")
        elif name == "channel" and value not in (CARD, MOBILE):
            problems.append(f"channel value {value} is invalid")
    if problems:
        raise errors.PROXY_BAD_REQUEST.error(problems=", ".join(problems))
    return Connection(told["nationalId"], told["bindingMessage"], told["clientId"], told["channel"])


def metadata_of(body: Any) -> dict[str, str]:
    """`nationalId` and `clientId` of a body that may be anything: what a refusal can repeat."""
    told = body if isinstance(body, dict) else {}
    return {name: told[name] for name in ("nationalId", "clientId") if isinstance(told.get(name), str)}


@dataclass(frozen=True, slots=True)
class ApiAccess:
    """The proxy's token at one provider. Times in epoch seconds; `refresh_token` may be empty."""

    access_token: str
    expires_at: int
    renew_at: int
    refresh_token: str = ""

    @classmethod
    def of(cls, answer: Mapping[str, Any], now: int) -> ApiAccess:
        """The access an authorization server gave.

        It is renewed on the first call after half of the shorter lifetime: a software that calls at least every
        quarter of an hour keeps its session, whatever the provider's.
        """
        lifetime = int(answer["expires_in"])
        shorter = min(lifetime, int(answer.get("refresh_expires_in", lifetime)))
        return cls(
            str(answer["access_token"]), now + lifetime, now + shorter // 2, str(answer.get("refresh_token", ""))
        )


@dataclass(frozen=True, slots=True)
class ProxySession:
    """A professional and a software at the proxy: PSC's tokens, and a token for each provider, by realm."""

    id: str
    client_id: str
    national_id: str
    session_state: str
    id_token: str
    ends_at: int
    access: Mapping[str, ApiAccess]

    def with_access(self, realm: str, access: ApiAccess) -> ProxySession:
        """The session with another token for one provider."""
        return replace(self, access={**self.access, realm: access})


@dataclass(frozen=True, slots=True)
class Origin:
    """Who called the proxy: by `X-Forwarded-For`, which has no ports, else by the connection."""

    address: str
    ports: tuple[int, ...] = ()


def trace(
    kind: str,
    origin: Origin,
    now: datetime,
    dn: str,
    *,
    client_id: str,
    national_id: str,
    session: ProxySession | None = None,
    request: tuple[str, str, str] | None = None,
) -> dict[str, Any]:
    """A row of `/traces`; `request` is the API's name, the method and the path (SEND only)."""
    row: dict[str, Any] = {
        "type": kind,
        "clientId": client_id,
        "IdRPPS": national_id,
        "ipAddress": origin.address,
        "ports": list(origin.ports),
        "proxy_id_session": session.id if session is not None else None,
        "session_state": session.session_state if session is not None else None,
        "dn": dn if session is not None else None,
        "timestamp": now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }
    if request is not None:
        row["apiRequest"] = dict(zip(("nomApiPsc", "methode", "path"), request, strict=True))
    return row


def read_date(name: str, text: str) -> datetime:
    """An ISO 8601 date-time with its offset; raise `PROXY_BAD_DATE`. A `+` that arrived as a blank is one."""
    try:
        found = datetime.fromisoformat(_BLANK_BEFORE_OFFSET.sub("+", text))
    except ValueError as error:
        raise errors.PROXY_BAD_DATE.error(name=name) from error
    if found.tzinfo is None:
        raise errors.PROXY_BAD_DATE.error(name=name)
    return found
