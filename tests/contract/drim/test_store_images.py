"""Images in by STOW-RS: once, whole, and object by object. [DRIM digest 3.1], PS3.18 10.5"""

from __future__ import annotations

import asyncio
from io import BytesIO

import httpx
import pydicom
import pytest
from segur_drim import faults

from segur.vocab import oids
from segur.wire import multipart
from tests.contract.drim.conftest import PATIENT, Box, written

pytestmark = pytest.mark.asyncio(loop_scope="module")

DUPLICATE, NOT_UNDERSTOOD, MISMATCH, SYNTAX, NOT_AUTHORISED = 0x0111, 0xC000, 0xA900, 0xC122, 0x0124


def reasons(answer: httpx.Response) -> list[int]:
    body = answer.json()
    failures = [*body.get("00081198", {}).get("Value", []), *body.get("0008119A", {}).get("Value", [])]
    return [item["00081197"]["Value"][0] for item in failures]


async def test_images_are_stored_once_and_told(box: Box) -> None:
    study, _, images = box.study(slices=3, series=2)
    answer = await box.ris.store(images)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/dicom+json")
    assert len(answer.json()["00081199"]["Value"]) == 6
    assert answer.json()["00081190"]["Value"][0].endswith(f"/drimbox/rs/studies/{study}")
    again = await box.ris.store(images[:2])
    assert (again.status_code, len(again.json()["00081199"]["Value"])) == (200, 2)
    told = await box.facts("drim.study.received", study)
    assert [(fact["instances"], fact["series"]) for fact in told] == [(6, 2)]
    assert told[0]["patient"] == box.service.floor.pseudonyms.of(PATIENT.ins)


async def test_another_object_under_a_known_uid_is_refused_and_the_first_stays(box: Box) -> None:
    study, _, images = box.study(slices=1)
    await box.ris.store(images)
    answer = await box.ris.store([written(images[0], StudyDescription="Autre")])
    assert (answer.status_code, reasons(answer)) == (409, [DUPLICATE])
    assert "SOPInstanceUID" in answer.headers["warning"]
    mixed = await box.ris.store([*images, written(images[0], StudyDescription="Autre")])
    assert (mixed.status_code, reasons(mixed)) == (202, [DUPLICATE])
    assert [fact["instances"] for fact in await box.facts("drim.study.received", study)] == [1]


async def test_parallel_requests_for_one_study_store_each_object_once(box: Box) -> None:
    study, _, images = box.study(slices=8)
    answers = await asyncio.gather(*(box.ris.store([image]) for image in [*images, *images[:4]]))
    assert [answer.status_code for answer in answers] == [200] * 12
    told = await box.facts("drim.study.received", study)
    assert max(fact["instances"] for fact in told) == 8
    assert {fact["series"] for fact in told} == {1}
    assert len(await box.service.floor.store.database["instances"].find({"study_uid": study}).to_list(None)) == 8


async def test_what_cannot_be_filed_is_told_object_by_object(box: Box) -> None:
    study, _, images = box.study(slices=1)
    other = box.study()[0]
    production = written(images[0], SOPInstanceUID="1.2.3.99")
    dataset = pydicom.dcmread(BytesIO(production))
    dataset.OtherPatientIDsSequence[0].IssuerOfPatientIDQualifiersSequence[0].UniversalEntityID = oids.INS_NIR
    dataset.OtherPatientIDsSequence[0].PatientID = "279035121518991"
    cases: list[tuple[bytes, int, list[int]]] = [
        (b"not a DICOM object", 409, [NOT_UNDERSTOOD]),
        (images[0][:-1], 409, [NOT_UNDERSTOOD]),
        (images[0].replace(study.encode(), study[:-1].encode() + b"x"), 409, [NOT_UNDERSTOOD]),
        (images[0].replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.2\0"), 409, [SYNTAX]),
    ]
    for data, status, codes in cases:
        answer = await box.ris.store([data])
        assert (answer.status_code, reasons(answer)) == (status, codes), data[:40]
        assert answer.headers["drim-error"] == f"{codes[0]:04X}"
    at_study = box.ris.base + f"/dicom-web/studies/{other}"
    content_type, chunks = multipart.build(
        [({"Content-Type": "application/dicom"}, images[0])], parameters={"type": "application/dicom"}
    )
    answer = await box.http.post(at_study, content=b"".join(map(bytes, chunks)), headers={"content-type": content_type})
    assert (answer.status_code, reasons(answer)) == (409, [MISMATCH])
    assert await box.facts("drim.study.received", study) == []
    out = BytesIO()
    key = dataset.OtherPatientIDsSequence[0].PatientID[:13]
    dataset.OtherPatientIDsSequence[0].PatientID = key + f"{97 - int(key) % 97:02d}"
    dataset.save_as(out, enforce_file_format=True)
    answer = await box.ris.store([out.getvalue()])
    assert (answer.status_code, reasons(answer)) == (403, [NOT_AUTHORISED])
    assert oids.INS_NIR_TEST in answer.headers["warning"]


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("application/dicom", b"x", 415),
        ("multipart/related; boundary=b", b"x", 415),
        ('multipart/related; type="application/dicom"', b"x", 400),
        ('multipart/related; type="application/dicom"; boundary=b', b"x", 400),
        ('multipart/related; type="application/dicom"; boundary=b', b"--b\r\n\r\ncut", 400),
        (
            'multipart/related; type="application/dicom"; boundary=b',
            b"--b\r\nContent-Type: image/png\r\n\r\n\r\n--b--",
            400,
        ),
        ('multipart/related; type="application/dicom"; boundary=b', b"--b\r\n\r\n" + bytes(1 << 21), 400),
    ],
)
async def test_a_bad_store_request_is_refused_with_the_rule(
    box: Box, content_type: str, body: bytes, status: int
) -> None:
    answer = await box.http.post(f"{box.base}/drimbox/rs/studies", content=body, headers={"content-type": content_type})
    assert answer.status_code == status
    assert len(answer.text) > 20


async def test_a_full_archive_stores_nothing_and_asks_to_come_again(box: Box) -> None:
    study, _, images = box.study()
    box.break_(faults.STORE_FULL)
    refused = await box.ris.store(images)
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
    assert await box.facts("drim.study.received", study) == []
    assert (await box.ris.store(images)).status_code == 200


async def test_samples_are_there_for_a_new_sandbox(box: Box) -> None:
    studies = next(c for c in box.service.floor.store.collections if c.name == "studies")
    found = await studies.find({"sandbox": "default", "study.accession": {"$in": ["ECHANTILLON1", "ECHANTILLON2"]}})
    assert len(found) == 2
    assert {row["patient"] for row in found} >= {box.service.floor.pseudonyms.of(PATIENT.ins)}
