"""Mass verification: a file is taken now, verified later, its verdicts fetched when all are there [INS digest 2.4].

States: DEPOSE, EN_COURS, TERMINE. The contract is ours, since the national one is not public.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final

from segur.contracts.ins import VerificationDeposited, VerificationFinished
from segur.kernel.ids import new_id
from segur.kernel.store import Conflict, Document
from segur.vocab import oids
from segur_ins import errors
from segur_ins.context import Context
from segur_ins.domain.claims_file import UNREADABLE, FileRefused, claim_in, read_rows, reference_of
from segur_ins.domain.verification import KO, OK
from segur_ins.operations.verify_identity import guard, verdict_on
from segur_ins.pipeline import Call

OPERATION: Final = "verificationEnMasse"


async def deposit_file(context: Context, call: Call, body: bytes) -> Document:
    """Take a file: its row. It is stored whole before this returns. Raise `BAD_FILE` or `PRODUCTION_IDENTITY`."""
    try:
        rows = await asyncio.to_thread(read_rows, body, context.settings.ins_batch_lines)
    except FileRefused as refusal:
        raise errors.BAD_FILE.error(reason=str(refusal)) from refusal
    for row in rows:
        claim = claim_in(row)
        if claim is not None and claim.oid in oids.INS_PRODUCTION_AUTHORITIES:
            guard(context, claim, await context.register.known_as(claim.matricule[:13]))
    now, batch = context.floor.clock.now(), new_id()
    fact = VerificationDeposited(batch_id=batch, lines=len(rows), issuer=call.issuer)
    return await context.batches.deposit(batch, call.issuer, rows, now, now + context.settings.ins_batch_delay, fact)


async def fetch_batch(context: Context, call: Call, batch: str) -> Document:
    """The row of a batch of the caller's; raise `UNKNOWN_BATCH`."""
    row = await context.batches.find(batch)
    if row is None or row["issuer"] != call.issuer:
        raise errors.UNKNOWN_BATCH.error(batch=batch[:40], field="lot")
    return row


async def fetch_verdicts(context: Context, call: Call, batch: str) -> list[tuple[str, str]]:
    """Reference and verdict of each line, in the order of the file; raise `UNKNOWN_BATCH` or `NOT_FINISHED`."""
    row = await fetch_batch(context, call, batch)
    if row["state"] != context.batches.FINISHED:
        raise errors.NOT_FINISHED.error(batch=batch, state=row["state"])
    return [
        (reference, verdict)
        for piece in await context.batches.pieces(batch)
        for reference, verdict in zip((reference_of(row) for row in piece["rows"]), piece["verdicts"], strict=True)
    ]


async def verify_batch(context: Context, row: Document) -> None:
    """Verify what is left of a batch, and tell `ins.verification.finished`; may be called again at any time."""
    batch = str(row["_id"])
    await context.batches.begin(batch)
    for piece in await context.batches.pieces(batch, left=True):
        claims = [claim_in(line) for line in piece["rows"]]
        known = await context.register.known_as_any(claim.matricule[:13] for claim in claims if claim)
        verdicts = [
            verdict_on(context, claim, known[claim.matricule[:13]], actor=row["issuer"], operation=OPERATION).result
            if claim is not None
            else UNREADABLE
            for claim in claims
        ]
        await context.batches.settle(str(piece["_id"]), verdicts)
    counts = {OK: 0, KO: 0, UNREADABLE: 0}
    for piece in await context.batches.pieces(batch):
        for verdict in piece["verdicts"]:
            counts[verdict] += 1
    fact = VerificationFinished(batch_id=batch, ok=counts[OK], ko=counts[KO], unreadable=counts[UNREADABLE])
    with contextlib.suppress(Conflict):  # another replica was through first
        await context.batches.finish(batch, context.floor.clock.now(), counts, fact)
