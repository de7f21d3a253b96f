"""What the patient permits in an emergency, and whether new documents come masked [DMP digest 6.4, 6.5]."""

from __future__ import annotations

from segur.contracts.dmp import EmergencyAccessDenied, EmergencyAccessPermitted, MaskingByDefaultChanged
from segur_dmp.context import Context
from segur_dmp.domain.account import FIELDS, Account, Emergency


async def set_opposition(context: Context, account: Account, what: Emergency, *, permitted: bool, by: str) -> bool:
    """Permit or deny one kind of emergency access; False when it is so already.

    Denied `REGULATION` is `OPPOSITION_ACCES_URGENCE`, denied `BREAK_GLASS` is `OPPOSITION_BRIS_DE_GLACE`; `by` is
    `patient` or `representative`.
    """
    if account.permits(what) is permitted:
        return False
    kind = EmergencyAccessPermitted if permitted else EmergencyAccessDenied
    write = context.records.accounts.change(account.patient, **{FIELDS[what]: permitted})
    await context.floor.store.commit([write], [kind(patient=account.patient, purpose=what.value, by=by)])
    return True


async def set_masked_by_default(context: Context, account: Account, *, masked: bool, by: str) -> bool:
    """Have every new document masked to professionals, or no longer; False when it is so already."""
    if account.masked_by_default is masked:
        return False
    write = context.records.accounts.change(account.patient, masked_by_default=masked)
    told = MaskingByDefaultChanged(patient=account.patient, masked=masked, by=by)
    await context.floor.store.commit([write], [told])
    return True
