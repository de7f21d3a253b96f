"""The INS in the Other Patient IDs of an image, put in without touching any other byte. [DRIM digest 3.4, DB/SO.39]"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

from segur.vocab import oids
from segur.vocab.ins import Ins, InvalidIns
from segur.wire.dicom import Dataset, DicomRefused, Element, Header, write_element, write_item

PATIENT_ID: Final = 0x00100020
ISSUER: Final = 0x00100021
TYPE_OF_PATIENT_ID: Final = 0x00100022
ISSUER_QUALIFIERS: Final = 0x00100024
OTHER_PATIENT_IDS: Final = 0x00101002
UNIVERSAL_ENTITY_ID: Final = 0x00400032
UNIVERSAL_ENTITY_ID_TYPE: Final = 0x00400033
_GROUP_LENGTH: Final = 0x00100000


@dataclass(frozen=True, slots=True)
class Place:
    """Where Other Patient IDs stand in a file, or would: bytes `start` to `end` are to be replaced.

    `delimited` tells a sequence of undefined length; `group_length` is where the retired length of group 0010 is
    written, -1 without one.
    """

    start: int
    end: int
    delimited: bool = False
    group_length: int = -1


def identifiers(dataset: Dataset) -> tuple[tuple[str, str], ...]:
    """(identifier, OID of its authority) of the patient: the main one, then the others; the OID may be empty."""
    holders = (dataset, *dataset.items(OTHER_PATIENT_IDS))
    return tuple((one.text(PATIENT_ID), _authority(one)) for one in holders if one.text(PATIENT_ID))


def ins_of(dataset: Dataset) -> Ins | None:
    """The INS an image carries, by the OID of its authority; None without one. Raise `DicomRefused` for a bad one."""
    for value, authority in identifiers(dataset):
        if authority in oids.INS_AUTHORITIES:
            try:
                return Ins.parse(value, authority)
            except InvalidIns as error:
                raise DicomRefused("PatientID", str(error)) from error
    return None


def place_of(header: Header) -> Place:
    """Where the INS goes; raise `DicomRefused` when the sequence is not written as one."""
    length = header.elements.get(_GROUP_LENGTH)
    at = -1 if length is None else length.value
    found = header.elements.get(OTHER_PATIENT_IDS)
    if found is not None:
        if found.vr != "SQ":
            raise DicomRefused("OtherPatientIDsSequence", f"VR SQ expected, {found.vr} found")
        return Place(found.start, found.end, found.delimited, at)
    after = next((one.start for tag, one in header.elements.items() if tag > OTHER_PATIENT_IDS), len(header.data))
    return Place(after, after, False, at)


def with_ins(head: bytes, place: Place, ins: Ins) -> bytes:
    """The beginning of a file (its first `place.end` bytes) with the INS among the Other Patient IDs.

    What follows in the file follows unchanged. A file that carries this INS already stays as it is.
    """
    kept = b""
    if place.end > place.start:
        value = place.start + 12
        sequence = Dataset(head, {OTHER_PATIENT_IDS: Element("SQ", place.start, value, place.end, place.delimited)})
        if any((one.text(PATIENT_ID), _authority(one)) == (ins.matricule, ins.oid) for one in _others(sequence)):
            return head
        kept = head[value : place.end - 8 if place.delimited else place.end]
    sequence_bytes = write_element(OTHER_PATIENT_IDS, "SQ", kept + _item(ins))
    before = bytearray(head[: place.start])
    if place.group_length >= 0:
        (length,) = struct.unpack_from("<I", before, place.group_length)
        grown = length + len(sequence_bytes) - (place.end - place.start)
        struct.pack_into("<I", before, place.group_length, grown)
    return bytes(before) + sequence_bytes


def _others(dataset: Dataset) -> tuple[Dataset, ...]:
    return dataset.items(OTHER_PATIENT_IDS)


def _authority(dataset: Dataset) -> str:
    return next((one.text(UNIVERSAL_ENTITY_ID) for one in dataset.items(ISSUER_QUALIFIERS)), "")


def _item(ins: Ins) -> bytes:
    issuer = "ASIP-SANTE-INS-NIA" if ins.oid == oids.INS_NIA else "ASIP-SANTE-INS-NIR"
    authority = write_item(
        write_element(UNIVERSAL_ENTITY_ID, "UT", ins.oid.encode()),
        write_element(UNIVERSAL_ENTITY_ID_TYPE, "CS", b"ISO"),
    )
    return write_item(
        write_element(PATIENT_ID, "LO", ins.matricule.encode()),
        write_element(ISSUER, "LO", issuer.encode()),
        write_element(TYPE_OF_PATIENT_ID, "CS", b"TEXT"),
        write_element(ISSUER_QUALIFIERS, "SQ", authority),
    )
