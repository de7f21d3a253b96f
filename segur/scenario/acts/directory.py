"""Whom to write to: the Annuaire Santé knows the correspondent's mailboxes."""

from __future__ import annotations

from segur.scenario.actors import directory_client
from segur.scenario.acts.cast import Journey


async def mailbox_is_found(journey: Journey) -> None:
    """The RIS looks the treating doctor up by RPPS and takes the personal MSSanté address."""
    stage, doctor = journey.stage, journey.doctor.user
    assert doctor.rpps is not None
    name = "Le RIS cherche l'adresse MSSanté du médecin traitant dans l'Annuaire Santé (FHIR)"
    async with stage.step(name, "RIS", "ANNUAIRE") as step:
        rpps = str(doctor.rpps)
        boxes = await directory_client.find_mailboxes(journey.radiologist.client, stage.https, rpps)
        personal = [box.address for box in boxes if box.kind == "PER"]
        step.check(personal, f"une boîte personnelle pour le RPPS {rpps}", boxes)
        journey.mailbox = personal[0]
        step.say(f"{doctor.display_name}, RPPS {rpps} : {journey.mailbox}")
