"""What of a resource is searched: tokens to be equal to, words to begin with or hold.

A token is a text `<parameter>=<system>|<code>`, and besides `<parameter>=<code>` and `<parameter>=<system>|` for
searches that leave one half out; an exact string is `<parameter>:exact=<value>`. Words are folded: no case, no accents.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from segur_annuaire.domain.parameters import PARAMETERS, Kind, Parameter
from segur_annuaire.domain.pieces import Resource
from segur_annuaire.domain.systems import MAILBOX_EXTENSION


@dataclass(frozen=True, slots=True)
class Indexed:
    """The searchable values of one resource; `words` by string parameter."""

    tokens: tuple[str, ...]
    words: dict[str, list[str]]


def fold(text: str) -> str:
    """Lower case, accents off, blanks collapsed: the form strings are compared in."""
    plain = unicodedata.normalize("NFKD", text)
    return " ".join("".join(char for char in plain if not unicodedata.combining(char)).casefold().split())


def index(resource: Resource) -> Indexed:
    """Take a resource apart."""
    tokens: list[str] = []
    words: dict[str, list[str]] = {}
    for parameter in PARAMETERS[resource["resourceType"]].values():
        values = [value for path in parameter.paths for value in _at(resource, path)]
        if parameter.kind is Kind.STRING:
            words[parameter.name] = [fold(str(value)) for value in values]
            tokens.extend(f"{parameter.name}:exact={value}" for value in values)
        elif parameter.kind is not Kind.DATE:
            tokens.extend(token for value in values for token in _tokens(parameter, value))
    return Indexed(tuple(dict.fromkeys(tokens)), words)


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


def _at(value: Any, path: str) -> Iterator[Any]:
    """The values at a dotted path; `telecom[mss]` takes the MSSanté mailboxes among the telecoms."""
    if not path:
        if value is not None:
            yield value
        return
    head, _, rest = path.partition(".")
    name = head.removesuffix("[mss]")
    found = value.get(name) if isinstance(value, dict) else None
    for item in found if isinstance(found, list) else [found]:
        if head != name and not _is_mailbox(item):
            continue
        yield from _at(item, rest)


def _is_mailbox(telecom: Any) -> bool:
    extensions = telecom.get("extension", ()) if isinstance(telecom, dict) else ()
    return any(extension["url"] == MAILBOX_EXTENSION for extension in extensions)
