"""Indexes as services declare them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel


def sort_keys(fields: tuple[str, ...]) -> list[tuple[str, int]]:
    """`("sandbox", "-created_at")` as the driver wants it."""
    return [(field.lstrip("-"), DESCENDING if field.startswith("-") else ASCENDING) for field in fields]


@dataclass(frozen=True, slots=True)
class Index:
    """An index: fields (a leading `-` sorts downwards), unique or not, sparse or not, or expiring after seconds."""

    fields: tuple[str, ...]
    unique: bool = False
    sparse: bool = False
    expire_s: int | None = None

    @classmethod
    def on(cls, *fields: str, unique: bool = False, sparse: bool = False, expire_s: int | None = None) -> Index:
        """`Index.on("sandbox", "-created_at")`."""
        return cls(fields, unique, sparse, expire_s)

    def model(self) -> IndexModel:
        """The driver's form."""
        options: dict[str, Any] = {"unique": self.unique, "sparse": self.sparse}
        if self.expire_s is not None:
            options["expireAfterSeconds"] = self.expire_s
        return IndexModel(sort_keys(self.fields), **options)
