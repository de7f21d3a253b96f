"""A platform of containers, brought to loopback."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from pathlib import Path

import pytest

from segur.kernel.ports import ROLES, Ports
from segur.platform import attach, home
from segur.platform.plan import Plan


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def test_a_forwarded_connection_carries_bytes_both_ways_and_the_end_of_each() -> None:
    async def shout(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write((await reader.read()).upper())
        writer.close()

    far = await asyncio.start_server(shout, "127.0.0.1", 0)
    near_port = free_port()
    async with far, attach.forward(near_port, "127.0.0.1", far.sockets[0].getsockname()[1]):
        reader, writer = await asyncio.open_connection("127.0.0.1", near_port)
        writer.write(b"bonjour" * 100_000)
        writer.write_eof()
        assert await reader.read() == b"BONJOUR" * 100_000
        writer.close()


async def test_a_role_that_is_away_closes_the_connection() -> None:
    near_port = free_port()
    async with attach.forward(near_port, "127.0.0.1", free_port()):
        reader, writer = await asyncio.open_connection("127.0.0.1", near_port)
        assert await reader.read() == b""
        writer.close()


async def test_no_platform_in_this_network_is_told_with_who_was_looked_for(tmp_path: Path) -> None:
    plan = Plan(tmp_path, Ports.from_base(26_100))
    with pytest.raises(attach.NotThere, match="nobody answers at control:26102"):
        async with attach.attached(plan):
            raise AssertionError("attached to nothing")
    assert home.read(tmp_path) is None


async def test_an_attached_platform_is_alive_has_every_role_and_leaves_no_note(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def answers(host: str, port: int) -> None:
        assert (host, port) == ("control", 26_132)

    monkeypatch.setattr(attach, "_must_answer", answers)
    async with attach.attached(Plan(tmp_path, Ports.from_base(26_130))):
        running = home.read(tmp_path)
        assert running is not None
        assert running.alive
        assert set(running.pids) == set(ROLES)
        assert running.resident_bytes() > 0
    assert home.read(tmp_path) is None


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1)])
async def test_the_container_probe_says_what_the_admin_port_says(status: int, code: int) -> None:
    told = json.dumps({"ready": status == 200, "checks": {"bus": status == 200}})

    async def admin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(f"HTTP/1.1 {status} X\r\ncontent-length: {len(told)}\r\nconnection: close\r\n\r\n{told}".encode())
        writer.close()

    server = await asyncio.start_server(admin, "127.0.0.1", 0)
    async with server:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "segur.platform.probe",
            env={"SEGUR_ADMIN_PORT": str(server.sockets[0].getsockname()[1])},
            stdout=asyncio.subprocess.PIPE,
        )
        printed, _ = await process.communicate()
    assert (process.returncode, printed.decode().strip()) == (code, told)


async def test_the_container_probe_fails_when_nobody_listens() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "segur.platform.probe",
        env={"SEGUR_ADMIN_PORT": str(free_port())},
        stdout=asyncio.subprocess.DEVNULL,
    )
    assert await process.wait() == 1
