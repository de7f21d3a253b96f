"""Fill a sandbox with documents to search among: rows of the very shape a submission leaves, in bulk.

No fact tells of each, no patient is notified: one fact tells the crowd. It goes on in the background, some hundred rows
to an insert; what a killed process left half done is taken up again, as number n is always the same document.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field

from segur.contracts.dmp import CrowdFiled
from segur.kernel.request import current_sandbox
from segur.kernel.store import Document
from segur.personas.country import Country
from segur.personas.model import Patient
from segur_dmp.context import Context
from segur_dmp.domain.account import Account
from segur_dmp.domain.crowd import EACH, LARGEST, Model, filed, largest_of, models_of, others_of, patients_for
from segur_dmp.store import StoredSet

_PIECE = 500
_REMEMBER_EVERY = 10
"""Pieces after which the progress is noted."""


@dataclass(slots=True)
class _Rows:
    """What goes into the store together."""

    entries: list[Document] = field(default_factory=list)
    sets: list[Document] = field(default_factory=list)
    accounts: list[Document] = field(default_factory=list)


async def load_documents(context: Context, country: Country, count: int) -> None:
    """File the crowd up to `count` documents, then tell `dmp.crowd.filed`; never takes any away."""
    first, records = await context.records.crowds.known(), context.records
    if count <= first:
        return
    models = await asyncio.to_thread(models_of, country)
    digests = {model.content: await context.floor.blobs.put(model.content) for model in models}
    pieces = _pieces(context, country, models, digests, first, count)
    made = await asyncio.to_thread(next, pieces, None)
    number, reached = 0, first
    while made is not None:
        following = asyncio.create_task(asyncio.to_thread(next, pieces, None))
        await records.documents.current.insert_new(made.entries)
        await records.sets.table.insert_new(made.sets)
        if made.accounts:
            await records.accounts.table.insert_new(made.accounts)
        number, reached = number + 1, reached + len(made.entries)
        if number % _REMEMBER_EVERY == 0:
            await context.floor.store.commit([records.crowds.reached(reached)])
        made = await following
    told = CrowdFiled(name=current_sandbox(), documents=count, patients=1 + patients_for(count))
    await context.floor.store.commit([records.crowds.reached(count)], [told])


def _pieces(
    context: Context, country: Country, models: tuple[Model, ...], digests: dict[bytes, str], first: int, count: int
) -> Iterator[_Rows]:
    """The rows of documents `first` to `count`, in pieces; made in a thread, one piece ahead of the store."""
    rows = _Rows()
    begun = max(0, first - LARGEST) // EACH
    others = others_of(country, patients_for(count), begun)
    patient, pseudonym = largest_of(country), ""
    for number in range(first, count):
        if number >= LARGEST and (number == first or (number - LARGEST) % EACH == 0):
            patient, pseudonym = next(others), ""
        if not pseudonym:
            pseudonym = context.floor.pseudonyms.of(patient.ins)
            if number >= LARGEST:
                rows.accounts.append(_account(context, patient, pseudonym))
        _add(context, rows, models, digests, number, patient, pseudonym)
        if len(rows.entries) == _PIECE:
            yield rows
            rows = _Rows()
    if rows.entries:
        yield rows


def _account(context: Context, patient: Patient, pseudonym: str) -> Document:
    account = Account.of_persona(patient, pseudonym, context.floor.clock.now())
    return context.records.accounts.document(current_sandbox(), account)


def _add(
    context: Context,
    rows: _Rows,
    models: tuple[Model, ...],
    digests: dict[bytes, str],
    number: int,
    patient: Patient,
    pseudonym: str,
) -> None:
    one, records = filed(models, number, patient, context.settings.dmp_repository_id), context.records
    digest = digests[models[number % len(models)].content]
    lot = one.submission_set.entry_uuid
    entry = records.documents.insertion(pseudonym, one.entry, digest, lot=lot, fed_by=one.fed_by)
    named = ((one.entry.entry_uuid, one.entry.unique_id),)
    rows.entries.append(entry.document)
    rows.sets.append(records.sets.insertion(StoredSet(one.submission_set, pseudonym, (one.link,), named)).document)
