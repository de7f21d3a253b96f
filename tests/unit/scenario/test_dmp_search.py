"""Periods that are cut in two while they hold too much, and the preferences of a structure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from segur.scenario.actors.dmp_search import TOO_MANY, Preferences, by_periods
from segur.scenario.actors.lps import Refused
from segur.wire.xds import DocumentEntry

START = datetime(2024, 1, 1, tzinfo=UTC)
DAYS = [START + timedelta(days=day) for day in range(100)]


async def search(since: datetime, until: datetime) -> list[DocumentEntry]:
    """A DMP with a document a day that gives ten at most."""
    found = [day for day in DAYS if since <= day < until]
    if len(found) > 10:
        raise Refused(TOO_MANY, "", 200)
    return [DocumentEntry(f"{day:%j}", f"{day:%j}", "p") for day in found]


@pytest.mark.asyncio
async def test_all_documents_come_once_and_no_period_holds_too_many() -> None:
    pages = await by_periods(search, START, START + timedelta(days=100))
    assert [entry.unique_id for entry in pages.documents] == [f"{day:%j}" for day in DAYS]
    assert pages.periods[0][0] == START
    assert all(earlier[1] == later[0] for earlier, later in zip(pages.periods, pages.periods[1:], strict=False))


@pytest.mark.asyncio
async def test_a_period_that_cannot_be_cut_further_is_told_and_so_is_another_refusal() -> None:
    async def never(since: datetime, until: datetime) -> list[DocumentEntry]:
        raise Refused(TOO_MANY, "", 200)

    async def denied(since: datetime, until: datetime) -> list[DocumentEntry]:
        raise Refused("DMPAccessDeniedByRightsService", "", 500)

    for refusing, code in ((never, TOO_MANY), (denied, "DMPAccessDeniedByRightsService")):
        with pytest.raises(Refused) as told:
            await by_periods(refusing, START, DAYS[-1], depth=3)
        assert told.value.code == code


def test_the_most_precise_preference_wins() -> None:
    table = Preferences(
        {("", "", ""): ("a",), ("ST1", "", ""): ("b",), ("ST1", "", "SM54"): ("c",), ("ST2", "U", ""): ()}
    )
    assert table.of("ST9") == ("a",)
    assert table.of("ST1", "U", "SM04") == ("b",)
    assert table.of("ST1", "U", "SM54") == ("c",)
    assert table.of("ST2", "U") == ()
    assert Preferences({}).of("ST1") == ()
