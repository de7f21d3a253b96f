"""From images and report to one KOS in the DMP, whatever happens on the way. [DRIM digest 1.3, 2]"""

from __future__ import annotations

import asyncio
from io import BytesIO

import httpx
import pydicom
import pytest
from segur_drim import faults
from segur_drim.service import build

from segur.kernel.faults import FaultRule
from segur.kernel.ids import new_id
from segur.kernel.runner import running
from segur.personas.samples_dicom import ct_study
from segur.personas.synthetic_uids import local_patient_id
from segur.scenario.actors.viewer import read_kos
from segur.wire import hl7v2
from segur.wire.hl7v2_cda import Action
from tests.conftest import free_port
from tests.contract.drim.conftest import AT, COUNTRY, DOCTOR, PATIENT, RADIOLOGIST, TOKEN, Box, Where

pytestmark = pytest.mark.asyncio(loop_scope="module")


def broken_dmp(box: Box, point: str, count: int) -> None:
    box.dmp.floor.faults.arm([FaultRule(id=new_id(), point=point, count=count)])


async def test_a_report_brings_the_kos_of_its_exam_into_the_dmp(box: Box) -> None:
    study, kos_uid, images = await box.published(series=2)
    [entry] = await box.dmp_entries(kos_uid)
    said = entry["entry"]
    assert (said["mime_type"], said["type_code"]["code"], said["class_code"]["code"]) == (
        "application/dicom", "IMG-KOS", "31",
    )  # fmt: skip
    assert (said["format_code"]["code"], said["format_code"]["scheme"]) == (
        "1.2.840.10008.5.1.4.1.1.88.59", "1.2.840.10008.2.6.1",
    )  # fmt: skip
    assert said["comments"] == "KOS"
    assert said["source_patient_id"].endswith("&ISO^PI")
    assert said["patient_id"] == PATIENT.ins.cx
    assert [code["code"] for code in said["event_codes"]] == ["CT", "67734004"]
    kinds = sorted(reference.rpartition("^")[2].rpartition(":")[2] for reference in said["reference_ids"])
    assert kinds == ["accession", "order", "studyInstanceUID"]
    assert any(reference.startswith(f"{study}^^^&1.2.3.4.5.6&ISO^") for reference in said["reference_ids"])
    assert "DRIMBox" in said["authors"][0]["person"]
    assert box.edge.certificates[-1] == "org-auth"

    kos = pydicom.dcmread(BytesIO(await box.dmp.floor.blobs.get(entry["digest"])))
    assert (kos.SOPInstanceUID, kos.StudyInstanceUID, kos.Modality) == (kos_uid, study, "KO")
    assert (kos.PatientID, kos.IssuerOfPatientID) == (PATIENT.ins.matricule, "ASIP-SANTE-INS-NIR")
    assert kos.ConceptNameCodeSequence[0].CodeValue == "113030"
    assert kos.InstitutionName.endswith(f"^^^^^^^^^{RADIOLOGIST.structure.struct_id.value}")
    [requested] = kos.ReferencedRequestSequence
    assert requested.PlacerOrderNumberImagingServiceRequest == "OPN1"
    [evidence] = kos.CurrentRequestedProcedureEvidenceSequence
    assert len(evidence.ReferencedSeriesSequence) == 2
    named = [
        sop.ReferencedSOPInstanceUID for one in evidence.ReferencedSeriesSequence for sop in one.ReferencedSOPSequence
    ]
    assert sorted(named) == sorted(pydicom.dcmread(BytesIO(image)).SOPInstanceUID for image in images)
    for one in evidence.ReferencedSeriesSequence:
        address = f"{box.settings.gateway_tls_url}/drimbox/rs/studies/{study}/series/{one.SeriesInstanceUID}"
        assert one["RetrieveURL"].VR == "UR"
        assert one.RetrieveURL == address
    assert sum(item.ValueType == "IMAGE" for item in kos.ContentSequence) == len(images)
    text = next(item.TextValue for item in kos.ContentSequence if item.ValueType == "TEXT")
    assert text.splitlines()[:2] == ["Examen : Scanner thoracique avec injection", "Acte = CT thorax avec contraste IV"]
    assert text.splitlines()[2].startswith("Série-")

    [told] = await box.facts("drim.kos.published", study)
    assert told["document_id"] == told["kos_uid"] == kos_uid
    assert told["patient"] == box.service.floor.pseudonyms.of(PATIENT.ins)


