"""Who calls an authorization server of the Espace de confiance: by certificate only [PSC digest 1.17].

The checks keep the order of the CI-SIS profile: the certificate and its chain, then DN against Client_ID_AS.
"""

from __future__ import annotations

from collections.abc import Mapping

from cryptography import x509

from segur.kernel import request
from segur.kernel.certificates import ClientCertificate
from segur_psc import errors, faults
from segur_psc.context import Context
from segur_psc.domain.session import Client
from segur_psc.operations.authenticate_client import claimed_client

ORG_AUTH = "org-auth"


async def know_api_client(
    context: Context, form: Mapping[str, str], authorization: str
) -> tuple[Client, ClientCertificate]:
    """The client and the certificate it showed; raise the `EDC_…` rows of authentication and habilitation.

    Clients are those of the PSC registry: the samples of ANS use one id for both. A client registered without a
    subject is known by any ORG AUTH_CLI certificate of the platform; one registered for secrets only has no
    habilitation.
    """
    client_id, secret = claimed_client(form, authorization)

    async def struck(point: str) -> bool:
        return await context.breaks(point, client_id)

    certificate = request.current().certificate
    if certificate is None or await struck(faults.EXCHANGE_NO_CERTIFICATE):
        raise (errors.EDC_SECRET if secret else errors.EDC_NO_CERTIFICATE).error()
    if certificate.kind != ORG_AUTH or await struck(faults.EXCHANGE_WRONG_AUTHORITY):
        raise errors.EDC_WRONG_AUTHORITY.error()
    until = x509.load_der_x509_certificate(certificate.der).not_valid_after_utc
    if context.floor.clock.now() > until or await struck(faults.EXCHANGE_CERTIFICATE_EXPIRED):
        raise errors.EDC_CERTIFICATE_EXPIRED.error()
    client = await context.records.client(client_id) if client_id else None
    mapped = client is not None and client.certificate_subject in ("", certificate.subject)
    if client is None or not mapped or await struck(faults.EXCHANGE_DN_UNKNOWN):
        raise errors.EDC_DN_UNKNOWN.error()
    request.note(actor=client.id)
    if client.policy == "SECRET" or await struck(faults.EXCHANGE_NOT_ENROLLED):
        raise errors.EDC_NOT_ENROLLED.error()
    return client, certificate
