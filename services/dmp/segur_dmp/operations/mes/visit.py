"""Who may act in which space: the holder, carers by delegation, legal representatives of a minor [DMP digest 6.5]."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Final

from segur.contracts.mes import VisitBegun
from segur.kernel import request
from segur.kernel.errors import SegurError
from segur_dmp import errors, faults
from segur_dmp.context import Context
from segur_dmp.domain.account import Account
from segur_dmp.domain.mes.spaces import STATE_LABELS, Space, SpaceState
from segur_dmp.domain.mes.visitors import Role, Visitor

ACCEPTED: Final = "ACCEPTED"
_REPRESENTATIVE: Final = "/rl"


@dataclass(frozen=True, slots=True)
class Profile:
    """A space somebody may enter, and in which quality."""

    visitor: Visitor
    account: Account
    space: Space | None

    @property
    def state(self) -> SpaceState | None:
        """Where the space stands, None for somebody Mon espace santé does not know."""
        return self.space.state if self.space is not None else None


def name_of(account: Account) -> str:
    """Used name when there is one, first given name."""
    return f"{(account.given or ('',))[0].title()} {account.used_name or account.birth_name}".strip()


def representative_id(child: str, rank: int) -> str:
    """The id of a minor's legal representative: they are nobody's patient here."""
    return f"{child}{_REPRESENTATIVE}{rank}"


def check_code(context: Context, code: str) -> None:
    """The demo code, which stands for the citizen login and proves nothing; raise `errors.WRONG_CODE`."""
    if not hmac.compare_digest(code.encode(), context.settings.mes_code.encode()):
        raise errors.WRONG_CODE.error(field="x-mes-code", fix="Envoyez l'en-tête x-mes-code: 000000.")


async def profiles_of(context: Context, person: str) -> list[Profile]:
    """The spaces a person may enter: the own one first; a representative has the child's only."""
    records = context.records
    patient, is_representative, rank = person.partition(_REPRESENTATIVE)
    account = await records.accounts.of(patient)
    if account is None:
        return []
    own = await records.spaces.of(patient)
    if is_representative:
        people = account.representatives
        if not rank.isdecimal() or int(rank) >= len(people):
            return []  # a minor who came of age has none any more
        someone = people[int(rank)]
        name = f"{someone.given_name.title()} {someone.family_name}"
        return [Profile(Visitor(person, patient, Role.REPRESENTATIVE, name), account, own)]
    found = [Profile(Visitor(person, patient, Role.HOLDER, name_of(account)), account, own)]
    for delegation in await records.delegations.of(carer=person):
        helped = await records.accounts.of(delegation.patient) if delegation.state == ACCEPTED else None
        if helped is not None:
            visitor = Visitor(person, delegation.patient, Role.CARER, name_of(account))
            found.append(Profile(visitor, helped, await records.spaces.of(delegation.patient)))
    return found


async def profile_of(context: Context, person: str, patient: str) -> Profile:
    """One of them; raise `errors.NOT_YOURS`, or `errors.NOT_FOUND` for somebody without any record."""
    if context.floor.faults.strikes(faults.MES_UNAVAILABLE, patient=patient, actor="patient"):
        raise errors.MES_UNAVAILABLE.error()
    account = await context.records.accounts.of(patient)
    if account is None:
        raise errors.NOT_FOUND.error(field="ins")
    found = next((one for one in await profiles_of(context, person) if one.visitor.patient == patient), None)
    if found is None:
        raise errors.NOT_YOURS.error()
    request.note(patient=patient, actor=found.visitor.by)
    return found


async def inside(context: Context, person: str, patient: str) -> Profile:
    """The same inside an open space; raise `errors.NO_SPACE` for one that is not activated, suspended or closed.

    NOTE: somebody with a DMP whom Mon espace santé does not know may read by the REST door, as stories of before do.
    """
    profile = await profile_of(context, person, patient)
    if not profile.account.exists:
        raise errors.NOT_FOUND.error(field="ins")
    if profile.state not in (SpaceState.ACTIVE, None):
        raise state_refused(profile.state)
    return profile


def state_refused(state: SpaceState | None) -> SegurError:
    """The refusal of an act the state of a space does not allow."""
    said = STATE_LABELS[state][0].lower() if state is not None else "inexistant"
    return errors.NO_SPACE.error(state=said)


def of_holder(visitor: Visitor) -> None:
    """Raise `errors.HOLDER_ONLY` for a carer: who cares for somebody decides neither on access nor on the account."""
    if visitor.role is Role.CARER:
        raise errors.HOLDER_ONLY.error()


async def begin(context: Context, profile: Profile) -> None:
    """Somebody came in; the history says so."""
    visitor = profile.visitor
    await context.floor.store.commit(
        [], [VisitBegun(patient=visitor.patient, visitor=visitor.id.partition("/")[0], by=visitor.by)]
    )
