"""A service's life: open, seed, serve, and on SIGTERM or SIGINT finish what is under way and stop."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import signal
import sys
from collections.abc import AsyncIterator

from segur.kernel import admin, expiry, tracing
from segur.kernel.bus import Bus
from segur.kernel.http_server import HttpListener, Surface
from segur.kernel.request import DEFAULT_SANDBOX
from segur.kernel.sandbox import Sandboxes
from segur.kernel.service import Job, Service

log = logging.getLogger("segur.runner")


def run(service: Service) -> None:
    """Run a service until it is told to stop; the process's exit code is 0 after a graceful stop."""
    logging.basicConfig(
        level=logging.INFO,
        stream=sys.stderr,
        format=f"%(asctime)s {service.name:<8} %(levelname)-7s %(name)s: %(message)s",
    )
    for noisy in ("aiokafka", "httpx", "pymongo"):
        logging.getLogger(noisy).setLevel(logging.CRITICAL)
    try:
        import uvloop
    except ImportError:  # not available on every platform Python runs on
        asyncio.run(_until_stopped(service))
    else:
        uvloop.run(_until_stopped(service))


async def _until_stopped(service: Service) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with running(service):
        # What a service starts with lives as long as it does, a hundred thousand objects and more: the collector need
        # not walk through them again and again, for some 60 ms each time, in the middle of somebody's call.
        gc.collect()
        gc.freeze()
        await stop.wait()
        log.info("stopping")


@contextlib.asynccontextmanager
async def running(service: Service) -> AsyncIterator[Bus]:
    """The service, running inside the block (tests use this too)."""
    floor = service.floor
    settings = floor.settings
    tracing.start(service.name, settings)
    bus = Bus(settings, service.name, floor.store, service.handlers, on_message=service.on_message)
    surface = Surface(service.app, default_base=settings.gateway_url, max_body_bytes=settings.max_body_bytes)
    sandboxes = Sandboxes(service)
    doors = [
        HttpListener(admin.admin_app(service, bus, sandboxes), settings.host, settings.admin_port),
        HttpListener(surface, settings.host, settings.port),
    ]
    jobs: list[asyncio.Task[None]] = []
    async with contextlib.AsyncExitStack() as stack:
        stack.callback(tracing.stop)
        await doors[0].start()
        stack.push_async_callback(doors[0].stop)
        await floor.store.open()
        stack.push_async_callback(floor.store.close)
        await bus.start()
        stack.push_async_callback(bus.stop)
        await floor.journal.start()
        stack.push_async_callback(floor.journal.stop)
        for opened in service.opened:
            await opened()
        for closing in service.closing:
            stack.push_async_callback(closing)
        await sandboxes.recall_clocks()
        await sandboxes.seed(DEFAULT_SANDBOX)
        expiring = Job("expiry", expiry.EVERY, lambda: expiry.purge(floor.store.collections))
        jobs.extend(asyncio.create_task(_repeat(job), name=job.name) for job in (*service.jobs, expiring))
        stack.push_async_callback(_cancel, jobs)
        for listener in (doors[1], *service.listeners):
            await listener.start()
            stack.push_async_callback(listener.stop)
        log.info("serving on %s:%d", settings.host, settings.port)
        yield bus


async def _repeat(job: Job) -> None:
    while True:
        await asyncio.sleep(job.every.total_seconds())
        try:
            await job.run()
        except Exception:  # one bad round must not end the job
            log.exception("job %s", job.name)


async def _cancel(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
