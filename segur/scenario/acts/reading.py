"""The report is read: by the patient, by the treating doctor; and no longer once it is masked."""

from __future__ import annotations

from segur.scenario.acts.cast import MES_CODE, Journey


async def patient_reads(journey: Journey) -> None:
    """The patient is told and reads the document in Mon espace santé."""
    stage = journey.stage
    async with stage.step("Le patient est prévenu et lit le document dans Mon espace santé", "patient") as step:
        await stage.fact(step, "dmp.patient.notified", document_id=journey.unique_id)
        listed = await journey.browser.get(f"{journey.mes}/documents", headers=MES_CODE)
        step.check(listed.status_code == 200, "200", f"{listed.status_code} {listed.text[:200]}")
        ids = [document["uniqueId"] for document in listed.json()["documents"]]
        step.check(journey.unique_id in ids, f"le document {journey.unique_id} dans la liste", ids)
        content = await journey.browser.get(f"{journey.mes}/documents/{journey.unique_id}/content", headers=MES_CODE)
        step.check(content.status_code == 200, "200", content.status_code)
        step.check(content.content == journey.document, "le document déposé, octet pour octet", len(content.content))


async def doctor_reads(journey: Journey) -> None:
    """TD0.2, TD0.3, TD3.1, TD3.2 by the treating doctor's software."""
    stage, doctor = journey.stage, journey.doctor
    async with stage.step("Le médecin traitant teste l'existence du DMP (TD0.2)", "LGC", "DMP/UX") as step:
        answer = await doctor.test_existence(journey.patient)
        step.check(answer.record is not None and answer.record.status == "active", "un DMP actif", answer)
        await stage.fact(step, "dmp.record.tested", patient=journey.pseudonym, reader=str(doctor.user.id_nat))
        step.say(f"autorisation : {answer.authorization}")
    async with stage.step("Il déclare son autorisation d'accès (TD0.3)", "LGC") as step:
        granted = await doctor.authorize(journey.patient)
        step.check(granted.status == "DMPOk", "DMPOk", granted)
        step.say(granted.context or "DMPOk")
    async with stage.step("Il cherche les documents (TD3.1) et trouve le compte rendu", "LGC", "DMP/UX.12") as step:
        found = [entry.unique_id for entry in await doctor.find(journey.patient)]
        step.check(journey.unique_id in found, f"le document {journey.unique_id}", found)
        await stage.fact(step, "dmp.record.searched", patient=journey.pseudonym, reader=str(doctor.user.id_nat))
    async with stage.step("Il récupère le document (TD3.2)", "LGC") as step:
        content = await doctor.retrieve(journey.patient, journey.unique_id)
        step.check(content == journey.document, "le document déposé, octet pour octet", len(content))
        await stage.fact(step, "dmp.document.consulted", document_id=journey.unique_id, reader=str(doctor.user.id_nat))


async def patient_masks(journey: Journey) -> None:
    """The patient hides the document: another professional no longer finds it."""
    stage = journey.stage
    name = "Le patient masque le document : un autre professionnel ne le trouve plus"
    async with stage.step(name, "patient") as step:
        await journey.other.authorize(journey.patient)
        before = [entry.unique_id for entry in await journey.other.find(journey.patient)]
        step.check(journey.unique_id in before, "visible avant le masquage", before)
        masked = await journey.browser.post(f"{journey.mes}/documents/{journey.unique_id}/mask", headers=MES_CODE)
        step.check(masked.status_code in (200, 204), "200", f"{masked.status_code} {masked.text[:200]}")
        await stage.fact(step, "dmp.document.masked", document_id=journey.unique_id, by="patient")
        after = [entry.unique_id for entry in await journey.other.find(journey.patient)]
        step.check(journey.unique_id not in after, "absent après le masquage", after)
