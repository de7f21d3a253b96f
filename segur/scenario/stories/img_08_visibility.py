"""IMG-08: an imaging report the patient learns of from the radiologist, then sees, then loses; its KOS with it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

from segur.kernel.ids import new_id, new_oid
from segur.personas import roles, samples_cda, samples_dicom
from segur.scenario.actors.ris import Ris
from segur.scenario.acts import dmp
from segur.scenario.acts.ground import Ground, ground
from segur.scenario.stage import Stage
from segur.scenario.story import Exchange, NotHeld, Step, story
from segur.wire.hl7v2_cda import Action

_RESYNC = "/drimbox/api/resynchronisations"
_BOTH, _DOCTOR, _PATIENT, _NOBODY = (True, True), (True, False), (False, True), (False, False)


@story(
    "IMG-08",
    "Visibilité puis dépublication d'un compte rendu d'imagerie et de son KOS",
    pillar="drim",
    requirements=("DB/RIS.10", "DB/SO.13", "DB/SO.28", "DB/SO.97"),
)
async def visibility(stage: Stage) -> None:
    """Hidden from the patient until announced, shown, masked by a message that is lost, resynchronised, deleted."""
    async with ground(stage, "img-08") as own:
        exam = _Exam(own)
        async with stage.step("Compte rendu et KOS déposés, invisibles au patient", "RIS", "DB/RIS.10") as step:
            await dmp.feed(step, exam.radiologist, exam.report, masks=("INVISIBLE_PATIENT",))
            stored = await exam.ris.store(await exam.images())
            step.check(stored.status_code == 200, "200", stored.status_code)
            await exam.told(step, Action.CREATE, INVISIBLE_PATIENT=True)
            await exam.published(step)
            await exam.seen_by(step, report=_DOCTOR, kos=_DOCTOR)
        async with stage.step("Annonce faite : rendu visible (TD3.3b), renvoyé à la boîte", "RIS", "DB/SO.97") as step:
            await exam.change(step)
            await own.fact(step, "dmp.document.shown", document_id=exam.document_id, to="patient")
            await exam.told(step, Action.REPLACE, INVISIBLE_PATIENT=False, MODIF_CONF_CODE=True)
            await exam.published(step)
            await exam.seen_by(step, report=_BOTH, kos=_BOTH)
        async with stage.step(
            "Masqué aux professionnels, mais le message à la boîte se perd", "RIS", "DB/RIS.10"
        ) as step:
            await exam.change(step, "MASQUE_PS")
            await own.fact(step, "dmp.document.masked", document_id=exam.document_id)
            await own.break_at("drim.mllp.lost", count=1)
            await exam.told(step, Action.REPLACE, MASQUE_PS=True, MODIF_CONF_CODE=True)
            await exam.seen_by(step, report=_PATIENT, kos=_BOTH)
        async with stage.step("L'administrateur resynchronise : le KOS suit", "DRIMbox", "DB/SO.28") as step:
            await own.until("un KOS à remettre d'accord", exam.resynchronised)
            await own.fact(step, "drim.kos.resynchronised", changed=1)
            await exam.published(step)
            await exam.seen_by(step, report=_PATIENT, kos=_PATIENT)
        async with stage.step(
            "Dépublication : supprimé, retiré à la boîte, personne ne voit plus rien", "RIS", "DB/SO.97"
        ) as step:
            await exam.delete(step)
            await exam.told(step, Action.DELETE)
            await own.fact(step, "drim.kos.removed", document_id=exam.kos, cause="report_removed")
            await exam.seen_by(step, report=_NOBODY, kos=_NOBODY)
            step.show(Exchange("ÉTATS", "dans le temps", len(exam.states), "", "\n".join(exam.states)))
            step.say(" ; ".join(exam.states))


class _Exam:
    """One exam with its report, and who sees both."""

    def __init__(self, own: Ground) -> None:
        self._own = own
        stage = own.stage
        self._patient, self.radiologist = stage.country.patient("DMP-IMAGERIE"), dmp.lps(own, roles.RADIOLOGIST)
        user = self.radiologist.user
        self.study, self._accession, self.document_id = new_oid(2), f"ACC{new_id()[-8:]}", new_oid(1)
        self.report = samples_cda.imaging_report(
            self._patient, user, user.structure, document_id=self.document_id, study_uid=self.study,
            at=datetime.now(UTC), accession=self._accession, order=f"DEM{new_id()[-8:]}",
        )  # fmt: skip
        mllp = ("127.0.0.1", stage.ports.mllp)
        self.ris = Ris(self.radiologist.client, stage.https, mllp, user.structure, own.sandbox)
        self.kos = ""
        self.states: list[str] = []

    async def images(self) -> list[bytes]:
        """Two slices."""
        return await asyncio.to_thread(
            samples_dicom.ct_study,
            self._patient,
            study_uid=self.study,
            accession=self._accession,
            at=datetime.now(UTC),
            slices=2,
        )

    async def told(self, step: Step, action: Action, **flags: bool) -> None:
        """The RIS tells the box, which acknowledges."""
        taken = await self.ris.send_report(self.report, self._patient, action=action, flags={"DESTDMP": True, **flags})
        step.check(taken.taken, "MSA-1 AA", taken)

    async def published(self, step: Step) -> None:
        """A KOS in the place of the one there was."""
        fact = await self._own.fact(step, "drim.kos.published", study_uid=self.study, replaces=self.kos)
        self.kos = str(fact["document_id"])

    async def change(self, step: Step, *codes: str) -> None:
        """TD3.3a or b: who sees the report."""
        entry = await self.radiologist.current(self._patient, self.document_id)
        if entry is None:
            raise NotHeld("attendu : le compte rendu au registre")
        answer = await self.radiologist.hide(self._patient, entry, *codes)
        step.check(answer.succeeded, "Success", answer.errors)

    async def delete(self, step: Step) -> None:
        """TD3.3c."""
        entry = await self.radiologist.current(self._patient, self.document_id)
        if entry is None:
            raise NotHeld("attendu : le compte rendu au registre")
        answer = await self.radiologist.delete(self._patient, entry)
        step.check(answer.succeeded, "Success", answer.errors)

    async def resynchronised(self) -> bool:
        """Ask the box to; whether something was to be brought in line."""
        client, address = self._own.stage.client(), self._own.base + _RESYNC
        asked: dict[str, Any] = (await client.post(address)).json()
        while True:
            runs = (await client.get(address)).json()["resynchronisations"]
            run: dict[str, Any] = next(one for one in runs if one["id"] == asked["id"])
            if run["state"] == "done":
                return bool(run["changed"])
            await asyncio.sleep(0.05)

    async def seen_by(self, step: Step, *, report: tuple[bool, bool], kos: tuple[bool, bool]) -> None:
        """Whether another doctor and the patient see report and KOS."""
        doctor = dmp.lps(self._own, roles.GENERAL_PRACTITIONER)
        for_doctor = {entry.unique_id for entry in await doctor.search(self._patient)}
        for_patient = {str(one["uniqueId"]) for one in await dmp.Space(self._own, self._patient).documents()}
        for name, unique_id, expected in (("compte rendu", self.document_id, report), ("KOS", self.kos, kos)):
            seen = unique_id in for_doctor, unique_id in for_patient
            self.states.append(f"{name} : médecin {_yes(seen[0])}, patient {_yes(seen[1])}")
            step.check(seen == expected, f"{name} (médecin, patient) : {expected}", seen)


def _yes(value: bool) -> str:
    return "oui" if value else "non"
