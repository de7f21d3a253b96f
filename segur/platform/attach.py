"""A platform that runs in other containers, brought to this one's loopback: the same doors at the same addresses.

Every command and every story knows a platform by its home and by ports on localhost; sandboxes even live in host names
under it (`<id>.localhost`). So instead of teaching each of them other hosts, each port listens here and hands every
connection on, untouched, to the container named like the role that owns it: TLS still ends at the gateway.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator

from segur.kernel.ports import ROLES
from segur.platform import home as homes
from segur.platform.home import Running
from segur.platform.plan import Plan

_PIECE = 65_536
_CONNECT_PATIENCE_S = 5.0


class NotThere(RuntimeError):
    """The platform is not to be found in this network; the text says who was looked for."""


@contextlib.asynccontextmanager
async def attached(plan: Plan) -> AsyncIterator[Running]:
    """The platform at this container's loopback inside the block; raise `NotThere`, or `OSError` for a taken port."""
    await _must_answer("control", plan.ports.control)
    async with contextlib.AsyncExitStack() as stack:
        for role in ROLES:
            for port in (*plan.ports.opened_by(role).values(), plan.ports.admin(role)):
                await stack.enter_async_context(forward(port, role, port))
        running = Running(plan, os.getpid(), dict.fromkeys(ROLES, 0), 0.0)
        homes.write(running)
        stack.callback(homes.forget, plan.home)
        yield running


@contextlib.asynccontextmanager
async def forward(port: int, host: str, target: int) -> AsyncIterator[None]:
    """Hand every connection to loopback `port` on to `host`:`target` inside the block."""
    under_way: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        under_way.add(task)
        try:
            await _join(reader, writer, host, target)
        except OSError:
            pass  # nobody there, or gone: the caller sees its connection closed
        finally:
            under_way.discard(task)
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", port)
    try:
        yield
    finally:
        server.close()
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)


async def _join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str, target: int) -> None:
    far_reader, far_writer = await asyncio.open_connection(host, target)
    try:
        await asyncio.gather(_pour(reader, far_writer), _pour(far_reader, writer))
    finally:
        far_writer.close()


async def _pour(source: asyncio.StreamReader, drain: asyncio.StreamWriter) -> None:
    while piece := await source.read(_PIECE):
        drain.write(piece)
        await drain.drain()
    if drain.can_write_eof():
        drain.write_eof()


async def _must_answer(host: str, port: int) -> None:
    try:
        async with asyncio.timeout(_CONNECT_PATIENCE_S):
            _, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError) as error:
        raise NotThere(
            f"no platform here: nobody answers at {host}:{port} ({error or type(error).__name__})"
        ) from error
    writer.close()
