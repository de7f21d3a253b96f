"""The patient names a professional administrator of the DMP, the médecin traitant of its messages [DMP digest 6.4].

NOTE: nothing published says that there is only one: several professionals may hold the role.
"""

from __future__ import annotations

from dataclasses import replace

from segur.contracts.dmp import AuthorizationGranted, AuthorizationWithdrawn, TreatingDoctorRemoved
from segur_dmp import errors
from segur_dmp.context import Context
from segur_dmp.domain.rights import DOCTOR, Grant
from segur_dmp.operations.follow_directory import directory_now


async def set_administrator(context: Context, patient: str, professional: str, *, administrator: bool, by: str) -> bool:
    """Give or take the role; False when it is so already.

    The role brings the authorization, and taking it leaves the authorization. Only a doctor may have it: raise
    `errors.FORBIDDEN` for another profession, or for somebody the patient blocked.
    """
    records = context.records
    known = await records.authorizations.of(patient, professional)
    if administrator is (known is not None and known.treating):
        return False
    if administrator and known is not None and known.blocked:
        raise errors.FORBIDDEN.error(reason="ce professionnel est bloqué par le patient", field="professional")
    now = context.floor.clock.now()
    if administrator:
        directory = await directory_now(context, professional)
        if directory.profession(professional) != DOCTOR:
            raise errors.FORBIDDEN.error(reason="seul un médecin peut être médecin traitant", field="professional")
        grant = replace(known, treating=True, acted=now) if known is not None else Grant(now, treating=True)
        told = AuthorizationGranted(patient=patient, professional=professional, treating=True, by=by)
        await context.floor.store.commit([records.authorizations.granting(patient, professional, grant)], [told])
        return True
    assert known is not None
    grant = replace(known, treating=False, at=now, acted=now)
    ended = TreatingDoctorRemoved(patient=patient, professional=professional, by=by)
    await context.floor.store.commit([records.authorizations.granting(patient, professional, grant)], [ended])
    return True


async def withdraw_authorization(context: Context, patient: str, holder: str, *, by: str) -> bool:
    """Remove the authorization of a professional or structure, with its role; False when there is none."""
    known = await context.records.authorizations.of(patient, holder)
    if known is None or known.blocked:
        return False
    told = AuthorizationWithdrawn(patient=patient, professional=holder, by=by)
    await context.floor.store.commit([context.records.authorizations.withdrawal(patient, holder)], [told])
    return True
