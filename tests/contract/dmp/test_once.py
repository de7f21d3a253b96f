"""Exactly once: lost answers, crashes between the bytes and the entry, two senders at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from segur.kernel.errors import StoreAway
from segur.kernel.faults import FaultRule
from segur.personas import roles
from segur.scenario.actors.lps import Refused
from tests.contract.dmp.conftest import Dmp

pytestmark = pytest.mark.asyncio(loop_scope="module")

DUPLICATE = "XDSDuplicateUniqueIdInRegistry"


@contextmanager
def armed(dmp: Dmp, point: str) -> Iterator[None]:
    """A fault that strikes once."""
    dmp.service.floor.faults.arm([FaultRule(id="once", point=point, count=1)])
    try:
        yield
    finally:
        dmp.service.floor.faults.arm([])


async def test_a_submission_whose_answer_was_lost_is_there_once(dmp: Dmp) -> None:
    document, software = dmp.document(), dmp.software()
    with armed(dmp, "dmp.submit.lost_answer"), pytest.raises(Refused) as lost:
        await software.submit(document)
    assert lost.value.status == 504
    entry, answer = await software.submit(document)
    assert [error.code for error in answer.errors] == [DUPLICATE]
    assert "already registered" in answer.errors[0].context
    found = [one.unique_id for one in await dmp.software(roles.GENERAL_PRACTITIONER).find(dmp.patient())]
    assert found.count(entry.unique_id) == 1
    assert len(await dmp.facts("dmp.document.submitted", document_id=entry.unique_id)) == 1
    listed = (await dmp.mes()).json()["documents"]
    assert [one["uniqueId"] for one in listed].count(entry.unique_id) == 1


async def test_the_fhir_door_loses_an_answer_in_the_same_way(dmp: Dmp) -> None:
    document = dmp.document()
    with armed(dmp, "dmp.submit.lost_answer"), pytest.raises(Exception, match="504"):
        await dmp.fhir().submit(document)
    with pytest.raises(Exception, match=DUPLICATE):
        await dmp.fhir().submit(document)


async def test_a_busy_repository_stores_nothing_and_takes_the_retry(dmp: Dmp) -> None:
    document, before = dmp.document(), await dmp.held()
    with armed(dmp, "dmp.submit.busy"), pytest.raises(Refused) as busy:
        await dmp.software().submit(document)
    assert busy.value.code == "XDSRepositoryBusy"
    assert await dmp.held() == before
    entry, answer = await dmp.software().submit(document)
    assert answer.succeeded
    [told] = await dmp.facts("dmp.document.refused", document_id=entry.unique_id)
    assert (told["code"], told["reason"]) == ("XDSRepositoryBusy", "busy")


async def test_dying_between_bytes_and_entry_leaves_nothing_to_be_seen_and_the_retry_stores_once(
    dmp: Dmp, monkeypatch: pytest.MonkeyPatch
) -> None:
    document, software = dmp.document(), dmp.software()
    entries, sets, blobs = await dmp.held()

    async def dies(*_: Any) -> None:
        raise RuntimeError("killed here")

    with monkeypatch.context() as patch:
        patch.setattr(dmp.service.floor.store, "commit", dies)
        with pytest.raises(Refused) as refused:
            await software.submit(document)
    assert refused.value.status == 500
    assert await dmp.held() == (entries, sets, blobs + 1)
    entry, answer = await software.submit(document)
    assert answer.succeeded
    assert await dmp.held() == (entries + 1, sets + 1, blobs + 1)
    assert await dmp.software(roles.GENERAL_PRACTITIONER).retrieve(dmp.patient(), entry.unique_id) == document


async def test_dying_before_the_bytes_are_kept_leaves_no_entry(dmp: Dmp, monkeypatch: pytest.MonkeyPatch) -> None:
    before = await dmp.held()

    async def dies(*_: Any) -> str:
        raise RuntimeError("disk gone")

    with monkeypatch.context() as patch:
        patch.setattr(type(dmp.service.floor.blobs), "put", dies)
        with pytest.raises(Refused):
            await dmp.software().submit(dmp.document())
    assert await dmp.held() == before


async def test_of_many_senders_of_one_document_one_is_taken(dmp: Dmp) -> None:
    document, software = dmp.document(), dmp.software()
    entries, sets, blobs = await dmp.held()

    async def send() -> str:
        _, answer = await software.submit(document)
        return "" if answer.succeeded else answer.errors[0].code

    outcomes = await asyncio.gather(*(send() for _ in range(6)))
    assert sorted(outcomes) == ["", *[DUPLICATE] * 5]
    assert await dmp.held() == (entries + 1, sets + 1, blobs + 1)


async def test_a_store_that_is_away_is_said_to_be_busy(dmp: Dmp, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: Any) -> None:
        raise StoreAway

    with monkeypatch.context() as patch:
        patch.setattr(dmp.service.floor.store, "commit", away)
        with pytest.raises(Refused) as refused:
            await dmp.software().submit(dmp.document())
        answer: httpx.Response = await dmp.mes("notifications")
    assert refused.value.code == "SEGUR_STORE_AWAY"
    assert answer.status_code == 200
