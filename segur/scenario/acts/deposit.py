"""The report enters the DMP, also through a failure."""

from __future__ import annotations

import asyncio

import httpx

from segur.kernel.ids import new_id
from segur.scenario.actors.lps import Refused
from segur.scenario.acts.cast import MES_CODE, Journey, new_exam
from segur.wire import cda


async def report_is_submitted(journey: Journey) -> None:
    """TD2.1 over mutual TLS, with VIHF and MTOM."""
    stage = journey.stage
    name = "Le RIS dépose le compte rendu au DMP (TD2.1, TLS mutuel, VIHF, MTOM)"
    async with stage.step(name, "RIS", "DMP/ALI") as step:
        entry, answer = await journey.radiologist.submit(journey.document)
        step.check(answer.succeeded, "RegistryResponse Success", [(e.code, e.context) for e in answer.errors])
        journey.unique_id = entry.unique_id
        journey.follow(journey.document)
        await stage.fact(step, "dmp.document.submitted", document_id=entry.unique_id, door="soap")
        header = cda.read_header(journey.document)
        step.say(f"{header.title or entry.type_code} : {entry.unique_id}, {len(journey.document)} octets")


async def failure_is_survived(journey: Journey) -> None:
    """The DMP is made to fail once; the software sends the same again and it is stored exactly once."""
    stage = journey.stage
    name = "Le DMP tombe en panne pendant un dépôt : la reprise ne le stocke qu'une fois"
    async with stage.step(name, "RIS") as step:
        document = new_exam(stage, journey.patient).report
        rule = {"id": new_id(), "point": "dmp.submit.busy", "count": 1}
        async with httpx.AsyncClient(trust_env=False, timeout=10) as operator:
            armed = await operator.post(f"{stage.control}/api/faults", json=rule)
            step.check(armed.status_code < 300, "la panne armée", armed.text[:200])
        refusals = 0
        for _ in range(4):
            try:
                entry, answer = await journey.radiologist.submit(document)
            except Refused as refusal:
                refusals += 1
                step.say(f"première réponse : {refusal.code} {refusal.reason}")
                await asyncio.sleep(0.2)
                continue
            step.check(answer.succeeded, "RegistryResponse Success", answer.errors)
            break
        async with httpx.AsyncClient(trust_env=False, timeout=10) as operator:
            await operator.delete(f"{stage.control}/api/faults/{rule['id']}")
        step.check(refusals == 1, "une seule panne", refusals)
        await stage.fact(step, "dmp.document.submitted", document_id=entry.unique_id)
        listed = await journey.browser.get(f"{journey.mes}/documents", headers=MES_CODE)
        times = [document["uniqueId"] for document in listed.json()["documents"]].count(entry.unique_id)
        step.check(times == 1, "stocké exactement une fois", times)
