"""IMG-11: order, report and images are one exam, joined by the numbers in their metadata."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from segur.kernel.ids import new_id, new_oid
from segur.personas import roles, samples_cda, samples_dicom
from segur.personas.model import Patient
from segur.personas.synthetic_uids import order_authority
from segur.scenario.actors.dmp_lps import Lps
from segur.scenario.actors.lps import submission_of
from segur.scenario.actors.ris import Ris
from segur.scenario.acts import dmp
from segur.scenario.acts.ground import Ground, ground
from segur.scenario.stage import Stage
from segur.scenario.story import Exchange, Step, story
from segur.wire import xds, xds_uuids
from segur.wire.xds_datatypes import reference_id

_ORDER, _REPORT, _KOS = "55115-0", "18748-4", "IMG-KOS"
_SLICES = 2


@story(
    "IMG-11",
    "De la demande d'imagerie aux images, par les métadonnées du DMP",
    pillar="drim",
    requirements=("DB/LGC.01", "DB/LGC.02", "DB/LGC.03", "DB/RIS.01", "DB/RIS.03", "DB/RIS.04", "DB/RIS.11"),
)
async def order_to_images(stage: Stage) -> None:
    """Order, report and KOS found by their numbers: one order, one without number, two that one exam answers."""
    async with ground(stage, "img-11") as own:
        exams = _Exams(own)
        number, accession = f"DEM{new_id()[-8:]}", f"ACC{new_id()[-8:]}"
        by_order = exams.doctors(number)
        async with stage.step("Le généraliste publie la demande d'acte d'imagerie", "LGC", "DB/LGC.01") as step:
            order = await exams.order(step, by_order)
            step.say(by_order)
        async with stage.step("Le RIS retrouve la demande par son numéro", "RIS", "DB/RIS.01") as step:
            found = await _by(exams.radiologist, exams.patient, by_order)
            step.check([one.unique_id for one in found] == [order], "la demande", found)
        async with stage.step("Examen fait : compte rendu au DMP, KOS par la DRIMbox", "RIS", "DB/RIS.11") as step:
            await exams.performed(step, number, accession=accession)
        await _joined(own, exams.doctor, exams.patient, by_order, accession)
        await _without_number(own, exams)
        await _two_orders(own, exams)


class _Exams:
    """Who orders, who performs, for whom."""

    def __init__(self, own: Ground) -> None:
        self._own, stage = own, own.stage
        self.patient = stage.country.patient("DMP-IMAGERIE")
        self.doctor, self.radiologist = dmp.lps(own, roles.GENERAL_PRACTITIONER), dmp.lps(own, roles.RADIOLOGIST)
        mllp, structure = ("127.0.0.1", stage.ports.mllp), self.radiologist.user.structure
        self.ris = Ris(self.radiologist.client, stage.https, mllp, structure, own.sandbox)

    def doctors(self, number: str) -> str:
        """The reference to an order by the number its doctor gave it."""
        return reference_id(number, order_authority(self.doctor.user.structure), xds_uuids.REFERENCE_ORDER)

    async def order(self, step: Step, reference: str = "") -> str:
        """The doctor publishes an order; its uniqueId."""
        text = f"Demande {reference.partition('^')[0] or 'sans numéro'} : scanner thoracique."
        content = dmp.document(_ORDER, self.patient, self.doctor.user, text=text)
        submission = submission_of(content, self.doctor.user)
        entry = replace(submission.entries[0], reference_ids=(reference,) if reference else ())
        answer = await self.doctor.provide(replace(submission, entries=(entry,)), content)
        step.check(answer.succeeded, "Success", answer.errors)
        return entry.unique_id

    def report(self, number: str | Sequence[str], accession: str, study: str, *, by_ris: bool = False) -> bytes:
        """The report of an exam that answers these numbers, given by the doctor or by the RIS."""
        user, requester = self.radiologist.user, self.doctor.user
        return samples_cda.imaging_report(
            self.patient, user, user.structure, document_id=new_oid(1), study_uid=study, accession=accession,
            order=number, at=datetime.now(UTC), requester=None if by_ris else requester,
        )  # fmt: skip

    async def acquired(self, step: Step, accession: str, study: str) -> None:
        """The images are in the PACS."""
        images = await asyncio.to_thread(
            samples_dicom.ct_study, self.patient, study_uid=study, accession=accession, at=datetime.now(UTC),
            slices=_SLICES,
        )  # fmt: skip
        stored = await self.ris.store(images)
        step.check(stored.status_code == 200, "200", stored.status_code)

    async def performed(self, step: Step, number: str | Sequence[str], *, accession: str) -> None:
        """An exam from the images to its KOS."""
        study = new_oid(2)
        report = self.report(number, accession, study)
        await dmp.feed(step, self.radiologist, report)
        await self.acquired(step, accession, study)
        await self.reported(step, report, study)

    async def reported(self, step: Step, report: bytes, study: str) -> None:
        """The box has the report, and the DMP the KOS."""
        taken = await self.ris.send_report(report, self.patient)
        step.check(taken.taken, "MSA-1 AA", taken)
        await self._own.fact(step, "drim.kos.published", study_uid=study)


async def _without_number(own: Ground, exams: _Exams) -> None:
    accession, study, number = f"ACC{new_id()[-8:]}", new_oid(2), f"RIS{new_id()[-8:]}"
    name = "Une demande sans numéro : le compte rendu n'en porte pas, la DRIMbox refuse (ERR05)"
    async with own.stage.step(name, "RIS", "DB/RIS.03") as step:
        await exams.order(step)
        await exams.acquired(step, accession, study)
        taken = await exams.ris.send_report(exams.report("", accession, study), exams.patient)
        step.check(taken.taken, "MSA-1 AA", taken)
        told = await own.fact(step, "drim.kos.refused", study_uid=study, code="ERR05")
        step.say(str(told["reason"]))
    async with own.stage.step("Le RIS lui en donne un : compte rendu et KOS le portent", "RIS", "DB/RIS.03") as step:
        report = exams.report(number, accession, study, by_ris=True)
        await dmp.feed(step, exams.radiologist, report)
        await exams.reported(step, report, study)
        authority = order_authority(exams.radiologist.user.structure)
        found = await _by(exams.doctor, exams.patient, reference_id(number, authority, xds_uuids.REFERENCE_ORDER))
        step.check(_kinds(found) == [_REPORT, _KOS], "compte rendu et KOS", found)


async def _two_orders(own: Ground, exams: _Exams) -> None:
    numbers = [f"DEM{new_id()[-8:]}" for _ in range(2)]
    async with own.stage.step("Deux demandes, un seul examen : chacune le trouve", "RIS", "DB/RIS.04") as step:
        orders = [await exams.order(step, exams.doctors(number)) for number in numbers]
        await exams.performed(step, numbers, accession=f"ACC{new_id()[-8:]}")
        for number, order in zip(numbers, orders, strict=True):
            found = await _by(exams.doctor, exams.patient, exams.doctors(number))
            step.check(_kinds(found) == [_REPORT, _ORDER, _KOS], "demande, compte rendu, KOS", found)
            step.check(order in [one.unique_id for one in found], f"la demande {number}", found)
        step.say(" et ".join(numbers))


def _kinds(found: Sequence[xds.DocumentEntry]) -> list[str]:
    return sorted(entry.type_code.code for entry in found)


async def _by(software: Lps, patient: Patient, reference: str) -> tuple[xds.DocumentEntry, ...]:
    """FindDocumentsByReferenceId."""
    answer = await software.query(
        patient,
        "FindDocumentsByReferenceId",
        XDSDocumentEntryPatientId=patient.ins.cx,
        XDSDocumentEntryStatus=(xds_uuids.APPROVED,),
        XDSDocumentEntryReferenceIdList=(reference,),
    )
    return tuple(answer.entries)


async def _joined(own: Ground, doctor: Lps, patient: Patient, by_order: str, accession: str) -> None:
    async with own.stage.step("Par le numéro de demande : demande et compte rendu", "LGC", "DB/LGC.02") as step:
        found = {entry.type_code.code: entry for entry in await _by(doctor, patient, by_order)}
        step.check({_ORDER, _REPORT} <= found.keys(), "demande et compte rendu", list(found))
    async with own.stage.step("Par l'accession du compte rendu : le KOS", "LGC", "DB/LGC.03") as step:
        [shared] = [one for one in found[_REPORT].reference_ids if one.startswith(f"{accession}^")]
        joined = await _by(doctor, patient, shared)
        kinds = sorted(entry.mime_type for entry in joined)
        step.check(kinds == ["application/dicom", "text/xml"], "un compte rendu, un KOS", kinds)
        rows = [f"{entry.type_code.code} {', '.join(entry.reference_ids)}" for entry in (*found.values(), *joined)]
        step.show(Exchange("TABLE", "identifiants", len(rows), "", "\n".join(rows)))
        step.say(f"{len(rows)} entrées jointes par {by_order.partition('^')[0]} et {accession}")
