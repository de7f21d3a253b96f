"""Who calls and may they, and every refusal told as a fact: what each call goes through [INS digest 2.5, 2.7]."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from segur.contracts.ins import IdentityRefused
from segur.kernel import request
from segur.kernel.certificates import ClientCertificate
from segur.kernel.errors import SegurError, StoreAway
from segur.kernel.pki import Authority
from segur.wire import saml
from segur.wire.saml import VihfRefused
from segur_ins import errors, faults
from segur_ins.context import Context

T = TypeVar("T")

COMMON_NAMES = ("INSI-AUTO", "INSI-MANU")
"""The only CN a structure's certificate may have, to the letter."""
_PLAIN = re.compile(r"[\w.:/-]{1,80}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Call:
    """What the envelope says around the search.

    `request_id` is ours; `message_id`, `software` (IDAM) and `issuer` (Emetteur) are the caller's, empty when absent or
    not plain text.
    """

    request_id: str
    operation: str
    message_id: str = ""
    software: str = ""
    issuer: str = ""


def plain(text: str) -> str:
    """The text when it is a short identifier, else nothing: it goes into facts, headers and the journal."""
    return text if _PLAIN.fullmatch(text) else ""


def admit(context: Context, call: Call, assertion: etree._Element | None) -> str:
    """Check software number, then certificate or card assertion; give who calls (structure or professional), or empty.

    Over the plain http port nobody needs a certificate (workshops). Over TLS a structure shows a certificate whose CN
    is INSI-AUTO or INSI-MANU, a professional sends an assertion signed with the card. Raise `SegurError`.
    """
    board, settings = context.floor.faults, context.settings
    if board.strikes(faults.UNKNOWN_SOFTWARE, actor=call.issuer, operation=call.operation):
        raise errors.UNKNOWN_SOFTWARE.error()
    if not call.software:
        raise errors.UNKNOWN_SOFTWARE.error(
            field="ContexteLPS/LPS/IDAM", rule="Ce numéro est absent ou illisible.", fix="Le donner dans l'en-tête."
        )
    if settings.ins_software_numbers and call.software not in settings.ins_software_numbers:
        raise errors.UNKNOWN_SOFTWARE.error()
    if board.strikes(faults.CERTIFICATE_REFUSED, actor=call.issuer, operation=call.operation):
        raise errors.INSUFFICIENT_RIGHTS.error()
    caller = _structure() if assertion is None else _professional(context, call, assertion)
    if settings.ins_strict and caller and call.issuer != caller:
        raise errors.INSUFFICIENT_RIGHTS.error(
            field="ContexteLPS/Emetteur", rule="L'émetteur n'est pas l'appelant.", fix=f"Envoyer {caller}."
        )
    request.note(actor=caller or call.issuer)
    return caller


def _structure() -> str:
    """The structure of the client certificate; empty on the plain port. Raise `INSUFFICIENT_RIGHTS`."""
    present = request.current()
    certificate = present.certificate
    if certificate is None:
        if not present.base.startswith("https"):
            return ""
        raise errors.INSUFFICIENT_RIGHTS.error(
            field="certificat client",
            rule="Aucun certificat ni assertion.",
            fix="Présenter un certificat ORG AUTH_CLI.",
        )
    if certificate.kind != "org-auth" or certificate.common_name not in COMMON_NAMES:
        raise errors.INSUFFICIENT_RIGHTS.error(
            field="certificat client",
            rule=f"ORG AUTH_CLI de CN {' ou '.join(COMMON_NAMES)} attendu, reçu {certificate.common_name[:80]!r}.",
            fix="Émettre ce certificat avec segur certs issue.",
        )
    return certificate.structure


def _professional(context: Context, call: Call, assertion: etree._Element) -> str:
    """The NameID of a card assertion that is signed by a card of ours and still valid. Raise `ASSERTION`."""
    now, settings = context.floor.clock.now(), context.settings
    try:
        signer = saml.verify_signature(assertion)
        read = saml.read_assertion(assertion)
    except VihfRefused as refusal:
        raise errors.ASSERTION.error(reason=refusal.reason, field=refusal.field) from refusal
    valid = signer.not_valid_before_utc <= now <= signer.not_valid_after_utc
    kind = ClientCertificate.from_der(signer.public_bytes(Encoding.DER)).kind
    if not valid or not kind.startswith("ps-") or not Authority.of_home(settings.home).issued(signer):
        raise errors.ASSERTION.error(reason="signée par un certificat qui n'est pas celui d'une carte de SégurStack")
    skew = settings.ins_clock_skew
    late = read.issue_instant + settings.ins_assertion_lifetime <= now - skew
    late = late or (read.not_on_or_after is not None and read.not_on_or_after <= now - skew)
    early = read.issue_instant > now + skew or (read.not_before is not None and read.not_before > now + skew)
    if context.floor.faults.strikes(faults.ASSERTION_EXPIRED, actor=call.issuer, operation=call.operation) or late:
        raise errors.ASSERTION.error(reason="elle a expiré", fix="Redemander une signature à la carte.")
    if early:
        raise errors.ASSERTION.error(reason="elle est datée dans le futur", fix="Vérifier l'horloge du poste.")
    return plain(read.name_id)


async def told(context: Context, call: Call, act: Callable[[], Awaitable[T]]) -> T:
    """Run the act; a refusal becomes a fact and goes on to the door."""
    request.note(operation=call.operation)
    try:
        return await act()
    except StoreAway:  # nothing can be told where nothing can be written
        raise
    except SegurError as refusal:
        fact = IdentityRefused(
            request_id=call.request_id,
            code=refusal.code,
            reason=refusal.refusal.name,
            operation=call.operation,
            message_id=call.message_id,
            software=call.software,
            issuer=call.issuer,
        )
        await context.register.tell(fact)
        raise
