"""`segur attach`: run one command on a platform of containers, as if it ran on this machine."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from typing import Annotated

import typer

from segur.cli.output import DEFAULT_HOME, UNREACHABLE, Home, fail
from segur.platform.attach import NotThere, attached
from segur.platform.plan import Plan


def register(app: typer.Typer) -> None:
    """Hang the command into the tree."""
    app.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})(attach)


def attach(
    command: Annotated[list[str], typer.Argument(help="The command and its options, e.g. segur demo --json.")],
    home: Home = DEFAULT_HOME,
) -> None:
    """Run a command with the doors of a platform of containers at localhost; exit with its code.

    To be run inside the platform's network, on its home: docker compose run --rm cli segur demo.
    """
    plan = Plan(home.absolute(), kafka=os.environ.get("SEGUR_KAFKA_URL"), mongo=os.environ.get("SEGUR_MONGO_URL"))
    try:
        code = asyncio.run(_run(plan, command))
    except (NotThere, OSError) as error:
        fail(str(error), UNREACHABLE)
    raise typer.Exit(code)


async def _run(plan: Plan, command: list[str]) -> int:
    async with attached(plan):
        child = await asyncio.create_subprocess_exec(*command, env={**os.environ, "SEGUR_HOME": str(Path(plan.home))})
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, child.terminate)
        loop.add_signal_handler(signal.SIGINT, lambda: None)  # the terminal tells the command itself
        return await child.wait()
