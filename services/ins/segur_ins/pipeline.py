"""Who calls and may they, and every refusal told as a fact: what each call goes through [INS digest 2.5, 2.7].

A structure shows a certificate whose CN is INSI-AUTO (the software asks by itself) or INSI-MANU (a user asks), a
professional sends an assertion signed with the card, or comes through a Proxy e-Santé with an API token. The digest
draws no other line between the modes: each may search; the structures' and the proxy's may also verify. Strict reading
knows nobody on the plain port, wants Emetteur to be the caller, one identity at a time, and card assertions in the form
of the digest.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from enum import StrEnum
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
from segur.wire.saml_assertion import X509_SUBJECT
from segur_ins import errors, faults
from segur_ins.context import Context

T = TypeVar("T")

_PLAIN = re.compile(r"[\w.:/-]{1,80}", re.ASCII)


class Mode(StrEnum):
    """How a caller is known; the two first are the only CN a structure's certificate may have, to the letter."""

    AUTO = "INSI-AUTO"
    MANU = "INSI-MANU"
    CARD = "CPX"
    TOKEN = "PSC"  # noqa: S105 - a mode's name, not a secret
    NOBODY = ""
    """On the plain port, in workshops."""


STRUCTURES = (Mode.AUTO, Mode.MANU)


@dataclass(frozen=True, slots=True)
class Call:
    """What the envelope says around the search.

    `request_id` is ours; `message_id`, `software` (IDAM) and `issuer` (Emetteur) are the caller's, empty when absent or
    not plain text; `mode` is known once the call is admitted.
    """

    request_id: str
    operation: str
    message_id: str = ""
    software: str = ""
    issuer: str = ""
    mode: Mode = Mode.NOBODY


def plain(text: str) -> str:
    """The text when it is a short identifier, else nothing: it goes into facts, headers and the journal."""
    return text if _PLAIN.fullmatch(text) else ""


def admit(context: Context, call: Call, assertion: etree._Element | None, holder: str = "") -> Call:
    """Check software number, then certificate or card assertion; give the call with its mode. Raise `SegurError`.

    `holder` is the professional an API token proved already: an assertion that stays beside it adds nothing.

    Over the plain http port nobody needs a certificate (workshops) unless reading is strict.
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
    if holder:
        caller, mode = holder, Mode.TOKEN
    elif assertion is None:
        caller, mode = known(context, call)
    else:
        caller, mode = _professional(context, call, assertion), Mode.CARD
    if settings.ins_strict:
        if assertion is not None and known_by_certificate() in STRUCTURES:
            raise errors.TWO_IDENTITIES.error()
        if caller and call.issuer != caller:
            raise errors.INSUFFICIENT_RIGHTS.error(
                field="ContexteLPS/Emetteur", rule="L'émetteur n'est pas l'appelant.", fix=f"Envoyer {caller}."
            )
    request.note(actor=caller or call.issuer)
    return replace(call, mode=mode)


def known(context: Context, call: Call) -> tuple[str, Mode]:
    """The structure of the client certificate and its mode; both empty on the plain port. Raise `SegurError`."""
    present, board = request.current(), context.floor.faults
    about = {"actor": call.issuer, "operation": call.operation}
    if board.strikes(faults.CERTIFICATE_REFUSED, **about):
        raise errors.INSUFFICIENT_RIGHTS.error()
    if board.strikes(faults.CERTIFICATE_REVOKED, **about):
        raise errors.CERTIFICATE_REVOKED.error()
    certificate = present.certificate
    if certificate is None:
        if not present.base.startswith("https") and not context.settings.ins_strict:
            return "", Mode.NOBODY
        raise errors.INSUFFICIENT_RIGHTS.error(
            field="certificat client",
            rule="Aucun certificat ni assertion.",
            fix="Présenter un certificat ORG AUTH_CLI.",
        )
    if known_by_certificate() not in STRUCTURES:
        raise errors.INSUFFICIENT_RIGHTS.error(
            field="certificat client",
            rule=f"ORG AUTH_CLI de CN {' ou '.join(STRUCTURES)} attendu, reçu {certificate.common_name[:80]!r}.",
            fix="Émettre ce certificat avec segur certs issue.",
        )
    return certificate.structure, known_by_certificate()


def known_by_certificate() -> Mode:
    """The mode that the client certificate of the present call opens; none without a right one."""
    certificate = request.current().certificate
    if certificate is None or certificate.kind != "org-auth" or certificate.common_name not in STRUCTURES:
        return Mode.NOBODY
    return Mode(certificate.common_name)


def _professional(context: Context, call: Call, assertion: etree._Element) -> str:
    """The NameID of a card assertion that is signed by a card of ours and still valid. Raise `ASSERTION`."""
    now, settings = context.floor.clock.now(), context.settings
    board, about = context.floor.faults, {"actor": call.issuer, "operation": call.operation}
    try:
        signer = saml.verify_signature(assertion)
        read = saml.read_assertion(assertion)
    except VihfRefused as refusal:
        raise errors.ASSERTION.error(reason=refusal.reason, field=refusal.field) from refusal
    valid = signer.not_valid_before_utc <= now <= signer.not_valid_after_utc
    kind = ClientCertificate.from_der(signer.public_bytes(Encoding.DER)).kind
    if not valid or not kind.startswith("ps-") or not Authority.of_home(settings.home).issued(signer):
        raise errors.ASSERTION.error(reason="signée par un certificat qui n'est pas celui d'une carte de SégurStack")
    if board.strikes(faults.ASSERTION_INVALID, **about):
        raise errors.ASSERTION.error(reason="signature incorrecte")
    skew = settings.ins_clock_skew
    late = read.issue_instant + settings.ins_assertion_lifetime <= now - skew
    late = late or (read.not_on_or_after is not None and read.not_on_or_after <= now - skew)
    early = read.issue_instant > now + skew or (read.not_before is not None and read.not_before > now + skew)
    if board.strikes(faults.ASSERTION_EXPIRED, **about) or late:
        raise errors.ASSERTION.error(reason="elle a expiré", fix="Redemander une signature à la carte.")
    if early:
        raise errors.ASSERTION.error(reason="elle est datée dans le futur", fix="Vérifier l'horloge du poste.")
    if settings.ins_strict:
        _check_form(context, read)
    return plain(read.name_id)


def _check_form(context: Context, read: saml.Assertion) -> None:
    """The form of a card assertion, to the letter [INS digest 2.5]; raise `ASSERTION`."""
    window = context.settings.ins_assertion_lifetime + context.settings.ins_clock_skew
    for holds, field, rule in (
        (read.issuer_format == X509_SUBJECT, "Issuer/@Format", "X509SubjectName attendu"),
        (read.name_qualifier == "CPS", "NameID/@NameQualifier", "CPS attendu"),
        (read.not_on_or_after is not None, "Conditions/@NotOnOrAfter", "une fin de validité est attendue"),
        (
            read.not_on_or_after is None or read.not_on_or_after - read.issue_instant <= window,
            "Conditions/@NotOnOrAfter",
            "une heure de validité au plus",
        ),
    ):
        if not holds:
            raise errors.ASSERTION.error(reason=rule, field=field)


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
