"""The register behind the resources: professionals and structures as they can be changed, with their mailboxes.

Every change bears a mark. The marks of a sandbox stand in one row that each change must find as it read it: so changes
happen one after the other, and whoever has seen one mark can ask for what came after.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Final

from segur.contracts.directory_records import PlaceRecord, ProfessionalRecord
from segur.kernel.ids import new_id
from segur.kernel.indexes import Index
from segur.kernel.request import current_sandbox
from segur.kernel.store import Document, Store, Update, Write
from segur.personas.mailboxes import split_sandbox
from segur.personas.model import Mailbox
from segur.personas.states import MailboxKind
from segur_annuaire.domain.entries import Person, Place

MARKS_KEPT: Final = 200
"""Changes a reader may lag behind before it reads everything anew."""
_BATCH: Final = 500


@dataclass(frozen=True, slots=True)
class Edition:
    """Where a sandbox's register stands: its last marks, oldest first, and the next free number for newcomers.

    `crowd` counts those who are in the directory alone; `shelves` names the pieces of the index that are shown.
    """

    marks: tuple[str, ...]
    number: int
    shelves: tuple[str, ...]
    crowd: int = 0

    @property
    def latest(self) -> str:
        """The mark of the last change."""
        return self.marks[-1]


class Register:
    """All queries of the register."""

    def __init__(self, store: Store) -> None:
        self.professionals = store.collection(
            "professionals", Index.on("sandbox", "key"), Index.on("sandbox", "places"), Index.on("sandbox", "addresses")
        )
        self.structures = store.collection("structures", Index.on("sandbox", "key"), Index.on("sandbox", "addresses"))
        self.editions = store.collection("editions", Index.on("sandbox"))

    async def edition(self) -> Edition:
        """Where the present sandbox stands; raise `LookupError` when it was never filled."""
        row = await self.editions.find_one({"_id": current_sandbox()})
        if row is None:
            raise LookupError(f"annuaire: sandbox {current_sandbox()} was never filled")
        return Edition(tuple(row["marks"]), int(row["number"]), tuple(row["shelves"]), int(row["crowd"]))

    def turning(self, edition: Edition, mark: str, numbers: int) -> Update:
        """The write that begins the next edition; a `Conflict` when another change was faster."""
        marks = [*edition.marks, mark][-MARKS_KEPT:]
        where = {"_id": current_sandbox(), "latest": edition.latest}
        return Update(
            self.editions, where, {"$set": {"latest": mark, "marks": marks, "number": edition.number + numbers}}
        )

    def grown(self, edition: Edition, crowd: int, shelves: Sequence[str]) -> Update:
        """The write that shows a larger crowd by further shelves; a `Conflict` when another change was faster."""
        mark = new_id()
        where = {"_id": current_sandbox(), "latest": edition.latest}
        change = {"marks": [mark], "latest": mark, "crowd": crowd, "shelves": [*edition.shelves, *shelves]}
        return Update(self.editions, where, {"$set": change | {"growing": ""}})

    async def growing_since(self, moment: str) -> str:
        """When the crowd being loaded began to be: `moment` (a FHIR instant), or that of whoever began before."""
        await self.editions.update({"_id": current_sandbox(), "growing": ""}, {"$set": {"growing": moment}})
        row = await self.editions.find_one({"_id": current_sandbox()}, fields=("growing",))
        return str(row["growing"]) if row and row["growing"] else moment

    async def person(self, name: str) -> Person | None:
        """The professional of this PS_IdNat, RPPS number or key."""
        id_nat = f"8{name}" if len(name) == 11 and name.isdigit() else name
        row = await self.professionals.find_one({"_id": f"{current_sandbox()}:{id_nat}"})
        if row is None:
            row = await self.professionals.find_one({"sandbox": current_sandbox(), "key": name})
        return None if row is None else _person(row)

    async def place(self, name: str) -> Place | None:
        """The structure of this Struct_idNat, FINESS number or key."""
        for identifier in (name, f"1{name}"):
            row = await self.structures.find_one({"_id": f"{current_sandbox()}:{identifier}"})
            if row is not None:
                return _place(row)
        row = await self.structures.find_one({"sandbox": current_sandbox(), "key": name})
        return None if row is None else _place(row)

    async def people_at(self, structure: str) -> list[Person]:
        """The professionals at work in a structure."""
        rows = await self.professionals.find({"sandbox": current_sandbox(), "places": structure})
        return [_person(row) for row in rows]

    async def owner(self, address: str) -> Person | Place | None:
        """Who has this address, open or closed."""
        where = {"sandbox": current_sandbox(), "addresses": split_sandbox(address)[1]}
        if (row := await self.professionals.find_one(where)) is not None:
            return _person(row)
        row = await self.structures.find_one(where)
        return None if row is None else _place(row)

    async def people(self, after: str, limit: int) -> list[Person]:
        """Professionals by PS_IdNat, from the first one after `after`."""
        where: Document = {"sandbox": current_sandbox(), "_id": {"$gt": f"{current_sandbox()}:{after}"}}
        return [_person(row) for row in await self.professionals.find(where, sort=("_id",), limit=limit)]

    def keeping(self, *entries: Person | Place) -> list[Write]:
        """The writes that keep professionals and structures as they are now."""
        writes: list[Write] = []
        for entry in entries:
            collection = self.professionals if isinstance(entry, Person) else self.structures
            row = _row(current_sandbox(), entry)
            writes.append(Update(collection, {"_id": row.pop("_id")}, {"$set": row}, expect=None, upsert=True))
        return writes

    async def fill(self, entries: Iterable[Person | Place], number: int, shelves: Sequence[str]) -> None:
        """Begin a sandbox's register anew; `shelves` are those its resources stand on."""
        sandbox = current_sandbox()
        rows: dict[bool, list[Document]] = {True: [], False: []}
        for entry in entries:
            rows[isinstance(entry, Person)].append(_row(sandbox, entry))
        for collection, these in ((self.professionals, rows[True]), (self.structures, rows[False])):
            await collection.delete({"sandbox": sandbox})
            for start in range(0, len(these), _BATCH):
                await collection.insert(*these[start : start + _BATCH])
        mark = new_id()
        row = {"_id": sandbox, "sandbox": sandbox, "latest": mark, "marks": [mark], "number": number}
        await self.editions.put({**row, "shelves": list(shelves), "crowd": 0, "growing": ""})


