"""DMP-01: the status of the DMP on the screen without a click; the INS must be qualified before it is asked."""

from __future__ import annotations

from segur.personas import roles
from segur.scenario.actors.dmp_opening import Icon, open_record
from segur.scenario.acts import dmp
from segur.scenario.acts.ground import Ground, ground
from segur.scenario.acts.soap_wire import Wire
from segur.scenario.stage import Stage
from segur.scenario.story import story

_EXPECTED = (
    ("P1", Icon.OPEN),
    ("P2", Icon.NOT_AUTHORIZED),
    ("P3", Icon.NONE),
    ("P4", Icon.CLOSED),
)
_UNQUALIFIED = ("P5", "P5-VALI", "P5-PROV")


@story(
    "DMP-01",
    "État du DMP affiché sans clic",
    pillar="dmp",
    requirements=("DMP/UX.11", "DMP/UX.12", "DMP/UX.08"),
)
async def status(stage: Stage) -> None:
    """Four states for qualified patients, one TD0.2 each; none for an INS that is not; a silent DMP stays neutral."""
    async with ground(stage, "dmp-01") as own:
        software = dmp.lps(own, roles.OTHER_DOCTOR)
        wire = Wire(software)
        for key, icon in _EXPECTED:
            wire.clear()
            patient = stage.country.patient(key)
            async with stage.step(f"Ouverture du dossier {key} : {icon}", "LGC", "DMP/UX.11", "DMP/UX.12") as step:
                opened = await open_record(software, patient)
                step.check(opened.icon is icon, icon, opened)
                step.check(wire.transactions == ["TD0.2"], "une TD0.2", wire.transactions)
                await own.fact(step, "dmp.record.tested", patient=dmp.pseudonym(own, patient))
                step.say(f"identité {opened.identity}, {opened.icon}")
        async with stage.step("Identité non qualifiée : son état affiché, aucune TD0.2", "LGC", "DMP/UX.08") as step:
            shown = []
            for key in _UNQUALIFIED:
                opened = await open_record(software, stage.country.patient(key))
                step.check(opened.icon is Icon.NOT_ASKED, Icon.NOT_ASKED, opened)
                shown.append(f"{key} {opened.identity}")
            step.check(not step.exchanges, "aucun appel", len(step.exchanges))
            step.say(" ; ".join(shown))
        await _failing(own)


async def _failing(own: Ground) -> None:
    stage, patient = own.stage, own.stage.country.patient("P1")
    async with stage.step("TD0.2 sans réponse : état neutre, écran utilisable", "LGC", "DMP/UX.08") as step:
        hurried = dmp.lps(own, roles.OTHER_DOCTOR)
        hurried.client.timeout = 0.3
        rule = await own.break_at("gateway.network.latency", delay_ms=1_000, operation="dmp")
        opened = await open_record(hurried, patient)
        await own.mend(rule)
        step.check(opened.icon is Icon.UNKNOWN and opened.message, Icon.UNKNOWN, opened)
        step.say(opened.message)
    async with stage.step("TD0.2 refusée : un message lisible", "LGC", "DMP/UX.08") as step:
        rule = await own.break_at("dmp.vihf.unknown_structure", count=1)
        opened = await open_record(dmp.lps(own, roles.OTHER_DOCTOR), patient)
        await own.mend(rule)
        step.check(opened.icon is Icon.UNKNOWN and "Structure" in opened.message, "le motif du DMP", opened)
        step.say(opened.message)
