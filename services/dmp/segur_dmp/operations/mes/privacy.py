"""Who may see what: the professionals of a space, blocks, emergencies [DMP digest 6.4].

The acts themselves are the DMP's own (`block_professional`, `set_administrator`, `set_opposition`); here stands what a
visitor may do of them, and the list with names.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from segur.wire.hl7v3_values import AUTHORIZATION_FORBIDDEN, AUTHORIZATION_VALID
from segur_dmp import errors
from segur_dmp.context import Context
from segur_dmp.domain.account import Account, Emergency
from segur_dmp.domain.mes.visitors import Visitor
from segur_dmp.domain.rights import authorization_state
from segur_dmp.operations.block_professional import block_professional, unblock_professional
from segur_dmp.operations.follow_directory import directory_now
from segur_dmp.operations.mes.visit import of_holder
from segur_dmp.operations.set_administrator import set_administrator, withdraw_authorization
from segur_dmp.operations.set_opposition import set_masked_by_default, set_opposition


@dataclass(frozen=True, slots=True)
class Consent:
    """A line of the list of consents: `kind` PS or ORGANISATION, `permitted` False for a blocked one."""

    holder: str
    name: str
    speciality: str
    kind: str
    since: datetime
    is_admin: bool
    is_active: bool
    permitted: bool


async def consents_of(context: Context, patient: str) -> list[Consent]:
    """The professionals and structures the DMP lets in or shuts out, the newest first."""
    grants = await context.records.authorizations.of_patient(patient)
    directory = await directory_now(context, *(grant.holder for grant in grants))
    now, lifetime = context.floor.clock.now(), context.settings.dmp_authorization_lifetime
    found = []
    for grant in grants:
        person = directory.person(grant.holder)
        name = f"{person.given_name.title()} {person.family_name}".strip() or grant.holder
        found.append(
            Consent(
                grant.holder,
                name,
                person.specialty_label,
                "ORGANISATION" if directory.knows(grant.holder) else "PS",
                grant.at,
                grant.treating,
                authorization_state(grant, now, lifetime) == AUTHORIZATION_VALID,
                authorization_state(grant, now, lifetime) != AUTHORIZATION_FORBIDDEN,
            )
        )
    return sorted(found, key=lambda one: one.since, reverse=True)


async def set_block(context: Context, visitor: Visitor, professional: str, *, blocked: bool) -> bool:
    """Block a professional (by PS_IdNat, or RPPS), or lift the block; False when it is so already."""
    of_holder(visitor)
    act = block_professional if blocked else unblock_professional
    return await act(context, visitor.patient, await _known(context, professional), by=visitor.by)


async def set_admin(context: Context, visitor: Visitor, professional: str, *, administrator: bool) -> bool:
    """Name a doctor administrator (médecin traitant of the DMP), or take the role away."""
    of_holder(visitor)
    named = await _known(context, professional)
    return await set_administrator(context, visitor.patient, named, administrator=administrator, by=visitor.by)


async def withdraw(context: Context, visitor: Visitor, holder: str) -> bool:
    """Take an authorization away without blocking."""
    of_holder(visitor)
    return await withdraw_authorization(context, visitor.patient, holder, by=visitor.by)


async def set_emergency(
    context: Context, visitor: Visitor, account: Account, purpose: Emergency, *, permitted: bool
) -> bool:
    """Permit or deny an emergency access."""
    of_holder(visitor)
    return await set_opposition(context, account, purpose, permitted=permitted, by=visitor.by)


async def mask_by_default(context: Context, visitor: Visitor, account: Account, *, masked: bool) -> bool:
    """Mask every new document (`setAllDocumentsConfidentiality`), or no longer."""
    of_holder(visitor)
    return await set_masked_by_default(context, account, masked=masked, by=visitor.by)


async def professionals_named(context: Context, ids: list[str]) -> dict[str, str]:
    """Names of professionals by PS_IdNat, as far as the directory knows them."""
    directory = await directory_now(context, *dict.fromkeys(ids))
    people = {one: directory.person(one) for one in ids}
    return {one: f"{p.given_name.title()} {p.family_name}".strip() for one, p in people.items() if p.family_name}


async def _known(context: Context, told: str) -> str:
    id_nat = f"8{told}" if told.isdecimal() and len(told) == 11 else told
    directory = await directory_now(context, id_nat)
    if not directory.person(id_nat).family_name and not directory.knows(id_nat):
        raise errors.BAD_DEMAND.error(reason="professionnel inconnu de l'annuaire", field="professional")
    return id_nat
