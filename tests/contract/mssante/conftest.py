"""The operator runs on uvloop when there is one: its mail doors are tested on it."""

from __future__ import annotations

import asyncio

import pytest


@pytest.fixture(scope="session")
def event_loop_policy() -> asyncio.AbstractEventLoopPolicy:
    """uvloop's, as `segur.kernel.runner.run` uses it."""
    uvloop = pytest.importorskip("uvloop")
    policy: asyncio.AbstractEventLoopPolicy = uvloop.EventLoopPolicy()
    return policy
