"""Caller, right, act, fact: what every professional's call goes through [DMP digest 2.1, 2.3]."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from segur.contracts.dmp import AccessRefused
from segur.kernel import request
from segur.kernel.certificates import ClientCertificate
from segur.kernel.errors import PRODUCTION_IDENTITY, SegurError
from segur.kernel.pki import Authority
from segur.vocab.ins import Ins, InvalidIns
from segur.wire import saml
from segur.wire.saml import AuthenticationMode, Vihf, VihfRefused
from segur.wire.xds import MetadataRefused
from segur_dmp import errors
from segur_dmp.context import Context
from segur_dmp.domain.rights import Act, allowed

T = TypeVar("T")

UNKNOWN_PATIENT = "XDSUnknownPatientId"
PATIENT_MISMATCH = "XDSPatientIdDoesNotMatch"


@dataclass(frozen=True, slots=True)
class Caller:
    """An accepted caller: the claims of the VIHF, the patient of the call and the patient's pseudonym."""

    vihf: Vihf
    ins: Ins
    patient: str

    @property
    def id_nat(self) -> str:
        """The professional's national identifier (NameID)."""
        return self.vihf.name_id


def identify(context: Context, assertion: etree._Element | None) -> Caller:
    """Check client certificate, signature, chain and dates; raise `SegurError` saying what is wrong."""
    present = request.current()
    if present.base.startswith("https") and present.certificate is None:
        raise errors.NO_CLIENT_CERTIFICATE.error(fix="Présentez un certificat client de l'autorité de SégurStack.")
    if assertion is None:
        raise errors.NO_VIHF.error(reason="wsse:Security sans Assertion", field="wsse:Security")
    try:
        vihf = saml.read_vihf(assertion)
        signer = saml.verify_signature(assertion)
    except VihfRefused as refusal:
        raise errors.NO_VIHF.error(reason=str(refusal)) from refusal
    now = context.floor.clock.now()
    if not _issued_by_us(context, signer) or not signer.not_valid_before_utc <= now <= signer.not_valid_after_utc:
        raise errors.BAD_CERTIFICATE.error(reason="il n'est pas émis par l'autorité de SégurStack ou n'est plus valide")
    if not ClientCertificate.from_der(signer.public_bytes(Encoding.DER)).kind.endswith("-sign"):
        raise errors.BAD_CERTIFICATE.error(reason="c'est un certificat d'authentification ou de serveur")
    _check_dates(context, vihf)
    if vihf.patient is None:
        raise errors.NO_VIHF.error(reason="resource-id n'est pas un INS au format CX", field=saml.RESOURCE_ID)
    guard(context, vihf.patient)
    caller = Caller(vihf, vihf.patient, context.floor.pseudonyms.of(vihf.patient))
    request.note(patient=caller.patient, actor=caller.id_nat)
    return caller


def guard(context: Context, ins: Ins) -> None:
    """Refuse the identity of a real person, unless the settings allow it."""
    if ins.is_production and not context.settings.allow_production_identities:
        raise PRODUCTION_IDENTITY.error(oid=ins.oid)


def authorize(caller: Caller, act: Act) -> None:
    """Raise `errors.FORBIDDEN` when the authentication mode does not allow the act."""
    mode = caller.vihf.mode or AuthenticationMode.DIRECT
    if not allowed(mode, act):
        raise errors.FORBIDDEN.error(mode=mode.value, rule="Voir la matrice des modes d'authentification.")


def check_patient(context: Context, caller: Caller, cx: str) -> None:
    """The patient of the body must be that of the VIHF; raise `MetadataRefused` (XDSPatientIdDoesNotMatch)."""
    try:
        named = Ins.from_cx(cx)
    except InvalidIns as error:
        raise MetadataRefused("patientId", str(error)) from error
    guard(context, named)
    if (named.matricule, named.oid) != (caller.ins.matricule, caller.ins.oid):
        raise MetadataRefused("patientId", "differs from the resource-id of the VIHF", code=PATIENT_MISMATCH)


async def open_account(context: Context, caller: Caller) -> None:
    """The patient must have an active DMP; raise `MetadataRefused` (XDSUnknownPatientId)."""
    account = await context.records.account(caller.patient)
    if account is None or account["state"] != "ACTIF":
        raise MetadataRefused("patientId", "no active DMP for this patient, test it with TD0.2", code=UNKNOWN_PATIENT)


async def told(context: Context, operation: str, caller: Caller | None, act: Callable[[], Awaitable[T]]) -> T:
    """Run the act; a refusal becomes a fact and goes on to the door."""
    request.note(operation=operation)
    try:
        return await act()
    except (SegurError, MetadataRefused) as refusal:
        fact = AccessRefused(
            patient=caller.patient if caller else "unknown",
            reader=caller.id_nat if caller else "unknown",
            operation=operation,
            code=refusal.code,
            reason=refusal.refusal.name if isinstance(refusal, SegurError) else refusal.field,
        )
        await context.floor.store.commit([], [fact])
        raise


def _check_dates(context: Context, vihf: Vihf) -> None:
    now, skew = context.floor.clock.now(), context.settings.dmp_clock_skew
    if vihf.issue_instant > now + skew or (vihf.not_before is not None and vihf.not_before > now + skew):
        raise errors.STALE_VIHF.error(reason="il est daté dans le futur", fix="Vérifiez l'horloge du poste.")
    expired = vihf.not_on_or_after is not None and vihf.not_on_or_after <= now - skew
    if expired or vihf.issue_instant + context.settings.dmp_vihf_lifetime <= now - skew:
        raise errors.STALE_VIHF.error(reason="il a expiré", fix="Émettez un nouveau VIHF.")


def _issued_by_us(context: Context, leaf: x509.Certificate) -> bool:
    bundle = x509.load_pem_x509_certificates(Authority.of_home(context.settings.home).bundle.read_bytes())
    for issuer in bundle:
        try:
            leaf.verify_directly_issued_by(issuer)
        except (ValueError, TypeError, InvalidSignature):
            continue
        return True
    return False
