"""DMP-11: the DMP is slow, then away, then back; the user works on, and every feed arrives exactly once."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable

from segur.personas import roles
from segur.personas.model import Patient
from segur.scenario.actors.dmp_opening import Icon, open_record
from segur.scenario.actors.dmp_reader import typed
from segur.scenario.actors.lps import Refused
from segur.scenario.actors.retries import Backoff, Outbox, Tries, patiently
from segur.scenario.acts import dmp
from segur.scenario.acts.ground import Ground, ground
from segur.scenario.stage import Stage
from segur.scenario.story import Exchange, NotHeld, story

_BACKOFF = Backoff(tries=4, first_s=0.05)
_SLOW_MS = 1_000
"""Stands for the twenty seconds of the digest: the same course of events in a twentieth of the time."""


@story("DMP-11", "DMP lent ou arrêté : l'écran reste libre", pillar="dmp", requirements=("DMP/UX.10",))
async def outage(stage: Stage) -> None:
    """No freeze, bounded tries, growing delays, an outbox replayed once; a cut line, a truncated answer, a fault."""
    async with ground(stage, "dmp-11") as own:
        patient, software = stage.country.patient(roles.PATIENT), dmp.lps(own, roles.GENERAL_PRACTITIONER)
        async with stage.step("Réponse lente : l'utilisateur navigue", "LGC", "DMP/UX.10") as step:
            rule = await own.break_at("gateway.network.latency", delay_ms=_SLOW_MS, operation="dmp")
            pending, acts, longest = asyncio.create_task(open_record(software, patient)), 0, 0.0
            while not pending.done():
                begun = time.monotonic()
                await asyncio.sleep(0.02)
                acts, longest = acts + 1, max(longest, time.monotonic() - begun)
            await own.mend(rule)
            opened = await pending
            step.check(opened.icon is Icon.OPEN and acts > 10, "l'état, après beaucoup de gestes", (opened, acts))
            step.say(f"{acts} gestes, le plus long {longest * 1_000:.0f} ms ; puis {opened.icon}")
        await _away(own, patient)
        await _broken(own, patient)


async def _away(own: Ground, patient: Patient) -> None:
    stage, software = own.stage, dmp.lps(own, roles.GENERAL_PRACTITIONER)
    outbox, tries = Outbox(software.submit, _BACKOFF), Tries()
    documents = [dmp.document("57833-6", patient, software.user) for _ in range(3)]
    rule = await own.break_at("gateway.upstream.unavailable", operation="dmp")
    async with stage.step("503 : état dit clairement, essais bornés, délais croissants", "LGC", "DMP/UX.10") as step:
        opened = await open_record(software, patient)
        step.check(opened.icon is Icon.UNKNOWN and opened.message, Icon.UNKNOWN, opened)
        for document in documents:
            outbox.put(document)
        done = await outbox.flush(tries)
        step.check(not done and len(outbox.waiting) == 3, "trois documents en attente", len(outbox.waiting))
        step.check(len(tries.told) == _BACKOFF.tries, f"{_BACKOFF.tries} essais, un seul document tenté", tries.told)
        delays = ", ".join(f"{one * 1_000:.0f}" for one in _BACKOFF.delays)
        step.show(Exchange("MESURE", "essais", f"{len(tries.told)}", f"délais en ms : {delays}", "\n".join(tries.told)))
        step.say(f"{opened.message} ; {len(tries.told)} essais, délais {delays} ms")
    await own.mend(rule)
    async with stage.step("Retour du DMP : la file part, exactement une fois chacun", "LGC", "DMP/UX.10") as step:
        lost = await own.break_at("dmp.submit.lost_answer", count=1)
        done = await outbox.flush(tries)
        await own.mend(lost)
        step.check(done and not outbox.refused, "une file vide", outbox.refused)
        found = Counter(entry.unique_id for entry in await software.search(patient, TypeCode=typed(("57833-6",))))
        sent = [*outbox.sent, *outbox.already]
        step.check(len(sent) == 3 and all(found[one] == 1 for one in sent), "trois, une fois chacun", found)
        facts = [row["data"]["document_id"] for row in await own.facts("dmp.document.submitted")]
        step.check(all(facts.count(one) == 1 for one in sent), "un fait par document", facts)
        step.say(f"réponse perdue une fois : {len(outbox.already)} reconnu déjà présent, {len(outbox.sent)} accusés")


async def _broken(own: Ground, patient: Patient) -> None:
    stage, software = own.stage, dmp.lps(own, roles.GENERAL_PRACTITIONER)
    sent = dmp.document("11488-4", patient, software.user)
    async with stage.step("Connexion coupée pendant une récupération : reprise, contenu entier", "LGC") as step:
        entry = await dmp.feed(step, software, sent)
        tries = Tries()
        rule = await own.break_at("gateway.network.cut", count=1, operation="dmp")
        content = await patiently(lambda: software.retrieve(patient, entry.unique_id), _BACKOFF, tries)
        await own.mend(rule)
        step.check(content == sent and len(tries.told) == 2, "entier au second essai", tries.told)
        step.say(f"premier essai : {tries.told[0]}")
    async with stage.step("Réponse tronquée, faute SOAP : dites, pas redemandées", "LGC") as step:
        rule = await own.break_at("dmp.retrieve.truncated", count=1)
        broken = await _failure(software.retrieve(patient, entry.unique_id))
        await own.mend(rule)
        rule = await own.break_at("dmp.rights.denied")
        tries = Tries()
        fault = await _failure(patiently(lambda: software.search(patient), _BACKOFF, tries))
        await own.mend(rule)
        step.check(not tries.told, "aucun nouvel essai pour un refus", tries.told)
        step.say(f"tronquée : {broken[:80]} ; faute : {fault[:80]}")


async def _failure(act: Awaitable[object]) -> str:
    try:
        told = await act
    except Refused as refusal:
        return "réponse illisible, à redemander" if refusal.status == 200 else f"{refusal.code} : {refusal.reason}"
    raise NotHeld(f"attendu : un échec ; trouvé : {str(told)[:100]}")
