"""The table of rules, read once and compiled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

from lxml import etree

from segur.cda.finding import Severity
from segur.cda.minimal.judgements import FUNCTIONS, JUDGEMENTS
from segur.wire import xml

_PREFIXES: Final = {"c": xml.HL7, "ps": "urn:dicom-org:ps3-20", "xsi": xml.XSI, "f": FUNCTIONS}
_SEVERITIES: Final = {"E": Severity.ERROR, "A": Severity.WARNING}


@dataclass(frozen=True, slots=True)
class Rule:
    """A row: `test` must hold for each element of `context`; `at` is where the reader is sent, from there."""

    id: str
    severity: Severity
    context: str
    at: str
    test: str
    wrong: str
    fix: str
    see: etree.XPath | None


@dataclass(frozen=True, slots=True)
class Group:
    """The rules that look at the same elements. `verdict` asks them all at once and answers a digit for each, `1` where
    it holds: an evaluation costs more than most tests.
    """

    rules: tuple[Rule, ...]
    find: etree.XPath
    verdict: etree.XPath


def _rows(name: str) -> Iterator[Mapping[str, str]]:
    lines = files("segur.cda.minimal").joinpath(name).read_text("utf-8").splitlines()
    names, *rows = (line.split("\t") for line in lines if line and not line.startswith("#"))
    for row in rows:
        yield dict(zip(names, row, strict=True))


def _compiled(expression: str) -> etree.XPath:
    """Compiled with the functions it names only, as each of them is announced again at each evaluation."""
    named = {name: judge for name, judge in JUDGEMENTS.items() if f"f:{name[1]}(" in expression}
    return etree.XPath(expression, namespaces=_PREFIXES, extensions=named)


def _rule(row: Mapping[str, str]) -> Rule:
    at = row["at"]
    return Rule(
        row["rule"],
        _SEVERITIES[row["severity"]],
        row["context"],
        at.replace("c:", "").replace("ps:", ""),
        row["test"],
        row["wrong"],
        row["fix"],
        _compiled(at) if at else None,
    )


def _groups(rules: Iterable[Rule]) -> Iterator[Group]:
    by_context: dict[str, list[Rule]] = {}
    for rule in rules:
        by_context.setdefault(rule.context, []).append(rule)
    for context, same in by_context.items():
        tests = ", ".join(f"number(boolean({rule.test}))" for rule in same)
        yield Group(tuple(same), _compiled(context), _compiled(f"concat('', {tests})"))


RULES: Final = tuple(_rule(row) for row in _rows("rules.tsv"))
GROUPS: Final = tuple(_groups(RULES))
ENGLISH: Final = {row["rule"]: (row["wrong"], row["fix"]) for row in _rows("rules.en.tsv")}
"""Rule id → (what is wrong, what to do), for a reader of English."""
