"""ISO Schematron files read into plain values: inclusions followed, abstract patterns filled in, phases applied.

Own code, and small: pyschematron (LGPL) judges by elementpath or by SchXslt and wants one of both beside it; SchXslt
and the ISO skeleton are XSLT programs to ship. See docs/decisions/0006-official-rules.md. Files outside the folder
of the rules are not read, whatever an inclusion says.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from lxml.etree import _Element

from segur.wire import xml

SCH: Final = "http://purl.oclc.org/dsdl/schematron"
_BINDINGS: Final = ("xslt", "xslt2", "xslt3", "xpath2", "xpath3", "")
_DEEPEST: Final = 40
_ALL: Final = "#ALL"
_VARIABLE = re.compile(r"\$([\w.-]+)")


class RulesRefused(ValueError):
    """A rule file that cannot be used; the message names the file, what is wrong and what to do."""


@dataclass(frozen=True, slots=True)
class Let:
    """A named value of a schema, pattern or rule."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule with its own values first; `checks` are `assert` and `report` elements as written.

    `shared` names the abstract rules it extends that use no value but their own: written once however often they are
    extended (some official rules extend the same few data types a thousand times).
    """

    context: str
    lets: tuple[Let, ...]
    checks: tuple[_Element, ...]
    shared: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern: for each node, the first rule whose context holds decides."""

    id: str
    lets: tuple[Let, ...]
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Schema:
    """A schematron ready to be compiled; `files` are all files it was read from."""

    path: Path
    title: str
    namespaces: Mapping[str, str]
    lets: tuple[Let, ...]
    patterns: tuple[Pattern, ...]
    shared: Mapping[str, Rule]
    diagnostics: Mapping[str, _Element]
    foreign: tuple[_Element, ...]
    files: tuple[Path, ...] = field(default=())


def read_schema(path: Path, root: Path) -> Schema:
    """Read the schematron `path` with all it includes, inside the folder `root`; raise `RulesRefused`."""
    loader = _Loader(root.resolve())
    schema = loader.load(path.resolve())
    if schema.tag != _name("schema"):
        raise RulesRefused(f"{path.name}: root schema of {SCH} expected, {schema.tag} found")
    if schema.get("queryBinding", "") not in _BINDINGS:
        raise RulesRefused(f"{path.name}: queryBinding {schema.get('queryBinding')!r} is not known here, xslt2 is")
    patterns = {element.get("id", ""): element for element in schema.iter(_name("pattern")) if element.get("id")}
    rules = {
        element.get("id", ""): element for element in schema.iter(_name("rule")) if element.get("abstract") == "true"
    }
    active, phase_lets = _phase(schema)
    read = tuple(
        _pattern(_filled(element, patterns, path.name), rules, path.name)
        for element in schema.iterfind(_name("pattern"))
        if element.get("abstract") != "true" and active(element.get("id", ""))
    )
    return Schema(
        path,
        " ".join(xml.text(schema.find(_name("title"))).split()),
        {one.get("prefix", ""): one.get("uri", "") for one in schema.iterfind(_name("ns"))},
        (*_lets(schema), *phase_lets),
        read,
        _shared(read, rules, path.name),
        {one.get("id", ""): one for one in schema.iter(_name("diagnostic"))},
        tuple(one for one in xml.children(schema) if xml.namespace(one) == "http://www.w3.org/1999/XSL/Transform"),
        tuple(loader.files),
    )


