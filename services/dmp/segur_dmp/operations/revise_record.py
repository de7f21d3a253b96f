"""TD1.1 to TD1.4: create, reactivate, change and close a DMP from a professional's software [DMP digest 1.1, 1.5].

Mon espace santé creates the DMPs since 01/07/2021, and governs those attached to it: software may change, close and
reactivate the others only. A refusal of the act is part of the answer (316, 313), one of rights is a fault.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from segur.contracts.dmp import RecordChanged, RecordClosed, RecordReopened
from segur.contracts.fact import Fact
from segur.kernel.store import Conflict
from segur.personas.states import DmpState
from segur.vocab import oids
from segur.wire import hl7v3_values as hl7
from segur.wire.hl7v3_revise import ADD, Revision
from segur.wire.saml import NORMAL, AuthenticationMode
from segur_dmp import errors, faults
from segur_dmp.context import Context
from segur_dmp.domain.account import Account, Closing
from segur_dmp.domain.rights import Act, Kind
from segur_dmp.operations.break_on_purpose import broken_account, closed
from segur_dmp.pipeline import Caller, authorize, check_patient, grant_of

FOUND, CLOSED, ABSENT, DENIED = "DMPFound", "DMPClosed", "DMPNotFound", "DMPAccessDeniedByRightsService"
"""Codes of refusal; `ABSENT` is inferred."""
_TEXTS: Final = {
    FOUND: "Un DMP existe déjà pour ce patient.",
    CLOSED: "Le DMP de ce patient est fermé.",
    ABSENT: "Ce patient n'a pas de DMP.",
}
_ATTACHED: Final = "Ce DMP est rattaché à Mon espace santé : seul le patient peut le modifier, le fermer ou le rouvrir."
_NO_CREATION: Final = (
    "La création d'un DMP n'est plus ouverte aux logiciels depuis le 01/07/2021 : Mon espace santé le crée."
)


@dataclass(frozen=True, slots=True)
class Revised:
    """What became of it: the account as it is now, or the `code` and French `text` of a refusal."""

    account: Account | None = None
    code: str = ""
    text: str = ""


async def revise_record(context: Context, caller: Caller, wanted: Revision) -> Revised:
    """Do it, or say why not. Raise `SegurError` (rights) or `MetadataRefused` (another patient than the call's)."""
    _check_rights(caller)
    asked = next((one for one in wanted.record.ids if one.root != oids.INS_C), wanted.record.ids[0])
    check_patient(context, caller, f"{asked.extension}^^^&{asked.root}&ISO^NH")
    grant = await grant_of(context, caller)
    if grant is not None and grant.blocked:
        raise errors.BLOCKED.error()
    known = broken_account(context, caller.id_nat, caller.patient, await context.records.accounts.of(caller.patient))
    account = known if known is not None and known.exists else None
    if wanted.kind == ADD or wanted.reason == hl7.CREATE:
        return _not_created(context, caller, account)
    if account is None:
        return _refused(ABSENT)
    if wanted.reason == hl7.REACTIVATE:
        return await _reactivate(context, caller, account, wanted)
    if not account.active:
        return _refused(CLOSED)
    if account.attached:
        return Revised(code=DENIED, text=_ATTACHED)
    if wanted.reason == hl7.CLOSE:
        return await _close(context, caller, account, wanted)
    if wanted.reason == hl7.CHANGE_DATA:
        return await _change(context, caller, account, wanted)
    reasons = ", ".join((hl7.CHANGE_DATA, hl7.CLOSE, hl7.REACTIVATE))
    raise errors.MALFORMED.error(reason=f"motif {wanted.reason[:40]!r} inconnu", field="reasonCode", rule=reasons)


def _check_rights(caller: Caller) -> None:
    """NOTE: the public matrix has no row for these: who may read the data may change it, in ordinary access."""
    authorize(caller, Act.READ_ACCOUNT)
    # the AIR sheet is about consultation, a structure's certificate feeds
    personal = caller.mode is AuthenticationMode.DIRECT and caller.standing.kind() is not Kind.ESTABLISHMENT
    if caller.purpose != NORMAL or not personal:
        raise errors.FORBIDDEN.error(reason="la gestion administrative demande une CPx, en accès normal")


def _not_created(context: Context, caller: Caller, account: Account | None) -> Revised:
    board = context.floor.faults
    if account is not None or board.strikes(faults.RECORD_EXISTS, actor=caller.id_nat, patient=caller.patient):
        return _refused(FOUND)
    return Revised(code=DENIED, text=_NO_CREATION)


async def _reactivate(context: Context, caller: Caller, account: Account, wanted: Revision) -> Revised:
    if account.active:
        return _refused(FOUND)
    if account.attached:
        return Revised(code=DENIED, text=_ATTACHED)
    if wanted.record.said(hl7.REACTIVATION_CONSENT[0]) is False:
        return Revised(code=DENIED, text="Le patient ne consent pas à la réactivation de son DMP.")
    opened = replace(account, state=DmpState.ACTIF.value, closed_at=None, motif="", raison="")
    told = RecordReopened(patient=account.patient, by=caller.id_nat)
    return await _written(context, account, opened, told)


async def _close(context: Context, caller: Caller, account: Account, wanted: Revision) -> Revised:
    motif = wanted.issue or Closing.PATIENT.value
    done = closed(account, context.floor.clock.now(), motif, wanted.issue_text)
    told = RecordClosed(patient=account.patient, motif=motif, by=caller.id_nat)
    return await _written(context, account, done, told)


async def _change(context: Context, caller: Caller, account: Account, wanted: Revision) -> Revised:
    """NOTE: identity traits come from INSi and are not changed here; contacts, used name and oppositions are."""
    values = {**_contacts(wanted), **_oppositions(wanted)}
    changed = sorted(name for name, value in values.items() if getattr(account, name) != value)
    if not changed:
        return Revised(account)
    told = RecordChanged(patient=account.patient, changed=changed, by=caller.id_nat)
    new = replace(account, **values)  # type: ignore[arg-type]  # each value is of its field
    return await _written(context, account, new, told)


def _contacts(wanted: Revision) -> Mapping[str, object]:
    record, found = wanted.record, {}
    for telecom in record.telecoms:
        scheme, _, value = telecom.value.partition(":")
        if scheme in ("mailto", "tel") and value:
            found["email" if scheme == "mailto" else "phone"] = value[:200]
    names = {"used_name": record.used_name, "civility": record.prefix}
    return found | {name: value[:100] for name, value in names.items() if value}


def _oppositions(wanted: Revision) -> Mapping[str, object]:
    said = {
        "regulation_permitted": wanted.record.said(hl7.OPPOSED_TO_REGULATION[0]),
        "break_glass_permitted": wanted.record.said(hl7.OPPOSED_TO_BREAK_GLASS[0]),
    }
    return {name: not value for name, value in said.items() if isinstance(value, bool)}


def _refused(code: str) -> Revised:
    return Revised(code=code, text=_TEXTS[code])


async def _written(context: Context, old: Account, new: Account, told: Fact) -> Revised:
    try:
        await context.floor.store.commit([context.records.accounts.replacement(new, was=old.state)], [told])
    except Conflict:  # somebody opened or closed it meanwhile
        return _refused(CLOSED if old.active else FOUND)
    return Revised(new)
