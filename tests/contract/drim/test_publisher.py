"""A publication that was asked for begins and ends, whatever hangs, is missed or steps back. [DMP/ALI/PROG.06]"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from segur_drim import clients, jobs
from segur_drim.clients import DmpClient
from segur_drim.domain.report import read_report
from segur_drim.store import Publications

from segur.kernel import request
from segur.wire.hl7v2_cda import Action
from tests.contract.drim.conftest import COUNTRY, PATIENT, Box
from tests.contract.drim.test_following import context_of

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def sent(box: Box) -> str:
    """A new exam whose report was acknowledged."""
    study, accession, images = box.study(slices=1)
    await box.ris.store(images)
    assert (await box.ris.send_report(box.report(study, accession), PATIENT)).taken
    return study


async def test_what_a_search_of_the_store_misses_is_published_from_memory(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(*_: object) -> list[Any]:
        return []

    monkeypatch.setattr(Publications, "due", nothing)
    assert (await box.settled(await sent(box)))["state"] == "published"


async def test_a_search_that_hangs_holds_up_nobody(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(*_: object) -> list[Any]:
        await asyncio.Event().wait()
        return []

    monkeypatch.setattr(jobs, "_SEARCH_S", 1.0)
    monkeypatch.setattr(Publications, "due", never)
    assert (await box.settled(await sent(box)))["state"] == "published"
    assert (await box.settled(await sent(box)))["state"] == "published"


async def test_a_clock_that_stepped_back_delays_no_publication(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    publications = context_of(box).publications
    study, accession, images = box.study(slices=1)
    await box.ris.store(images)
    data = box.ris.message(box.report(study, accession), PATIENT)
    digest = await box.service.floor.blobs.put(data)
    later = datetime.now(UTC) + timedelta(hours=1)  # asked before the clock was set right, by a process that is no more
    await publications.table.insert(publications.asking(study, digest, "", later).document)
    assert (await box.settled(study))["state"] == "published"


async def test_a_lease_renewed_too_late_does_not_delay_the_next_attempt(box: Box) -> None:
    publications, now = context_of(box).publications, datetime.now(UTC)
    row = {**publications.asking("1.2.3", "0" * 64, "", now).document, "state": "waiting", "sandbox": "nowhere"}
    row["due"] = (now + timedelta(seconds=15)).replace(microsecond=0)  # beyond what the box's own publisher looks at
    await publications.table.insert(row)
    claimed = await publications.claim(row, now + timedelta(seconds=15))
    assert claimed is not None
    assert await publications.claim(row, now + timedelta(seconds=15)) is None
    again = (now + timedelta(seconds=12)).replace(microsecond=0)
    await publications.postpone(claimed, again, "away")
    await publications.extend(claimed, now + timedelta(seconds=25))
    found = await publications.table.find_one({"_id": row["_id"]})
    await publications.table.delete({"_id": row["_id"]})
    assert found is not None
    assert (found["due"], found["last_failure"]) == (again, "away")


async def test_a_dmp_whose_answer_never_ends_is_asked_again(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(box.settings.__dict__, "drim_dmp_timeout_s", 1.0)
    box.edge.hanging = 1
    study = await sent(box)
    row = await box.settled(study)
    assert (row["state"], row["last_failure"]) == ("published", "no answer in 1 s")
    assert len(await box.dmp_entries(str(row["kos_uid"]))) == 1


async def test_an_attempt_that_hangs_is_ended_and_made_again(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, times = jobs.publish_kos, []

    async def once(*told: Any) -> None:
        times.append(told)
        if len(times) == 1:
            await asyncio.Event().wait()
        await whole(*told)

    monkeypatch.setattr(jobs, "publish_kos", once)
    monkeypatch.setattr(jobs, "_ATTEMPT_S", 3.0)
    row = await box.settled(await sent(box))
    assert (row["state"], row["last_failure"]) == ("published", "not done in 3 s")


async def test_more_publications_than_there_is_room_for_all_end(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    async def nothing(*_: object) -> list[Any]:
        return []

    monkeypatch.setattr(jobs, "_BATCH", 1)
    monkeypatch.setattr(Publications, "due", nothing)
    studies = [await sent(box) for _ in range(3)]
    assert [(await box.settled(study))["state"] for study in studies] == ["published"] * 3


async def test_a_connection_in_use_is_not_closed_for_another_structure(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    study, accession, _ = box.study(slices=1)
    report = read_report(box.ris.message(box.report(study, accession), PATIENT))
    monkeypatch.setattr(clients, "_KEPT", 1)
    drawn: list[str] = []
    whole = DmpClient._identify

    def identify(self: DmpClient, structure: str, name: str) -> Any:
        drawn.append(structure)
        return whole(self, report.structure.value, name)

    monkeypatch.setattr(DmpClient, "_identify", identify)
    client = DmpClient(box.settings)
    others = [structure.struct_id for structure in COUNTRY.structures if structure.struct_id != report.structure][:2]
    entered = request.enter(request.Request(notes={}))
    try:
        async with client._connected(report) as used:
            for other in others:
                twin = type(report)(**{name: getattr(report, name) for name in report.__slots__} | {"structure": other})
                async with client._connected(twin) as second:
                    assert second is not used
            assert not used.client._client.is_closed
            assert (await used.client.get("/")).status_code < 600
        assert len(client._ready) == 1
        together = await asyncio.gather(*(_connect(client, report) for _ in range(4)))
        assert len(set(map(id, together))) == 1
        assert len(drawn) <= 4
    finally:
        request.leave(entered)
        await client.close()


async def _connect(client: DmpClient, report: Any) -> Any:
    async with client._connected(report) as connection:
        return connection


async def test_reports_in_a_row_about_one_exam_end_in_their_order(box: Box) -> None:
    study, accession, images = box.study(slices=1)
    await box.ris.store(images)
    report = box.report(study, accession)
    for hidden in (True, False, True):
        flags = {"INVISIBLE_PATIENT": hidden}
        assert (await box.ris.send_report(report, PATIENT, action=Action.REPLACE, flags=flags)).taken
    assert (await box.settled(study, 3))["state"] == "published"
    told = [tuple(one["confidentiality"]) for one in await box.facts("drim.kos.published", study)]
    assert told == [("N", "INVISIBLE_PATIENT"), ("N",), ("N", "INVISIBLE_PATIENT")]
