"""A transaction that survives a restart of the server in mid-commit.

The driver's own `with_transaction` commits while it leaves an `async with` block, outside of its retry loop (motor
3.7.1): what fails at commit time, as `NoSuchTransaction` after a restart, is raised instead of tried again.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable

from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorClientSession
from pymongo.errors import ConnectionFailure, PyMongoError

PATIENCE_S = 12.0
"""How long a transaction is tried again while the server is away: a restart passes unnoticed, an outage is told."""
_AWAY_PAUSE_S = 0.05
_CONFLICT_PAUSE_S, _DOUBLINGS = 0.001, 5
"""First pause after losing a document to another transaction, which is over in a few milliseconds: with 50 ms from the
start, sixteen refreshes of one session took 400 ms at worst."""


async def run(
    client: AsyncIOMotorClient[dict[str, object]],
    body: Callable[[AsyncIOMotorClientSession], Awaitable[None]],
    is_there: Callable[[], Awaitable[bool]],
) -> None:
    """Run `body` in a transaction, again as often as the server asks for it, for at most `PATIENCE_S`.

    `is_there` tells whether the effect is already in the state: asked when the answer to a commit was lost, so that
    a commit that did succeed is not taken for a duplicate of itself. Raise what `body` raises, or the last
    `PyMongoError`.
    """
    deadline = asyncio.get_running_loop().time() + PATIENCE_S
    commit_asked, lost = False, 0
    async with await client.start_session() as session:
        while True:
            try:
                if commit_asked and await is_there():
                    return
                session.start_transaction()
                await body(session)
                commit_asked = True
                await session.commit_transaction()
                return
            except BaseException as error:
                with contextlib.suppress(PyMongoError):  # nothing to abort, or nobody to tell
                    await session.abort_transaction()
                if not _passes(error) or asyncio.get_running_loop().time() > deadline:
                    raise
                lost += not isinstance(error, ConnectionFailure)
                await _pause(error, lost)


async def alone(write: Callable[[], Awaitable[None]], is_there: Callable[[], Awaitable[bool]]) -> None:
    """A single write, which the server does wholly or not at all: it needs no transaction. Tried again as by `run`."""
    deadline = asyncio.get_running_loop().time() + PATIENCE_S
    asked, lost = False, 0
    while True:
        try:
            if asked and await is_there():
                return
            asked = True
            await write()
            return
        except PyMongoError as error:
            if not _passes(error) or asyncio.get_running_loop().time() > deadline:
                raise
            lost += not isinstance(error, ConnectionFailure)
            await _pause(error, lost)


async def abort_orphans(mongo_url: str) -> None:
    """Abort every transaction open on the server; those who are alive try theirs again.

    For the embedded store, after a process was killed: MongoDB ends an orphaned transaction after a minute, SecantusDB
    after two at best, and until then everybody who writes the same documents waits. Raise `PyMongoError`.
    """
    client: AsyncIOMotorClient[dict[str, object]] = AsyncIOMotorClient(mongo_url, serverSelectionTimeoutMS=2_000)
    try:
        await client.admin.command("killAllSessions", [])
    finally:
        client.close()


async def _pause(error: BaseException, lost: int) -> None:
    """Until the next try; after a conflict longer each time, and drawn, so that those who met do not meet again."""
    if isinstance(error, ConnectionFailure):
        await asyncio.sleep(_AWAY_PAUSE_S)
        return
    longest = _CONFLICT_PAUSE_S * 2 ** min(lost, _DOUBLINGS)
    await asyncio.sleep(random.uniform(_CONFLICT_PAUSE_S, longest))  # noqa: S311 - spreads, hides nothing


def _passes(error: BaseException) -> bool:
    """Whether the same transaction may succeed when it is tried again."""
    return isinstance(error, ConnectionFailure) or (
        isinstance(error, PyMongoError)
        and (
            error.has_error_label("TransientTransactionError")
            or error.has_error_label("UnknownTransactionCommitResult")
        )
    )
