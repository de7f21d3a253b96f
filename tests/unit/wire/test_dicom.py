"""The byte walk over DICOM objects, against pydicom on the objects pydicom ships. [DRIM digest 3.4]"""

from __future__ import annotations

import warnings
from io import BytesIO
from pathlib import Path
from typing import Any

import pydicom
import pytest
from pydicom.dataset import Dataset as PyDataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from segur.vocab import oids
from segur.vocab.ins import Ins
from segur.wire import dicom, dicom_patient, multipart_stream
from segur.wire.multipart import MultipartRefused

INS = Ins("279035121518989", oids.INS_NIR_TEST)
SHIPPED = Path(pydicom.__file__).parent / "data" / "test_files"
BROKEN = {
    "MR_truncated.dcm": "cut short",
    "SC_rgb_jpeg.dcm": "no value representation",
    "rtplan_truncated.dcm": "cut short",
}
"""What pydicom ships to test readers with: two are cut, one lies about its syntax."""
OTHER = (dicom.IMPLICIT_LE, dicom.DEFLATED_LE, dicom.EXPLICIT_BE)


def _samples() -> list[Path]:
    found = []
    for path in sorted(SHIPPED.glob("*.dcm")):
        head = path.read_bytes()[: 64 * 1024]
        try:
            if dicom.syntax_of(head) not in OTHER:
                found.append(path)
        except dicom.DicomRefused:
            continue
    return found


SAMPLES = _samples()


def read(data: bytes, **how: Any) -> pydicom.FileDataset:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some shipped objects break rules on purpose
        return pydicom.dcmread(BytesIO(data), force=True, **how)


def small(**more: Any) -> bytes:
    """An object of our own, with what the test wants in it."""
    dataset = PyDataset()
    dataset.SOPClassUID, dataset.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.7", "1.2.3.4"
    dataset.PatientID = "IPP1"
    dataset.StudyInstanceUID = "1.2.3"
    for name, value in more.items():
        setattr(dataset, name, value)
    dataset.PixelData = bytes(range(256)) * 4
    dataset["PixelData"].VR = "OW"
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = dataset.SOPClassUID, dataset.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    out = BytesIO()
    pydicom.FileDataset("", dataset, preamble=bytes(128), file_meta=meta).save_as(out, enforce_file_format=True)
    return out.getvalue()


def spliced(data: bytes, ins: Ins = INS) -> bytes:
    place = dicom_patient.place_of(dicom.read_header(data))
    return dicom_patient.with_ins(data[: place.end], place, ins) + data[place.end :]


