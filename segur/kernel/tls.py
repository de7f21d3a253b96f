"""TLS contexts of our doors, and the client certificate brought to the application.

A client certificate is requested, never required: each route decides (Pro Santé Connect's mTLS aliases are the same
addresses) [PSC digest 1.3]. Uvicorn does not show it to the application; `PeerCertificateProtocol` puts it into
`scope["extensions"]["tls"]["client_cert_der"]`.
"""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

from segur.kernel.http_protocol import HttpProtocol
from segur.kernel.pki import Identity

MSSANTE_SUITES = (
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-SHA384:"
    "ECDHE-RSA-AES128-SHA256:DHE-RSA-AES256-GCM-SHA384:DHE-RSA-AES128-GCM-SHA256"
)
"""The suites MSSanté allows [MSSanté digest 2.3]."""


def server_context(identity: Identity, ca_bundle: Path, *, ciphers: str | None = None) -> ssl.SSLContext:
    """A server context: TLS 1.2 or later, client certificate of our authority asked for but optional."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(identity.chain, identity.key)
    context.load_verify_locations(ca_bundle)
    context.verify_mode = ssl.CERT_OPTIONAL
    if ciphers:
        context.set_ciphers(ciphers)
    return context


def client_context(ca_bundle: Path, identity: Identity | None = None) -> ssl.SSLContext:
    """A client context that trusts our authority and shows `identity` when there is one."""
    context = ssl.create_default_context(cafile=str(ca_bundle))
    if identity is not None:
        context.load_cert_chain(identity.chain, identity.key)
    return context


class PeerCertificateProtocol(HttpProtocol):
    """The protocol of our doors, which also shows the peer's certificate to the application."""

    def connection_made(self, transport: Any) -> None:
        """Remember the certificate of the connection."""
        super().connection_made(transport)
        tls = transport.get_extra_info("ssl_object")
        self._peer_der: bytes | None = tls.getpeercert(binary_form=True) if tls is not None else None

    def on_message_begin(self) -> None:
        """Put it into the scope of each request."""
        super().on_message_begin()
        self.scope.setdefault("extensions", {})["tls"] = {"client_cert_der": self._peer_der}
