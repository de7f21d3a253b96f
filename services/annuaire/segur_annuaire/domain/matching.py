"""Whether one resource fits a clause of a search."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from segur_annuaire.domain.criteria import Clause, Period, TokenClause, WordClause


@dataclass(frozen=True, slots=True)
class Searchable:
    """What is kept of a resource for searching: tokens, folded words by parameter, DTM of the last update in UTC."""

    tokens: Collection[str]
    words: Mapping[str, Sequence[str]]
    updated: str


def fits(resource: Searchable, clause: Clause) -> bool:
    """Whether a clause holds."""
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
