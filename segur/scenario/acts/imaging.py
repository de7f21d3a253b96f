"""Images: the exam reaches the DRIMbox, its KOS the DMP, and the treating doctor sees it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from segur.personas import samples_dicom
from segur.scenario.actors.ris import Ris
from segur.scenario.actors.viewer import Viewer, read_kos
from segur.scenario.acts.cast import Journey
from segur.scenario.story import Exchange
from segur.wire import hl7v2

_SLICES = 3
_KOS_TYPE = "application/dicom"


async def kos_is_published(journey: Journey) -> None:
    """The study is stored (STOW-RS), the validated report follows (MLLP): the box publishes the KOS to the DMP."""
    stage, exam, patient = journey.stage, journey.exam, journey.patient
    structure = journey.radiologist.user.structure
    ris = Ris(journey.radiologist.client, stage.https, ("127.0.0.1", stage.ports.mllp), structure)
    async with stage.step("Le PACS confie les images à la DRIMbox (STOW-RS)", "PACS", "DRIM") as step:
        images = await asyncio.to_thread(
            samples_dicom.ct_study,
            patient,
            study_uid=exam.study_uid,
            accession=exam.accession,
            at=datetime.now(UTC),
            slices=_SLICES,
        )
        stored = await ris.store(images)
        step.check(stored.status_code == 200, "200", f"{stored.status_code} {stored.text[:300]}")
        await stage.fact(step, "drim.study.received", study_uid=exam.study_uid, instances=_SLICES)
        step.say(f"examen {exam.study_uid}, {_SLICES} coupes, {sum(map(len, images))} octets")
    name = "Le RIS lui envoie le compte rendu validé (ORU^R01) : la DRIMbox publie le KOS au DMP"
    async with stage.step(name, "DRIMbox", "DRIM") as step:
        message = ris.message(exam.report, patient)
        [taken] = await ris.exchange(hl7v2.frame(message))
        sent = message.decode("utf-8", "replace").replace("\r", "\n")
        step.show(Exchange("MLLP", "ORU^R01", taken.code, f"{sent[:1_500]}…", f"MSA-1 {taken.code} {taken.reason}"))
        step.check(taken.taken, "MSA-1 AA", taken)
        kos = await stage.fact(step, "drim.kos.published", study_uid=exam.study_uid, patient=journey.pseudonym)
        journey.kos_id = str(kos["document_id"])
        await stage.fact(step, "dmp.document.submitted", document_id=journey.kos_id)
        step.say(f"KOS {journey.kos_id}")


async def doctor_sees_images(journey: Journey) -> None:
    """The treating doctor finds the KOS in the DMP and fetches the images from the source box (WADO-RS)."""
    stage, doctor, patient = journey.stage, journey.doctor, journey.patient
    async with stage.step("Il trouve le KOS de l'examen au DMP et le récupère (TD3.1, TD3.2)", "LGC", "DRIM") as step:
        found = [entry for entry in await doctor.find(patient) if entry.mime_type == _KOS_TYPE]
        step.check(journey.kos_id in [entry.unique_id for entry in found], f"le KOS {journey.kos_id}", found)
        kos = await doctor.retrieve(patient, journey.kos_id)
        manifest = read_kos(kos)
        step.check(manifest.study_uid == journey.exam.study_uid, journey.exam.study_uid, manifest.study_uid)
        await stage.fact(step, "dmp.document.consulted", document_id=journey.kos_id, reader=str(doctor.user.id_nat))
        step.say(next(iter(manifest.series.values())))
    async with stage.step("Il affiche les images (WADO-RS, jeton Pro Santé Connect)", "visionneuse", "DRIM") as step:
        images = await Viewer(doctor.client).show(kos, token=journey.tokens["doctor"], ins=patient.ins)
        step.check(len(images) == _SLICES, f"{_SLICES} images", len(images))
        step.check(all(any(image.PixelData) for image in images), "des pixels", "une image vide")
        await stage.fact(
            step, "drim.images.retrieved", study_uid=journey.exam.study_uid, reader=str(doctor.user.id_nat)
        )
        step.say(f"{len(images)} images de {images[0].Rows} × {images[0].Columns} pixels, INS vérifié")