async def test_images_report_and_publication_are_one_trace(box: Box) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    study, accession, images = box.study()
    async with httpx.AsyncClient(headers={"traceparent": f"00-{trace}-b7ad6b7169203331-01"}, trust_env=False) as http:
        ris = type(box.ris)(http, box.ris.base, box.ris.mllp, box.ris.structure)
        await ris.store(images)
        assert (await ris.send_report(box.report(study, accession), PATIENT)).taken
    await box.settled(study)
    rows = await box.service.floor.store.outbox.find({})
    heads = [{name: bytes(value) for name, value in row["headers"]} for row in rows if study in str(row["body"])]
    traces = {head["ce_type"]: head["traceparent"].decode().split("-")[1] for head in heads}
    assert traces == {b"drim.study.received": trace, b"drim.kos.published": trace}


@pytest.mark.parametrize("point", ["dmp.submit.busy", "dmp.submit.lost_answer"])
async def test_a_dmp_that_fails_twice_gets_the_kos_exactly_once(box: Box, point: str) -> None:
    study, accession, images = box.study()
    await box.ris.store(images)
    before = len(await box.dmp_entries())
    broken_dmp(box, point, 2)
    assert (await box.ris.send_report(box.report(study, accession), PATIENT)).taken
    row = await box.settled(study)
    broken_dmp(box, point, 0)
    assert row["state"] == "published"
    assert row["attempts"] >= 2
    assert len(await box.dmp_entries()) == before + 1
    assert len(await box.facts("drim.kos.published", study)) == 1


async def test_a_publication_outlives_the_box(box: Box) -> None:
    study, accession, images = box.study()
    await box.ris.store(images)
    box.edge.dmp_is_up = False
    assert (await box.ris.send_report(box.report(study, accession), PATIENT)).taken
    publications = next(c for c in box.service.floor.store.collections if c.name == "publications")
    while not (row := await publications.find_one({"study_uid": study}))["attempts"]:
        await asyncio.sleep(0.02)
    assert row["state"] == "waiting"
    # a second box over the same store, as after a restart: it must finish what the first one promised
    told = {**box.settings.model_dump(), "port": free_port(), "admin_port": free_port(), "mllp_port": free_port()}
    async with running(build(type(box.settings)(**told))):
        box.edge.dmp_is_up = True
        row = await box.settled(study)
    assert row["state"] == "published"
    assert len(await box.dmp_entries(row["kos_uid"])) == 1
    assert len(await box.facts("drim.kos.published", study)) == 1


async def test_a_sandbox_has_images_reports_and_kos_of_its_own(box: Box) -> None:
    admin = f"http://127.0.0.1:{box.settings.admin_port}/_segur/sandboxes/equipe-7"
    assert (await box.http.put(admin, content=b"{}")).status_code == 200
    assert box.dmp.seed is not None
    await box.dmp.seed("equipe-7")
    study, accession, images = box.study()
    async with httpx.AsyncClient(headers={"x-segur-sandbox": "equipe-7"}, trust_env=False) as http:
        ris = type(box.ris)(http, box.ris.base, box.ris.mllp, box.ris.structure)
        assert (await ris.store(images)).status_code == 200
        team = type(box.ris)(http, box.ris.base, box.ris.mllp, box.ris.structure, sandbox="equipe-7")
        assert (await team.send_report(box.report(study, accession), PATIENT)).taken
        row = await box.settled(study, sandbox="equipe-7")
        assert row["state"] == "published", row
        [entry] = await box.dmp_entries(row["kos_uid"])
        assert entry["sandbox"] == "equipe-7"
        manifest = read_kos(await box.service.floor.blobs.get(row["built"]["blob"]))
        assert all("/s/equipe-7/drimbox/rs/studies/" in url for url in manifest.series.values())
        headers = {"authorization": f"Bearer {TOKEN}", "kos-sopinstanceuid": row["kos_uid"], "accept": "*/*"}
        address = f"{box.base}/drimbox/rs/studies/{study}"
        assert (await http.get(address, headers=headers)).status_code == 200
    assert (await box.http.get(address, headers=headers)).status_code == 404


async def test_the_same_message_again_changes_nothing(box: Box) -> None:
    study, accession, images = box.study()
    await box.ris.store(images)
    frame = hl7v2.frame(box.ris.message(box.report(study, accession), PATIENT))
    answers = await box.ris.exchange(frame + frame, expected=2)
    assert [answer.code for answer in answers] == ["AA", "AA"]
    await box.settled(study)
    assert len(await box.facts("drim.kos.published", study)) == 1


async def test_a_further_report_on_an_unchanged_exam_leaves_the_kos_alone(box: Box) -> None:
    study, accession, images = box.study()
    await box.ris.store(images)
    await box.ris.send_report(box.report(study, accession), PATIENT)
    first = await box.settled(study)
    await box.ris.send_report(box.report(study, accession), PATIENT, action=Action.REPLACE)
    assert (await box.settled(study, 2))["state"] == "unchanged"
    assert len(await box.dmp_entries(first["kos_uid"])) == 1
    assert len(await box.facts("drim.kos.published", study)) == 1


