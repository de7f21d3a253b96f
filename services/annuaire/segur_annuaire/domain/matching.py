"""Which few resources a search begins from, and whether each fits the rest of it.

The store finds resources by one token at any size; what remains of a search is decided here. A search without a telling
clause (everybody of a profession, every mailbox that holds a sign) is left to the store.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from segur_annuaire.domain.criteria import Clause, Period, Query, TokenClause, WordClause

PREFIX: Final = 3
"""How many first letters of a text make a token of their own."""

_TELLING: Final = frozenset(
    {"_id", "identifier", "practitioner", "organization", "partof"}
    | {f"{name}:exact" for name in ("mailbox-mss", "number-smartcard", "family", "name")}
)
"""Parameters whose value few resources share."""


@dataclass(frozen=True, slots=True)
class Searchable:
    """What is kept of a resource for searching: tokens, folded words by parameter, DTM of the last update in UTC."""

    tokens: Collection[str]
    words: Mapping[str, Sequence[str]]
    updated: str


def lead_of(query: Query) -> tuple[str, ...]:
    """Tokens of which every resource that fits has one, and few others; empty when the search tells too little."""
    for clause in query.clauses:
        if isinstance(clause, TokenClause) and not clause.negated:
            names = {token.partition("=")[0] for token in clause.tokens}
            # `system|` alone asks for everybody of a register
            if names <= _TELLING and not any(token.endswith("|") for token in clause.tokens):
                return clause.tokens
    for clause in query.clauses:
        if isinstance(clause, WordClause) and not clause.anywhere and min(map(len, clause.texts)) >= PREFIX:
            return tuple(dict.fromkeys(prefix_token(clause.parameter, text) for text in clause.texts))
    return ()


def prefix_token(parameter: str, word: str) -> str:
    """The token under which words that begin alike are found."""
    return f"{parameter}^{word[:PREFIX]}"


def fits(resource: Searchable, clause: Clause) -> bool:
    """Whether a clause holds, as the store would decide it."""
    if isinstance(clause, TokenClause):
        return clause.negated != any(token in resource.tokens for token in clause.tokens)
    if isinstance(clause, WordClause):
        words = resource.words.get(clause.parameter, ())
        if clause.anywhere:
            return any(text in word for word in words for text in clause.texts)
        return any(word.startswith(clause.texts) for word in words)
    return any(_within(resource.updated, period) for period in clause.periods)


def _within(moment: str, period: Period) -> bool:
    # DTM texts of different precision compare as texts: `2026` comes before every moment in 2026.
    inside = moment >= period.start and (not period.end or moment < period.end)
    return inside != period.outside
