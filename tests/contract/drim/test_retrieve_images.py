"""Images out by WADO-RS, with every check. [DRIM digest 3.2 to 3.5]"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pydicom
import pytest
from pydicom.uid import ImplicitVRLittleEndian
from segur_drim import faults

from segur.contracts.psc import SessionClosed
from segur.kernel import outbox
from segur.kernel.delivery import deliver
from segur.scenario.actors.viewer import ImagesRefused, Viewer, read_kos
from segur.wire import dicom, multipart
from tests.contract.drim.conftest import DOCTOR, PATIENT, RANGE, TOKEN, Box, written

pytestmark = pytest.mark.asyncio(loop_scope="module")


def implicit(image: bytes) -> bytes:
    """An image in the syntax that never travels between boxes."""
    dataset = pydicom.dcmread(BytesIO(image))
    dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    out = BytesIO()
    dataset.save_as(out, implicit_vr=True, little_endian=True, enforce_file_format=True)
    return out.getvalue()


class Shortcut(httpx.AsyncHTTPTransport):
    """Leads addresses of the edge, as RetrieveURLs have them, to the box itself."""

    def __init__(self, box: Box) -> None:
        super().__init__()
        self._port = box.settings.port

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        request.url = request.url.copy_with(scheme="http", port=self._port)
        return await super().handle_async_request(request)


async def test_an_implicit_object_leaves_explicit_with_the_same_pixels(box: Box) -> None:
    study, accession, images = box.study(slices=1)
    for _ in range(2):  # the second time it is the same object, though it was written anew
        assert (await box.ris.store([implicit(images[0])])).status_code == 200
    await box.ris.send_report(box.report(study, accession), PATIENT)
    kos = str((await box.settled(study))["kos_uid"])
    answer = await box.get(study, kos)
    [part] = multipart.parse(answer.headers["content-type"], answer.content)
    assert dicom.syntax_of(part.body) == dicom.EXPLICIT_LE
    assert pydicom.dcmread(BytesIO(part.body)).PixelData == pydicom.dcmread(BytesIO(images[0])).PixelData


async def test_a_token_opens_no_image_once_its_login_is_over(box: Box) -> None:
    study, accession, images = box.study(slices=1)
    assert (await box.ris.store(images)).status_code == 200
    await box.ris.send_report(box.report(study, accession), PATIENT)
    kos = str((await box.settled(study))["kos_uid"])
    assert (await box.get(study, kos, token=f"{TOKEN}~login-1")).status_code == 200
    fact = SessionClosed(session_id="login-1", id_nat=str(DOCTOR.id_nat), reason="logout")
    for _ in range(2):  # a second delivery does no harm
        envelope = outbox.envelope("psc", fact)
        assert await deliver(box.service.floor.store, box.service.handlers[SessionClosed.type], envelope) is None
    answer = await box.get(study, kos, token=f"{TOKEN}~login-1")
    assert (answer.status_code, "fermée" in answer.text) == (401, True)
    assert (await box.get(study, kos, token=f"{TOKEN}~login-2")).status_code == 200


async def test_a_series_comes_back_byte_for_byte_with_the_ins_added(box: Box) -> None:
    _, _, images = box.study()
    bare = [written(image, OtherPatientIDsSequence=None) for image in box.study()[2]]
    dataset = pydicom.dcmread(BytesIO(bare[0]))
    study, accession = str(dataset.StudyInstanceUID), str(dataset.AccessionNumber)
    assert (await box.ris.store(bare)).status_code == 200
    await box.ris.send_report(box.report(study, accession), PATIENT)
    kos = str((await box.settled(study))["kos_uid"])
    answer = await box.get(study, kos, path=f"/series/{dataset.SeriesInstanceUID}")
    assert answer.status_code == 200
    assert 'transfer-syntax="1.2.840.10008.1.2.1"' in answer.headers["content-type"]
    parts = multipart.parse(answer.headers["content-type"], answer.content)
    assert len(parts) == len(bare) == len(images)
    for part, image in zip(parts, bare, strict=True):
        sent = pydicom.dcmread(BytesIO(part.body))
        [item] = sent.OtherPatientIDsSequence
        assert (item.PatientID, item.TypeOfPatientID) == (PATIENT.ins.matricule, "TEXT")
        assert item.IssuerOfPatientIDQualifiersSequence[0].UniversalEntityID == PATIENT.ins.oid
        assert part.headers["content-type"] == "application/dicom;transfer-syntax=1.2.840.10008.1.2.1"
        pixels = dicom.read_header(image).elements[0x7FE00010].start
        assert bytes(part.body).endswith(image[pixels:])
        assert sent.PatientID == dataset.PatientID
    [told] = await box.facts("drim.images.retrieved", study)
    assert (told["reader"], told["instances"]) == (str(DOCTOR.id_nat), 2)
    assert told["bytes"] == sum(len(part.body) for part in parts)


@pytest.mark.parametrize(
    "name", ["MR_small_jpeg_ls_lossless.dcm", "MR_small_RLE.dcm", "JPEG2000.dcm", "examples_ybr_color.dcm"]
)
async def test_a_compressed_object_leaves_as_it_came(box: Box, name: str) -> None:
    study, accession, images = box.study(slices=1)
    ours = pydicom.dcmread(BytesIO(images[0]))
    shipped = pydicom.dcmread(Path(pydicom.__file__).parent / "data" / "test_files" / name)
    for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "AccessionNumber", "PatientID"):
        setattr(shipped, keyword, ours[keyword].value)
    shipped.file_meta.MediaStorageSOPInstanceUID = shipped.SOPInstanceUID
    out = BytesIO()
    shipped.save_as(out, enforce_file_format=True)
    assert (await box.ris.store([out.getvalue()])).status_code == 200
    await box.ris.send_report(box.report(study, accession), PATIENT)
    kos = str((await box.settled(study))["kos_uid"])
    syntax = str(shipped.file_meta.TransferSyntaxUID)
    assert (await box.get(study, kos)).headers["drim-error"] == "SYNTAX"
    answer = await box.get(study, kos, accept=f"{RANGE};q=0.4, {RANGE.replace(dicom.EXPLICIT_LE, syntax)};q=0.9")
    [part] = multipart.parse(answer.headers["content-type"], answer.content)
    assert part.content_type.parameters["transfer-syntax"] == syntax
    assert pydicom.dcmread(BytesIO(part.body)).PixelData == shipped.PixelData


async def test_study_series_instance_and_the_other_bases_answer(box: Box) -> None:
    study, kos, images = await box.published(series=2)
    one = pydicom.dcmread(BytesIO(images[0]))
    for path, count in (
        ("", 4), (f"/series/{one.SeriesInstanceUID}", 2),
        (f"/series/{one.SeriesInstanceUID}/instances/{one.SOPInstanceUID}", 1),
    ):  # fmt: skip
        answer = await box.get(study, kos, path=path)
        assert len(multipart.parse(answer.headers["content-type"], answer.content)) == count
    for base in ("/dicom-web", "/wado"):
        headers = {"authorization": f"Bearer {TOKEN}", "kos-sopinstanceuid": kos, "accept": "*/*"}
        assert (await box.http.get(f"{box.base}{base}/studies/{study}", headers=headers)).status_code == 200


async def test_a_boundary_the_client_wishes_is_used(box: Box) -> None:
    study, kos, _ = await box.published()
    wished = 'multipart/related; type="application/dicom";transfer-syntax=*;boundary=a-boundary-of-some-length'
    answer = await box.get(study, kos, accept=wished)
    assert 'boundary="a-boundary-of-some-length"' in answer.headers["content-type"]
    assert answer.content.startswith(b"--a-boundary-of-some-length\r\n")
    assert answer.content.endswith(b"\r\n--a-boundary-of-some-length--\r\n")


REFUSED: list[tuple[str, dict[str, Any], int, str]] = [
    ("no token", {"authorization": None}, 401, "TOKEN"),
    ("another scheme", {"authorization": "Basic YTpi"}, 401, "TOKEN"),
    ("a dead token", {"authorization": "Bearer dead"}, 401, "TOKEN"),
    ("no Accept", {"accept": ""}, 400, "ACCEPT"),
    ("a bad weight", {"accept": RANGE + ";q=2"}, 400, "ACCEPT"),
    ("a bad syntax", {"accept": RANGE + "x"}, 400, "ACCEPT"),
    ("not a media range", {"accept": "dicom please"}, 400, "ACCEPT"),
    ("no KOS header", {"kos_sopinstanceuid": None}, 400, "KOS_HEADER"),
    ("an old KOS", {"kos_sopinstanceuid": "1.2.3"}, 404, "KOS_OUTDATED"),
    ("only another syntax", {"accept": RANGE.replace("1.2.1", "1.2.4.50")}, 406, "SYNTAX"),
    ("the syntax with weight zero", {"accept": RANGE + ";q=0"}, 406, "SYNTAX"),
    ("another media type", {"accept": "image/jpeg"}, 406, "SYNTAX"),
]


@pytest.mark.parametrize(("name", "change", "status", "code"), REFUSED, ids=[case[0] for case in REFUSED])
async def test_a_request_that_breaks_a_rule_is_refused_and_told(
    box: Box, name: str, change: dict[str, Any], status: int, code: str
) -> None:
    study, kos, _ = await box.published(slices=1)
    answer = await box.get(study, kos, **change)
    assert (answer.status_code, answer.headers["drim-error"]) == (status, code)
    assert answer.headers["content-type"].startswith("text/plain")
    assert ("www-authenticate" in answer.headers) is (status == 401)
    assert [fact["code"] for fact in await box.facts("drim.access.refused", study)] == [code]


@pytest.mark.parametrize(
    "accept",
    [RANGE, RANGE + ";q=1", RANGE + ";q=1.0;boundary=**,", f"image/png, {RANGE};q=0.4", "multipart/related", "*/*"],
)
async def test_legal_forms_of_accept_are_taken(box: Box, accept: str) -> None:
    study, kos, _ = await box.published(slices=1)
    assert (await box.get(study, kos, accept=accept)).status_code == 200


async def test_checks_come_in_the_recommended_order(box: Box) -> None:
    study, kos, _ = await box.published(slices=1)
    everything_wrong = {"authorization": None, "accept": "", "kos_sopinstanceuid": None}
    steps = [
        ({"authorization": f"Bearer {TOKEN}"}, 401), ({"accept": RANGE + ";q=0"}, 400),
        ({"kos_sopinstanceuid": "1.2.3"}, 400), ({"kos_sopinstanceuid": kos}, 404), ({"accept": RANGE}, 406),
    ]  # fmt: skip
    for repair, status in steps:
        assert (await box.get(study, kos, **everything_wrong)).status_code == status
        everything_wrong |= repair
    assert (await box.get(study, kos, **everything_wrong)).status_code == 200


async def test_a_study_without_kos_a_strange_series_and_a_strange_address_are_not_found(box: Box) -> None:
    study, _, images = box.study()
    await box.ris.store(images)
    assert (await box.get(study, "1.2.3")).headers["drim-error"] == "KOS"
    published, kos, _ = await box.published(slices=1)
    assert (await box.get(published, kos, path="/series/1.2.3")).headers["drim-error"] == "NOT_IN_KOS"
    assert (await box.get("1.2.x", kos)).headers["drim-error"] == "UID"
    for method, path in (("GET", "/drimbox/rs/other"), ("DELETE", f"/drimbox/rs/studies/{study}"), ("GET", "/drim")):
        answer = await box.http.request(method, box.base + path)
        assert answer.status_code in (404, 405), path


async def test_psc_away_means_no_images(box: Box) -> None:
    study, kos, _ = await box.published(slices=1)
    box.edge.psc_is_up = False
    answer = await box.get(study, kos)
    box.edge.psc_is_up = True
    assert (answer.status_code, answer.headers["drim-error"], answer.headers["retry-after"]) == (503, "PSC", "5")


async def test_over_tls_a_certificate_of_an_organisation_is_needed(box: Box) -> None:
    study, kos, _ = await box.published(slices=1)
    answer = await box.get(study, kos, x_segur_base="https://localhost:8443")
    assert (answer.status_code, answer.headers["drim-error"]) == (403, "CERTIFICATE")


async def test_an_image_that_left_the_archive_is_gone(box: Box) -> None:
    study, kos, _ = await box.published(slices=1)
    [one] = await box.service.floor.store.database["instances"].find({"study_uid": study}).to_list(None)
    box.service.floor.blobs.path(one["digest"]).unlink()
    assert (await box.get(study, kos)).status_code == 410


async def test_the_box_is_alive_for_options_and_healthcheck(box: Box) -> None:
    options = await box.http.options(f"{box.base}/drimbox/rs/")
    assert (options.status_code, options.headers["content-type"]) == (200, "application/vnd.sun.wadl+xml")
    health = await box.http.get(f"{box.base}/drimbox/rs", headers={"accept": "application/json"})
    assert (health.status_code, health.json()["status"]) == (200, "UP")


BROKEN = [
    (faults.PACS_AWAY, 503), (faults.TOO_MANY, 503), (faults.PROFESSION, 403), (faults.KOS_OUTDATED, 404),
    (faults.IMAGE_GONE, 410),
]  # fmt: skip


@pytest.mark.parametrize(("point", "status"), BROKEN)
async def test_a_fault_refuses_as_the_real_thing_would(box: Box, point: str, status: int) -> None:
    study, kos, _ = await box.published(slices=1)
    box.break_(point)
    answer = await box.get(study, kos)
    assert (answer.status_code, answer.headers["x-segur-fault"]) == (status, point)
    assert (await box.get(study, kos)).status_code == 200


async def test_a_slow_box_is_slow_once(box: Box) -> None:
    study, kos, _ = await box.published(slices=1)
    box.break_(faults.SLOW, delay_ms=300)
    assert (await box.get(study, kos)).headers["x-segur-fault"] == faults.SLOW
    assert "x-segur-fault" not in (await box.get(study, kos)).headers


@pytest.mark.parametrize(
    ("point", "code"),
    [
        (faults.INS_MISSING, "INS"), (faults.INS_WRONG, "INS"), (faults.WRONG_SYNTAX, "SYNTAX"),
        (faults.WRONG_TYPE, "TYPE"), (faults.TRUNCATED, "TRUNCATED"),
    ],
)  # fmt: skip
async def test_a_careful_viewer_sees_what_is_wrong_with_an_answer(box: Box, point: str, code: str) -> None:
    bare = [written(image, OtherPatientIDsSequence=None) for image in box.study()[2]]
    first = pydicom.dcmread(BytesIO(bare[0]))
    await box.ris.store(bare)
    study = str(first.StudyInstanceUID)
    await box.ris.send_report(box.report(study, str(first.AccessionNumber)), PATIENT)
    row = await box.settled(study)
    kos = await box.service.floor.blobs.get(row["built"]["blob"])
    assert read_kos(kos).study_uid == study
    async with httpx.AsyncClient(transport=Shortcut(box), trust_env=False) as http:
        viewer = Viewer(http)
        assert len(await viewer.show(kos, token=TOKEN, ins=PATIENT.ins)) == len(bare)
        box.break_(point)
        with pytest.raises(ImagesRefused) as caught:
            await viewer.show(kos, token=TOKEN, ins=PATIENT.ins)
    assert caught.value.code == code
