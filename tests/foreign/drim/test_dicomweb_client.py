"""Somebody else's DICOMweb client stores, and fetches as a consumer box would. PS3.18"""

from __future__ import annotations

import asyncio
from io import BytesIO

import pydicom
import pytest
import requests
from dicomweb_client import DICOMwebClient

from tests.contract.drim.conftest import PATIENT, TOKEN, Box
from tests.contract.drim.conftest import box as box  # the fixture, by its name

pytestmark = pytest.mark.asyncio(loop_scope="module")


def client(box: Box, base: str = "/drimbox/rs", **headers: str) -> DICOMwebClient:
    session = requests.Session()
    session.trust_env = False
    found = DICOMwebClient(f"{box.base}{base}", session=session, headers=headers)
    found.set_http_retry_params(retry=False)
    return found


async def test_dicomweb_client_stores_a_study_and_reads_the_outcome(box: Box) -> None:
    study, _, images = box.study(slices=3)
    datasets = [pydicom.dcmread(BytesIO(image)) for image in images]

    def store() -> pydicom.Dataset:
        return client(box, "/dicom-web").store_instances(datasets, study_instance_uid=study)

    answer = await asyncio.to_thread(store)
    stored = [item.ReferencedSOPInstanceUID for item in answer.ReferencedSOPSequence]
    assert sorted(stored) == sorted(dataset.SOPInstanceUID for dataset in datasets)
    assert "FailedSOPSequence" not in answer
    assert [fact["instances"] for fact in await box.facts("drim.study.received", study)] == [3]


async def test_dicomweb_client_reads_which_object_of_a_request_failed(box: Box) -> None:
    _, _, images = box.study(slices=2)
    first, second = (pydicom.dcmread(BytesIO(image)) for image in images)
    other = pydicom.dcmread(BytesIO(images[0]))
    other.StudyDescription = "Autre"

    def store() -> pydicom.Dataset:
        return client(box).store_instances([first, second, other])

    answer = await asyncio.to_thread(store)
    assert len(answer.ReferencedSOPSequence) == 2
    [failed] = answer.FailedSOPSequence
    assert (failed.ReferencedSOPInstanceUID, failed.FailureReason) == (first.SOPInstanceUID, 0x0111)


@pytest.mark.parametrize("level", ["study", "series", "instance", "iterated"])
async def test_dicomweb_client_fetches_what_a_kos_names(box: Box, level: str) -> None:
    study, kos, images = await box.published(slices=2, series=2)
    one = pydicom.dcmread(BytesIO(images[0]))
    headers = {"Authorization": f"Bearer {TOKEN}", "KOS-SOPInstanceUID": kos}
    types = (("application/dicom", "*"),)  # this client takes one at a time

    def fetch() -> list[pydicom.Dataset]:
        web = client(box, **headers)
        if level == "study":
            return list(web.retrieve_study(study, media_types=types))
        if level == "series":
            return list(web.retrieve_series(study, one.SeriesInstanceUID, media_types=types))
        if level == "instance":
            return [web.retrieve_instance(study, one.SeriesInstanceUID, one.SOPInstanceUID, media_types=types)]
        return list(web.iter_series(study, one.SeriesInstanceUID, media_types=types))

    found = await asyncio.to_thread(fetch)
    assert len(found) == {"study": 4, "series": 2, "instance": 1, "iterated": 2}[level]
    sent = {image.SOPInstanceUID: image for image in (pydicom.dcmread(BytesIO(data)) for data in images)}
    for image in found:
        assert image.PixelData == sent[image.SOPInstanceUID].PixelData
        assert PATIENT.ins.matricule in [item.PatientID for item in image.OtherPatientIDsSequence]


async def test_dicomweb_client_is_told_why_it_gets_nothing(box: Box) -> None:
    study, _, images = await box.published(slices=1)
    one = pydicom.dcmread(BytesIO(images[0]))

    def fetch() -> None:
        web = client(box, Authorization=f"Bearer {TOKEN}", **{"KOS-SOPInstanceUID": "1.2.3"})
        web.retrieve_series(study, one.SeriesInstanceUID)

    with pytest.raises(requests.HTTPError, match="404"):
        await asyncio.to_thread(fetch)
