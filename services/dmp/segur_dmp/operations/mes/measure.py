"""Health measures: read, written down, removed, and copied from documents [DMP digest 6.5, COPIE_DOC_AJOUT_*]."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from segur.contracts.fact import Fact
from segur.contracts.mes import MeasureCopied, MeasureNoted, MeasureRemoved
from segur.kernel.ids import new_id
from segur.kernel.store import Conflict, Write
from segur.vocab.format_codes import UNSTRUCTURED_FORMATS
from segur.wire import xds_uuids
from segur.wire.multipart import Buffer
from segur.wire.xds import DocumentEntry
from segur_dmp import errors
from segur_dmp.context import Context
from segur_dmp.domain.mes.document_measures import may_hold_measures, measures_in, with_owner
from segur_dmp.domain.mes.measures import Kind, Measure, OutOfRange, body_mass_index, check
from segur_dmp.domain.mes.visitors import Visitor
from segur_dmp.domain.submission import is_signature
from segur_dmp.domain.submission.documents import CDA_TYPES
from segur_dmp.domain.visibility import HIDDEN_FROM_REPRESENTATIVES, has, seen_by_patient
from segur_dmp.operations.mes.read_documents import documents_of

_LEEWAY: Final = timedelta(minutes=5)
_LEVEL_1: Final = frozenset(UNSTRUCTURED_FORMATS.values())


async def measures_of(context: Context, visitor: Visitor) -> list[Measure]:
    """The measures the visitor may see, newest first, the body mass index among them.

    One that was copied is seen as its document is: not before its announcement, nor after it was replaced or deleted.
    """
    found = await context.records.measures.of(visitor.patient)
    if any(one.document_id for one in found):
        entries = await documents_of(context, visitor)
        living = {entry.unique_id for entry in entries if entry.status != xds_uuids.DEPRECATED}
        found = [one for one in found if not one.document_id or one.document_id in living]
    index = body_mass_index(found)
    return [index, *found] if index is not None else found


async def note_measure(
    context: Context, visitor: Visitor, kind: Kind, values: Mapping[str, float], at: datetime
) -> Measure:
    """Write a measure down. Raise `errors.BAD_DEMAND` naming the number that cannot be."""
    if at > context.floor.clock.now() + _LEEWAY:
        raise errors.BAD_DEMAND.error(reason="la date de la mesure est dans le futur", field="effectiveDate")
    try:
        check(kind, dict(values))
    except OutOfRange as error:
        raise errors.BAD_DEMAND.error(reason=str(error), field=error.field) from error
    one = Measure(new_id(), visitor.patient, kind, at, dict(values), visitor.by)
    fact = MeasureNoted(patient=visitor.patient, measure_id=one.id, kind=kind.value, by=visitor.by)
    await context.floor.store.commit([context.records.measures.insertion(one)], [fact])
    return one


async def remove_measure(context: Context, visitor: Visitor, number: str) -> None:
    """Take out a measure somebody of the space wrote down. Raise `errors.NOT_FOUND`, `errors.BAD_DEMAND`."""
    one = next((each for each in await measures_of(context, visitor) if number and each.id == number), None)
    if one is None:
        raise errors.NOT_FOUND.error(field="measure")
    if not one.own:
        raise errors.BAD_DEMAND.error(reason="une mesure copiée d'un document suit ce document", field="measure")
    fact = MeasureRemoved(patient=visitor.patient, measure_id=one.id, kind=one.kind.value, by=visitor.by)
    try:
        await context.floor.store.commit([context.records.measures.removal(one)], [fact])
    except Conflict as error:
        raise errors.NOT_FOUND.error(field="measure") from error


async def copies_of_measures(
    context: Context, patient: str, author: str, documents: Sequence[tuple[DocumentEntry, Buffer]]
) -> tuple[list[Write], list[Fact]]:
    """The writes and facts that copy the measures of structured documents into the space, to commit with them.

    One fact for each kind a document holds. Nothing is read of a document without such codes in it, nothing is copied
    for somebody Mon espace santé does not know.
    """
    telling = [
        (entry, bytes(content))
        for entry, content in documents
        if entry.mime_type in CDA_TYPES
        and entry.format_code.code not in _LEVEL_1
        and not is_signature(entry)
        and may_hold_measures(content)
    ]
    if not telling or await context.records.spaces.of(patient) is None:
        return [], []
    writes: list[Write] = []
    facts: list[Fact] = []
    for entry, content in telling:
        found = await asyncio.to_thread(measures_in, content, otherwise=context.floor.clock.now())
        copied = [with_owner(one, new_id(), patient, author, entry.unique_id) for one in found]
        writes += [context.records.measures.insertion(one) for one in copied]
        for one in {one.kind: one for one in copied}.values():
            facts.append(
                MeasureCopied(
                    patient=patient,
                    measure_id=one.id,
                    kind=one.kind.value,
                    document_id=entry.unique_id,
                    author=author,
                    hidden_from_patient=not seen_by_patient(entry),
                    hidden_from_representatives=has(entry, HIDDEN_FROM_REPRESENTATIVES),
                )
            )
    return writes, facts
