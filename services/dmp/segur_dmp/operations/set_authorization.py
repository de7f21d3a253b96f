"""TD0.3: declare or remove the caller's authorization, or the role of médecin traitant [DMP digest 1.4, 6.1].

What an employee declares is given to the structure (matrix, note a).
"""

from __future__ import annotations

from dataclasses import replace

from segur.contracts.dmp import AuthorizationGranted, AuthorizationWithdrawn, TreatingDoctorRemoved
from segur.contracts.fact import Fact
from segur.wire.habilitations import AuthorizationChange, SetAuthorization, SetAuthorizationAnswer
from segur.wire.hl7v3_values import AUTHORIZATION_VALID
from segur_dmp import errors
from segur_dmp.context import Context
from segur_dmp.domain.rights import DOCTOR, Act, Grant, authorization_state
from segur_dmp.pipeline import Caller, authorize, enter


async def set_authorization(context: Context, caller: Caller, wanted: SetAuthorization) -> SetAuthorizationAnswer:
    """Grant or withdraw; doing it twice changes nothing more and the answer says so.

    Removing the role of médecin traitant leaves the authorization. Raise `SegurError` or `MetadataRefused`.
    """
    known = await context.records.authorizations.of(caller.patient, caller.holder)
    treating = known is not None and known.treating
    act = Act.AUTHORIZE
    if wanted.action is AuthorizationChange.REMOVE:
        if wanted.treating_doctor and not treating:  # nothing to do, but only for who might have had something
            authorize(caller, Act.WITHDRAW)
            return SetAuthorizationAnswer(context="Rôle de médecin traitant inexistant : aucune action effectuée.")
        act = Act.LEAVE_TREATING if wanted.treating_doctor else Act.WITHDRAW
    if wanted.treating_doctor and caller.profession != DOCTOR:
        raise errors.FORBIDDEN.error(reason="seul un médecin peut être médecin traitant", field="role")
    await enter(context, caller, act)
    now = context.floor.clock.now()
    if wanted.action is AuthorizationChange.ADD:
        state = authorization_state(known, now, context.settings.dmp_authorization_lifetime)
        if known is not None and state == AUTHORIZATION_VALID and (treating or not wanted.treating_doctor):
            return SetAuthorizationAnswer(context="Autorisation déjà existante : aucune action effectuée.")
        grant = Grant(now, treating or wanted.treating_doctor)
        told = AuthorizationGranted(
            patient=caller.patient, professional=caller.holder, treating=grant.treating, secret=caller.secret
        )
        return await _set(context, caller, grant, told, "Autorisation ajoutée.")
    if known is None:
        return SetAuthorizationAnswer(context="Autorisation inexistante : aucune action effectuée.")
    if wanted.treating_doctor:
        left = TreatingDoctorRemoved(patient=caller.patient, professional=caller.holder, by=caller.id_nat)
        without = replace(known, treating=False, at=now, acted=now)
        return await _set(context, caller, without, left, "Rôle de médecin traitant retiré.")
    withdrawn = AuthorizationWithdrawn(patient=caller.patient, professional=caller.holder, secret=caller.secret)
    write = context.records.authorizations.withdrawal(caller.patient, caller.holder)
    await context.floor.store.commit([write], [withdrawn])
    return SetAuthorizationAnswer(context="Autorisation supprimée.")


async def declare_authorization(context: Context, caller: Caller) -> SetAuthorizationAnswer:
    """The caller declares that the patient lets them in; what `set_authorization` does with AJOUT."""
    return await set_authorization(context, caller, SetAuthorization(AuthorizationChange.ADD))


async def _set(context: Context, caller: Caller, grant: Grant, told: Fact, said: str) -> SetAuthorizationAnswer:
    write = context.records.authorizations.granting(caller.patient, caller.holder, grant)
    await context.floor.store.commit([write], [told])
    return SetAuthorizationAnswer(context=said)
