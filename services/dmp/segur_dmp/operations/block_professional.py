"""The patient shuts a professional out of the DMP, or lets them ask again [DMP digest 6.4]."""

from __future__ import annotations

from segur.contracts.dmp import ProfessionalBlocked, ProfessionalUnblocked
from segur_dmp.context import Context
from segur_dmp.domain.rights import Grant


async def block_professional(context: Context, patient: str, professional: str, *, by: str) -> bool:
    """Block; False when it is so already. `professional` is a PS_IdNat (a Struct_idNat blocks a structure's employees).

    An authorization and the role of médecin traitant end with it. `by` is `patient`, `representative` or a PS_IdNat.
    """
    records = context.records
    known = await records.authorizations.of(patient, professional)
    if known is not None and known.blocked:
        return False
    now = context.floor.clock.now()
    write = records.authorizations.granting(patient, professional, Grant(now, blocked=True))
    await context.floor.store.commit([write], [ProfessionalBlocked(patient=patient, professional=professional, by=by)])
    return True


async def unblock_professional(context: Context, patient: str, professional: str, *, by: str) -> bool:
    """Lift a block; False when there was none. No authorization comes back: the professional must ask again."""
    records = context.records
    known = await records.authorizations.of(patient, professional)
    if known is None or not known.blocked:
        return False
    told = ProfessionalUnblocked(patient=patient, professional=professional, by=by)
    await context.floor.store.commit([records.authorizations.withdrawal(patient, professional)], [told])
    return True
