"""Which exam answers which request: numbers of orders and of exams, given, missing, shared. [DRIM digest 1.2]"""

from __future__ import annotations

from io import BytesIO

import pydicom
import pytest

from segur.personas.samples_dicom import ct_study
from segur.personas.synthetic_uids import order_authority
from tests.contract.drim.conftest import AT, DOCTOR, PATIENT, RADIOLOGIST, Box, Where, written

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def kos_of(box: Box, study: str) -> tuple[list[tuple[str, str]], list[str]]:
    """The requests (order, accession) in the KOS of a published exam, and the numbers in its metadata."""
    row = await box.settled(study)
    assert row["state"] == "published", row
    [entry] = await box.dmp_entries(str(row["kos_uid"]))
    kos = pydicom.dcmread(BytesIO(await box.dmp.floor.blobs.get(entry["digest"])))
    requests = [
        (item.PlacerOrderNumberImagingServiceRequest, item.AccessionNumber) for item in kos.ReferencedRequestSequence
    ]
    return requests, [reference.partition("^")[0] for reference in entry["entry"]["reference_ids"]]


async def test_one_exam_that_answers_two_orders_is_found_by_both(box: Box) -> None:
    study, accession, images = box.study()
    await box.ris.store(images)
    assert (await box.ris.send_report(box.report(study, accession, order=("OPN1", "OPN2")), PATIENT)).taken
    requests, numbers = await kos_of(box, study)
    assert requests == [("OPN1", accession), ("OPN2", accession)]
    assert numbers == [accession, "OPN1", "OPN2", study]


async def test_two_exams_of_one_report_say_each_which_request_they_answer(box: Box) -> None:
    (one, first, images), (two, second, others) = box.study(), box.study()
    await box.ris.store([*images, *others])
    document, further = box.report(one, first), box.report(two, second, order="OPN2")
    for tag in (b"inFulfillmentOf", b"documentationOf"):
        end = document.index(b"</" + tag) + len(tag) + 3
        start = further.index(b"<" + tag)
        document = document[:end] + further[start : further.index(b"</" + tag) + len(tag) + 3] + document[end:]
    assert (await box.ris.send_report(document, PATIENT)).taken
    assert await kos_of(box, one) == ([("OPN1", first)], [first, "OPN1", one])
    assert await kos_of(box, two) == ([("OPN2", second)], [second, "OPN2", two])


async def test_two_exams_that_share_a_request_both_carry_it(box: Box) -> None:
    (one, accession, images), (two, _, _) = box.study(), box.study()
    where = Where(RADIOLOGIST.structure, DOCTOR, "OPN1")
    others = ct_study(PATIENT, study_uid=two, accession=accession, at=AT, slices=1, size=16, context=where)
    await box.ris.store([*images, *others])
    document = box.report(one, accession)
    start, end = document.index(b"<documentationOf"), document.index(b"</documentationOf>") + len("</documentationOf>")
    document = document[:end] + document[start:end].replace(one.encode(), two.encode()) + document[end:]
    assert (await box.ris.send_report(document, PATIENT)).taken
    assert await kos_of(box, one) == ([("OPN1", accession)], [accession, "OPN1", one])
    assert await kos_of(box, two) == ([("OPN1", accession)], [accession, "OPN1", two])


async def test_a_report_without_order_number_is_refused_until_the_ris_gives_one(box: Box) -> None:
    study, accession, images = box.study()
    await box.ris.store(images)
    await box.ris.send_report(box.report(study, accession, order=""), PATIENT)
    assert (await box.settled(study))["state"] == "refused"
    [told] = await box.facts("drim.kos.refused", study)
    assert told["code"] == "ERR05"
    assert "inFulfillmentOf/order/id" in told["reason"]
    assert "RIS" in told["reason"]
    given = box.report(study, accession, order="RIS-7", requester=None)
    assert order_authority(RADIOLOGIST.structure).encode() in given
    await box.ris.send_report(given, PATIENT)
    await box.settled(study, 2)
    assert await kos_of(box, study) == ([("RIS-7", accession)], [accession, "RIS-7", study])


@pytest.mark.parametrize("case", ["images", "report", "both"])
async def test_an_exam_without_accession_number_is_nobodys(box: Box, case: str) -> None:
    study, accession, images = box.study()
    if case != "report":
        images = [written(image, AccessionNumber="") for image in images]
    document = box.report(study, accession)
    if case != "images":
        document = document.replace(f'extension="{accession}"'.encode(), b'extension=""')
    await box.ris.store(images)
    await box.ris.send_report(document, PATIENT)
    assert (await box.settled(study))["state"] == "refused"
    [told] = await box.facts("drim.kos.refused", study)
    assert told["code"] == "ERR02"
    assert "accessionNumber" in told["reason"]
