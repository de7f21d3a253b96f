"""What INSi keeps: the register of identities, found by index at any size."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from segur.contracts.fact import Fact
from segur.kernel.indexes import Index
from segur.kernel.request import current_sandbox
from segur.kernel.store import Document, Store
from segur_ins.domain.person import Matricule, Person
from segur_ins.domain.traits import Traits, loose

_BATCH = 500
_MOST_NEIGHBOURS = 20


def _born_that_day(traits: Traits) -> Document:
    """The fields of the index and no other: the embedded store scans as soon as a filter has one more."""
    return {
        "sandbox": current_sandbox(),
        "loose_name": loose(traits.birth_name),
        "birth_date": traits.birth_date,
    }


class Register:
    """All queries of INSi."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.identities = store.collection(
            "identities",
            Index.on("sandbox", "loose_name", "birth_date"),
            Index.on("sandbox", "numbers"),
            Index.on("sandbox", "holder_number", "birth_date"),
        )

    async def namesakes(self, traits: Traits) -> list[Person]:
        """Everybody of this very name, birth date and sex."""
        people = map(_person, await self.identities.find(_born_that_day(traits)))
        return [one for one in people if (one.birth_name, one.sex) == (traits.birth_name, traits.sex)]

    async def neighbours(self, traits: Traits) -> list[Person]:
        """Some people born that day whose name is the same but for hyphens, apostrophes and blanks."""
        return [_person(row) for row in await self.identities.find(_born_that_day(traits), limit=_MOST_NEIGHBOURS)]

    async def known_as(self, number: str) -> list[Person]:
        """Everybody who has or had this number (13 characters)."""
        where = {"sandbox": current_sandbox(), "numbers": number}
        return [_person(row) for row in await self.identities.find(where)]

    async def known_as_any(self, numbers: Iterable[str]) -> dict[str, list[Person]]:
        """Everybody who has or had one of these numbers (13 characters), by number."""
        wanted = set(numbers)
        found: dict[str, list[Person]] = {number: [] for number in wanted}
        where = {"sandbox": current_sandbox(), "numbers": {"$in": sorted(wanted)}}
        for row in await self.identities.find(where):
            for number in wanted.intersection(row["numbers"]):
                found[number].append(_person(row))
        return found

    async def insured_under(self, holder: str, birth_date: str) -> list[Person]:
        """Everybody born that day who is insured under this number (13 characters)."""
        where = {"sandbox": current_sandbox(), "holder_number": holder, "birth_date": birth_date}
        return [_person(row) for row in await self.identities.find(where)]

    async def fill(self, sandbox: str, people: Iterable[Person]) -> None:
        """Enter everybody into a new sandbox; what an interrupted earlier attempt left is removed first."""
        await self.identities.delete({"sandbox": sandbox})
        rows = _rows(sandbox, people)

        def made() -> list[Document]:
            return list(islice(rows, _BATCH))

        batch = await asyncio.to_thread(made)
        while batch:  # the next ones are made while the last ones are written
            batch, _ = await asyncio.gather(asyncio.to_thread(made), self.identities.insert(*batch))

    async def tell(self, fact: Fact) -> None:
        """Commit a fact that changes nothing here."""
        await self._store.commit([], [fact])


def _rows(sandbox: str, people: Iterable[Person]) -> Iterator[Document]:
    for number, person in enumerate(people):
        row: dict[str, Any] = dataclasses.asdict(person)
        yield {
            "_id": f"{sandbox}:{number}",  # the rank, since nothing of a person may stand in a key
            "sandbox": sandbox,
            "loose_name": loose(person.birth_name),
            "numbers": list(person.numbers),
            "holder_number": person.holder[:13],
            **row,
        }


def _person(row: Document) -> Person:
    return Person(
        birth_name=row["birth_name"],
        first_names=tuple(row["first_names"]),
        sex=row["sex"],
        birth_date=row["birth_date"],
        birth_place=row["birth_place"],
        active=Matricule(**row["active"]),
        history=tuple(Matricule(**former) for former in row["history"]),
        lists_first_names=row["lists_first_names"],
        breaks_search=row["breaks_search"],
        holder=row["holder"],
        birth_rank=row["birth_rank"],
    )
