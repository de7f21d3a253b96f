"""The supervisor: starts servers and services, starts again what dies, stops everything in order.

It runs in the foreground of `segur up`; `--detach` runs the same in a session of its own. Children get no terminal
signals (own process group), so that Ctrl-C drains instead of killing.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import httpx

from segur.kernel.pki import Authority
from segur.kernel.ports import Ports
from segur.platform import home as homes
from segur.platform import leftovers
from segur.platform.home import Running
from segur.platform.plan import EMBEDDED_BROKER, EMBEDDED_STORE, Plan, Process

log = logging.getLogger("segur.launch")

_READY_PATIENCE_S, _PER_GIB_S = 60.0, 20.0
"""How long a platform may take to be ready, and how much longer for each gibibyte its store has to open."""
_STOP_PATIENCE_S = 12.0
_RESTART_PAUSE_S = 0.3
_SHORT_LIFE_S = 3.0
_HOPELESS_DEATHS = 3
_TAIL_BYTES = 16_384


class PortTaken(RuntimeError):
    """A port is in use; the text names it, its purpose and the way out."""


class PortForbidden(PortTaken):
    """A port below 1024 that this user may not open; the text tells how to be allowed."""


class NotReady(RuntimeError):
    """The platform did not become ready in time; the text names who is missing and where to read why."""


def check_ports(plan: Plan) -> None:
    """Raise `PortTaken` for the first port that somebody else holds."""
    wanted = dict(plan.ports.doors())
    if plan.kafka is not None:
        del wanted["kafka"]
    if plan.mongo is not None:
        del wanted["mongo"]
    for process in plan.roles():
        wanted[f"{process.name} (inner)"] = process.port
        wanted[f"{process.name} (admin)"] = process.admin_port
    for purpose, port in wanted.items():
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except PermissionError as error:
                raise PortForbidden(
                    f"port {port} ({purpose}) needs a privilege. On Linux: sudo sysctl "
                    f"net.ipv4.ip_unprivileged_port_start={port}"
                ) from error
            except OSError as error:
                raise PortTaken(
                    f"port {port} ({purpose}) is in use. Stop its holder, or choose others: segur up --port-base 20000"
                ) from error


def free_base(first: int = 20_000) -> int:
    """The first port base, from `first` in steps of 100, with all its ports free; raise `PortTaken` if there is none.

    Below 32768: above, the system hands out ports to whoever connects.
    """
    for base in range(first, 32_700, 100):
        with contextlib.suppress(PortTaken):
            check_ports(Plan(Path(), Ports.from_base(base)))
            return base
    raise PortTaken(f"no thirty consecutive ports are free between {first} and 32700")


class Supervisor:
    """Keeps one platform up."""

    def __init__(self, plan: Plan, on_ready: Callable[[Running], None] = lambda _: None) -> None:
        self._plan = plan
        self._on_ready = on_ready
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._order: list[str] = []
        self._stopping = asyncio.Event()
        self._started_in_s = 0.0
        self._deaths: Counter[str] = Counter()
        self._begun = time.monotonic()

    async def run(self) -> None:
        """Start everything, keep it up until SIGTERM or SIGINT, then stop it. Raise `PortTaken` or `NotReady`."""
        check_ports(self._plan)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopping.set)
        keepers: list[asyncio.Task[None]] = []
        try:
            Authority.of_home(self._plan.home)
            for process in [*self._plan.servers(), *self._plan.roles()]:
                self._spawn(process)
                keepers.append(asyncio.create_task(self._keep(process)))
            self._note()
            await self._wait_ready()
            self._started_in_s = round(time.monotonic() - self._begun, 2)
            self._on_ready(self._note())
            await self._stopping.wait()
        finally:
            self._stopping.set()
            for keeper in keepers:
                keeper.cancel()
            await asyncio.gather(*keepers, return_exceptions=True)
            await self._stop()
            homes.forget(self._plan.home)

    def _note(self) -> Running:
        pids = {name: child.pid for name, child in self._children.items()}
        running = Running(self._plan, os.getpid(), pids, self._started_in_s)
        homes.write(running)
        return running

    def _spawn(self, process: Process) -> None:
        logs = self._plan.home / "logs"
        logs.mkdir(parents=True, exist_ok=True)
        with (logs / f"{process.name}.log").open("ab") as output:
            self._children[process.name] = subprocess.Popen(
                process.command,
                env=dict(process.environment) or None,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        if process.name not in self._order:
            self._order.append(process.name)

    async def _keep(self, process: Process) -> None:
        """Start the process again whenever it ends."""
        while True:
            child, born = self._children[process.name], time.monotonic()
            while child.poll() is None:
                await asyncio.sleep(0.1)
            log.warning("%s ended with code %s, starting it again", process.name, child.returncode)
            self._deaths[process.name] += 1
            await self._abort_orphans(process)
            lived_s = time.monotonic() - born
            await asyncio.sleep(_RESTART_PAUSE_S if lived_s > _SHORT_LIFE_S else _RESTART_PAUSE_S * 5)
            if process.name == EMBEDDED_BROKER:
                process = next(server for server in self._plan.servers() if server.name == EMBEDDED_BROKER)
            self._spawn(process)
            self._note()

    async def _abort_orphans(self, dead: Process) -> None:
        """What a dead service left open in the embedded store must not make the living wait."""
        if self._plan.mongo is not None or dead.name in (EMBEDDED_STORE, EMBEDDED_BROKER):
            return
        from segur.kernel import transaction  # loads the driver, which a platform without accidents never needs here

        try:
            await transaction.abort_orphans(self._plan.mongo_url)
        except Exception as error:  # the store may be away too: then nothing is left open in it
            log.info("transactions of %s not aborted: %s", dead.name, type(error).__name__)

    async def _wait_ready(self) -> None:
        patience = _patience_s(self._plan.home)
        deadline = time.monotonic() + patience
        waiting = {process.name: process for process in self._plan.roles()}
        async with httpx.AsyncClient(timeout=2, trust_env=False) as client:
            while waiting and not self._stopping.is_set():
                for name, process in list(waiting.items()):
                    with contextlib.suppress(httpx.HTTPError):
                        answer = await client.get(f"http://127.0.0.1:{process.admin_port}/_segur/health")
                        if answer.status_code == 200:
                            del waiting[name]
                if waiting and time.monotonic() > deadline:
                    raise NotReady(self._why(f"not ready after {patience:.0f} s", list(waiting)))
                if hopeless := [name for name, deaths in self._deaths.items() if deaths >= _HOPELESS_DEATHS]:
                    raise NotReady(self._why(f"ended {_HOPELESS_DEATHS} times while starting", hopeless))
                await asyncio.sleep(0.1)

    def _why(self, what: str, names: list[str]) -> str:
        """The names, and the last words of each."""
        logs = self._plan.home / "logs"
        words = [f"{name}: {last_words(logs / f'{name}.log')}" for name in names]
        return "\n".join([f"{what}: {', '.join(names)} (logs in {logs})", *words])

    async def _stop(self) -> None:
        """The services first, in the reverse order of their start, then the servers they stand on."""
        servers = {process.name for process in self._plan.servers()} if self._order else set()
        await self._end([name for name in reversed(self._order) if name not in servers])
        await self._end([name for name in reversed(self._order) if name in servers])

    async def _end(self, names: list[str]) -> None:
        children = [self._children[name] for name in names]
        for child in children:
            if child.poll() is None:
                child.terminate()
        deadline = time.monotonic() + _STOP_PATIENCE_S
        while any(child.poll() is None for child in children) and time.monotonic() < deadline:
            await asyncio.sleep(0.05)
        for child in children:
            if child.poll() is None:
                log.warning("process %d did not stop in time", child.pid)
                child.kill()
                child.wait()


def last_words(log_file: Path, lines: int = 3) -> str:
    """The last lines a process wrote, in one line; empty when it wrote none."""
    try:
        with log_file.open("rb") as file:
            file.seek(max(file.seek(0, os.SEEK_END) - _TAIL_BYTES, 0))
            told = file.read().decode("utf-8", "replace").split("\n")
    except OSError:
        return ""
    return " | ".join([line.strip() for line in told if line.strip()][-lines:])


def detach(arguments: list[str], home: Path) -> Running:
    """Run `segur up` in a session of its own; give the platform once ready, or raise `NotReady` with its last words."""
    logs = home / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    output = logs / "supervisor.log"
    with output.open("wb") as file:
        child = subprocess.Popen(
            [sys.executable, "-m", "segur.cli", "up", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
    deadline = time.monotonic() + _patience_s(home) + 5
    while time.monotonic() < deadline:
        running = homes.read(home)
        if running is not None and running.supervisor == child.pid and running.started_in_s:
            return running
        if child.poll() is not None:
            break
        time.sleep(0.1)
    words = output.read_text(errors="replace").rpartition("segur: ")[2].strip()
    raise NotReady(words[-2_000:] or f"the platform did not start, see {output}")


def _patience_s(home: Path) -> float:
    files = (home / "store").glob("*")
    return _READY_PATIENCE_S + _PER_GIB_S * sum(file.stat().st_size for file in files if file.is_file()) / 2**30


def stop(running: Running) -> bool:
    """Stop a running platform, whatever it takes; give whether its supervisor stopped by itself.

    A supervisor that does not is killed, and its children are stopped as those of a dead one.
    """
    gently = True
    if running.alive:
        with contextlib.suppress(ProcessLookupError):
            os.kill(running.supervisor, signal.SIGTERM)
        deadline = time.monotonic() + 3 * _STOP_PATIENCE_S
        while running.alive and time.monotonic() < deadline:
            time.sleep(0.05)
        if running.alive:
            gently = False
            with contextlib.suppress(ProcessLookupError):
                os.kill(running.supervisor, signal.SIGKILL)
            while running.alive and time.monotonic() < deadline + _STOP_PATIENCE_S:
                time.sleep(0.05)
    leftovers.stop(running.plan.home)
    homes.forget(running.plan.home)
    return gently
