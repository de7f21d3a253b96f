"""Caller, right, act, fact: what every call goes through, whichever door it came by [DMP digest 2.3, 6].

Who may enter a DMP is `enter`; what they see there, `domain.caller.Access`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace

from segur.contracts.dmp import AccessRefused, DocumentRefused, EmergencyAccessed
from segur.contracts.fact import Fact
from segur.kernel import errors as kernel_errors
from segur.kernel import request
from segur.kernel.errors import PRODUCTION_IDENTITY, SegurError, StoreAway
from segur.kernel.request import current_sandbox
from segur.kernel.store import Duplicate
from segur.vocab.ins import Ins, InvalidIns
from segur.wire.fhir_json import FhirRefused
from segur.wire.hl7v3_values import AUTHORIZATION_VALID
from segur.wire.saml import (
    BREAK_GLASS,
    CONFIDENTIALITY,
    NORMAL,
    REGULATION,
)
from segur.wire.xds import MetadataRefused
from segur_dmp import errors
from segur_dmp.context import Context
from segur_dmp.domain.account import Account, Emergency
from segur_dmp.domain.caller import Access, Caller
from segur_dmp.domain.parameters import Parameters
from segur_dmp.domain.rights import (
    Act,
    Grant,
    Right,
    authorization_state,
    matrix_of,
    right,
    why_not,
)
from segur_dmp.domain.submission import is_oid
from segur_dmp.operations.break_on_purpose import break_rights, broken_account, broken_grant

__all__ = [
    "PATIENT_MISMATCH",
    "UNKNOWN_PATIENT",
    "Access",
    "Attempt",
    "Caller",
    "Named",
    "accepted",
    "attempt",
    "authorize",
    "check_patient",
    "enter",
    "grant_of",
    "guard",
    "may_read",
    "open_account",
]

UNKNOWN_PATIENT = "XDSUnknownPatientId"
PATIENT_MISMATCH = "XDSPatientIdDoesNotMatch"
_UNKNOWN = "unknown"
_OF_THE_ACCESS = (kernel_errors.Kind.UNAUTHENTICATED, kernel_errors.Kind.FORBIDDEN)
_MOST_TOLD = 50
"""Most documents of one refused submission that become facts."""

Named = Callable[[], Sequence[tuple[str, str]]]
"""Gives (uniqueId, typeCode) of the documents a request names, as far as they can be read."""


@dataclass(slots=True)
class Attempt:
    """One call on its way: which transaction, by which door; `caller` is set once accepted."""

    operation: str
    door: str
    documents: Named | None = None
    caller: Caller | None = None


@asynccontextmanager
async def attempt(
    context: Context, operation: str, door: str, documents: Named | None = None
) -> AsyncIterator[Attempt]:
    """A block whose refusals become facts and go on to the door: of the documents for a submission, else of the access.

    `documents` is given for a submission only.
    """
    request.note(operation=operation)
    trial = Attempt(operation, door, documents)
    try:
        yield trial
    except StoreAway:
        raise  # nothing can be remembered now
    except (SegurError, MetadataRefused, FhirRefused) as refusal:
        await context.floor.store.commit([], _told(trial, refusal))
        raise


def accepted(context: Context, trial: Attempt, caller: Caller) -> Caller:
    """Remember who calls, for facts, journal and trace."""
    request.note(actor=caller.id_nat)
    if caller.patient:
        request.note(patient=caller.patient)
    trial.caller = caller
    return caller


def guard(context: Context, ins: Ins) -> None:
    """Refuse the identity of a real person, unless the settings allow it."""
    if ins.is_production and not context.settings.allow_production_identities:
        raise PRODUCTION_IDENTITY.error(oid=ins.oid)


def authorize(caller: Caller, act: Act, *, treating: bool = False) -> Right:
    """What the rights matrix allows of the act, with its limit; raise `errors.FORBIDDEN` when that is nothing.

    `treating` tells the médecin traitant of the patient of the call.
    """
    reason = why_not(act, caller.standing, treating=treating)
    if reason:
        raise errors.FORBIDDEN.error(reason=reason, rule="Voir la matrice des droits fonctionnels du DMP.")
    return right(act, caller.standing, treating=treating)


async def enter(context: Context, caller: Caller, act: Act) -> Access:
    """The caller inside the DMP of the call, for one act. The one formula of access [DMP digest 6.2, 6.4].

    Mode matrix, then an open DMP, then not blocked, then the patient's oppositions to emergencies, then, for reading,
    a valid authorization or an emergency. What is seen inside is `Access.sees`. Raise `errors.FORBIDDEN`,
    `errors.BLOCKED`, `errors.OPPOSED`, `errors.NOT_AUTHORIZED`, `errors.NO_MINOR`, or `MetadataRefused`
    (XDSUnknownPatientId) without an open DMP. An emergency access is told as a fact.
    """
    grant = await grant_of(context, caller)
    treating = grant is not None and grant.treating and not grant.blocked
    allowed = authorize(caller, act, treating=treating)
    break_rights(context, caller.id_nat, caller.patient, act.value, emergency=caller.purpose in _OPPOSITIONS)
    account, parameters = await _admitted(context, caller, grant)
    if act in _READING:
        _check_authorization(context, caller, grant)
    opposed = _OPPOSITIONS.get(caller.purpose)
    if opposed is not None:
        await _tell_emergency(context, caller, act)
    return Access(
        caller,
        account,
        allowed,
        treating,
        agreed=opposed is not None and account.permits(Emergency.MASKED),
        documents=matrix_of(parameters.document_matrix),
    )


_READING = frozenset({Act.SEARCH, Act.READ, Act.MASK, Act.UNMASK, Act.SHOW_PATIENT, Act.ARCHIVE})
"""Acts that need an authorization; feeding and deleting one's own do not [DMP digest 0, 8.2 EX_3.3-1060]."""
_OPPOSITIONS = {REGULATION: Emergency.REGULATION, BREAK_GLASS: Emergency.BREAK_GLASS}


