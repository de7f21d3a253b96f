"""A schematron as an XSLT program that tells each broken rule.

One mode per pattern: a node is given to the first rule whose context holds, as the standard wants. Values of a pattern
are global when their name is (contexts may use them), else local to its rules.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

from lxml import etree
from lxml.etree import _Element

from segur.cda.official.schematron import SCH, Let, Pattern, Rule, Schema
from segur.wire import xml

_XSL: Final = "http://www.w3.org/1999/XSL/Transform"
FOUND: Final = "urn:segur:found"
"""Namespace of the result: `<found:broken rule="…" location="…">text</found:broken>`, `found:unjudged` likewise."""
_ERRORS: Final = "http://www.w3.org/2005/xqt-errors"
_RESERVED: Final = ("xsl", "xml", "found", "sch", "err")

_PREDICATE = re.compile(r"\[[^\[\]]*\]")
_UNNAMEABLE = re.compile(r"[^A-Za-z0-9_.-]")


def stylesheet(schema: Schema) -> bytes:
    """The XSLT 3.0 program of a schematron, UTF-8; addresses in it are relative to the schematron's own file."""
    spaces = {prefix: uri for prefix, uri in schema.namespaces.items() if prefix and prefix not in _RESERVED}
    for element in schema.foreign:
        spaces |= {prefix: uri for prefix, uri in element.nsmap.items() if prefix and prefix not in _RESERVED}
    root = etree.Element(
        _xsl("stylesheet"), {"version": "3.0"}, nsmap={"xsl": _XSL, "found": FOUND, "err": _ERRORS, **spaces}
    )
    root.set(xml.qname(xml.XML, "base"), schema.path.as_uri())
    root.append(_element("output", method="xml", encoding="UTF-8"))
    root.extend(schema.foreign)
    counted = Counter(let.name for let in (*schema.lets, *(let for one in schema.patterns for let in one.lets)))
    for let in (*schema.lets, *(let for one in schema.patterns for let in one.lets if counted[let.name] == 1)):
        root.append(_element("variable", name=let.name, select=let.value))
    start = _element("template", match="/")
    result = etree.SubElement(start, xml.qname(FOUND, "all"))
    for number, pattern in enumerate(schema.patterns):
        result.append(_element("apply-templates", select=".", mode=f"m{number}"))
        root.append(_element("mode", name=f"m{number}", **{"on-no-match": "deep-skip"}))
        walk = _element("template", match="/ | *", mode=f"m{number}", priority="-9")
        walk.append(_element("apply-templates", select=_steps(pattern), mode=f"m{number}"))
        root.append(walk)
        local = tuple(let for let in pattern.lets if counted[let.name] > 1)
        root.extend(_templates(schema, pattern, f"m{number}", local))
    root.append(start)
    for name, rule in schema.shared.items():
        shared = _element("template", name=_shared_name(name))
        _fill(shared, schema, rule, name)
        root.append(shared)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def _xsl(name: str) -> str:
    return xml.qname(_XSL, name)


def _element(name: str, /, **attributes: str) -> _Element:
    return etree.Element(_xsl(name), attributes)


def _templates(schema: Schema, pattern: Pattern, mode: str, local: tuple[Let, ...]) -> Iterator[_Element]:
    for place, rule in enumerate(pattern.rules):
        template = _element("template", match=rule.context, mode=mode, priority=str(len(pattern.rules) - place))
        for let in local:
            # a value of a pattern is worked out at the document, wherever the rule stands
            template.append(_element("variable", name=let.name, select=f"/ ! ({let.value})"))
        _fill(template, schema, rule, pattern.id)
        template.append(_element("apply-templates", select=_steps(pattern), mode=mode))
        yield template


def _steps(pattern: Pattern) -> str:
    """Where to go on from a node: attributes and texts only when a context can be one, they are three nodes in four."""
    contexts = [_PREDICATE.sub("", _PREDICATE.sub("", rule.context)) for rule in pattern.rules]
    attributes = any("@" in context or "attribute" in context or "[" in context for context in contexts)
    others = any("()" in context for context in contexts)
    return ("@* | " if attributes else "") + ("node()" if others else "*")


def _shared_name(rule: str) -> str:
    return f"found:{_UNNAMEABLE.sub('_', rule)}"


def _fill(template: _Element, schema: Schema, rule: Rule, owner: str) -> None:
    for let in rule.lets:
        template.append(_element("variable", name=let.name, select=let.value))
    for name in rule.shared:
        template.append(_element("call-template", name=_shared_name(name)))
    for check in rule.checks:
        template.append(_check(schema, owner, check))


def _check(schema: Schema, owner: str, check: _Element) -> _Element:
    """The check; one that cannot be worked out (a value set is not there) says so and stops no other."""
    test = check.get("test", "true()")
    attempt = _element("try")
    when = etree.SubElement(attempt, _xsl("if"), test=test if xml.local_name(check) == "report" else f"not({test})")
    broken = etree.SubElement(when, xml.qname(FOUND, "broken"), _facts(owner, check))
    _text(broken, check)
    for identifier in check.get("diagnostics", "").split():
        if identifier in schema.diagnostics:
            _literal(broken, " ")
            _text(broken, schema.diagnostics[identifier])
    instead = etree.SubElement(attempt, _xsl("catch"), errors="*")
    unjudged = etree.SubElement(
        instead, xml.qname(FOUND, "unjudged"), {**_facts(owner, check), "test": _plain(check.get("test"))}
    )
    unjudged.append(_element("value-of", select="$err:description"))
    return attempt


def _facts(owner: str, check: _Element) -> dict[str, str]:
    return {
        "kind": xml.local_name(check),
        "rule": _plain(check.get("id")),
        "pattern": _plain(owner),
        "role": _plain(check.get("role") or check.get("flag")),
        "location": "{path(.)}",
    }


def _plain(value: str | None) -> str:
    """A value for an attribute of the result, where braces would be an expression."""
    return (value or "").replace("{", "").replace("}", "")


def _text(into: _Element, source: _Element) -> None:
    """The words of a check, its expressions left to the moment it is broken."""
    _literal(into, source.text)
    for child in source:
        if isinstance(child.tag, str):
            name = xml.local_name(child) if xml.namespace(child) in (SCH, "") else ""
            if name == "value-of":
                into.append(_element("value-of", select=child.get("select", "''")))
            elif name == "name":
                into.append(_element("value-of", select=f"name({child.get('path', '.')})"))
            else:
                _text(into, child)
        _literal(into, child.tail)


def _literal(into: _Element, words: str | None) -> None:
    if words:
        literal = etree.SubElement(into, _xsl("text"))
        literal.text = words