class _Loader:
    """Reads a file and puts what it includes in place, within one folder."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.files: list[Path] = []

    def load(self, path: Path, depth: int = 0) -> _Element:
        if not path.is_relative_to(self._root):
            raise RulesRefused(f"{path.name}: outside the folder of the rules, it is not read")
        if depth > _DEEPEST:
            raise RulesRefused(f"{path.name}: inclusions more than {_DEEPEST} deep, do they turn in a circle?")
        try:
            root = xml.parse(path.read_bytes())
        except (OSError, xml.XmlRefused) as error:
            raise RulesRefused(f"{path.relative_to(self._root)}: {error}") from error
        self.files.append(path)
        for include in [*root.iter(_name("include")), *root.iter(_name("extends"))]:
            reference = include.get("href", "").partition("#")[0]
            parent = include.getparent()
            if parent is None or not reference:
                continue
            included = self.load(_found((path.parent / reference).resolve()), depth + 1)
            fragment = include.get("href", "").partition("#")[2]
            if fragment:
                included = next((one for one in included.iter() if one.get("id") == fragment), included)
            included.tail = include.tail
            if include.tag == _name("extends"):
                for child in list(included):
                    include.addprevious(child)
                parent.remove(include)
            else:
                parent.replace(include, included)
        return root


def _found(path: Path) -> Path:
    """The file, or the one whose name differs in capitals only: the official rules are written on Windows."""
    if path.is_file() or not path.parent.is_dir():
        return path
    return next((one for one in path.parent.iterdir() if one.name.lower() == path.name.lower()), path)


def _name(local: str) -> str:
    return xml.qname(SCH, local)


def _phase(schema: _Element) -> tuple[Callable[[str], bool], tuple[Let, ...]]:
    wanted = schema.get("defaultPhase", _ALL)
    phase = next((one for one in schema.iterfind(_name("phase")) if one.get("id") == wanted), None)
    if phase is None:
        return lambda _: True, ()
    active = {one.get("pattern", "") for one in phase.iterfind(_name("active"))}
    return active.__contains__, _lets(phase)


def _lets(element: _Element) -> tuple[Let, ...]:
    return tuple(map(_let, element.iterfind(_name("let"))))


def _filled(pattern: _Element, patterns: Mapping[str, _Element], file: str) -> _Element:
    """An `is-a` pattern: the abstract one with the parameters written into its expressions."""
    model = pattern.get("is-a")
    if model is None:
        return pattern
    if model not in patterns:
        raise RulesRefused(f"{file}: pattern {pattern.get('id')!r} is a {model!r}, which is not there")
    filled = deepcopy(patterns[model])
    values = {one.get("name", ""): one.get("value", "") for one in pattern.iterfind(_name("param"))}
    if values:
        names = re.compile(r"\$(" + "|".join(sorted(map(re.escape, values), key=len, reverse=True)) + r")(?![\w.-])")
        for element in filled.iter():
            for key, value in element.attrib.items():
                if "$" in str(value):
                    element.set(key, names.sub(lambda found: values[found[1]], str(value)))
    filled.set("id", pattern.get("id", ""))
    return filled


def _pattern(pattern: _Element, rules: Mapping[str, _Element], file: str) -> Pattern:
    return Pattern(
        pattern.get("id", ""),
        _lets(pattern),
        tuple(_rule(rule, rules, file) for rule in pattern.iterfind(_name("rule")) if rule.get("abstract") != "true"),
    )


def _shared(patterns: tuple[Pattern, ...], rules: Mapping[str, _Element], file: str) -> Mapping[str, Rule]:
    """The shared rules that something extends: official files carry others, with prefixes they do not declare."""
    found: dict[str, Rule] = {}
    waiting = [name for pattern in patterns for rule in pattern.rules for name in rule.shared]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = _rule(rules[name], rules, file)
            waiting.extend(found[name].shared)
    return found


def _stands_alone(rule: _Element) -> bool:
    return _used(rule) <= _named(rule)


def _named(rule: _Element) -> frozenset[str]:
    return frozenset(one.get("name", "") for one in rule.iterfind(_name("let")))


def _used(rule: _Element) -> frozenset[str]:
    return frozenset(
        name for part in rule.iter() for value in part.attrib.values() for name in _VARIABLE.findall(str(value))
    )


def _rule(rule: _Element, rules: Mapping[str, _Element], file: str) -> Rule:
    parts = list(_parts(rule, rules, file))
    return Rule(
        rule.get("context", ""),
        tuple(_let(part) for part in parts if part.tag == _name("let")),
        tuple(part for part in parts if part.tag in (_name("assert"), _name("report"))),
        tuple(part.get("rule", "") for part in parts if part.tag == _name("extends")),
    )


def _parts(rule: _Element, rules: Mapping[str, _Element], file: str, depth: int = 0) -> Iterator[_Element]:
    """The children of a rule; those of the abstract rules it extends in their place, unless they can be shared."""
    for child in xml.children(rule):
        if child.tag != _name("extends"):
            yield child
            continue
        model = rules.get(child.get("rule", ""))
        if model is None or depth > _DEEPEST:
            raise RulesRefused(f"{file}: a rule extends {child.get('rule')!r}, which is not there (or extends itself)")
        if _stands_alone(model) and not _used(rule) & _named(model):
            yield child
        else:
            yield from _parts(model, rules, file, depth + 1)


def _let(element: _Element) -> Let:
    return Let(element.get("name", ""), element.get("value") or repr(xml.text(element)))