async def grant_of(context: Context, caller: Caller) -> Grant | None:
    """What the patient's DMP knows of the caller: a block first, the own authorization, else that of the structure.

    NOTE: that the authorization an employee declared for the structure opens it to its professionals is our reading.
    """
    through_structure = context.settings.dmp_structure_authorization and caller.structure not in ("", caller.holder)
    holders = (caller.holder, caller.structure) if through_structure else (caller.holder,)
    known = await context.records.authorizations.of_holders(caller.patient, *holders)
    found = known.get(caller.holder)
    if found is None and through_structure:
        found = known.get(caller.structure)
        found = replace(found, treating=False) if found is not None and not found.blocked else None
    return broken_grant(context, caller.id_nat, caller.patient, found)


async def _tell_emergency(context: Context, caller: Caller, act: Act) -> None:
    now = context.floor.clock.now()
    row = context.records.emergencies.insertion(
        caller.patient, caller.id_nat, caller.structure, caller.purpose, caller.reason, act.value, now
    )
    told = EmergencyAccessed(
        patient=caller.patient,
        reader=caller.id_nat,
        structure=caller.structure,
        mode=caller.purpose,
        operation=act.value,
        secret=caller.secret,
    )
    await context.floor.store.commit([row], [told])


async def may_read(context: Context, caller: Caller) -> bool:
    """Raise `errors.NOT_AUTHORIZED` unless the caller may read this DMP; True for the médecin traitant."""
    grant = await grant_of(context, caller)
    _check_authorization(context, caller, grant)
    return grant is not None and grant.treating and not grant.blocked


async def open_account(context: Context, caller: Caller) -> Account:
    """The account of the patient, which must be an active DMP that lets the caller in, as for `enter`."""
    account, _ = await _admitted(context, caller, await grant_of(context, caller))
    return account