def _row(sandbox: str, entry: Person | Place) -> Document:
    row: Document = {
        "sandbox": sandbox,
        "boxes": [_box_row(box) for box in entry.boxes],
        "addresses": [box.address for box in entry.boxes],
        "updated": entry.updated,
        "record": entry.record.model_dump(mode="json"),
        "key": entry.record.key,
    }
    if isinstance(entry, Person):
        places = [post.structure.id for post in entry.record.situations] if entry.active else []
        return row | {"_id": f"{sandbox}:{entry.record.id_nat}", "active": entry.active, "places": places}
    return row | {"_id": f"{sandbox}:{entry.record.id}"}


def _box_row(box: Mailbox) -> Document:
    return asdict(box) | {"kind": box.kind.value, "members": list(box.members)}


def _boxes(rows: Sequence[Document]) -> tuple[Mailbox, ...]:
    return tuple(Mailbox(**row | {"kind": MailboxKind(row["kind"]), "members": tuple(row["members"])}) for row in rows)


def _person(row: Document) -> Person:
    record = ProfessionalRecord.model_validate(row["record"])
    return Person(record, _boxes(row["boxes"]), str(row["updated"]), bool(row["active"]))


def _place(row: Document) -> Place:
    return Place(PlaceRecord.model_validate(row["record"]), _boxes(row["boxes"]), str(row["updated"]))
