"""TD0.3: declare or remove the caller's authorization [DMP digest 1.4]."""

from __future__ import annotations

from segur.contracts.dmp import AuthorizationGranted, AuthorizationWithdrawn
from segur.kernel.request import current_sandbox
from segur.kernel.store import Delete, Update
from segur.wire.habilitations import AuthorizationChange, SetAuthorization, SetAuthorizationAnswer
from segur_dmp.context import Context
from segur_dmp.domain.rights import Act
from segur_dmp.pipeline import Caller, authorize, open_account


async def set_authorization(context: Context, caller: Caller, wanted: SetAuthorization) -> SetAuthorizationAnswer:
    """Grant or withdraw; doing it twice changes nothing more."""
    authorize(caller, Act.AUTHORIZE)
    await open_account(context, caller)
    records = context.records
    where = {"_id": records.authorization_id(caller.patient, caller.id_nat)}
    if wanted.action is AuthorizationChange.ADD:
        values = {
            "sandbox": current_sandbox(),
            "patient": caller.patient,
            "professional": caller.id_nat,
            "treating": wanted.treating_doctor,
        }
        change = Update(records.authorizations, where, {"$set": values}, expect=None, upsert=True)
        granted = AuthorizationGranted(
            patient=caller.patient, professional=caller.id_nat, treating=wanted.treating_doctor
        )
        await context.floor.store.commit([change], [granted])
    else:
        withdrawn = AuthorizationWithdrawn(patient=caller.patient, professional=caller.id_nat)
        await context.floor.store.commit([Delete(records.authorizations, where)], [withdrawn])
    return SetAuthorizationAnswer()
