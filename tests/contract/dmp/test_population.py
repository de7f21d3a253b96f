"""A crowd of documents to search among: filed in the background, searched and read as any other document."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from segur_dmp.store import read_document

from segur.personas import roles
from segur.vocab import oids
from segur.wire import cda
from tests.contract.dmp.conftest import Dmp

pytestmark = pytest.mark.asyncio(loop_scope="module")

ADDRESS = "/dmp/api/population"
PATIENCE_S = 60


async def filed(dmp: Dmp) -> dict[str, Any]:
    """The state of the crowd once nothing is under way."""
    http, deadline = dmp.client(), time.monotonic() + PATIENCE_S
    while True:
        state: dict[str, Any] = (await http.get(f"{dmp.base}{ADDRESS}")).raise_for_status().json()
        if not state["loading"]:
            return state
        assert time.monotonic() < deadline, state
        await asyncio.sleep(0.05)


async def test_documents_are_filed_in_the_background_one_filling_at_a_time_and_told_once(dmp: Dmp) -> None:
    http = dmp.client()
    assert await filed(dmp) == {"documents": 0, "patients": 0, "loading": False, "largest": "P25"}
    assert (await http.post(f"{dmp.base}{ADDRESS}", json={"documents": 40})).status_code == 202
    again = await http.post(f"{dmp.base}{ADDRESS}", json={"documents": 50})
    assert (again.status_code, again.headers["content-type"]) == (409, "application/problem+json")
    assert (await filed(dmp))["documents"] == 40
    assert (await http.post(f"{dmp.base}{ADDRESS}", json={"documents": 60})).status_code == 202
    assert (await filed(dmp))["documents"] == 60
    told = await dmp.facts("dmp.crowd.filed")
    assert told == [{"name": "default", "documents": n, "patients": 1} for n in (40, 60)]
    assert not await dmp.facts("dmp.document.submitted"), "one fact tells the crowd, none a document of it"


async def test_a_filed_document_is_found_and_read_as_one_that_was_submitted(dmp: Dmp) -> None:
    largest = dmp.patient((await filed(dmp))["largest"])
    doctor = dmp.software(roles.GENERAL_PRACTITIONER)
    await doctor.authorize(largest)
    entries = await doctor.find(largest)
    assert len(entries) == 60
    content = await doctor.retrieve(largest, entries[0].unique_id)
    assert len(content) == entries[0].size
    assert cda.read_header(content).code == entries[0].type_code


async def test_a_filed_row_has_the_shape_of_a_submitted_one(dmp: Dmp) -> None:
    entry, answer = await dmp.software().submit(dmp.document())
    assert answer.succeeded
    rows = dmp.service.floor.store._collections["entries"]
    ours = await rows.find_one({"_id": f"default:{entry.unique_id}"})
    row = await rows.find_one({"structure": {"$exists": True}, "created": {"$lt": "20170101"}})
    assert ours is not None
    assert row is not None
    assert list(row) == list(ours)
    stored = read_document(row)
    assert stored.entry.repository_unique_id == oids.DMP_REPOSITORY
    sets = dmp.service.floor.store._collections["submission_sets"]
    [lot], theirs = await sets.find({"entry_uuid": stored.sets[0]}), await sets.find_one({"sandbox": "default"})
    assert theirs is not None
    assert list(lot) == list(theirs)
    assert lot["documents"] == [[stored.entry.entry_uuid, stored.entry.unique_id]]


async def test_what_cannot_be_filed_is_refused_naming_the_field(dmp: Dmp) -> None:
    http = dmp.client()
    for wrong, field in (({"documents": 0}, "documents"), ({"documents": "x"}, "documents"), ({}, "documents")):
        answer = await http.post(f"{dmp.base}{ADDRESS}", json=wrong)
        assert answer.status_code == 400
        assert field in answer.json()["detail"]
