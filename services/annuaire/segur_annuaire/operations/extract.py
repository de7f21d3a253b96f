"""Make the public extraction: its files line by line, without holding more than a few hundred people."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable

from segur_annuaire.context import Context
from segur_annuaire.domain import extraction
from segur_annuaire.domain.pieces import Resource

_PIECE = 500


async def activities(context: Context) -> AsyncIterator[str]:
    """The lines of `Personne_activite`: each active professional's situations, in no order."""
    directory = context.directory
    async for people in _people(context):
        references = [f"Practitioner/{person['id']}" for person in people]
        roles: dict[str, list[Resource]] = {reference: [] for reference in references}
        for role in await directory.referring("PractitionerRole", "practitioner", references):
            if role["active"]:
                roles[role["practitioner"]["reference"]].append(role)
        places = {
            f"Organization/{place['id']}": place
            for place in await directory.referred(
                role["organization"]["reference"] for each in roles.values() for role in each if "organization" in role
            )
        }
        yield "".join(
            extraction.line(extraction.ACTIVITY_COLUMNS, extraction.activity(person, role, _place(places, role)))
            for person, reference in zip(people, references, strict=True)
            for role in (*roles[reference],) or (None,)
        )


async def skills(context: Context) -> AsyncIterator[str]:
    """The lines of `SavoirFaire`."""
    async for text in _qualifications(context, extraction.SKILL_COLUMNS, extraction.skills):
        yield text


async def diplomas(context: Context) -> AsyncIterator[str]:
    """The lines of `Dipl_AutExerc`."""
    async for text in _qualifications(context, extraction.DIPLOMA_COLUMNS, extraction.diplomas):
        yield text


async def _qualifications(
    context: Context, columns: tuple[str, ...], rows: Callable[[Resource], Iterable[dict[str, str]]]
) -> AsyncIterator[str]:
    async for people in _people(context):
        yield "".join(extraction.line(columns, values) for person in people for values in rows(person))


async def _people(context: Context) -> AsyncIterator[list[Resource]]:
    piece: list[Resource] = []
    async for person in context.directory.each("Practitioner"):
        if person["active"]:
            piece.append(person)
        if len(piece) == _PIECE:
            yield piece
            piece = []
    if piece:
        yield piece


def _place(places: dict[str, Resource], role: Resource | None) -> Resource | None:
    return places.get(role["organization"]["reference"]) if role is not None and "organization" in role else None
