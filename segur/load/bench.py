"""A few figures that matter, and a peer measured in the same run on the same machine: only the ratio travels."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import psutil

from segur.load.driver import Failed, Profile
from segur.load.figures import median
from segur.load.profiles import DmpDeposit, DmpSearch, PscIntrospect
from segur.platform.home import Running

PEERS = ("starlette",)
_SAMPLES = 3
_SAMPLE_S = 2.0
_PEER_PATIENCE_S = 60.0
_FINDS = 25


class PeerAbsent(RuntimeError):
    """The peer did not start."""


async def bench(running: Running, peer: str = PEERS[0]) -> list[dict[str, Any]]:
    """The results in the shape of `segur bench --json`; raise `PeerAbsent`."""
    results = [result("start_up", "s", [running.started_in_s])]
    results.append(await _introspections(running, peer))
    results.append(await _deposits(running))
    results.append(await _finds(running))
    return results


def result(
    name: str, unit: str, samples: list[float], peer: str | None = None, peer_samples: list[float] | None = None
) -> dict[str, Any]:
    """A row of the results: the median of the samples, the peer's, and their ratio."""
    value, peer_value = median(samples), median(peer_samples or [])
    ratio = round(value / peer_value, 3) if value is not None and peer_value else None
    return {
        "name": name, "value": value, "unit": unit, "peer": peer, "peer_value": peer_value, "ratio": ratio,
        "samples": samples, "peer_samples": peer_samples or [],
    }  # fmt: skip


def processor_s(running: Running) -> float:
    """The processor time the platform's processes have used so far; 0 for those in containers of their own."""
    used = 0.0
    for pid in filter(None, running.pids.values()):
        with contextlib.suppress(psutil.NoSuchProcess):
            times = psutil.Process(pid).cpu_times()
            used += times.user + times.system
    return used


async def _introspections(running: Running, peer: str) -> dict[str, Any]:
    """Introspections a second through the edge, 16 callers, in turn with the peer."""
    ours: list[float] = []
    theirs: list[float] = []
    async with bare() as url, aiohttp.ClientSession() as session, _opened(PscIntrospect(running)) as psc:

        async def ask_peer(_: int) -> object:
            async with session.post(url, data={"token": "x" * 900}) as answer:
                return await answer.read()

        for _ in range(_SAMPLES):
            ours.append(await _per_second(psc.send, 16))
            theirs.append(await _per_second(ask_peer, 16))
    return result("psc_introspection", "1/s", ours, peer, theirs)


async def _deposits(running: Running) -> dict[str, Any]:
    """Deposits a second (TD2.1, mutual TLS, VIHF, MTOM), 4 callers; the caller's own work is part of it."""
    async with _opened(DmpDeposit(running)) as dmp:
        return result("dmp_deposit", "1/s", [await _per_second(dmp.send, 4) for _ in range(_SAMPLES)])


async def _finds(running: Running) -> dict[str, Any]:
    """One FindDocuments (TD3.1) after the other."""
    samples: list[float] = []
    async with _opened(DmpSearch(running)) as dmp:
        for _ in range(_SAMPLES):
            times: list[float] = []
            for number in range(_FINDS):
                begun = time.perf_counter()
                await dmp.send(number)
                times.append((time.perf_counter() - begun) * 1000)
            samples.append(median(times) or 0.0)
    return result("dmp_find_documents_p50", "ms", samples)


async def _per_second(call: Callable[[int], Awaitable[object]], callers: int) -> float:
    """How many calls a second `callers` get answered who each call again as soon as they are; failures do not count."""
    ends = time.perf_counter() + _SAMPLE_S
    done = 0

    async def caller() -> None:
        nonlocal done
        while time.perf_counter() < ends:
            with contextlib.suppress(Failed):
                await call(done)
                done += 1

    begun = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(callers)))
    return round(done / (time.perf_counter() - begun), 1)


@contextlib.asynccontextmanager
async def _opened(profile: Profile) -> AsyncIterator[Profile]:
    await profile.open()
    try:
        yield profile
    finally:
        await profile.close()


@contextlib.asynccontextmanager
async def bare(peer: str = PEERS[0]) -> AsyncIterator[str]:
    """The address of a bare handler in a process of its own; raise `PeerAbsent`."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "segur.load.bare", str(port), peer, stdin=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + _PEER_PATIENCE_S
        while True:
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                break
            if child.returncode is not None or time.monotonic() > deadline:
                raise PeerAbsent(f"the bare {peer} handler did not start on port {port}")
            await asyncio.sleep(0.05)
        yield f"http://127.0.0.1:{port}/"
    finally:
        with contextlib.suppress(ProcessLookupError):
            child.terminate()
        await child.wait()
