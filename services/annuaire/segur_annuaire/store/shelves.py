"""The index, as it is kept beside the resources: shelves packed when resources are entered, opened by every replica.

A replica that starts reads some ten documents, not a hundred thousand. A shelf is never changed and its name never
used again, so what was opened once is opened for good. Those an edition of the register names are shown, no others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict

from segur.kernel.ids import new_id
from segur.kernel.indexes import Index
from segur.kernel.request import current_sandbox
from segur.kernel.store import Document, Store
from segur_annuaire.domain.index import index
from segur_annuaire.domain.pieces import Resource
from segur_annuaire.domain.shelf import Packed, Packer, Shelf


class Bundles:
    """Resources on their way to shelves, one for each type."""

    def __init__(self) -> None:
        self._packers: defaultdict[str, Packer] = defaultdict(Packer)

    def add(self, resource: Resource) -> None:
        """Take a resource."""
        self._packers[resource["resourceType"]].add(resource["id"], index(resource))

    def packed(self) -> Mapping[str, Packed]:
        """A shelf for each type that occurs."""
        return {kind: packer.packed() for kind, packer in self._packers.items()}


class Shelves:
    """All queries about them."""

    def __init__(self, store: Store) -> None:
        self._rows = store.collection("shelves", Index.on("sandbox"))

    async def keep(self, packed: Mapping[str, Packed], name: str = "") -> list[str]:
        """Keep shelves by their types; give their names. Shelves of an equal `name` must be equal."""
        sandbox, name, kept = current_sandbox(), name or new_id(), []
        for kind, one in packed.items():
            row = {"_id": f"{sandbox}:{kind}:{name}", "sandbox": sandbox, "type": kind, **asdict(one)}
            await self._rows.put(row | {"moments": list(one.moments.items())})
            kept.append(str(row["_id"]))
        return kept

    async def open(self, names: Sequence[str]) -> dict[str, tuple[str, Shelf]]:
        """Type and shelf by name."""
        found: dict[str, tuple[str, Shelf]] = {}
        if names:
            async for row in self._rows.iterate({"_id": {"$in": list(names)}}):
                found[str(row["_id"])] = (str(row["type"]), _shelf(row))
        return found

    async def forget(self, names: Iterable[str] | None = None) -> None:
        """Throw shelves away, without names all of the present sandbox."""
        if names is None:
            await self._rows.delete({"sandbox": current_sandbox()})
        for name in names or ():
            await self._rows.delete({"_id": name})


def _shelf(row: Document) -> Shelf:
    return Shelf(Packed(row["ids"], row["tokens"], row["words"], dict(row["moments"])))
