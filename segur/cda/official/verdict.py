"""What the editions of the rules say of one document, and where they disagree."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

from lxml import etree
from lxml.etree import _Element

from segur.cda.finding import Finding, Severity
from segur.cda.minimal.check import path_of
from segur.cda.official.edition import Edition
from segur.cda.official.engine import Engine, EngineMissing
from segur.cda.official.schematron import RulesRefused

SCHEMA_RULE: Final = "CDA-SCHEMA"
_EDITION_WORDS = re.compile(r"\[[^\]]*\]|\b20\d\d\.\d\d\b|_20\d\d\.\d\d")
_MOST_SCHEMA_FINDINGS: Final = 50
_NAMESPACE = re.compile(r"\{[^}]*\}")


@dataclass(frozen=True, slots=True)
class Judgement:
    """One edition's word: the rule files it applied, what they found, and the files that could not be used and why."""

    edition: str
    applied: tuple[str, ...]
    findings: tuple[Finding, ...]
    unusable: tuple[str, ...] = ()

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that break a rule."""
        return tuple(one for one in self.findings if one.is_error)


@dataclass(frozen=True, slots=True)
class Difference:
    """A finding that some editions make and others do not; `by` are those that do."""

    finding: Finding
    by: tuple[str, ...]
    not_by: tuple[str, ...]


class Court:
    """Judges documents by several editions of the official rules; keeps what it compiled."""

    def __init__(self, editions: Sequence[Edition], engine: Engine) -> None:
        self._editions = tuple(editions)
        self._engine = engine
        self._schemas: dict[Path, etree.XMLSchema] = {}

    def prepare(self) -> None:
        """Have the rules for every document compiled in the background: some seconds for a whole edition."""
        for edition in self._editions:
            for rules in edition.general:
                self._engine.prepare(rules, edition.folder)

    async def close(self) -> None:
        """Stop preparing."""
        self._engine.close()

    def judge(self, root: _Element, *, only: Sequence[str] = ()) -> tuple[Judgement, ...]:
        """One judgement per edition, of a document parsed by `cda.clinical_document`."""
        return tuple(self._by(edition, root, only) for edition in self._editions)

    def _by(self, edition: Edition, root: _Element, only: Sequence[str]) -> Judgement:
        applied: list[str] = []
        findings: list[Finding] = []
        unusable: list[str] = []
        if edition.schema is not None and not only:
            applied.append(edition.schema.name)
            try:
                findings += self._against_schema(edition.schema, root)
            except RulesRefused as error:
                unusable.append(str(error))
        for rules in edition.for_document(root, only=only):
            applied.append(rules.stem)
            try:
                findings += self._engine.judge(root, rules, edition.folder)
            except EngineMissing:
                raise  # no rule can be used then: the caller says how to get the engine, once
            except RulesRefused as error:
                unusable.append(str(error))
        return Judgement(edition.name, tuple(applied), tuple(findings), tuple(unusable))

    def _against_schema(self, file: Path, root: _Element) -> list[Finding]:
        if file not in self._schemas:
            try:
                self._schemas[file] = etree.XMLSchema(etree.parse(file, etree.XMLParser(no_network=True)))
            except (etree.LxmlError, OSError) as error:
                raise RulesRefused(f"{file.name}: {error}") from error
        schema = self._schemas[file]
        # an own tree: the document may stand inside a signature or a stylesheet
        schema.validate(etree.fromstring(etree.tostring(root)))
        entries: Any = schema.error_log  # a list of its own kind, unknown to the stubs
        return [
            Finding(SCHEMA_RULE, entry.path or path_of(root), _NAMESPACE.sub("", entry.message), source=file.name)
            for entry in islice(entries, _MOST_SCHEMA_FINDINGS)
        ]


def differences(judgements: Sequence[Judgement]) -> tuple[Difference, ...]:
    """What is found by some editions only, in the order found; empty with one edition."""
    names = [one.edition for one in judgements]
    found: dict[tuple[str, str], tuple[Finding, list[str]]] = {}
    for judgement in judgements:
        for finding in judgement.findings:
            if finding.severity is Severity.UNJUDGED:
                continue
            key = (" ".join(_EDITION_WORDS.sub("", finding.wrong).split()), finding.path)
            by = found.setdefault(key, (finding, []))[1]
            if judgement.edition not in by:
                by.append(judgement.edition)
    return tuple(
        Difference(finding, tuple(by), tuple(name for name in names if name not in by))
        for finding, by in found.values()
        if len(by) < len(names)
    )
