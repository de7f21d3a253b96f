"""DMP-09: the morning's agenda is loaded before the patients come, behind a right check, and forgotten in time."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from segur.kernel.ids import new_id
from segur.personas import roles
from segur.personas.model import Patient
from segur.scenario.actors.consents import Ledger, write_choice
from segur.scenario.actors.preload import Preload
from segur.scenario.actors.retries import Backoff
from segur.scenario.acts import dmp
from segur.scenario.acts.ground import Ground, ground
from segur.scenario.acts.soap_wire import Wire
from segur.scenario.stage import Stage
from segur.scenario.story import story

_AGENDA = 30
_WITH_DOCUMENTS = ("P1", "P2", "P10")
_OPPOSED = "P2"
_BACKOFF = Backoff(tries=3, first_s=0.05)


@story(
    "DMP-09",
    "Préchargement avant la consultation",
    pillar="dmp",
    requirements=("DMP/UX.34", "DMP/UX.08", "DMP/UX.10"),
)
async def preload(stage: Stage) -> None:
    """Thirty patients, TD0.2 before all else, a DMP that goes away and comes back, an opposition, the purge."""
    async with ground(stage, "dmp-09") as own:
        agenda = _agenda(stage)
        job = Preload(dmp.lps(own, roles.GENERAL_PRACTITIONER), Ledger(), backoff=_BACKOFF)
        wire = Wire(job.software)
        async with stage.step("Des documents de tiers attendent dans trois dossiers", "DPI") as step:
            author = dmp.lps(own, roles.OTHER_DOCTOR)
            for key in _WITH_DOCUMENTS:
                await dmp.feed(step, author, dmp.document("11490-0", stage.country.patient(key), author.user))
        morning = datetime.now(UTC).replace(hour=6, minute=30, second=0, microsecond=0)
        await _interrupted(own, job, agenda, morning)
        async with stage.step("Aucun préchargement sans contrôle du droit d'accès", "LGC", "DMP/UX.08") as step:
            step.check(_checked_first(wire), "TD0.2 avant TD3.1 pour chacun", wire.transactions)
            step.check(all(job.held[key].contents for key in _WITH_DOCUMENTS), "des contenus", list(job.held))
            step.check(not {"P3", "P4", "P5"} & set(job.held), "ni sans DMP, ni fermé, ni INS non qualifiée", job.held)
            reasons = sorted(set(job.left.values()))
            step.say(f"{len(job.held)} préchargés ; {len(job.left)} laissés : {', '.join(reasons)}")
        await _faster(own, job)
        await _forgotten(own, job, agenda, morning)


def _agenda(stage: Stage) -> list[Patient]:
    return list(stage.country.patients)[:_AGENDA]


async def _interrupted(own: Ground, job: Preload, agenda: list[Patient], morning: datetime) -> None:
    stage = own.stage
    async with stage.step("06:30, le DMP s'arrête : le travail recule, puis cesse", "LGC", "DMP/UX.10") as step:
        await job.run(agenda[:3], morning)
        rule = await own.break_at("gateway.upstream.unavailable", operation="dmp")
        before = len(job.tries.told)
        done = await job.run(agenda, morning)
        tried = len(job.tries.told) - before
        await own.mend(rule)
        step.check(not done and tried == _BACKOFF.tries, f"{_BACKOFF.tries} essais, pas plus", tried)
        step.say(f"{tried} essais, délais {', '.join(f'{one:.2f} s' for one in _BACKOFF.delays)}")
    async with stage.step(f"Le DMP revient : {_AGENDA} patients au total, sans reprendre les premiers", "LGC") as step:
        begun = time.monotonic()
        done = await job.run(agenda, morning)
        step.check(done and len(job.held) + len(job.left) == _AGENDA, f"{_AGENDA} patients", len(job.held))
        seconds = time.monotonic() - begun
        step.say(f"{len(step.exchanges)} requêtes en {seconds:.1f} s, {len(step.exchanges) / seconds:.0f} par seconde")


def _checked_first(wire: Wire) -> bool:
    """Whether each patient's first transaction was TD0.2."""
    asked: set[str] = set()
    for one in wire.sent:
        if one.transaction == "TD0.2":
            asked.add(one.vihf.resource_id)
        elif one.vihf.resource_id not in asked:
            return False
    return True


async def _faster(own: Ground, job: Preload) -> None:
    patient = own.stage.country.patient("P1")
    async with own.stage.step("La consultation : lecture locale contre lecture au DMP", "LGC", "DMP/UX.34") as step:
        begun = time.perf_counter()
        local = job.held[patient.key].contents
        at_once = time.perf_counter() - begun
        found = await job.software.search(patient)
        remote = await job.software.retrieve_all(patient, [entry.unique_id for entry in found])
        over_wire = time.perf_counter() - begun - at_once
        step.check(local.items() <= remote.contents.items(), "les mêmes documents", list(remote.contents))
        step.say(f"{at_once * 1_000:.2f} ms contre {over_wire * 1_000:.0f} ms")


async def _forgotten(own: Ground, job: Preload, agenda: list[Patient], morning: datetime) -> None:
    stage, patient = own.stage, own.stage.country.patient(_OPPOSED)
    async with stage.step("Opposé pendant la nuit : ses données préchargées sont retirées", "GAP, LGC") as step:
        at = f"{datetime.now(UTC):%Y%m%d%H%M%S}"
        job.choices.receive(write_choice(patient, "INO", "INC", at=at, control_id=new_id()[-20:]))
        gone = job.review(agenda)
        step.check(gone == [_OPPOSED] and _OPPOSED not in job.held, _OPPOSED, gone)
    async with stage.step("24 heures plus tard : tout est purgé, avec sa trace", "LGC", "DMP/UX.34") as step:
        step.check(not job.purge(morning + timedelta(hours=23, minutes=59)), "rien avant la limite")
        held = len(job.held)
        gone = job.purge(morning + timedelta(hours=24))
        step.check(len(gone) == held and not job.held, "tout", list(job.held))
        step.say(f"{len(job.purged)} purges tracées : {', '.join(sorted(set(job.purged.values())))}")
