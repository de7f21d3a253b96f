"""Who calls the back channel: secret by header or form, or a certificate [PSC digest 1.7]."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping
from urllib.parse import unquote_plus

from segur.kernel import request
from segur.kernel.certificates import ClientCertificate
from segur_psc import errors, faults
from segur_psc.context import Context
from segur_psc.domain.session import Client


def claimed_client(form: Mapping[str, str], authorization: str) -> tuple[str, str]:
    """Client id and secret as told, unproven, each possibly empty; raise `INVALID_CLIENT` when told in two ways."""
    client_id, secret = form.get("client_id", ""), form.get("client_secret", "")
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return client_id, secret
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise errors.INVALID_CLIENT.error() from error
    name, _, password = text.partition(":")
    basic_id, basic_secret = unquote_plus(name), unquote_plus(password)
    # A published provider sends its credentials both ways at once: fine as long as they agree.
    same = not secret or hmac.compare_digest(secret.encode(), basic_secret.encode())
    if (client_id and client_id != basic_id) or not same:
        raise errors.INVALID_CLIENT.error()
    return basic_id, basic_secret


async def authenticate_client(context: Context, form: Mapping[str, str], authorization: str) -> Client:
    """The client, proven; raise `INVALID_CLIENT` (unknown, no proof), `BAD_CREDENTIALS` or `NO_ASSERTIONS`."""
    client_id, secret = claimed_client(form, authorization)
    if form.get("client_assertion") or form.get("client_assertion_type"):
        raise errors.NO_ASSERTIONS.error()
    client = await context.records.client(client_id) if client_id else None
    if client is None:
        raise errors.INVALID_CLIENT.error()
    request.note(actor=client.id)
    if secret:
        if client.policy == "MTLS" or not client.knows(secret):
            raise errors.BAD_CREDENTIALS.error()
        return client
    certificate = request.current().certificate
    if certificate is None or client.policy == "SECRET" or not _names(client, certificate):
        raise errors.BAD_CREDENTIALS.error()
    for point in _CERTIFICATE_TROUBLE:
        if await context.breaks(point, client.id):
            raise errors.BAD_CREDENTIALS.error()
    return client


_CERTIFICATE_TROUBLE = (faults.MTLS_MISSING, faults.MTLS_WRONG_CA, faults.MTLS_EXPIRED, faults.MTLS_DN_UNKNOWN)
"""What can be wrong with a certificate looks the same from outside; the fault's name in the trace tells which."""


def _names(client: Client, certificate: ClientCertificate) -> bool:
    """Whether an organisation's client certificate (ORG AUTH_CLI) is the one the client is registered with."""
    return certificate.kind == "org-auth" and client.certificate_subject in ("", certificate.subject)