async def _admitted(context: Context, caller: Caller, grant: Grant | None) -> tuple[Account, Parameters]:
    """The open account, once nothing the patient decided forbids it; raise as `enter` does."""
    account = await _opened(context, caller)
    if grant is not None and grant.blocked:
        raise errors.BLOCKED.error()
    opposed = _OPPOSITIONS.get(caller.purpose)
    if opposed is not None and not account.permits(opposed):
        raise errors.OPPOSED.error(mode=caller.purpose)
    parameters = await context.records.parameters.now()
    if caller.secret and not parameters.is_minor(account.birth_date, context.floor.clock.now()):
        raise errors.NO_MINOR.error(field=CONFIDENTIALITY)
    return account, parameters


def _check_authorization(context: Context, caller: Caller, grant: Grant | None) -> None:
    """Raise `errors.NOT_AUTHORIZED` unless the authorization is valid, or this is an emergency."""
    settings = context.settings
    state = authorization_state(grant, context.floor.clock.now(), settings.dmp_authorization_lifetime)
    if settings.dmp_authorization_required and caller.purpose == NORMAL and state != AUTHORIZATION_VALID:
        raise errors.NOT_AUTHORIZED.error(
            state=state, fix="Recueillez le consentement du patient, puis déclarez l'autorisation (TD0.3 AJOUT)."
        )


async def _opened(context: Context, caller: Caller) -> Account:
    """The account of the patient; raise `MetadataRefused` (XDSUnknownPatientId) unless it is open.

    NOTE: a production identity, once allowed, is nobody of the synthetic country: its DMP opens at the first contact.
    """
    records = context.records
    account = broken_account(context, caller.id_nat, caller.patient, await records.accounts.of(caller.patient))
    if account is None and caller.ins.is_production:
        account = Account(caller.patient, caller.ins.cx, attached=False, web_account=False)
        with suppress(Duplicate):  # another call was first: it is open
            await records.accounts.table.insert(records.accounts.document(current_sandbox(), account))
        return account
    if account is None or not account.active:
        closed = "closed DMP" if account is not None and account.exists else "no active DMP"
        raise MetadataRefused("patientId", f"{closed} for this patient, test it with TD0.2", code=UNKNOWN_PATIENT)
    return account


def check_patient(context: Context, caller: Caller, cx: str) -> None:
    """The patient of the message must be that of the call; raise `MetadataRefused` (XDSPatientIdDoesNotMatch)."""
    try:
        named = Ins.from_cx(cx)
    except InvalidIns as error:
        raise MetadataRefused("patientId", str(error)) from error
    guard(context, named)
    if (named.matricule, named.oid) != (caller.ins.matricule, caller.ins.oid):
        whose = "the resource-id of the VIHF" if caller.door == "soap" else "the patient of the submission set"
        raise MetadataRefused("patientId", f"differs from {whose}", code=PATIENT_MISMATCH)


def _told(trial: Attempt, refusal: SegurError | MetadataRefused | FhirRefused) -> list[Fact]:
    caller = trial.caller
    patient = (caller.patient if caller else _UNKNOWN) or _UNKNOWN
    # NOTE: the name of the rule or element only, for the wording may quote an INS.
    match refusal:
        case SegurError():
            code, reason = refusal.code, refusal.refusal.name
        case MetadataRefused():
            code, reason = refusal.code, refusal.field
        case FhirRefused():
            code, reason = f"fhir:{refusal.issue}", refusal.path[:80]
    facts: list[Fact] = []
    if trial.documents is not None:
        named = list(trial.documents())[:_MOST_TOLD]
        facts = [
            DocumentRefused(
                document_id=unique_id if is_oid(unique_id) else _UNKNOWN,
                patient=patient,
                type_code=type_code[:40],
                code=code,
                reason=reason,
                door=trial.door,
            )
            for unique_id, type_code in named or [(_UNKNOWN, "")]
        ]
    if not facts or (isinstance(refusal, SegurError) and refusal.kind in _OF_THE_ACCESS):
        reader = caller.id_nat if caller else _UNKNOWN
        facts.append(AccessRefused(patient=patient, reader=reader, operation=trial.operation, code=code, reason=reason))
    return facts
