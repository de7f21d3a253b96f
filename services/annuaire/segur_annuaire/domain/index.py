"""What of a resource is searched: tokens to be equal to, words to begin with or hold.

A token is a text `<parameter>=<system>|<code>`, and besides `<parameter>=<code>` and `<parameter>=<system>|` for
searches that leave one half out; an exact string is `<parameter>:exact=<value>`. Words are folded: no case, no accents.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from typing import Any

from segur_annuaire.domain.matching import Searchable
from segur_annuaire.domain.parameters import PARAMETERS, Kind, Parameter
from segur_annuaire.domain.pieces import Resource
from segur_annuaire.domain.systems import MAILBOX_EXTENSION


def fold(text: str) -> str:
    """Lower case, accents off, blanks collapsed: the form strings are compared in."""
    if not text.isascii():
        plain = unicodedata.normalize("NFKD", text)
        text = "".join(char for char in plain if not unicodedata.combining(char))
    return " ".join(text.casefold().split())


def index(resource: Resource) -> Searchable:
    """Take a resource apart."""
    tokens: list[str] = []
    words: dict[str, list[str]] = {}
    for parameter in PARAMETERS[resource["resourceType"]].values():
        values = [value for path in parameter.paths for value in _at(resource, _steps(path))]
        if parameter.kind is Kind.STRING:
            words[parameter.name] = [fold(str(value)) for value in values]
            tokens.extend(f"{parameter.name}:exact={value}" for value in values)
        elif parameter.kind is not Kind.DATE:
            tokens.extend(token for value in values for token in _tokens(parameter, value))
    updated = datetime.fromisoformat(resource["meta"]["lastUpdated"]).astimezone(UTC)
    return Searchable(tuple(dict.fromkeys(tokens)), words, f"{updated:%Y%m%d%H%M%S}.{updated.microsecond // 1000:03d}")


def _tokens(parameter: Parameter, value: Any) -> Iterator[str]:
    """The tokens of a Coding, CodeableConcept, Identifier, boolean, code or reference."""
    name = parameter.name
    if isinstance(value, bool):
        yield f"{name}={str(value).lower()}"
    elif isinstance(value, str):
        yield f"{name}={value}"
    elif "coding" in value:
        for coding in value["coding"]:
            yield from _pair(name, coding.get("system", ""), coding["code"])
    else:
        yield from _pair(name, value.get("system", ""), value["value"])


def _pair(name: str, system: str, code: str) -> Iterator[str]:
    yield f"{name}={code}"
    yield f"{name}={system}|{code}"
    if system:
        yield f"{name}={system}|"


@cache
def _steps(path: str) -> tuple[tuple[str, bool], ...]:
    """The elements of a dotted path, and whether only MSSanté mailboxes are meant there: `telecom[mss]`."""
    return tuple((step.removesuffix("[mss]"), step.endswith("[mss]")) for step in path.split("."))


def _at(resource: Resource, steps: tuple[tuple[str, bool], ...]) -> list[Any]:
    """The values at a path, arrays taken apart."""
    values: list[Any] = [resource]
    for name, mailboxes in steps:
        found: list[Any] = []
        for value in values:
            item = value.get(name)
            if isinstance(item, list):
                found += [one for one in item if _is_mailbox(one)] if mailboxes else item
            elif item is not None:
                found.append(item)
        values = found
    return values


def _is_mailbox(telecom: Resource) -> bool:
    return any(extension["url"] == MAILBOX_EXTENSION for extension in telecom.get("extension", ()))
