"""TD0.2: does the patient have a DMP, and may the caller enter it; TD1.3a reads the same [DMP digest 1.3, 1.5]."""

from __future__ import annotations

from dataclasses import dataclass

from segur.contracts.dmp import RecordTested
from segur_dmp import errors
from segur_dmp.context import Context
from segur_dmp.domain.account import Account
from segur_dmp.domain.rights import Act, authorization_state
from segur_dmp.operations.break_on_purpose import broken_account
from segur_dmp.pipeline import Caller, authorize, check_patient, enter, grant_of


@dataclass(frozen=True, slots=True)
class Existence:
    """`account` is None without a DMP; `authorization` is the state for the caller, `treating` the MT flag."""

    account: Account | None
    authorization: str
    treating: bool

    @property
    def active(self) -> bool:
        """False for a closed DMP."""
        return self.account is not None and self.account.active


async def test_existence(context: Context, caller: Caller, cx: str, *, act: Act) -> Existence:
    """Look, whatever the door asks it for; `cx` is the patient of the message, `act`
    `TEST` or `READ_ACCOUNT`.

    TD0.2 is open to professionals the patient blocked, who learn it so. Raise `SegurError`, or `MetadataRefused` when
    the patient is not that of the call.
    """
    authorize(caller, act)
    check_patient(context, caller, cx)
    account = broken_account(context, caller.id_nat, caller.patient, await context.records.accounts.of(caller.patient))
    if account is not None and not account.exists:
        account = None
    grant = await grant_of(context, caller)
    lifetime = context.settings.dmp_authorization_lifetime
    if act is Act.READ_ACCOUNT and grant is not None and grant.blocked:
        raise errors.BLOCKED.error()
    state = authorization_state(grant, context.floor.clock.now(), lifetime)
    fact = RecordTested(
        patient=caller.patient,
        reader=caller.id_nat,
        exists=account is not None,
        authorization=state,
        secret=caller.secret,
    )
    await context.floor.store.commit([], [fact])
    return Existence(account, state, bool(grant and grant.treating))


async def reread_existence(context: Context, caller: Caller) -> Existence:
    """The same for who names a DMP by its pseudonym, and so learns the INS: open to who may search that DMP.

    Every entry a search gives bears the INS (`patientId`). Raise as `pipeline.enter` does.
    """
    await enter(context, caller, Act.SEARCH)
    return await test_existence(context, caller, caller.ins.cx, act=Act.TEST)
