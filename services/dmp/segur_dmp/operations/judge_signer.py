"""Who may sign a submission set: the professional's card, or the structure's ORG_SIGN [DMP digest 1.6.1]."""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from segur.kernel.certificates import ClientCertificate
from segur.kernel.pki import Authority
from segur_dmp.context import Context
from segur_dmp.pipeline import Caller

_SIGNING = ("org-sign", "ps-sign")


def why_not_signer(context: Context, caller: Caller, certificate: x509.Certificate) -> str:
    """Why a certificate may not sign for the caller, fit for `codeContext`; empty when it may."""
    if not Authority.of_home(context.settings.home).issued(certificate):
        return "the certificate is not of SégurStack's authority"
    if not certificate.not_valid_before_utc <= context.floor.clock.now() <= certificate.not_valid_after_utc:
        return "the certificate has expired or is not yet valid"
    read = ClientCertificate.from_der(certificate.public_bytes(Encoding.DER))
    if read.kind not in _SIGNING:
        return "the certificate is no signature certificate (card signature key or ORG_SIGN)"
    if read.kind == "ps-sign":
        return "" if read.common_name == caller.id_nat else "the card is not that of the caller"
    ours = context.directory.same_entity(read.structure, caller.structure)
    return "" if ours else "the certificate is not of the caller's structure"
