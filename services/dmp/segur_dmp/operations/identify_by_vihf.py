"""TD0.1 at the SOAP door: client certificate, signature of the VIHF, claims, and the links between them.

Through a Proxy e-Santé the VIHF stays in the header and an API token comes with it: the certificate is the proxy's, so
it is the token that must be the professional's [DMP digest 2.1, 2.3, 9; PSC digest 1.17].
"""

from __future__ import annotations

from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from segur.kernel import request
from segur.kernel.certificates import ClientCertificate
from segur.kernel.pki import Authority
from segur.wire import saml
from segur.wire.saml import Vihf, VihfRefused
from segur_dmp import errors
from segur_dmp.clients import is_api_token
from segur_dmp.context import Context
from segur_dmp.domain import vihf as rules
from segur_dmp.domain.vihf import Card
from segur_dmp.domain.visibility import HIDDEN_FROM_REPRESENTATIVES
from segur_dmp.operations.follow_directory import directory_now
from segur_dmp.operations.identify_by_token import token_holder
from segur_dmp.pipeline import Attempt, Caller, accepted, guard


async def identify_by_vihf(
    context: Context, trial: Attempt, assertion: etree._Element | None, authorization: str = ""
) -> Caller:
    """The caller of a SOAP request; raise `SegurError` saying what is wrong.

    `authorization` is the header of that name: looked at only where it carries a token of the DMP's own.

    NOTE: over plain http no certificate is shown, so its link with the VIHF cannot be checked; the signature is.
    """
    present = request.current()
    if present.base.startswith("https") and present.certificate is None:
        raise errors.NO_CLIENT_CERTIFICATE.error(fix="Présentez un certificat client de l'autorité de SégurStack.")
    if assertion is None:
        raise errors.NO_VIHF.error(reason="wsse:Security sans Assertion", field="wsse:Security")
    vihf, signer = _read(context, assertion)
    rules.check_claims(vihf)
    directory = await directory_now(context, vihf.name_id, vihf.structure)
    rules.check_signer(vihf, _card(signer), directory)
    settings = context.settings
    now = context.floor.clock.now()
    rules.check_dates(vihf, now, lifetime=settings.dmp_vihf_lifetime, skew=settings.dmp_clock_skew)
    scheme, _, token = authorization.partition(" ")
    holder = None
    if scheme.lower() == "bearer" and is_api_token(token.strip()):
        holder = await token_holder(context, authorization)
    if holder is not None:
        rules.check_token(vihf, holder.id_nat)
    elif present.certificate is not None:
        rules.check_client(vihf, _card(present.certificate), directory)
    if settings.dmp_known_structures_only and not directory.knows(vihf.structure):
        raise errors.UNKNOWN_STRUCTURE.error(structure=vihf.structure[:40], field="Identifiant_Structure")
    rules.check_posts(vihf, directory)
    if vihf.patient is None or vihf.mode is None or vihf.purpose is None:
        raise errors.NO_VIHF.error(reason="resource-id n'est pas un INS au format CX", field=saml.RESOURCE_ID)
    guard(context, vihf.patient)
    caller = Caller(
        id_nat=vihf.name_id,
        structure=vihf.structure,
        mode=vihf.mode,
        door="soap",
        about=vihf.patient,
        patient=context.floor.pseudonyms.of(vihf.patient),
        purpose=vihf.purpose.code,
        profession=vihf.profession.code if vihf.profession is not None else "",
        speciality=vihf.speciality.code if vihf.speciality is not None else "",
        reason=vihf.reason,
        secret=vihf.confidentiality == HIDDEN_FROM_REPRESENTATIVES,
    )
    return accepted(context, trial, caller)


def _read(context: Context, assertion: etree._Element) -> tuple[Vihf, ClientCertificate]:
    try:
        vihf = saml.read_vihf(assertion)
        signer = saml.verify_signature(assertion)
    except VihfRefused as refusal:
        raise errors.NO_VIHF.error(reason=str(refusal)) from refusal
    now = context.floor.clock.now()
    bundle = Authority.of_home(context.settings.home).bundle
    if (
        not _issued_by(signer, bundle.read_bytes())
        or not signer.not_valid_before_utc <= now <= signer.not_valid_after_utc
    ):
        raise errors.BAD_CERTIFICATE.error(reason="il n'est pas émis par l'autorité de SégurStack ou n'est plus valide")
    return vihf, ClientCertificate.from_der(signer.public_bytes(Encoding.DER))


def _card(certificate: ClientCertificate) -> Card:
    return Card(certificate.kind, certificate.common_name, certificate.structure)


def _issued_by(leaf: x509.Certificate, bundle: bytes) -> bool:
    for issuer in _issuers(bundle):
        try:
            leaf.verify_directly_issued_by(issuer)
        except (ValueError, TypeError, InvalidSignature):
            continue
        return True
    return False


@lru_cache(maxsize=4)
def _issuers(bundle: bytes) -> tuple[x509.Certificate, ...]:
    return tuple(x509.load_pem_x509_certificates(bundle))
