"""Carers (aidants): invitation, acceptance, revocation by either side [DMP digest 6.5]."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from segur.contracts.fact import Fact
from segur.contracts.mes import DelegationAccepted, DelegationDeclined, DelegationInvited, DelegationRevoked
from segur.kernel.ids import new_id
from segur.kernel.store import Conflict
from segur_dmp import errors
from segur_dmp.context import Context
from segur_dmp.domain.mes.spaces import SpaceState
from segur_dmp.domain.mes.visitors import Visitor
from segur_dmp.operations.mes.visit import ACCEPTED, name_of, of_holder
from segur_dmp.store.spaces import Delegation

INVITED: Final = "INVITED"
DECLINED: Final = "DECLINED"
ENDED: Final = "ENDED"


@dataclass(frozen=True, slots=True)
class Tie:
    """A delegation with the names of both sides."""

    delegation: Delegation
    patient_name: str
    carer_name: str


async def invite_carer(context: Context, visitor: Visitor, carer: str) -> Delegation:
    """Invite somebody with an active space. Raise `BAD_DEMAND`, `HOLDER_ONLY`, `DELEGATION_STATE`."""
    of_holder(visitor)
    space = await context.records.spaces.of(carer)
    if carer == visitor.patient or space is None or space.state is not SpaceState.ACTIVE:
        raise errors.BAD_DEMAND.error(reason="l'aidant doit avoir lui-même un espace activé", field="carer")
    known = await context.records.delegations.of(patient=visitor.patient)
    if any(one.carer == carer and one.state in (INVITED, ACCEPTED) for one in known):
        raise errors.DELEGATION_STATE.error(field="carer", fix="Cette personne est déjà invitée.")
    one = Delegation(new_id(), visitor.patient, carer, INVITED, context.floor.clock.now())
    fact = DelegationInvited(patient=one.patient, delegation_id=one.id, carer=carer)
    await context.floor.store.commit([context.records.delegations.insertion(one)], [fact])
    return one


async def answer_invitation(context: Context, person: str, number: str, *, accepted: bool) -> None:
    """The invited person accepts or declines. Raise `NOT_FOUND`, `DELEGATION_STATE`."""
    one = await _one(context, number, carer=person)
    kind = DelegationAccepted if accepted else DelegationDeclined
    fact = kind(patient=one.patient, delegation_id=one.id, carer=one.carer)
    await _move(context, one, INVITED, ACCEPTED if accepted else DECLINED, fact)


async def revoke_delegation(context: Context, person: str, number: str) -> None:
    """Either side ends it, accepted or not answered yet. Raise `NOT_FOUND`, `DELEGATION_STATE`."""
    one = await _one(context, number)
    if person not in (one.patient, one.carer):
        raise errors.NOT_FOUND.error(field="delegation")
    by = "carer" if person == one.carer else "patient"
    fact = DelegationRevoked(patient=one.patient, delegation_id=one.id, carer=one.carer, by=by)
    await _move(context, one, one.state if one.state in (INVITED, ACCEPTED) else ACCEPTED, ENDED, fact)


async def ties_of(context: Context, *, patient: str = "", carer: str = "") -> list[Tie]:
    """The living delegations somebody gave (`patient`) or was given (`carer`), with names."""
    found = await context.records.delegations.of(patient=patient, carer=carer)
    return [
        Tie(one, await _name(context, one.patient), await _name(context, one.carer))
        for one in found
        if one.state in (INVITED, ACCEPTED)
    ]


async def _name(context: Context, patient: str) -> str:
    account = await context.records.accounts.of(patient)
    return name_of(account) if account is not None else ""


async def _one(context: Context, number: str, *, carer: str = "") -> Delegation:
    one = await context.records.delegations.one(number)
    if one is None or (carer and one.carer != carer):
        raise errors.NOT_FOUND.error(field="delegation")
    return one


async def _move(context: Context, one: Delegation, expected: str, state: str, fact: Fact) -> None:
    if one.state != expected:
        raise errors.DELEGATION_STATE.error(field="delegation")
    try:
        now = context.floor.clock.now()
        await context.floor.store.commit([context.records.delegations.change(one, state, now)], [fact])
    except Conflict as error:
        raise errors.DELEGATION_STATE.error(field="delegation") from error
