"""E-00: the journey of a wave-2 imaging report, from the radiologist's login to the patient's choice to mask it."""

from __future__ import annotations

from segur.scenario.acts import deposit, directory, edge, identity, imaging, mail, reading
from segur.scenario.acts.cast import prepare
from segur.scenario.stage import Stage
from segur.scenario.story import story


@story("E-00", "Un compte rendu d'imagerie, du radiologue au patient", pillar="cross", requirements=("DMP/UX.12",))
async def wave2_journey(stage: Stage) -> None:
    """The whole journey; the document may be the user's own."""
    journey = prepare(stage)
    await edge.production_is_refused(journey)
    await identity.radiologist_signs_in(journey)
    await identity.patient_is_confirmed(journey)
    await deposit.report_is_submitted(journey)
    await imaging.kos_is_published(journey)
    await reading.patient_reads(journey)
    await directory.mailbox_is_found(journey)
    await mail.report_is_mailed(journey)
    await identity.doctor_signs_in(journey)
    await mail.doctor_reads_mail(journey)
    await reading.doctor_reads(journey)
    await imaging.doctor_sees_images(journey)
    await reading.patient_masks(journey)
    await deposit.failure_is_survived(journey)
