"""IMG-11, its DMP part: order, report and images are one exam, joined by the numbers in their metadata."""

from __future__ import annotations

import asyncio
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
from segur.scenario.story import Exchange, story
from segur.wire import xds, xds_uuids
from segur.wire.xds_datatypes import reference_id

_ORDER, _REPORT = "55115-0", "18748-4"
_SLICES = 2


@story(
    "IMG-11",
    "De la demande d'imagerie aux images, par les métadonnées du DMP",
    pillar="drim",
    requirements=("DB/LGC.01", "DB/LGC.02", "DB/LGC.03", "DB/RIS.01", "DB/RIS.11"),
)
async def order_to_images(stage: Stage) -> None:
    """The order's number finds report and order, the accession number report and KOS; the three make one table."""
    async with ground(stage, "img-11") as own:
        patient, doctor = stage.country.patient("DMP-IMAGERIE"), dmp.lps(own, roles.GENERAL_PRACTITIONER)
        number, accession, study = f"DEM{new_id()[-8:]}", f"ACC{new_id()[-8:]}", new_oid(2)
        by_order = reference_id(number, order_authority(doctor.user.structure), xds_uuids.REFERENCE_ORDER)
        async with stage.step("Le généraliste publie la demande d'acte d'imagerie", "LGC", "DB/LGC.01") as step:
            content = dmp.document(_ORDER, patient, doctor.user, text=f"Demande n° {number} : scanner thoracique.")
            submission = submission_of(content, doctor.user)
            entry = replace(submission.entries[0], reference_ids=(by_order,))
            answer = await doctor.provide(replace(submission, entries=(entry,)), content)
            step.check(answer.succeeded, "Success", answer.errors)
            step.say(by_order)
        radiologist = dmp.lps(own, roles.RADIOLOGIST)
        async with stage.step("Le RIS retrouve la demande par son numéro", "RIS", "DB/RIS.01") as step:
            found = await _by(radiologist, patient, by_order)
            step.check([one.unique_id for one in found] == [entry.unique_id], "la demande", found)
        await _performed(own, radiologist, patient, number=number, accession=accession, study=study)
        await _joined(own, doctor, patient, by_order, accession)


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


async def _performed(
    own: Ground, radiologist: Lps, patient: Patient, *, number: str, accession: str, study: str
) -> None:
    stage, user = own.stage, radiologist.user
    requester = stage.country.professional(roles.GENERAL_PRACTITIONER)
    async with stage.step("Examen fait : compte rendu au DMP, KOS par la DRIMbox", "RIS", "DB/RIS.11") as step:
        at = datetime.now(UTC)
        report = samples_cda.imaging_report(
            patient, user, user.structure, document_id=new_oid(1), study_uid=study, accession=accession,
            order=number, at=at, requester=requester,
        )  # fmt: skip
        await dmp.feed(step, radiologist, report)
        images = await asyncio.to_thread(
            samples_dicom.ct_study, patient, study_uid=study, accession=accession, at=at, slices=_SLICES
        )
        ris = Ris(radiologist.client, stage.https, ("127.0.0.1", stage.ports.mllp), user.structure, own.sandbox)
        stored = await ris.store(images)
        step.check(stored.status_code == 200, "200", stored.status_code)
        taken = await ris.send_report(report, patient)
        step.check(taken.taken, "MSA-1 AA", taken)
        await own.fact(step, "drim.kos.published", study_uid=study)


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
