"""Refusals that can be armed: each named fault of an access and the row of `errors` it shows [DMP digest 9]."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Final

from segur.kernel.errors import SegurError
from segur.personas.states import DmpState
from segur_dmp import errors, faults
from segur_dmp.context import Context
from segur_dmp.domain.account import Account, Closing
from segur_dmp.domain.rights import Grant

TOKEN_FAULTS: Final[dict[str, Callable[[], SegurError]]] = {
    faults.WRONG_SIGNER: lambda: errors.BAD_CERTIFICATE.error(reason="c'est un certificat d'authentification"),
    faults.UNKNOWN_STRUCTURE: lambda: errors.UNKNOWN_STRUCTURE.error(structure="inactive dans l'annuaire"),
    faults.NOT_LINKED: lambda: errors.NOT_LINKED.error(field="Identifiant_Structure"),
    faults.NO_SPECIALITY: lambda: errors.NO_SPECIALITY.error(profession="médecin", field="subject:role"),
    faults.LEGAL_PERSON: lambda: errors.LEGAL_PERSON.error(field="Identifiant_Structure"),
}
"""What may be wrong with a VIHF that is right."""


def break_token(context: Context, actor: str, patient: str, operation: str) -> None:
    """Raise the refusal of an armed fault of the VIHF."""
    for point, refusal in TOKEN_FAULTS.items():
        if context.floor.faults.strikes(point, actor=actor, patient=patient, operation=operation):
            raise refusal()


def break_rights(context: Context, actor: str, patient: str, operation: str, *, emergency: bool) -> None:
    """Raise the refusal of an armed fault of the rights; that of an opposition strikes in an emergency only."""
    board = context.floor.faults
    if board.strikes(faults.DENIED, actor=actor, patient=patient, operation=operation):
        raise errors.FORBIDDEN.error(reason=f"{operation} n'est pas permise à ce professionnel")
    if emergency and board.strikes(faults.OPPOSED, actor=actor, patient=patient, operation=operation):
        raise errors.OPPOSED.error(mode="d'urgence")


def broken_grant(context: Context, actor: str, patient: str, grant: Grant | None) -> Grant | None:
    """The authorization as an armed fault has it: blocked, or lapsed long ago."""
    board = context.floor.faults
    now = context.floor.clock.now()
    if board.strikes(faults.BLOCKED, actor=actor, patient=patient):
        return Grant(now, blocked=True)
    if board.strikes(faults.LAPSED, actor=actor, patient=patient):
        return Grant(now - 2 * context.settings.dmp_authorization_lifetime)
    return grant


def broken_account(context: Context, actor: str, patient: str, account: Account | None) -> Account | None:
    """The account as an armed fault has it: none, or closed now."""
    board = context.floor.faults
    if board.strikes(faults.RECORD_ABSENT, actor=actor, patient=patient):
        return None
    if account is not None and board.strikes(faults.RECORD_CLOSED, actor=actor, patient=patient):
        return closed(account, context.floor.clock.now(), Closing.PATIENT, "")
    return account


def closed(account: Account, at: datetime, motif: str, raison: str) -> Account:
    """The account, closed."""
    return replace(account, state=DmpState.CLOSED.value, closed_at=at, motif=motif, raison=raison)
