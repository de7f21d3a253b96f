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
from segur.kernel.pki import trusted
from segur.wire import saml
from segur.wire.saml import Vihf, VihfRefused
from segur.wire.saml_signature import is_name_of
from segur_dmp import errors, faults
from segur_dmp.clients import is_api_token
from segur_dmp.context import Context
from segur_dmp.domain import vihf as rules
from segur_dmp.domain import vihf_claims as claims
from segur_dmp.domain.parameters import Parameters
from segur_dmp.domain.vihf import Card
from segur_dmp.domain.visibility import HIDDEN_FROM_REPRESENTATIVES
from segur_dmp.operations.break_on_purpose import break_token
from segur_dmp.operations.follow_directory import directory_now
from segur_dmp.operations.identify_by_token import token_holder
from segur_dmp.pipeline import Attempt, Caller, accepted, guard


async def identify_by_vihf(
    context: Context,
    trial: Attempt,
    assertion: etree._Element | None,
    authorization: str = "",
    *,
    patient_expected: bool = True,
) -> Caller:
    """The caller of a SOAP request; raise `SegurError` saying what is wrong.

    `authorization` is the header of that name: looked at only where it carries a token of the DMP's own.
    `patient_expected` is False for the transactions that name no patient (TD0.4, TD0.5).

    NOTE: over plain http no certificate is shown, so its link with the VIHF cannot be checked; the signature is.
    """
    present = request.current()
    if present.base.startswith("https") and present.certificate is None:
        raise errors.NO_CLIENT_CERTIFICATE.error(fix="Présentez un certificat client de l'autorité de SégurStack.")
    if assertion is None:
        raise errors.NO_VIHF.error(reason="wsse:Security sans Assertion", field="wsse:Security")
    parameters = await context.records.parameters.now()
    vihf, signer = _read(context, assertion, parameters)
    claims.check_claims(vihf, patient_expected=patient_expected, strict=parameters.strict)
    client = present.certificate
    carried = client.structure if client is not None else ""
    directory = await directory_now(context, vihf.name_id, vihf.structure, signer.structure, carried)
    rules.check_signer(vihf, _card(signer), directory)
    settings = context.settings
    now = context.floor.clock.now()
    claims.check_dates(vihf, now, lifetime=settings.dmp_vihf_lifetime, skew=settings.dmp_clock_skew)
    scheme, _, token = authorization.partition(" ")
    holder = None
    if scheme.lower() == "bearer" and is_api_token(token.strip()):
        holder = await token_holder(context, authorization)
    if holder is not None:
        rules.check_token(vihf, holder.id_nat)
    elif client is not None:
        _check_living(context, client, parameters)
        rules.check_client(vihf, _card(client), directory)
    if settings.dmp_known_structures_only and not directory.knows(vihf.structure):
        raise errors.UNKNOWN_STRUCTURE.error(structure=vihf.structure[:40], field="Identifiant_Structure")
    rules.check_posts(vihf, directory, strict=parameters.strict)
    caller = _caller(context, vihf)
    if caller.about is not None:
        guard(context, caller.about)
    accepted(context, trial, caller)
    break_token(context, caller.id_nat, caller.patient, trial.operation)
    return caller


def _caller(context: Context, vihf: Vihf) -> Caller:
    assert vihf.mode is not None, "check_claims asks for it"
    assert vihf.purpose is not None, "check_claims asks for it"
    return Caller(
        id_nat=vihf.name_id,
        structure=vihf.structure,
        mode=vihf.mode,
        door="soap",
        about=vihf.patient,
        patient=context.floor.pseudonyms.of(vihf.patient) if vihf.patient is not None else "",
        purpose=vihf.purpose.code,
        profession=vihf.profession.code if vihf.profession is not None else "",
        speciality=vihf.speciality.code if vihf.speciality is not None else "",
        reason=vihf.reason,
        secret=vihf.confidentiality == HIDDEN_FROM_REPRESENTATIVES,
    )


def _read(context: Context, assertion: etree._Element, parameters: Parameters) -> tuple[Vihf, ClientCertificate]:
    """The claims and the certificate that signed them, which is of our authority, in time and not revoked."""
    try:
        vihf = saml.read_vihf(assertion)
        signer = saml.verify_signature(assertion)
    except VihfRefused as refusal:
        raise errors.NO_VIHF.error(reason=str(refusal)) from refusal
    certificate = ClientCertificate.from_der(signer.public_bytes(Encoding.DER))
    if not _issued_by(signer, trusted(context.settings.home)):
        raise errors.BAD_CERTIFICATE.error(reason="il n'est pas émis par l'autorité de SégurStack")
    reason = _ended(context, signer, certificate, parameters, faults.SIGNER_REVOKED)
    if reason:
        raise errors.BAD_CERTIFICATE.error(reason=reason, field="ds:Signature")
    if parameters.strict and not is_name_of(vihf.issuer, signer.subject):
        raise errors.WRONG_ATTRIBUTE.error(
            name="Issuer", reason="ce n'est pas le DN du certificat qui signe (GN= et ST= attendus)", field="Issuer"
        )
    return vihf, certificate


def _check_living(context: Context, client: ClientCertificate, parameters: Parameters) -> None:
    reason = _ended(context, x509.load_der_x509_certificate(client.der), client, parameters, faults.CLIENT_REVOKED)
    if reason:
        raise errors.BAD_CERTIFICATE_TLS.error(reason=reason, field="TLS")


def _ended(
    context: Context, raw: x509.Certificate, certificate: ClientCertificate, parameters: Parameters, fault: str
) -> str:
    """Why a certificate is no longer good, in French; empty when it is."""
    if not raw.not_valid_before_utc <= context.floor.clock.now() <= raw.not_valid_after_utc:
        return "il a expiré ou n'est pas encore valide"
    if certificate.sha256 in parameters.revoked or context.floor.faults.strikes(fault, actor=certificate.common_name):
        return "il est révoqué"
    return ""


def _card(certificate: ClientCertificate) -> Card:
    return Card(certificate.kind, certificate.common_name, certificate.structure)


@lru_cache(maxsize=1_024)
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
