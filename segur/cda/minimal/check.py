"""The judge: every row of the table against a document, every finding at once."""

from __future__ import annotations

from typing import Any, Final

from lxml.etree import _Element

from segur.cda.finding import Finding
from segur.cda.minimal.judgements import forget
from segur.cda.minimal.table import ENGLISH, GROUPS, RULES, Rule
from segur.wire import cda, xml

NOT_A_CDA: Final = "CDA-READABLE"
"""Rule id of the one finding about bytes that are no CDA at all."""
_OF_THE_PATIENT: Final = "recordTarget"
_LONGEST_VALUE: Final = 80


def check(document: bytes, *, english: bool = False, max_bytes: int = xml.DEFAULT_MAX_BYTES) -> tuple[Finding, ...]:
    """Every rule of the minimal structure that the document breaks, in the order of the table; empty when it holds.

    Bytes that cannot be read as a CDA (not XML, a DOCTYPE, too large, another root) give one finding.
    """
    try:
        root, _ = cda.clinical_document(document, max_bytes=max_bytes)
    except cda.CdaRefused as refusal:
        return (Finding(NOT_A_CDA, "/", str(refusal)),)
    return check_root(root, english=english)


def check_root(root: _Element, *, english: bool = False) -> tuple[Finding, ...]:
    """`check` for a document already parsed by `cda.clinical_document`."""
    broken = _broken(root)
    forget()
    if not broken:
        return ()
    return tuple(_finding(rule, element, english) for rule in RULES for element in broken.get(rule.id, ()))


def _broken(root: _Element) -> dict[str, list[_Element]]:
    """The elements that break a rule, by its id."""
    broken: dict[str, list[_Element]] = {}
    for group in GROUPS:
        elements: Any = group.find(root)
        for element in elements:
            verdict = str(group.verdict(element))
            if "0" not in verdict:
                continue
            for rule, holds in zip(group.rules, verdict, strict=True):
                if holds == "0":
                    broken.setdefault(rule.id, []).append(element)
    return broken


def _finding(rule: Rule, element: _Element, english: bool) -> Finding:
    wrong, fix = ENGLISH[rule.id] if english else (rule.wrong, rule.fix)
    path = f"{path_of(element)}/{rule.at}" if rule.at else path_of(element)
    seen = _seen(rule, element) if _OF_THE_PATIENT not in path else ""
    found = f" ({'found:' if english else 'trouvé :'} {seen})" if seen else ""
    return Finding(rule.id, path, f"{wrong}{found}", fix, rule.severity)


def _seen(rule: Rule, element: _Element) -> str:
    """The attribute the reader is sent to, when it has a value; text of elements can be long and says less."""
    if rule.see is None or "@" not in rule.at:
        return ""
    found: Any = rule.see(element)
    return str(found[0])[:_LONGEST_VALUE] if found else ""


def path_of(element: _Element) -> str:
    """`/ClinicalDocument/author[2]/assignedAuthor`: local names, a position where siblings share the name."""
    parts: list[str] = []
    current: _Element | None = element
    while current is not None:
        name, parent = xml.local_name(current), current.getparent()
        same = [] if parent is None else [one for one in xml.children(parent) if one.tag == current.tag]
        parts.append(f"{name}[{same.index(current) + 1}]" if len(same) > 1 else name)
        current = None if name == "ClinicalDocument" else parent
    return "/" + "/".join(reversed(parts))
