"""What the process of a service does around its life."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
from collections.abc import AsyncIterator
from typing import Any

import pytest

from segur.kernel import runner


async def test_the_collector_leaves_alone_what_a_service_started_with(monkeypatch: pytest.MonkeyPatch) -> None:
    frozen = 0

    @contextlib.asynccontextmanager
    async def running(_: object) -> AsyncIterator[None]:
        asyncio.get_running_loop().call_soon(os.kill, os.getpid(), signal.SIGTERM)
        yield
        nonlocal frozen
        frozen = gc.get_freeze_count()

    monkeypatch.setattr(runner, "running", running)
    service: Any = None
    before = gc.get_freeze_count()
    try:
        await runner._until_stopped(service)
    finally:
        gc.unfreeze()
    assert frozen > before
