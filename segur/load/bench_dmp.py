"""`segur bench dmp`: deposits of 100 kB, searches of a patient with 5,000 documents, retrieval, by the TLS edge.

The DMP is filled with a crowd of documents first, ten thousand unless it holds more: `segur population documents` makes
it larger, and the same command then says what a larger registry costs. Each row bears the size of the registry and the
kind of store, `embedded` or `outside` (`--mongo`): the same on another MongoDB says what the embedded one costs. The
caller's own work shares the machine; `_cpu` is what the platform's processes spent on one call. Traces are on.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import httpx

from segur.kernel.ids import new_oid
from segur.load.bench import processor_s, result
from segur.load.driver import Failed
from segur.load.figures import median, percentile
from segur.load.profiles import DmpDesk
from segur.personas import roles
from segur.personas.model import Patient, Professional
from segur.personas.samples_cda import clinical_document
from segur.platform.home import Running
from segur.scenario.actors import fhir_lps, lps
from segur.scenario.actors.dmp_lps import Lps
from segur.scenario.actors.dmp_reader import typed
from segur.scenario.actors.fhir_lps import FhirSoftware

DOCUMENTS: Final = 10_000
"""The smallest registry that is measured."""
_LEAST_BYTES: Final = 100_000
_LINES: Final = 3_000
_LETTER, _SURGERY = "11490-0", "34874-8"
_SAMPLES, _SAMPLE_S, _CALLERS = 3, 4.0, 4
_FILL_PATIENCE_S = 3_600.0

Call = Callable[[int], Awaitable[int]]
"""One call by its number; gives the bytes or entries it brought. Raise `Failed` when it was not done."""


class NotFilled(RuntimeError):
    """The crowd of documents was not filed."""


@dataclass(frozen=True, slots=True)
class _Measured:
    """The calls of one sample: how many a second, the milliseconds of each, what they brought, processor ms of each."""

    rate: float
    times: Sequence[float]
    brought: int
    work: float


async def bench_dmp(running: Running) -> list[dict[str, Any]]:
    """The results in the shape of `segur bench --json`; raise `NotFilled`, `Failed`, or what a refused call raises."""
    state = await _filled(running)
    feeder, reader = DmpDesk(running, roles.RADIOLOGIST), DmpDesk(running, roles.GENERAL_PRACTITIONER)
    try:
        rows = await _deposits(running, feeder)
        rows += await _readings(running, reader, reader.country.patient(str(state["largest"])))
    finally:
        await asyncio.gather(feeder.close(), reader.close())
    store = "embedded" if running.plan.mongo is None else "outside"
    return [{**row, "documents": state["documents"], "store": store} for row in rows]


async def _filled(running: Running) -> dict[str, Any]:
    url = f"http://127.0.0.1:{running.plan.ports.edge_http}/dmp/api/population"
    deadline = time.monotonic() + _FILL_PATIENCE_S
    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
        state: dict[str, Any] = (await client.get(url)).raise_for_status().json()
        if state["documents"] < DOCUMENTS and not state["loading"]:
            (await client.post(url, json={"documents": DOCUMENTS})).raise_for_status()
            state["loading"] = True
        while state["loading"]:
            if time.monotonic() > deadline:
                raise NotFilled(f"{state['documents']} documents after an hour")
            await asyncio.sleep(1)
            state = (await client.get(url)).raise_for_status().json()
    if state["documents"] < DOCUMENTS:
        raise NotFilled(f"{state['documents']} documents of {DOCUMENTS}; the log of the dmp says why")
    return state


async def _deposits(running: Running, desk: DmpDesk) -> list[dict[str, Any]]:
    """TD2.1 by SOAP and by FHIR: letters of 100 kB, each under an identifier of its own."""
    user, software = desk.software.user, FhirSoftware(desk.client, desk.https, desk.software.user)
    models = await asyncio.to_thread(lambda: [_letter(patient, user) for patient in desk.patients])

    async def by_soap(number: int) -> int:
        document = _fresh(models, number)
        try:
            _, answer = await desk.software.submit(document)
        except lps.Refused as refusal:
            raise Failed(refusal.code) from refusal
        if not answer.succeeded:
            raise Failed(", ".join(error.code for error in answer.errors))
        return len(document)

    async def by_fhir(number: int) -> int:
        document = _fresh(models, number)
        try:
            await software.submit(document)
        except fhir_lps.Refused as refusal:
            raise Failed(refusal.code) from refusal
        return len(document)

    rows: list[dict[str, Any]] = []
    for name, call in (("dmp_soap_submission", by_soap), ("dmp_fhir_submission", by_fhir)):
        found = [await _sample(running, call) for _ in range(_SAMPLES)]
        rows += [result(name, "1/s", [one.rate for one in found]), *_times(name, found)]
    return rows


async def _readings(running: Running, desk: DmpDesk, largest: Patient) -> list[dict[str, Any]]:
    """TD3.1 on the patient of 5,000 documents, one after the other, and TD3.2 with several callers."""
    inner = desk.software
    software = Lps(inner.client, inner.base, inner.user, inner.signing)
    await software.authorize(largest)
    surgery = typed((_SURGERY,))

    async def by_type(_: int) -> int:
        return len(await software.search(largest, TypeCode=surgery))

    async def by_week(_: int) -> int:
        week = {"ServiceStartTimeFrom": "20160201", "ServiceStartTimeTo": "20160208"}
        return len(await software.search(largest, **week))

    async def of_everything(_: int) -> int:
        try:
            await software.search(largest)
        except lps.Refused as refusal:
            if refusal.code == "XDSTooManyResults":
                return 0
            raise
        raise Failed("5,000 documents in one answer")

    rows: list[dict[str, Any]] = []
    for name, search in (("type", by_type), ("week", by_week), ("too_many", of_everything)):
        found = [await _sample(running, search, callers=1) for _ in range(_SAMPLES)]
        rows += _times(f"dmp_find_{name}", found)
        rows.append(result(f"dmp_find_{name}_entries", "1", [one.brought / len(one.times) for one in found]))
    listed = [entry.unique_id for entry in await software.search(largest, TypeCode=surgery)]

    async def retrieved(number: int) -> int:
        return len(await software.retrieve(largest, listed[number % len(listed)]))

    found = [await _sample(running, retrieved) for _ in range(_SAMPLES)]
    speed = [round(one.brought / len(one.times) * one.rate / 1e6, 2) for one in found]
    return [*rows, result("dmp_retrieval", "MB/s", speed), *_times("dmp_retrieval", found)]


def _letter(patient: Patient, author: Professional) -> tuple[bytes, bytes]:
    identifier = new_oid(1)
    lines = [f"Ligne fictive {number} d'une lettre écrite pour mesurer." for number in range(_LINES)]
    at = datetime.now(UTC)
    document = clinical_document(
        _LETTER, patient, author, author.structure, document_id=identifier, at=at, paragraphs=lines
    )
    if len(document) < _LEAST_BYTES:
        document += b"\n<!--" + b"." * (_LEAST_BYTES - len(document)) + b"-->"
    return document, identifier.encode()


def _fresh(models: Sequence[tuple[bytes, bytes]], number: int) -> bytes:
    model, identifier = models[number % len(models)]
    return model.replace(identifier, new_oid(1).encode())


def _times(name: str, found: Sequence[_Measured]) -> list[dict[str, Any]]:
    return [
        result(f"{name}_p50", "ms", [median(one.times) or 0.0 for one in found]),
        result(f"{name}_p99", "ms", [percentile(one.times, 0.99) or 0.0 for one in found]),
        result(f"{name}_cpu", "ms", [one.work for one in found]),
    ]


async def _sample(running: Running, call: Call, callers: int = _CALLERS) -> _Measured:
    """Callers who each call again as soon as they are answered; what failed does not count. Raise `Failed` for none."""
    before, begun = processor_s(running), time.perf_counter()
    ends, times, brought = begun + _SAMPLE_S, list[float](), 0
    failure = Failed("no call was made")

    async def caller(first: int) -> None:
        nonlocal brought, failure
        number = first
        while (started := time.perf_counter()) < ends:
            number += callers
            try:
                brought += await call(number)
            except Failed as error:
                failure = error
                await asyncio.sleep(0)
            else:
                times.append((time.perf_counter() - started) * 1000)

    await asyncio.gather(*(caller(number) for number in range(callers)))
    if not times:
        raise failure
    work = round((processor_s(running) - before) * 1000 / len(times), 2)
    return _Measured(round(len(times) / (time.perf_counter() - begun), 1), times, brought, work)
