"""DMP-03: the authorization declares itself, once and in its place, when the patient does not object.

Then the two ways in without one, broken glass and medical regulation [DMP digest 6.1].
"""

from __future__ import annotations

import asyncio

from segur.personas import roles
from segur.personas.model import Patient
from segur.scenario.actors.dmp_opening import Icon, consult
from segur.scenario.acts import dmp, emergency
from segur.scenario.acts.ground import Ground, ground
from segur.scenario.acts.soap_wire import Wire
from segur.scenario.stage import Stage
from segur.scenario.story import story


@story(
    "DMP-03",
    "Autorisation individuelle automatique",
    pillar="dmp",
    requirements=("DMP/UX.50", "DMP/UX.08", "DMP/CONF.06"),
)
async def authorization(stage: Stage) -> None:
    """TD0.2, TD0.3, TD3.1 in that order, TD0.3 once; a blocked reader gets nowhere; a team gets one each. Without
    authorization: broken glass and centre 15 (TD0.5), as the patient allows, who learns of it.
    """
    async with ground(stage, "dmp-03") as own:
        patient, reader = stage.country.patient("P2"), dmp.lps(own, roles.OTHER_DOCTOR)
        wire = Wire(reader)
        async with stage.step("Sans consentement recueilli : TD0.2 seulement", "DPI", "DMP/CONF.06") as step:
            visit = await consult(reader, patient, consents=False)
            step.check(visit.opening.icon is Icon.NOT_AUTHORIZED, Icon.NOT_AUTHORIZED, visit.opening)
            step.check(wire.transactions == ["TD0.2"], "TD0.2", wire.transactions)
        async with stage.step("Non-opposition notée : TD0.3 seule, entre TD0.2 et TD3.1", "DPI", "DMP/UX.50") as step:
            wire.clear()
            visit = await consult(reader, patient, consents=True)
            step.check(wire.transactions == ["TD0.2", "TD0.3", "TD3.1"], "TD0.2, TD0.3, TD3.1", wire.transactions)
            await own.fact(
                step,
                "dmp.authorization.granted",
                patient=dmp.pseudonym(own, patient),
                professional=str(reader.user.id_nat),
            )
            step.say(" → ".join(wire.transactions))
        async with stage.step("Seconde ouverture : plus de TD0.3", "DPI", "DMP/UX.08") as step:
            wire.clear()
            await consult(reader, patient, consents=True)
            step.check(wire.transactions == ["TD0.2", "TD3.1"], "TD0.2, TD3.1", wire.transactions)
        await _team(own, patient)
        await _blocked(own, patient)
        await emergency.broken_glass(own)
        await emergency.medical_regulation(own)


async def _team(own: Ground, patient: Patient) -> None:
    team = [dmp.lps(own, role) for role in (roles.EMERGENCY_DOCTOR, roles.NUCLEAR_DOCTOR)]
    async with own.stage.step("Deux membres d'une équipe au même instant : une autorisation chacun", "DPI") as step:
        await asyncio.gather(*(consult(one, patient, consents=True) for one in (*team, team[0])))
        listed = [one.id for one in await team[0].authorizations(patient) if one.mode == "ACTIVE"]
        expected = [str(one.user.id_nat) for one in team]
        step.check(all(listed.count(who) == 1 for who in expected), f"{expected}, une fois chacun", listed)
        step.say(f"TD1.6 : {len(listed)} autorisations, sans doublon")


async def _blocked(own: Ground, patient: Patient) -> None:
    stage, blocked = own.stage, dmp.lps(own, roles.NURSE)
    async with stage.step("Le patient bloque une infirmière : TD0.3 refusée, aucune TD3.1", "LGC", "DMP/UX.50") as step:
        await dmp.Space(own, patient).block(blocked.user)
        await own.fact(step, "dmp.professional.blocked", professional=str(blocked.user.id_nat))
        wire = Wire(blocked)
        visit = await consult(blocked, patient, consents=True)
        step.check(visit.opening.icon is Icon.BLOCKED and visit.documents is None, Icon.BLOCKED, visit)
        refusal = await dmp.refused(blocked.authorize(patient))
        step.check("TD3.1" not in wire.transactions, "aucune TD3.1", wire.transactions)
        step.say(f"{refusal.code} : {refusal.reason}")
