"""TD0.2: does the patient have a DMP, and may the caller enter it [DMP digest 1.3]."""

from __future__ import annotations

from dataclasses import dataclass

from segur.contracts.dmp import RecordTested
from segur.kernel.store import Document
from segur_dmp.context import Context
from segur_dmp.domain.rights import Act, authorization_state
from segur_dmp.pipeline import Caller, authorize, check_patient


@dataclass(frozen=True, slots=True)
class Existence:
    """`account` is None without a DMP; `authorization` is the state for the caller, `treating` the MT flag."""

    account: Document | None
    authorization: str
    treating: bool

    @property
    def active(self) -> bool:
        """False for a closed DMP."""
        return self.account is not None and self.account["state"] == "ACTIF"


async def test_existence(context: Context, caller: Caller, cx: str) -> Existence:
    """Look, whatever the door asks it for; `cx` is the patient of the message.

    Raise `SegurError`, or `MetadataRefused` when the patient is not that of the call.
    """
    authorize(caller, Act.TEST)
    check_patient(context, caller, cx)
    account = await context.records.accounts.of(caller.patient)
    if account is not None and account["state"] == "NONE":
        account = None
    grant = await context.records.authorizations.of(caller.patient, caller.id_nat)
    lifetime = context.settings.dmp_authorization_lifetime
    state = authorization_state(grant, context.floor.clock.now(), lifetime)
    fact = RecordTested(patient=caller.patient, reader=caller.id_nat, exists=account is not None, authorization=state)
    await context.floor.store.commit([], [fact])
    return Existence(account, state, bool(grant and grant.treating))
