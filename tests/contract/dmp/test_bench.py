"""`segur bench dmp` on a small registry, in samples of a moment: what it measures, and that it fails where it must."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import httpx
import pytest
import pytest_asyncio
from segur_dmp import faults
from segur_dmp.operations import find_documents

from segur.kernel.faults import FaultRule
from segur.load import bench_dmp
from segur.load.driver import Failed
from segur.platform.home import Running
from tests.conftest import Servers
from tests.contract.dmp.conftest import Dmp, _running

pytestmark = pytest.mark.asyncio(loop_scope="module")

DOCUMENTS, MOST = 60, 20
OF_THE_TYPE = 3
"""Of the first sixty documents of the crowd, those of the type that is searched."""
TIMED = ("dmp_soap_submission", "dmp_fhir_submission", "dmp_find_type", "dmp_find_week", "dmp_find_too_many")


class Desk:
    """What `DmpDesk` is to a running platform, in front of the DMP of the test."""

    def __init__(self, dmp: Dmp, professional: str) -> None:
        self.software = dmp.software(professional)
        self.client, self.https, self.country = self.software.client, dmp.base, dmp.country
        self.patients = [dmp.patient()]

    async def close(self) -> None:
        """The DMP of the test closes its clients itself."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def dmp(servers: Servers, home: Path) -> AsyncIterator[Dmp]:
    """A DMP whose answers hold few objects, so that sixty documents are too many for one."""
    async for running in _running(servers, home, dmp_max_results=MOST):
        yield running


@pytest.fixture
def small(dmp: Dmp, monkeypatch: pytest.MonkeyPatch) -> Running:
    """The platform as the bench sees it, with little to do."""
    given = {
        "DOCUMENTS": DOCUMENTS, "_SAMPLES": 1, "_SAMPLE_S": 0.05, "_CALLERS": 2, "_LINES": 2, "_LEAST_BYTES": 9_000,
        "DmpDesk": lambda _, professional: Desk(dmp, professional),
    }  # fmt: skip
    for name, value in given.items():
        monkeypatch.setattr(bench_dmp, name, value)
    ports = SimpleNamespace(edge_http=httpx.URL(dmp.base).port)
    return cast(Running, SimpleNamespace(plan=SimpleNamespace(ports=ports, mongo=None), pids={}))


async def test_each_row_is_measured_on_a_registry_that_was_filled_first(dmp: Dmp, small: Running) -> None:
    rows = await bench_dmp.bench_dmp(small)
    told = {row["name"]: row["value"] for row in rows}
    assert {(row["documents"], row["store"]) for row in rows} == {(DOCUMENTS, "embedded")}
    assert len(told) == len(rows)
    for name in (*TIMED, "dmp_retrieval"):
        assert 0 < told[f"{name}_p50"] <= told[f"{name}_p99"], name
    for name in ("dmp_soap_submission", "dmp_fhir_submission", "dmp_retrieval"):
        assert told[name] > 0, name
    found = {kind: told[f"dmp_find_{kind}_entries"] for kind in ("type", "week", "too_many")}
    assert found == {"type": OF_THE_TYPE, "week": 0, "too_many": 0}
    for door in ("soap", "fhir"):
        sizes = [fact["size"] for fact in await dmp.facts("dmp.document.submitted", door=door)]
        assert sizes, door
        assert min(sizes) >= 9_000


async def test_a_dmp_that_takes_nothing_fails_the_bench_with_its_code(dmp: Dmp, small: Running) -> None:
    board = dmp.service.floor.faults
    board.arm([FaultRule(id="one", point=faults.SUBMIT_BUSY)])
    try:
        with pytest.raises(Failed, match="XDSRepositoryBusy"):
            await bench_dmp.bench_dmp(small)
    finally:
        board.arm([])


async def test_an_answer_with_everything_fails_the_bench(small: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(find_documents, "check_limit", lambda *_: None)
    with pytest.raises(Failed, match="in one answer"):
        await bench_dmp.bench_dmp(small)


async def test_a_registry_that_is_not_filled_in_time_is_not_measured(
    small: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench_dmp, "DOCUMENTS", DOCUMENTS + 1)
    monkeypatch.setattr(bench_dmp, "_FILL_PATIENCE_S", -1.0)
    with pytest.raises(bench_dmp.NotFilled, match="documents after"):
        await bench_dmp.bench_dmp(small)
