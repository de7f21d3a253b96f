"""IMG-08, its DMP part: an imaging report the patient learns of from the radiologist first, then sees, then loses."""

from __future__ import annotations

from datetime import UTC, datetime

from segur.kernel.ids import new_id, new_oid
from segur.personas import roles, samples_cda
from segur.scenario.acts import dmp
from segur.scenario.acts.ground import ground
from segur.scenario.stage import Stage
from segur.scenario.story import Exchange, NotHeld, story


@story(
    "IMG-08",
    "Visibilité puis dépublication d'un compte rendu d'imagerie",
    pillar="drim",
    requirements=("DB/RIS.10",),
)
async def visibility(stage: Stage) -> None:
    """Hidden from the patient until it is announced, then shown, then deleted; the state of the DMP at each moment."""
    async with ground(stage, "img-08") as own:
        patient, radiologist = stage.country.patient("DMP-IMAGERIE"), dmp.lps(own, roles.RADIOLOGIST)
        user, space = radiologist.user, dmp.Space(own, patient)
        report = samples_cda.imaging_report(
            patient, user, user.structure, document_id=new_oid(1), study_uid=new_oid(2), at=datetime.now(UTC),
            accession=f"ACC{new_id()[-8:]}", order=f"DEM{new_id()[-8:]}",
        )  # fmt: skip
        states: list[str] = []

        async def state(unique_id: str) -> tuple[bool, bool]:
            doctor = dmp.lps(own, roles.GENERAL_PRACTITIONER)
            by_doctor = unique_id in {entry.unique_id for entry in await doctor.search(patient)}
            by_patient = unique_id in {str(one["uniqueId"]) for one in await space.documents()}
            states.append(f"médecin {'oui' if by_doctor else 'non'}, patient {'oui' if by_patient else 'non'}")
            return by_doctor, by_patient

        async with stage.step("Compte rendu déposé, invisible au patient", "RIS", "DB/RIS.10") as step:
            sent = await dmp.feed(step, radiologist, report, masks=("INVISIBLE_PATIENT",))
            seen = await state(sent.unique_id)
            step.check(seen == (True, False), "le médecin seul", seen)
        async with stage.step("Consultation d'annonce : rendu visible (TD3.3b)", "RIS", "DB/RIS.10") as step:
            entry = await radiologist.current(patient, sent.unique_id)
            if entry is None:
                raise NotHeld("attendu : le compte rendu au registre")
            answer = await radiologist.hide(patient, entry)
            step.check(answer.succeeded, "Success", answer.errors)
            await own.fact(step, "dmp.document.shown", document_id=sent.unique_id, to="patient")
            seen = await state(sent.unique_id)
            step.check(seen == (True, True), "les deux", seen)
        async with stage.step("Dépublication : supprimé, personne ne le voit plus", "RIS", "DB/RIS.10") as step:
            target = await radiologist.current(patient, sent.unique_id)
            if target is None:
                raise NotHeld("attendu : le compte rendu au registre")
            answer = await radiologist.delete(patient, target)
            step.check(answer.succeeded, "Success", answer.errors)
            seen = await state(sent.unique_id)
            step.check(seen == (False, False), "personne", seen)
            step.show(Exchange("ÉTATS", "dans le temps", len(states), "", "\n".join(states)))
            step.say(" ; ".join(states))