async def test_a_further_report_on_a_grown_exam_replaces_the_kos(box: Box) -> None:
    study, accession, images = box.study(slices=3)
    await box.ris.store(images[:2])
    await box.ris.send_report(box.report(study, accession), PATIENT)
    first = str((await box.settled(study))["kos_uid"])
    await box.ris.store(images[2:])
    # the answer to the replacement is lost: the second attempt must recognise its own document
    broken_dmp(box, "dmp.submit.lost_answer", 1)
    await box.ris.send_report(box.report(study, accession), PATIENT, action=Action.REPLACE)
    row = await box.settled(study, 2)
    second = str(row["kos_uid"])
    assert row["state"] == "published", row
    assert second != first
    states = [[e["status"].rpartition(":")[2] for e in await box.dmp_entries(uid)] for uid in (first, second)]
    assert states == [["Deprecated"], ["Approved"]]
    path = f"/series/{next(iter(read_kos(await box.service.floor.blobs.get(row['built']['blob'])).series))}"
    assert (await box.get(study, first, path=path)).status_code == 404
    assert (await box.get(study, second, path=path)).status_code == 200


async def test_one_report_about_two_exams_brings_two_kos(box: Box) -> None:
    (one, accession, images), (two, _, _) = box.study(), box.study()
    where = Where(RADIOLOGIST.structure, DOCTOR, "OPN1")
    await box.ris.store(images)
    await box.ris.store(ct_study(PATIENT, study_uid=two, accession=accession, at=AT, slices=1, size=16, context=where))
    document = box.report(one, accession)
    start, end = document.index(b"<documentationOf"), document.index(b"</documentationOf>") + len("</documentationOf>")
    event = document[start:end]
    document = document[:end] + event.replace(one.encode(), two.encode()) + document[end:]
    assert (await box.ris.send_report(document, PATIENT)).taken
    assert {(await box.settled(uid))["state"] for uid in (one, two)} == {"published"}


@pytest.mark.parametrize(
    ("case", "code"),
    [
        ("absent", "ERR04"),
        ("fault", "ERR04"),
        ("ipp", "ERR01"),
        ("ins", "ERR01"),
        ("accession", "ERR02"),
        ("provisional", "SEGUR_INS_NON_QUALIFIEE"),
    ],
)
async def test_an_exam_that_does_not_fit_its_report_is_not_published(box: Box, case: str, code: str) -> None:
    study, accession, images = box.study(COUNTRY.patient("P2") if case == "ins" else PATIENT)
    if case != "absent":
        await box.ris.store(images)
    if case == "fault":
        box.break_(faults.STUDY_ABSENT)
    report = box.report(study, "OTHER" if case == "accession" else accession)
    message = box.ris.message(report, PATIENT)
    if case == "ipp":
        message = message.replace(local_patient_id(PATIENT, RADIOLOGIST.structure)[0].encode(), b"IPP999", 1)
    if case == "provisional":
        message = message.replace(b"|VALI", b"|PROV")
    [answer] = await box.ris.exchange(hl7v2.frame(message))
    assert answer.taken
    if case != "provisional":
        row = await box.settled(study)
        assert row["state"] == "refused"
    [told] = await box.facts("drim.kos.refused", study)
    assert told["code"] == code
    assert await box.facts("drim.kos.published", study) == []


async def test_a_refused_report_sent_again_once_the_images_are_there_is_published(box: Box) -> None:
    study, accession, images = box.study()
    frame = hl7v2.frame(box.ris.message(box.report(study, accession), PATIENT))
    await box.ris.exchange(frame)
    assert (await box.settled(study))["state"] == "refused"
    await box.ris.store(images)
    await box.ris.exchange(frame)
    assert (await box.settled(study, 2))["state"] == "published"


async def test_a_patient_without_dmp_is_told_with_the_code_of_the_dmp(box: Box) -> None:
    patient = next(p for p in COUNTRY.patients if p.dmp.value != "ACTIF" and p.carries_ins)
    study, accession, images = box.study(patient)
    await box.ris.store(images)
    assert (await box.ris.send_report(box.report(study, accession, patient), patient)).taken
    assert (await box.settled(study))["state"] == "refused"
    [told] = await box.facts("drim.kos.refused", study)
    assert told["code"] == "XDSUnknownPatientId"
    assert told["reason"].startswith("ERR06")
    assert patient.ins.matricule not in told["reason"]
