"""TD0.3: declare or remove the caller's authorization, or the role of médecin traitant [DMP digest 1.4, 6.1]."""

from __future__ import annotations

from segur.contracts.dmp import AuthorizationGranted, AuthorizationWithdrawn
from segur.wire.habilitations import AuthorizationChange, SetAuthorization, SetAuthorizationAnswer
from segur.wire.hl7v3_values import AUTHORIZATION_VALID
from segur_dmp import errors
from segur_dmp.context import Context
from segur_dmp.domain.rights import DOCTOR, Act, Grant, authorization_state
from segur_dmp.pipeline import Caller, authorize, open_account


async def set_authorization(context: Context, caller: Caller, wanted: SetAuthorization) -> SetAuthorizationAnswer:
    """Grant or withdraw; doing it twice changes nothing more and the answer says so.

    Removing the role of médecin traitant leaves the authorization. Raise `SegurError` or `MetadataRefused`.
    """
    authorize(caller, Act.AUTHORIZE)
    if wanted.treating_doctor and caller.profession != DOCTOR:
        raise errors.FORBIDDEN.error(reason="seul un médecin peut être médecin traitant", field="role")
    await open_account(context, caller)
    records = context.records
    now = context.floor.clock.now()
    known = await records.authorizations.of(caller.patient, caller.id_nat)
    if wanted.action is AuthorizationChange.ADD:
        state = authorization_state(known, now, context.settings.dmp_authorization_lifetime)
        if known is not None and state == AUTHORIZATION_VALID and (known.treating or not wanted.treating_doctor):
            return SetAuthorizationAnswer(context="Autorisation déjà existante : aucune action effectuée.")
        treating = wanted.treating_doctor or (known is not None and known.treating)
        return await _grant(context, caller, Grant(now, treating), "Autorisation ajoutée.")
    if known is None or (wanted.treating_doctor and not known.treating):
        return SetAuthorizationAnswer(context="Autorisation inexistante : aucune action effectuée.")
    if wanted.treating_doctor:
        return await _grant(context, caller, Grant(now, False), "Rôle de médecin traitant retiré.")
    withdrawn = AuthorizationWithdrawn(patient=caller.patient, professional=caller.id_nat)
    await context.floor.store.commit([records.authorizations.withdrawal(caller.patient, caller.id_nat)], [withdrawn])
    return SetAuthorizationAnswer(context="Autorisation supprimée.")


async def _grant(context: Context, caller: Caller, grant: Grant, said: str) -> SetAuthorizationAnswer:
    granted = AuthorizationGranted(patient=caller.patient, professional=caller.id_nat, treating=grant.treating)
    await context.floor.store.commit(
        [context.records.authorizations.granting(caller.patient, caller.id_nat, grant)], [granted]
    )
    return SetAuthorizationAnswer(context=said)
