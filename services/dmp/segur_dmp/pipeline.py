"""Caller, right, act, fact: what every call goes through, whichever door it came by [DMP digest 2.3, 6]."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from segur.contracts.dmp import AccessRefused, DocumentRefused
from segur.contracts.fact import Fact
from segur.kernel import request
from segur.kernel.errors import PRODUCTION_IDENTITY, Kind, SegurError, StoreAway
from segur.kernel.request import current_sandbox
from segur.kernel.store import Duplicate
from segur.vocab.ins import Ins, InvalidIns
from segur.wire.fhir_json import FhirRefused
from segur.wire.hl7v3_values import AUTHORIZATION_VALID
from segur.wire.saml import NORMAL, AuthenticationMode
from segur.wire.xds import MetadataRefused
from segur_dmp import errors
from segur_dmp.context import Context
from segur_dmp.domain.rights import Act, Right, Standing, authorization_state, right, why_not
from segur_dmp.domain.submission import is_oid

UNKNOWN_PATIENT = "XDSUnknownPatientId"
PATIENT_MISMATCH = "XDSPatientIdDoesNotMatch"
_UNKNOWN = "unknown"
_MOST_TOLD = 50
"""Most documents of one refused submission that become facts."""

Named = Callable[[], Sequence[tuple[str, str]]]
"""Gives (uniqueId, typeCode) of the documents a request names, as far as they can be read."""


@dataclass(frozen=True, slots=True)
class Caller:
    """An accepted caller, and the patient of the call with the pseudonym.

    `id_nat` is the PS_IdNat, `structure` the Struct_idNat, `door` is soap or fhir.
    """

    id_nat: str
    structure: str
    mode: AuthenticationMode
    door: str
    ins: Ins
    patient: str
    purpose: str = NORMAL
    profession: str = ""
    speciality: str = ""

    @property
    def standing(self) -> Standing:
        """The caller as the rights matrix sees it."""
        return Standing(self.id_nat, self.mode, self.profession, self.speciality, self.purpose)


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
    request.note(patient=caller.patient, actor=caller.id_nat)
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


async def may_read(context: Context, caller: Caller) -> bool:
    """Raise `errors.NOT_AUTHORIZED` unless the caller may read this DMP; True for the médecin traitant.

    Break-glass and regulation need no authorization [DMP digest 6.2].
    """
    grant = await context.records.authorizations.of(caller.patient, caller.id_nat)
    state = authorization_state(grant, context.floor.clock.now(), context.settings.dmp_authorization_lifetime)
    needed = context.settings.dmp_authorization_required and caller.purpose == NORMAL
    if needed and state != AUTHORIZATION_VALID:
        raise errors.NOT_AUTHORIZED.error(
            state=state, fix="Recueillez le consentement du patient, puis déclarez l'autorisation (TD0.3 AJOUT)."
        )
    return grant is not None and grant.treating


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


async def open_account(context: Context, caller: Caller) -> None:
    """The patient must have an active DMP; raise `MetadataRefused` (XDSUnknownPatientId).

    NOTE: a production identity, once allowed, is nobody of the synthetic country: its DMP opens at the first contact.
    """
    records = context.records
    account = await records.accounts.of(caller.patient)
    if account is None and caller.ins.is_production:
        opened = records.accounts.document(
            current_sandbox(), caller.patient, caller.ins, state="ACTIF", given=[], birth_name="", sex="", birth_date=""
        )
        with suppress(Duplicate):  # another call was first: it is open
            await records.accounts.table.insert(opened)
        return
    if account is None or account["state"] != "ACTIF":
        raise MetadataRefused("patientId", "no active DMP for this patient, test it with TD0.2", code=UNKNOWN_PATIENT)


def _told(trial: Attempt, refusal: SegurError | MetadataRefused | FhirRefused) -> list[Fact]:
    caller = trial.caller
    patient = caller.patient if caller else _UNKNOWN
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
    if not facts or (isinstance(refusal, SegurError) and refusal.kind in (Kind.UNAUTHENTICATED, Kind.FORBIDDEN)):
        reader = caller.id_nat if caller else _UNKNOWN
        facts.append(AccessRefused(patient=patient, reader=reader, operation=trial.operation, code=code, reason=reason))
    return facts
