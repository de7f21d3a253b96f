"""Who calls the back channel: secret by header or form, or a certificate [PSC digest 1.7]."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping
from urllib.parse import unquote_plus

from segur.kernel import request
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
    """The client, proven; raise `NO_ASSERTIONS`, `INVALID_CLIENT`, or the row that says which proof is wrong."""
    client_id, secret = claimed_client(form, authorization)
    if form.get("client_assertion") or form.get("client_assertion_type"):
        raise errors.NO_ASSERTIONS.error()
    if not client_id:
        raise errors.NO_CLIENT_ID.error()
    client = await context.records.client(client_id)
    if client is None:
        raise errors.CLIENT_NOT_KNOWN.error()
    request.note(actor=client.id)
    if secret:
        if client.policy == "MTLS":
            raise errors.SECRET_NOT_ACCEPTED.error()
        if not client.knows(secret):
            raise errors.WRONG_SECRET.error()
        return client
    certificate = request.current().certificate
    if certificate is None:
        raise errors.NO_PROOF.error()
    if client.policy == "SECRET":
        raise errors.CERTIFICATE_NOT_ACCEPTED.error()
    if certificate.kind != "org-auth":
        raise errors.CERTIFICATE_NOT_TRUSTED.error()
    if client.certificate_subject not in ("", certificate.subject):
        raise errors.CERTIFICATE_NOT_MAPPED.error()
    for point, refusal in _CERTIFICATE_TROUBLE.items():
        if await context.breaks(point, client.id):
            raise refusal.error()
    return client


_CERTIFICATE_TROUBLE = {
    faults.MTLS_MISSING: errors.NO_PROOF,
    faults.MTLS_WRONG_CA: errors.CERTIFICATE_NOT_TRUSTED,
    faults.MTLS_EXPIRED: errors.CERTIFICATE_EXPIRED,
    faults.MTLS_DN_UNKNOWN: errors.CERTIFICATE_NOT_MAPPED,
}
"""What can be wrong with a certificate looks the same from outside; trace and fact tell which it was."""
