"""STOW-RS: objects enter the archive, each on disk and filed before it is acknowledged [PS3.18 10.5].

An object that is there already is a success when it is the same to the byte, and a failure 0111 when it is another one
under the same SOP Instance UID: an archive does not change under a KOS. Pixels are never decoded.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from segur.contracts.drim import StudyReceived
from segur.contracts.fact import Fact
from segur.kernel import request, tracing
from segur.kernel.errors import PRODUCTION_IDENTITY
from segur.kernel.store import Conflict, Duplicate, Write
from segur.wire import dicom
from segur.wire.dicom import DicomRefused
from segur_drim import errors, faults
from segur_drim.context import Context
from segur_drim.domain.instance import (
    CANNOT_UNDERSTAND,
    DUPLICATE,
    MISMATCH,
    NOT_AUTHORISED,
    SYNTAX_NOT_SUPPORTED,
    Instance,
    read_instance,
)

_BATCH, _BATCH_BYTES = 32, 16 * 1024 * 1024
"""Objects that go to disk together and are filed in one commit."""
_BLOCKING = 256 * 1024
"""Objects from this size on are walked in a thread."""
_RACES = 8


@dataclass(frozen=True, slots=True)
class Failed:
    """An object that was not stored: `reason` is a DICOM status, `uid` and `sop_class` empty when unreadable."""

    reason: int
    explanation: str
    uid: str = ""
    sop_class: str = ""


@dataclass(slots=True)
class Outcome:
    """What became of a request; `stored` holds (study, series, instance, SOP class)."""

    stored: list[tuple[str, str, str, str]] = field(default_factory=list)
    failed: list[Failed] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Received:
    """One object on its way; `source` is the digest of what came in when it was written anew, else empty."""

    instance: Instance
    data: bytes
    source: str = ""


async def store_instances(context: Context, objects: AsyncIterator[bytes], study_uid: str = "") -> Outcome:
    """Store what arrives; `study_uid` is that of the address, empty for any. Raise `STORE_FULL`."""
    if context.floor.faults.strikes(faults.STORE_FULL, operation="store"):
        raise errors.STORE_FULL.error()
    outcome = Outcome()
    batch: list[_Received] = []
    touched: dict[str, str] = {}
    async for data in objects:
        received = await _read(context, data, study_uid, outcome)
        if received is None:
            continue
        batch.append(received)
        if len(batch) >= _BATCH or sum(len(one.data) for one in batch) >= _BATCH_BYTES:
            await _file(context, batch, outcome, touched, last=False)
            batch = []
    await _file(context, batch, outcome, touched, last=True)
    return outcome


async def _read(context: Context, data: bytes, study_uid: str, outcome: Outcome) -> _Received | None:
    """What a part says; a part that cannot be filed goes among the failures."""
    source = ""
    try:
        syntax = dicom.syntax_of(data)
        if syntax in (dicom.DEFLATED_LE, dicom.EXPLICIT_BE):
            outcome.failed.append(Failed(SYNTAX_NOT_SUPPORTED, f"TransferSyntaxUID: {syntax} is not stored here"))
            return None
        if syntax == dicom.IMPLICIT_LE:
            source, data = await asyncio.to_thread(_explicit, data)
        if len(data) < _BLOCKING:
            instance = read_instance(dicom.read_header(data))
        else:
            instance = await asyncio.to_thread(lambda: read_instance(dicom.read_header(data)))
    except DicomRefused as refusal:
        outcome.failed.append(Failed(CANNOT_UNDERSTAND, str(refusal)))
        return None
    said = instance.uid, instance.sop_class
    if instance.ins and instance.ins.is_production and not context.settings.allow_production_identities:
        outcome.failed.append(Failed(NOT_AUTHORISED, PRODUCTION_IDENTITY.text.format(oid=instance.ins.oid), *said))
        return None
    if study_uid and instance.study.uid != study_uid:
        outcome.failed.append(Failed(MISMATCH, "StudyInstanceUID: differs from that of the address", *said))
        return None
    return _Received(instance, data, source)


def _explicit(data: bytes) -> tuple[str, bytes]:
    """The digest of an implicit object, and the object written anew: implicit VR never travels [DB/SO.41]."""
    import warnings
    from io import BytesIO

    import pydicom  # heavy: only what comes in implicit VR pays for it

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dataset = pydicom.dcmread(BytesIO(data))
            dataset.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
            out = BytesIO()
            dataset.save_as(out, implicit_vr=False, little_endian=True, enforce_file_format=True)
    except Exception as error:  # pydicom raises whatever a broken file makes happen
        raise DicomRefused("object", f"implicit VR that cannot be written anew: {type(error).__name__}") from error
    return hashlib.sha256(data).hexdigest(), out.getvalue()


async def _file(
    context: Context, batch: list[_Received], outcome: Outcome, touched: dict[str, str], *, last: bool
) -> None:
    """Bytes to disk, then rows; with the last batch the facts. A neighbour that was faster makes us look again."""
    digests = await asyncio.gather(*(context.floor.blobs.put(one.data) for one in batch))
    for attempt in range(_RACES):
        try:
            async with context.archive.filing_turn:
                await _file_once(context, list(zip(batch, digests, strict=True)), outcome, touched, last=last)
            return
        except (Duplicate, Conflict):
            if attempt == _RACES - 1:
                raise


async def _file_once(
    context: Context, batch: list[tuple[_Received, str]], outcome: Outcome, touched: dict[str, str], *, last: bool
) -> None:
    writes: list[Write] = []
    stored: list[tuple[str, str, str, str]] = []
    failed: list[Failed] = []
    fresh = await _sort(context, batch, writes, stored, failed, touched)
    facts = await _told(context, fresh, writes, touched) if last else []
    if writes or facts:
        await context.archive.commit(writes, *facts)
    outcome.stored += stored
    outcome.failed += failed


async def _sort(
    context: Context,
    batch: list[tuple[_Received, str]],
    writes: list[Write],
    stored: list[tuple[str, str, str, str]],
    failed: list[Failed],
    touched: dict[str, str],
) -> list[Instance]:
    """Decide for each object of a batch; give those that are new."""
    archive, now = context.archive, context.floor.clock.now()
    known = {uid: row["source"] for uid, row in (await archive.known(one.instance for one, _ in batch)).items()}
    homes = await archive.known_series({one.instance.series.uid for one, _ in batch})
    people: dict[str, str] = {}
    fresh: list[Instance] = []
    opened: dict[str, Instance] = {}
    for received, digest in batch:
        instance, study = received.instance, received.instance.study
        source = received.source or digest
        said = instance.uid, instance.sop_class
        if instance.uid in known:
            if known[instance.uid] == source:
                stored.append((study.uid, instance.series.uid, *said))
                touched.setdefault(study.uid, await _patient(context, instance))
            else:
                failed.append(Failed(DUPLICATE, "another object is stored under this SOPInstanceUID", *said))
            continue
        if study.uid not in people:
            row = await archive.study(study.uid)
            people[study.uid] = str(row["study"]["ins"]) if row else study.ins
        if homes.setdefault(instance.series.uid, study.uid) != study.uid:
            failed.append(Failed(MISMATCH, "SeriesInstanceUID: belongs to another study", *said))
            continue
        if study.ins and people[study.uid] and people[study.uid] != study.ins:
            failed.append(Failed(MISMATCH, "PatientID: the study belongs to another patient", *said))
            continue
        known[instance.uid] = source
        opened.setdefault(study.uid, instance)
        fresh.append(instance)
        writes += archive.filing(instance, digest, len(received.data), source, now)
        stored.append((study.uid, instance.series.uid, *said))
    for uid, instance in opened.items():
        patient = await _patient(context, instance)
        touched[uid] = patient
        writes.append(archive.opening(instance.study, patient, tracing.current_traceparent(), now))
    return fresh


async def _patient(context: Context, instance: Instance) -> str:
    """The pseudonym of the study's patient, `unknown` while no image carried an INS."""
    if instance.ins is not None:
        patient = context.floor.pseudonyms.of(instance.ins)
        request.note(patient=patient)
        return patient
    row = await context.archive.study(instance.study.uid)
    return str(row["patient"]) if row else "unknown"


async def _told(context: Context, fresh: list[Instance], writes: list[Write], touched: dict[str, str]) -> list[Fact]:
    """One fact for each study of the request that holds more than was told."""
    facts: list[Fact] = []
    for uid, patient in touched.items():
        row = await context.archive.study(uid)
        instances, series = await context.archive.counts(uid)
        mine = [instance for instance in fresh if instance.study.uid == uid]
        instances += len(mine)
        homes = await context.archive.known_series({instance.series.uid for instance in mine})
        series += len({instance.series.uid for instance in mine} - set(homes))
        before = row["told"] if row is not None else None
        if before == instances:
            continue
        writes.append(context.archive.telling(uid, before, instances))
        facts.append(StudyReceived(study_uid=uid, instances=instances, series=series, patient=patient))
    return facts
