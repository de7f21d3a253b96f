"""Searches that begin from few resources are decided as the store would decide them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from segur_annuaire.domain.criteria import Period, Query, TokenClause, UpdatedClause, WordClause
from segur_annuaire.domain.index import index
from segur_annuaire.domain.matching import Searchable, fits, lead_of
from segur_annuaire.domain.resources import practitioner

from segur.personas.country import build_country

COUNTRY = build_country()
GP = COUNTRY.professional("PS3")
INDEXED = index(practitioner(GP, COUNTRY.mailboxes_of("PS3"), datetime(2026, 11, 24, tzinfo=UTC)))
GENEREUX = Searchable(INDEXED.tokens, INDEXED.words, "20261124000000")


@pytest.mark.parametrize(
    ("clauses", "lead"),
    [
        (
            (TokenClause(("active=true",)), TokenClause(("identifier=1", "identifier=2"))),
            ("identifier=1", "identifier=2"),
        ),
        ((TokenClause(("identifier=https://x|",)),), ()),
        ((TokenClause(("identifier=1",), negated=True),), ()),
        ((WordClause("family", ("genereux", "genevois")),), ("family^gen",)),
        ((WordClause("family", ("ge",)),), ()),
        ((WordClause("family", ("genereux",), anywhere=True),), ()),
        ((TokenClause(("qualification-code=10",)),), ()),
    ],
)
def test_a_search_begins_from_what_few_share(
    clauses: tuple[TokenClause | WordClause, ...], lead: tuple[str, ...]
) -> None:
    assert lead_of(Query("Practitioner", clauses)) == lead


@pytest.mark.parametrize(
    "clause",
    [
        WordClause("family", ("rayonnet", "genereu")),
        WordClause("name", ("pau",)),
        WordClause("mailbox-mss", ("paul.genereux@",)),
        TokenClause((f"identifier={GP.rpps}",)),
        TokenClause((f"mailbox-mss:exact={GP.mailbox}",)),
    ],
)
def test_what_a_search_begins_from_is_indexed_for_everybody_who_fits(clause: TokenClause | WordClause) -> None:
    assert fits(GENEREUX, clause)
    assert set(lead_of(Query("Practitioner", (clause,)))) & set(GENEREUX.tokens)


@pytest.mark.parametrize(
    ("clause", "holds"),
    [
        (TokenClause(("active=false", "active=true")), True),
        (TokenClause(("active=true",), negated=True), False),
        (TokenClause(("qualification-code=SM44",), negated=True), True),
        (WordClause("family", ("x", "gene")), True),
        (WordClause("family", ("ereux",)), False),
        (WordClause("family", ("ereux",), anywhere=True), True),
        (WordClause("unknown", ("x",)), False),
        (UpdatedClause((Period("20261124", "20261125"),)), True),
        (UpdatedClause((Period("20261125"), Period(end="2026"))), False),
        (UpdatedClause((Period("2026", "2027", outside=True),)), False),
        (UpdatedClause((Period("2025", "2026", outside=True),)), True),
    ],
)
def test_clauses_hold_or_not(clause: TokenClause | WordClause | UpdatedClause, holds: bool) -> None:
    assert fits(GENEREUX, clause) is holds
