"""Facts are listed the same whatever index serves the question: by type, sandbox, subject, trace, any mix of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from segur.console.read import stamp
from segur.console.settings import Settings
from segur.console.store import ConsoleStore
from segur.kernel.store import Store

if TYPE_CHECKING:
    from tests.conftest import Servers

NOW = datetime.now(UTC)
TYPES, SANDBOXES, SUBJECTS, TRACES = ("a.b.done", "a.b.undone"), ("default", "equipe"), ("1", "2"), ("t1", "t2")
AGES = (timedelta(seconds=1), timedelta(seconds=30), timedelta(minutes=5), timedelta(hours=3), timedelta(days=2))


def a_fact(number: int, age: timedelta, type_: str, sandbox: str, subject: str, trace: str) -> dict[str, Any]:
    time = stamp(NOW - age)
    cursor = f"{time}|{number:03}"
    about = {"type": type_, "sandbox": sandbox, "subject": subject, "trace_id": trace}
    return {"_id": cursor, "cursor": cursor, "fact_id": f"{number:03}", "time": time, "json": "{}", **about}


ROWS = [a_fact(number, *of) for number, of in enumerate(product(AGES, TYPES, SANDBOXES, SUBJECTS, TRACES))]
QUESTIONS = [
    {name: value for name, value in zip(("type", "sandbox", "subject", "trace_id"), values, strict=True) if value}
    for values in product(("", TYPES[0]), ("", SANDBOXES[1]), ("", SUBJECTS[0]), ("", TRACES[1]))
]


@pytest.fixture
async def console(servers: Servers, tmp_path: Path) -> AsyncIterator[ConsoleStore]:
    settings = Settings(**servers.settings(tmp_path).model_dump())
    store = Store(settings, "listing")
    console = ConsoleStore(store, settings)
    await store.open()
    await console.keep(console.facts, ROWS)
    yield console
    await store.close()


def fitting(where: dict[str, str]) -> list[str]:
    """The ids that fit, oldest first, found by looking at every row."""
    fit = [row for row in ROWS if all(row[name] == value for name, value in where.items())]
    return [row["fact_id"] for row in sorted(fit, key=lambda row: str(row["cursor"]))]


@pytest.mark.parametrize("limit", [3, 1_000])
async def test_a_listing_holds_what_fits_and_nothing_else(console: ConsoleStore, limit: int) -> None:
    for where in QUESTIONS:
        expected = fitting(where)
        newest = [fact["id"] for fact in await console.latest(console.facts, where, limit)]
        assert newest == expected[::-1][:limit], where
        for after in ("", stamp(NOW - timedelta(minutes=10)), ROWS[40]["cursor"]):
            cursors = {row["fact_id"]: row["cursor"] for row in ROWS}
            later = [one for one in expected if cursors[one] > after][:limit]
            told = [fact["id"] for fact in await console.following(console.facts, where, after, limit)]
            assert told == later, (where, after)
