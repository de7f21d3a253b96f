"""A shelf of many resources decides as one would for each of them, and changes lie on top of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from segur_annuaire.domain import catalogue as catalogues
from segur_annuaire.domain.catalogue import Catalogue
from segur_annuaire.domain.criteria import Clause, Period, Query, TokenClause, UpdatedClause, WordClause
from segur_annuaire.domain.index import index
from segur_annuaire.domain.matching import Searchable, fits
from segur_annuaire.domain.resources import publish
from segur_annuaire.domain.shelf import Packer, Shelf

from segur.personas.country import build_country

COUNTRY = build_country(professionals=300)
GP = COUNTRY.professional("PS3")


PEOPLE = sorted(
    (str(one["id"]), replace(index(one), updated=f"202611{day % 28 + 1:02d}080000.000"))
    for day, one in enumerate(publish(COUNTRY, datetime(2026, 11, 24, tzinfo=UTC)))
    if one["resourceType"] == "Practitioner"
)


def _shelf(people: Iterable[tuple[str, Searchable]]) -> Shelf:
    packer = Packer()
    for identifier, one in people:
        packer.add(identifier, one)
    return Shelf(packer.packed())


SHELF = _shelf(reversed(PEOPLE))
GENEREUX = next(one for _, one in PEOPLE if f"identifier={GP.rpps}" in one.tokens)


@pytest.mark.parametrize(
    "clauses",
    [
        (),
        (TokenClause(("active=true",)),),
        (TokenClause(("active=false", "active=true"), negated=True),),
        (TokenClause(("qualification-code=10",)), TokenClause(("qualification-code=SM54", "qualification-code=SM04"))),
        (TokenClause((f"identifier={GP.rpps}",)),),
        (TokenClause(("identifier=https://rpps.esante.gouv.fr|",)),),
        (WordClause("family", ("gene", "du")),),
        (WordClause("name", ("ma",)),),
        (WordClause("name", ("a",)), TokenClause(("qualification-code=60",))),
        (WordClause("mailbox-mss", ("@",), anywhere=True), TokenClause(("qualification-code=21",), negated=True)),
        (WordClause("family", ("est",), anywhere=True),),
        (WordClause("number-smartcard", ("29",)),),
        (WordClause("unknown", ("x",)),),
        (UpdatedClause((Period("20261110", "20261120"), Period(end="20261103"))), TokenClause(("active=true",))),
        (UpdatedClause((Period("20261110", "20261120", outside=True),)),),
    ],
)
def test_a_shelf_finds_exactly_those_who_fit(clauses: tuple[Clause, ...]) -> None:
    wanted = [identifier for identifier, one in PEOPLE if all(fits(one, clause) for clause in clauses)]
    found = SHELF.fitting(clauses)
    assert list(SHELF.after(found, "")) == wanted
    assert found.bit_count() == len(wanted)
    middle = wanted[len(wanted) // 2] if wanted else ""
    assert list(SHELF.after(found, middle)) == [identifier for identifier in wanted if identifier > middle]


def _catalogue() -> Catalogue:
    """Two shelves whose ids alternate."""
    return Catalogue("m1", [("Practitioner", _shelf(PEOPLE[half::2])) for half in (0, 1)])


def _ids(catalogue: Catalogue, *clauses: Clause, count: int = 1_000, after: str = "", kept: str = "") -> list[str]:
    return list(catalogue.search(Query("Practitioner", clauses, count), after, kept).ids)


def test_what_changed_and_what_came_is_found_as_it_is_now() -> None:
    catalogue = _catalogue()
    doctor = TokenClause((f"identifier={GP.rpps}",))
    [identifier] = _ids(catalogue, doctor)
    renamed = Searchable(GENEREUX.tokens, {**GENEREUX.words, "family": ["renomme"]}, "20261124100000.000")
    newcomer = Searchable(("identifier=99700000000",), {"family": ["renomme"]}, "20261124100000.000")
    catalogue.change("m2", [("Practitioner", identifier, renamed), ("Practitioner", "003-9999", newcomer)])
    assert catalogue.mark == "m2"
    assert _ids(catalogue, WordClause("family", ("genereux",))) == []
    assert _ids(catalogue, WordClause("family", ("renomme",))) == [identifier, "003-9999"]
    assert _ids(catalogue, doctor) == [identifier]
    found = catalogue.search(Query("Practitioner", (), 10), "", "")
    assert (len(found.ids), found.more, found.total) == (10, True, len(PEOPLE) + 1)


def test_pages_of_shelf_and_changes_together_show_everybody_once() -> None:
    catalogue = _catalogue()
    added = [(f"003-{middle}", GENEREUX) for middle in ("0", "5", "9")]
    catalogue.change("m2", [("Practitioner", identifier, one) for identifier, one in added])
    seen: list[str] = []
    while page := _ids(catalogue, count=7, after=seen[-1] if seen else ""):
        seen += page
    assert seen == sorted({*(identifier for identifier, _ in PEOPLE), *(identifier for identifier, _ in added)})


def test_many_changes_are_put_on_a_shelf_of_their_own_and_can_change_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogues, "MOST_CHANGES", 10)
    catalogue = _catalogue()
    for again, name in enumerate(("premier", "second")):
        for place, (identifier, one) in enumerate(PEOPLE[:25]):
            changed = replace(one, words={**one.words, "family": [name]})
            catalogue.change(f"m{again}-{place}", [("Practitioner", identifier, changed)])
    assert _ids(catalogue, WordClause("family", ("premier",))) == []
    assert _ids(catalogue, WordClause("family", ("second",))) == [identifier for identifier, _ in PEOPLE[:25]]
    assert catalogue.search(Query("Practitioner", (), 10), "", "").total == len(PEOPLE)


def test_inactive_shells_are_dropped_when_they_are_old() -> None:
    catalogue = _catalogue()
    [gone] = _ids(catalogue, TokenClause(("active=false",)))
    assert _ids(catalogue, TokenClause(("active=false",)), kept="20270101000000") == []
    old = Searchable(("active=false",), {}, "20260101000000.000")
    catalogue.change("m2", [("Practitioner", "003-1", old)])
    assert _ids(catalogue, TokenClause(("active=false",)), kept="20260201000000") == [gone]


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
    ],
)
def test_clauses_hold_or_not(clause: Clause, holds: bool) -> None:
    assert fits(GENEREUX, clause) is holds


@pytest.mark.parametrize(
    ("period", "holds"),
    [
        (Period("20261124", "20261125"), True),
        (Period("20261125"), False),
        (Period(end="2026"), False),
        (Period("2026", "2027", outside=True), False),
        (Period("2025", "2026", outside=True), True),
        (Period("20261124080000.001"), False),
    ],
)
def test_an_update_lies_in_a_period_or_not(period: Period, holds: bool) -> None:
    assert fits(Searchable((), {}, "20261124080000.000"), UpdatedClause((period,))) is holds
