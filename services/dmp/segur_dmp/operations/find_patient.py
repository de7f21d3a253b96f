"""TD0.5: find a patient without INS, in medical regulation only [DMP digest 1.4, 6.1]."""

from __future__ import annotations

from segur.contracts.dmp import PatientSought
from segur.wire.hl7v3_candidates import Traits
from segur_dmp.context import Context
from segur_dmp.domain.account import Account
from segur_dmp.domain.candidates import score
from segur_dmp.domain.rights import Act
from segur_dmp.pipeline import Caller, authorize

LEAST = 50
"""A worse match is no candidate; the national figure is not published."""
MOST = 20


async def find_patient(context: Context, caller: Caller, traits: Traits) -> list[tuple[Account, int]]:
    """The open DMPs that fit, best first, each with its match in percent. Raise `errors.FORBIDDEN`."""
    authorize(caller, Act.FIND_PATIENT)
    found = [
        (account, percent)
        for account in await context.records.accounts.of_name(traits.family_name)
        if account.active and not account.nameless and (percent := score(account, traits)) >= LEAST
    ]
    best = sorted(found, key=lambda pair: (-pair[1], pair[0].patient))[:MOST]
    told = PatientSought(reader=caller.id_nat, structure=caller.structure, candidates=len(best))
    await context.floor.store.commit([], [told])
    return best
