"""Work in the background: one of a kind for each sandbox, in that sandbox, and free again after a failure."""

from __future__ import annotations

import asyncio

import pytest

from segur.kernel import request
from segur.kernel.background import Background
from segur.kernel.request import current_sandbox


async def test_a_second_work_is_refused_while_the_first_goes_on_but_not_in_another_sandbox() -> None:
    work, seen, go = Background("test"), list[str](), asyncio.Event()

    async def one() -> None:
        seen.append(current_sandbox())
        await go.wait()

    assert work.start(one)
    assert not work.start(one)
    inside = request.enter(request.Request(sandbox="atelier"))
    try:
        assert not work.is_under_way()
        assert work.start(one)
    finally:
        request.leave(inside)
    await asyncio.sleep(0)
    await work.stop()
    assert seen == ["default", "atelier"]
    assert not work.is_under_way()


async def test_work_that_failed_is_logged_and_can_be_begun_again(caplog: pytest.LogCaptureFixture) -> None:
    work, done = Background("test"), asyncio.Event()

    async def fails() -> None:
        raise ValueError("no")

    async def succeeds() -> None:
        done.set()

    assert work.start(fails)
    while work.is_under_way():
        await asyncio.sleep(0)
    assert "test of default ended before its time" in caplog.text
    assert work.start(succeeds)
    await asyncio.wait_for(done.wait(), 5)
