"""What becomes of a message, before any handler."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from segur.kernel import delivery

BROKEN = b"{"


class Shelf:
    """A store that takes what is set aside, and nothing else."""

    def __init__(self) -> None:
        self.kept: list[dict[str, Any]] = []
        self.dead_letters = self

    async def put(self, row: dict[str, Any]) -> None:
        self.kept.append(row)

    async def produce(self, topic: str, body: bytes, *, key: bytes | None, headers: Any) -> None: ...


async def handled(type_: str, listened: str) -> list[dict[str, Any]]:
    """What is set aside of a message of that type with an unreadable body."""

    async def handler(_: object) -> None:
        raise AssertionError("not to be called")

    headers = [("ce_type", type_.encode()), ("ce_id", b"1"), ("ce_source", b"x")]
    headers += [("ce_time", b"2026-01-01T00:00:00Z"), ("ce_sandbox", b"default")]
    message = SimpleNamespace(topic="t", key=None, headers=headers, value=BROKEN)
    shelf = Shelf()
    await delivery.handle(shelf, shelf, "drim", {listened: handler}, message)  # type: ignore[arg-type]
    return shelf.kept


async def test_a_fact_nobody_here_listens_to_is_not_even_read() -> None:
    assert await handled("dmp.document.submitted", "dmp.document.deleted") == []


@pytest.mark.parametrize("type_", ["dmp.document.deleted", "dmp.document.unheard_of", ""])
async def test_a_fact_that_cannot_be_read_is_set_aside(type_: str) -> None:
    [row] = await handled(type_, "dmp.document.deleted")
    assert row["type"] == type_
