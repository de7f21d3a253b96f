"""The bus connects again whatever ends its connection: aiokafka ends some calls with a cancellation of its own."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from starlette.applications import Starlette

from segur.contracts import Envelope
from segur.contracts.psc import SessionClosed
from segur.kernel import bus as buses
from segur.kernel.runner import running
from segur.kernel.service import Floor, Service

if TYPE_CHECKING:
    from tests.conftest import Servers


@pytest.mark.parametrize("call", ["stop", "getmany"])
async def test_a_kafka_client_that_cancels_itself_does_not_leave_the_service_deaf(
    call: str, servers: Servers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = asyncio.Event()
    cancelled = asyncio.Event()
    real = getattr(buses.AIOKafkaConsumer, call)

    async def cancels_itself_once(consumer: Any, *arguments: Any, **options: Any) -> Any:
        result = await real(consumer, *arguments, **options)
        if not cancelled.is_set():
            cancelled.set()
            raise asyncio.CancelledError
        return result

    async def on_closed(envelope: Envelope) -> None:
        heard.set()

    floor = Floor.of("psc", servers.settings(tmp_path))
    async with running(Service(floor, Starlette(), handlers={"psc.session.closed": on_closed})) as bus:
        async with asyncio.timeout(20):
            while not bus.ready:
                await asyncio.sleep(0.05)
        monkeypatch.setattr(buses.AIOKafkaConsumer, call, cancels_itself_once)
        bus.cluster = "another"  # as if the broker had come back as another cluster: the connection is made anew
        async with asyncio.timeout(20):
            await cancelled.wait()
            await floor.store.commit([], [SessionClosed(session_id="s1", id_nat="8", reason="logout")])
            await heard.wait()
