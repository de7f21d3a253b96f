"""The national directory tells who works where, and the DMP checks posts and structures by it [DMP digest 2.3, 9]."""

from __future__ import annotations

from segur.contracts.directory_records import PlaceRecord, ProfessionalRecord
from segur.kernel.store import Write
from segur_dmp.context import Context
from segur_dmp.domain.directory import Directory, Known, News, identifiers_of


async def directory_now(context: Context, *names: str) -> Directory:
    """The directory as far as it concerns these professionals and structures, with what was told since the start."""
    news = await context.records.news.of(*names)
    return context.directory.amended(news) if news else context.directory


async def learn_professional(context: Context, record: ProfessionalRecord) -> None:
    """Somebody new, or other posts of somebody known."""
    places = {post.structure.id: post.structure for post in record.situations}
    entities = tuple(tuple(sorted(identifiers_of(place.persona()))) for place in places.values())
    news = News(record.id_nat, entities, tuple(places), Known.of(record.persona()))
    await _commit(context, context.records.news.learning(news))


async def learn_structure(context: Context, record: PlaceRecord) -> None:
    """A structure that is new, or changed: it is known by its SIRET, by its FINESS and by that of its legal entity."""
    names = tuple(sorted(identifiers_of(record.persona())))
    await _commit(context, *(context.records.news.joining(name, names) for name in names))


async def learn_withdrawal(context: Context, id_nat: str) -> None:
    """Somebody left the registers: no structure is theirs any more."""
    await _commit(context, context.records.news.learning(News(id_nat, withdrawn=True)))


async def _commit(context: Context, *writes: Write) -> None:
    await context.floor.store.commit(writes)
    context.records.news.forget()
