"""A search, decided: which resources, how many, what comes with them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TokenClause:
    """One of these tokens must be there; `negated`: none may be."""

    tokens: tuple[str, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class WordClause:
    """A word of this parameter begins with one of these texts (folded), or holds one of them anywhere."""

    parameter: str
    texts: tuple[str, ...]
    anywhere: bool = False


@dataclass(frozen=True, slots=True)
class Period:
    """From `start` (included) to `end` (not included), DTM texts in UTC; empty for no bound. `outside`: not in it."""

    start: str = ""
    end: str = ""
    outside: bool = False


@dataclass(frozen=True, slots=True)
class UpdatedClause:
    """The resource was updated in one of these periods."""

    periods: tuple[Period, ...]


Clause = TokenClause | WordClause | UpdatedClause


@dataclass(frozen=True, slots=True)
class Query:
    """A search: all clauses hold; `count` entries to a page, 0 for the total alone.

    `includes` are reference parameters followed, `revincludes` types and reference parameters that point here,
    `elements` the only ones wanted (all when empty), `total` whether to count.
    """

    resource_type: str
    clauses: tuple[Clause, ...] = ()
    count: int = 50
    total: bool = True
    includes: tuple[str, ...] = ()
    revincludes: tuple[tuple[str, str], ...] = ()
    elements: tuple[str, ...] = ()
