"""TD1.6: who is authorized on one DMP, or blocked from it [DMP digest 1.4]."""

from __future__ import annotations

from segur.vocab import oids
from segur.wire.authorization_list import TREATING_DOCTOR, ListedAuthorization, ListMode
from segur.wire.hl7v3_values import AUTHORIZATION_EXPIRED, format_ts
from segur_dmp.context import Context
from segur_dmp.domain.directory import Directory
from segur_dmp.domain.rights import Act, Grant, authorization_state
from segur_dmp.operations.follow_directory import directory_now
from segur_dmp.pipeline import Caller, enter


async def list_authorizations(context: Context, caller: Caller, mode: ListMode) -> tuple[ListedAuthorization, ...]:
    """The lines in that mode, newest first; what has lapsed is in none. Raise as `enter` does."""
    await enter(context, caller, Act.LIST_AUTHORIZED)
    now, lifetime = context.floor.clock.now(), context.settings.dmp_authorization_lifetime
    grants = [
        grant
        for grant in await context.records.authorizations.of_patient(caller.patient)
        if authorization_state(grant, now, lifetime) != AUTHORIZATION_EXPIRED
        and (mode is ListMode.ALL or grant.blocked is (mode is ListMode.BLOCKED))
    ]
    directory = await directory_now(context, *(grant.holder for grant in grants))
    newest = sorted(grants, key=lambda grant: grant.at, reverse=True)
    return tuple(_line(grant, directory) for grant in newest)


def _line(grant: Grant, directory: Directory) -> ListedAuthorization:
    known = directory.person(grant.holder)
    is_structure = not known.profession and directory.knows(grant.holder)
    return ListedAuthorization(
        grant.holder,
        first_name=known.given_name,
        last_name=known.family_name or directory.name(grant.holder),
        speciality=known.specialty_code,
        speciality_label=known.specialty_label,
        start=format_ts(grant.at),
        last_action=format_ts(grant.acted or grant.at),
        mode=(ListMode.BLOCKED if grant.blocked else ListMode.ACTIVE).value,
        right=TREATING_DOCTOR if grant.treating else "",
        id_type=oids.STRUCTURE if is_structure else oids.PROFESSIONAL,
    )