def test_the_shipped_objects_are_many_and_of_many_syntaxes() -> None:
    assert len(SAMPLES) > 40
    assert len({dicom.syntax_of(path.read_bytes()) for path in SAMPLES}) >= 8


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_the_walk_finds_what_pydicom_finds(path: Path) -> None:
    data = path.read_bytes()
    if path.name in BROKEN:
        with pytest.raises(dicom.DicomRefused, match=BROKEN[path.name]):
            dicom.read_header(data)
        return
    mine = dicom.read_header(data)
    theirs = read(data)
    assert list(mine.elements) == [int(tag) for tag in theirs.keys()]  # noqa: SIM118 - a data set iterates over elements
    for keyword in ("SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "Modality", "SOPClassUID"):
        tag = int(pydicom.datadict.tag_for_keyword(keyword) or 0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            assert mine.text(tag) == str(theirs.get(keyword, "") or "").strip(), keyword


@pytest.mark.parametrize("path", [path for path in SAMPLES if path.name not in BROKEN], ids=lambda path: path.name)
def test_the_ins_goes_in_and_every_other_byte_stays(path: Path) -> None:
    data = path.read_bytes()
    changed = spliced(data)
    place = dicom_patient.place_of(dicom.read_header(data))
    rest = len(data) - place.end
    assert changed[len(changed) - rest :] == data[place.end :]
    if place.group_length < 0:
        assert changed[: place.start] == data[: place.start]
    before, after = read(data), read(changed)
    assert "PixelData" not in before or after["PixelData"].value == before["PixelData"].value
    assert set(after.keys()) == set(before.keys()) | {0x00101002}
    ids = [(item.PatientID, item.TypeOfPatientID) for item in after.OtherPatientIDsSequence if item.PatientID]
    assert (INS.matricule, "TEXT") in ids


def test_other_identifiers_are_kept_and_the_ins_is_not_put_in_twice() -> None:
    other = PyDataset()
    other.PatientID, other.TypeOfPatientID = "OLD", "TEXT"
    once = spliced(small(OtherPatientIDsSequence=[other]))
    assert [item.PatientID for item in read(once).OtherPatientIDsSequence] == ["OLD", INS.matricule]
    assert spliced(once) == once
    assert dicom_patient.ins_of(dicom.read_header(once)) == INS
    (qualifier,) = read(once).OtherPatientIDsSequence[1].IssuerOfPatientIDQualifiersSequence
    assert (qualifier.UniversalEntityID, qualifier.UniversalEntityIDType) == (INS.oid, "ISO")


def test_a_sequence_of_undefined_length_is_replaced_whole() -> None:
    other = PyDataset()
    other.PatientID = "OLD"
    dataset = PyDataset()
    dataset.OtherPatientIDsSequence = [other]
    dataset["OtherPatientIDsSequence"].is_undefined_length = True
    data = small(OtherPatientIDsSequence=dataset.OtherPatientIDsSequence)
    place = dicom_patient.place_of(dicom.read_header(data))
    assert [item.PatientID for item in read(spliced(data)).OtherPatientIDsSequence] == ["OLD", INS.matricule]
    assert read(spliced(data)).PixelData == read(data).PixelData
    assert place.end > place.start


def test_a_retired_group_length_follows() -> None:
    element = dicom.write_element(0x00100000, "UL", (100).to_bytes(4, "little"))
    data = small()
    at = dicom.read_header(data).elements[0x00100020].start
    grouped = data[:at] + element + data[at:]
    place = dicom_patient.place_of(dicom.read_header(grouped))
    changed = spliced(grouped)
    grown = int.from_bytes(changed[place.group_length : place.group_length + 4], "little")
    assert grown - 100 == len(changed) - len(grouped)


@pytest.mark.parametrize(
    ("data", "field"),
    [
        (b"", "preamble"),
        (b"\0" * 200, "preamble"),
        (b"\0" * 128 + b"DICM", "TransferSyntaxUID"),
        (small()[:-1], "(7fe0,0010)"),
        (small()[:400], ""),
        (small().replace(b"LO", b"??"), ""),
    ],
)
def test_what_is_no_object_is_refused_with_the_element_and_the_rule(data: bytes, field: str) -> None:
    with pytest.raises(dicom.DicomRefused) as caught:
        dicom.read_header(data)
    assert field in caught.value.field
    assert caught.value.rule


def test_bytes_cut_anywhere_never_raise_anything_else() -> None:
    other = PyDataset()
    other.PatientID = "OLD"
    data = small(OtherPatientIDsSequence=[other])
    outcomes = set()
    for end in range(len(data)):
        try:
            dicom.read_header(data[:end])
            outcomes.add("sound")  # a cut between two elements leaves a shorter, sound object
        except dicom.DicomRefused:
            outcomes.add("refused")
    assert outcomes == {"sound", "refused"}


def test_sequences_nested_without_end_are_refused() -> None:
    deep = dicom.write_element(0x00081140, "SQ", b"")[:8] + b"\xff\xff\xff\xff" + b"\xfe\xff\x00\xe0\xff\xff\xff\xff"
    data = small()
    at = dicom.read_header(data).elements[0x00100020].start
    with pytest.raises(dicom.DicomRefused, match="nested deeper"):
        dicom.read_header(data[:at] + deep * 2000 + data[at:])


@pytest.mark.parametrize("piece", [1, 2, 7, 64, 10_000])
def test_a_multipart_stream_gives_its_parts_whatever_the_pieces(piece: int) -> None:
    bodies = [b"\r\n--markX not a delimiter\r\n", b"", bytes(range(256)) * 3, b" --mark"]
    head = b"Content-Type: application/dicom\r\n\r\n"
    message = b"preamble\r\n" + b"".join(b"--mark\r\n" + head + body + b"\r\n" for body in bodies) + b"--mark--\r\nend"
    decoder = multipart_stream.MultipartDecoder('multipart/related; boundary="mark"', max_part_bytes=2_000)
    parts = [part for at in range(0, len(message), piece) for part in decoder.feed(message[at : at + piece])]
    decoder.finish()
    assert [bytes(part.body) for part in parts] == bodies
    assert {part.content_type.value for part in parts} == {"application/dicom"}


@pytest.mark.parametrize(
    ("content_type", "message", "reason"),
    [
        ("application/dicom", b"", "multipart is expected"),
        ("multipart/related", b"", "boundary"),
        ("multipart/related; boundary=mark", b"nothing", "does not occur"),
        ("multipart/related; boundary=mark", b"--mark\r\n\r\nbody", "truncated"),
        ("multipart/related; boundary=mark", b"--mark--", "no part"),
        ("multipart/related; boundary=mark", b"--mark\r\n\r\n" + b"x" * 3_000, "part 1: more than"),
        ("multipart/related; boundary=mark", b"--mark\r\nx\r\n\r\nbody\r\n--mark--", "no colon"),
    ],
)
def test_a_broken_multipart_stream_is_refused(content_type: str, message: bytes, reason: str) -> None:
    def take() -> None:
        decoder = multipart_stream.MultipartDecoder(content_type, max_part_bytes=2_000)
        decoder.feed(message)
        decoder.finish()

    with pytest.raises(MultipartRefused, match=reason):
        take()
