"""INSi with 100,000 people: how long one search or verification takes, caller and service on the same machine.

The register is filled in an INSi of its own, on a store of its own that is thrown away afterwards (on the platform's
outside server, when there is one). What is measured is one question after the other at the service's own port; the
questions are spread over the whole register.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import httpx

from segur.kernel.ids import new_id
from segur.kernel.settings import KernelSettings
from segur.kernel.store import Store
from segur.load.figures import median, percentile
from segur.personas.fixture_patients import fixture_patients
from segur.personas.generated import stream_patients
from segur.personas.model import Patient
from segur.platform import embedded
from segur.platform.home import Running
from segur.scenario.actors import insi_client
from segur.vocab.identity_status import StrictTraits

PEOPLE = 100_000
_QUESTIONS = 200
_SAMPLES = 3
_PATIENCE_S = 1_800.0


class NotFilled(RuntimeError):
    """The register could not be filled."""


async def bench_ins(running: Running, people: int = PEOPLE) -> list[dict[str, Any]]:
    """The results in the shape of `segur bench --json`; raise `NotFilled`."""
    asked = asyncio.create_task(asyncio.to_thread(_asked, people))
    results: list[dict[str, Any]] = []
    async with _insi(running, people) as (base, filled_s), httpx.AsyncClient(trust_env=False, timeout=30) as client:
        patients = await asked

        async def by_traits(patient: Patient) -> bool:
            found = await insi_client.search_by_traits(client, base, patient)
            return found.matricule == patient.ins.matricule

        async def by_card(patient: Patient) -> bool:
            found = await insi_client.search_by_card(client, base, patient)
            return found.matricule == patient.ins.matricule

        async def verified(patient: Patient) -> bool:
            return await insi_client.verify(client, base, patient.ins, _traits(patient))

        results.append(_result("ins_register_filled", "s", [filled_s]))
        for name, ask in (("ins2", by_traits), ("ins1", by_card), ("ins_verification", verified)):
            rounds = [await _times(ask, patients) for _ in range(_SAMPLES)]
            results.append(_result(f"{name}_p50", "ms", [median(times) or 0.0 for times in rounds]))
            results.append(_result(f"{name}_p99", "ms", [percentile(times, 0.99) or 0.0 for times in rounds]))
    return results


async def _times(ask: Callable[[Patient], Awaitable[bool]], patients: Sequence[Patient]) -> list[float]:
    """Milliseconds of each question, one after the other."""
    times: list[float] = []
    for patient in patients:
        begun = time.perf_counter()
        right = await ask(patient)
        times.append((time.perf_counter() - begun) * 1000)
        if not right:
            raise NotFilled("INSi does not know somebody who should be in its register")
    return times


def _asked(people: int) -> list[Patient]:
    """Those who are asked for: some hundred, from the first to the last of the register."""
    generated = people - len(fixture_patients())
    return list(itertools.islice(stream_patients(1, generated), 0, None, max(1, generated // _QUESTIONS)))


def _traits(patient: Patient) -> StrictTraits:
    born = patient.birth_date.isoformat()
    return StrictTraits(patient.birth_name, patient.given_names, patient.sex, born, patient.birth_place)


def _result(name: str, unit: str, samples: list[float]) -> dict[str, Any]:
    return {
        "name": name, "value": median(samples), "unit": unit, "peer": None, "peer_value": None, "ratio": None,
        "samples": samples, "peer_samples": [],
    }  # fmt: skip


@contextlib.asynccontextmanager
async def _insi(running: Running, people: int) -> AsyncIterator[tuple[str, float]]:
    """An INSi in a process of its own with a register of its own: its address, and how long filling took."""
    port, admin_port = _free_ports(2)
    async with _store(running) as (mongo_url, namespace):
        told = {
            **os.environ,
            **running.plan.environment("ins"),
            "SEGUR_MONGO_URL": mongo_url,
            "SEGUR_NAMESPACE": namespace,
            "SEGUR_PORT": str(port),
            "SEGUR_ADMIN_PORT": str(admin_port),
            "SEGUR_SEED": "1",
            "SEGUR_INS_POPULATION": str(people),
            "SEGUR_INS_STRICT": "false",
            "SEGUR_INS_SOFTWARE_NUMBERS": "[]",
            "SEGUR_TRACE_RATIO": "0",
        }
        begun = time.perf_counter()
        async with _child((sys.executable, "-m", "segur.platform.role", "ins"), told, port):
            yield f"http://127.0.0.1:{port}", round(time.perf_counter() - begun, 1)


@contextlib.asynccontextmanager
async def _store(running: Running) -> AsyncIterator[tuple[str, str]]:
    """A store to fill and forget: its URL and a namespace in it."""
    namespace = f"bench{new_id()[-8:].lower()}"
    if running.plan.mongo is not None:
        yield running.plan.mongo, namespace
        store = Store(KernelSettings(namespace=namespace, mongo_url=running.plan.mongo), "ins")
        await store.client.drop_database(store.database.name)
        await store.close()
        return
    [port] = _free_ports(1)
    with tempfile.TemporaryDirectory(prefix="segur-bench-") as folder:
        async with _child(tuple(embedded.store_command(port, Path(folder))), dict(os.environ), port):
            yield f"mongodb://127.0.0.1:{port}/?directConnection=true", namespace


@contextlib.asynccontextmanager
async def _child(command: Sequence[str], environment: dict[str, str], port: int) -> AsyncIterator[None]:
    """A process that listens on `port`; stopped at the end."""
    begun = time.perf_counter()
    quiet = asyncio.subprocess.DEVNULL
    child = await asyncio.create_subprocess_exec(*command, env=environment, stdin=quiet, stdout=quiet, stderr=quiet)
    try:
        while not await _listens(port):
            if child.returncode is not None or time.perf_counter() - begun > _PATIENCE_S:
                raise NotFilled(f"{command[-1]} did not open port {port}")
            await asyncio.sleep(0.1)
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            child.terminate()
        await child.wait()


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as held:
        probes = [held.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]
