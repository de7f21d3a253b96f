"""A service registers itself (RFC 7591), so that an editor's own client id and addresses work in a sandbox.

The real PSC registers by a form of ANS [PSC digest 1.15]; its discovery document names this address all the same.
"""

from __future__ import annotations

import secrets
import uuid
from pathlib import Path
from typing import Any

import orjson

from segur.kernel import request
from segur.kernel.errors import SegurError
from segur.kernel.store import Duplicate
from segur_psc import errors
from segur_psc.context import Context
from segur_psc.domain.registration import SECRET, read_registration
from segur_psc.domain.session import Client

_LIMIT = 500


async def register_client(context: Context, asked: Any) -> dict[str, Any]:
    """Keep the client and give its registration; raise `BAD_REGISTRATION` or `BAD_REGISTERED_URI` naming the field."""
    made = read_registration(asked, str(uuid.uuid4()), secrets.token_urlsafe(32))
    if await context.records.count_clients() >= _LIMIT:
        raise errors.BAD_REGISTRATION.error(problem=f"A sandbox holds at most {_LIMIT} clients")
    try:
        await context.records.register(made.client)
    except Duplicate as error:
        raise errors.BAD_REGISTRATION.error(problem=f"client_id: {made.client.id} is registered already") from error
    request.note(actor=made.client.id)
    return made.told() | {"client_id_issued_at": context.now}


async def remove_client(context: Context, client_id: str) -> None:
    """Forget a client: its codes and tokens serve nobody any more; raise `NO_SUCH_CLIENT`."""
    if not await context.records.forget_client(client_id):
        raise errors.NO_SUCH_CLIENT.error(client_id=client_id[:100])


def read_clients_file(path: Path) -> tuple[Client, ...]:
    """The clients of a file: a JSON list of registrations; raise `ValueError` that tells file, entry and field."""
    try:
        rows = orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise ValueError(f"SEGUR_PSC_CLIENTS_FILE {path}: {error}") from error
    if not isinstance(rows, list):
        raise ValueError(f"SEGUR_PSC_CLIENTS_FILE {path}: a JSON list of clients expected")
    found = []
    for number, row in enumerate(rows):
        where = f"SEGUR_PSC_CLIENTS_FILE {path}, client {number}"
        if not isinstance(row, dict) or not row.get("client_id"):
            raise ValueError(f"{where}: client_id is missing")
        try:
            made = read_registration(row, "", "")
        except SegurError as error:
            raise ValueError(f"{where} ({row['client_id']}): {error.text}") from error
        if not made.secret and made.client.policy == SECRET:
            raise ValueError(f"{where} ({row['client_id']}): client_secret is missing, nobody would ever learn it")
        found.append(made.client)
    return tuple(found)
