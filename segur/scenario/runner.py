"""Tells stories and keeps what came of them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from segur.kernel import tracing
from segur.kernel.settings import KernelSettings
from segur.platform.home import Running
from segur.scenario import clues
from segur.scenario.stage import Stage
from segur.scenario.story import NotHeld, Result, Story

_SETTLE_S = 1.2
"""Services export spans every 0.3 s; after that the trace is whole."""


def tell_all(running: Running, stories: Sequence[Story], document: Path | None = None) -> list[Result]:
    """Tell stories one after the other."""
    return asyncio.run(_tell_all(running, stories, document))


async def _tell_all(running: Running, stories: Sequence[Story], document: Path | None) -> list[Result]:
    control = f"http://127.0.0.1:{running.plan.ports.control}"
    tracing.start("scenario", KernelSettings(control_url=control))
    try:
        told = [await _tell(running, story, document) for story in stories]
        tracing.flush()
        async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
            await client.post(f"{control}/api/drain")
            await asyncio.sleep(_SETTLE_S)  # once for all: their facts and spans are kept, and known by their traces
            return [await _gathered(client, running, one) for one in told]
    finally:
        tracing.stop()


async def _tell(running: Running, story: Story, document: Path | None) -> Result:
    stage, begun = Stage(running, document), datetime.now(UTC)
    trace_id = ""
    try:
        with tracing.span(f"story {story.id}", attributes={"segur.story": story.id}):
            trace_id = tracing.current_trace_id()
            await story.tell(stage)
    except NotHeld:
        pass  # the step that did not hold says so
    finally:
        await stage.close()
    return Result(story, trace_id, stage.steps, begun)


async def _gathered(client: httpx.AsyncClient, running: Running, told: Result) -> Result:
    """The telling with what the platform remembers of it, and what may explain a step that did not hold."""
    control = f"http://127.0.0.1:{running.plan.ports.control}"
    told.facts = await _get(client, f"{control}/api/facts", trace=told.trace_id, limit=500) or []
    trace = await _get(client, f"{control}/api/traces/{told.trace_id}") or {}
    told.services = sorted({span["service"] for span in trace.get("spans", [])})
    if not told.held:
        told.clues = clues.of(trace, told.facts, running.plan.home / "logs", told.begun)
    return told


async def _get(client: httpx.AsyncClient, url: str, **params: Any) -> Any:
    answer = await client.get(url, params=params)
    return answer.json() if answer.status_code == 200 else None
