"""On whose behalf the code runs: the sandbox, the caller's certificate, the address the caller used.

The gateway resolves these at the edge and hands them on in `x-segur-*` headers, which it strips from what comes from
outside; services listen on loopback (or the cluster's inner network) and trust them.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from contextvars import ContextVar
from dataclasses import dataclass, field

from segur.kernel.certificates import ClientCertificate

DEFAULT_SANDBOX = "default"

SANDBOX_HEADER = b"x-segur-sandbox"
CERTIFICATE_HEADER = b"x-segur-client-cert"
BASE_HEADER = b"x-segur-base"
PEER_HEADER = b"x-segur-peer"
FAULT_HEADER = b"x-segur-fault"
PATIENT_HEADER = b"x-segur-patient"
OPERATION_HEADER = b"x-segur-operation"
ACTOR_HEADER = b"x-segur-actor"
INTERNAL_PREFIX = b"x-segur-"


@dataclass(frozen=True, slots=True)
class Request:
    """What the edge knows of the present call.

    `base` is the address the caller used, without path: scheme, host, port and, in the path-prefix form, the sandbox
    prefix; absolute links in answers start with it.
    """

    sandbox: str = DEFAULT_SANDBOX
    base: str = "http://127.0.0.1:8080"
    certificate: ClientCertificate | None = None
    notes: dict[str, str] = field(default_factory=dict)
    """Remarks for the journal made while serving: patient pseudonym, operation, actor, injected fault."""
    peer: str = ""
    """Address and port of the caller's connection at the edge, `192.0.2.7 51234`; empty when unknown."""


_CURRENT: ContextVar[Request | None] = ContextVar("segur_request", default=None)
_NOBODY = Request()


def current() -> Request:
    """The request being served; outside of one, a default of the default sandbox."""
    return _CURRENT.get() or _NOBODY


def current_sandbox() -> str:
    """The sandbox in whose name the code runs."""
    return current().sandbox


def enter(request: Request) -> object:
    """Make `request` the present one; give the result to `leave`."""
    return _CURRENT.set(request)


def leave(token: object) -> None:
    """Undo the `enter` that gave `token`."""
    _CURRENT.reset(token)  # type: ignore[arg-type]  # the token is opaque to callers


def note(**remarks: str) -> None:
    """Leave remarks about the present call for the journal: `patient`, `operation`, `actor`, `fault`."""
    request = _CURRENT.get()
    if request is not None:
        request.notes.update(remarks)


def from_headers(headers: Iterable[tuple[bytes, bytes]], default_base: str) -> Request:
    """Read what the gateway wrote; absent headers mean the default sandbox and no certificate."""
    sandbox, base, certificate, peer = DEFAULT_SANDBOX, default_base, None, ""
    for name, value in headers:
        if name == SANDBOX_HEADER:
            sandbox = value.decode("ascii")
        elif name == BASE_HEADER:
            base = value.decode("ascii")
        elif name == CERTIFICATE_HEADER:
            certificate = ClientCertificate.from_der(base64.b64decode(value))
        elif name == PEER_HEADER:
            peer = value.decode("ascii")
    return Request(sandbox, base, certificate, {}, peer)


def to_headers(request: Request) -> list[tuple[bytes, bytes]]:
    """What the gateway writes for the service behind it."""
    headers = [(SANDBOX_HEADER, request.sandbox.encode()), (BASE_HEADER, request.base.encode())]
    if request.certificate is not None:
        headers.append((CERTIFICATE_HEADER, base64.b64encode(request.certificate.der)))
    if request.peer:
        headers.append((PEER_HEADER, request.peer.encode()))
    return headers
