"""FHIR search parameters as a query of ours [PSC digest 3.3, 3.4]."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from segur.wire.fhir_json import FhirRefused, dtm_of
from segur_annuaire import errors
from segur_annuaire.domain.criteria import Clause, Period, Query, TokenClause, UpdatedClause, WordClause
from segur_annuaire.domain.index import fold
from segur_annuaire.domain.parameters import INCLUDES, PARAMETERS, REVINCLUDES, Kind, Parameter

Pairs = Sequence[tuple[str, str]]

_JSON: Final = frozenset({"json", "application/json", "application/fhir+json", "text/json"})
_MOST_ALTERNATIVES: Final = 1_000
_LONGEST_TEXT: Final = 200
_FRACTION: Final = re.compile(r"T\d\d:\d\d:\d\d\.(\d{1,9})")
_PREFIXES: Final = ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")


def read_query(resource_type: str, pairs: Pairs, *, page: int, largest_page: int) -> Query:
    """Read decoded parameters; raise `SegurError` (`BAD_PARAMETER`, `UNKNOWN_PARAMETER`, `BAD_FORMAT`).

    Parameters without value are left aside, as FHIR R4 wants. `page` is the default count, `largest_page` its limit.
    """
    clauses: list[Clause] = []
    includes: list[str] = []
    revincludes: list[tuple[str, str]] = []
    elements: tuple[str, ...] = ()
    count, total = page, True
    for name, value in pairs:
        if not value.strip():
            continue
        match name:
            case "_count":
                count = min(_count(value), largest_page)
            case "_total":
                if value not in ("none", "estimate", "accurate"):
                    raise _bad(name, "none, estimate or accurate is expected")
                total = value != "none"
            case "_include":
                includes.extend(_includes(resource_type, value))
            case "_revinclude":
                revincludes.append(_revinclude(resource_type, value))
            case "_elements":
                elements += tuple(part.strip() for part in value.split(",") if part.strip())
            case "_format":
                check_format(value)
            case "_pretty":
                pass  # spacing only
            case _:
                clauses.append(_clause(resource_type, name, value))
    return Query(
        resource_type,
        tuple(clauses),
        count,
        total,
        tuple(dict.fromkeys(includes)),
        tuple(dict.fromkeys(revincludes)),
        elements,
    )


def check_format(value: str) -> None:
    """Raise `errors.BAD_FORMAT` for another format than JSON; a `+` that was not encoded arrives as a blank."""
    if value.partition(";")[0].strip().replace(" ", "+") not in _JSON:
        raise errors.BAD_FORMAT.error(value=value)


def _clause(resource_type: str, name: str, value: str) -> Clause:
    known = PARAMETERS[resource_type]
    head, _, modifier = name.partition(":")
    if head == "name" and modifier in known:
        head, modifier = modifier, ""  # `name:family=X` of the documentation's examples
    parameter = known.get(head)
    if parameter is None:
        every = ", ".join(sorted(known))
        raise errors.UNKNOWN_PARAMETER.error(name=head, type=resource_type, known=f"[{every}]", field=head)
    values = tuple(_split(value))
    if not 0 < len(values) <= _MOST_ALTERNATIVES or any(len(text) > _LONGEST_TEXT for text in values):
        raise _bad(name, f"1 to {_MOST_ALTERNATIVES} values of at most {_LONGEST_TEXT} characters are expected")
    if parameter.kind is Kind.STRING:
        return _string_clause(parameter, modifier, values)
    if parameter.kind in (Kind.TOKEN, Kind.URI):
        if modifier not in ("", "not"):
            raise _bad(name, f"modifier :{modifier} is not supported on a token, use :not or none")
        return TokenClause(tuple(f"{head}={text}" for text in values), negated=modifier == "not")
    if parameter.kind is Kind.DATE:
        if modifier:
            raise _bad(name, "no modifier is supported on a date")
        return UpdatedClause(tuple(_period(head, text) for text in values))
    if modifier not in ("", parameter.target):
        raise _bad(name, f"no modifier but :{parameter.target} is supported on this reference")
    return TokenClause(tuple(f"{head}={parameter.target}/{text.rpartition('/')[2]}" for text in values))


def _string_clause(parameter: Parameter, modifier: str, values: tuple[str, ...]) -> Clause:
    name = parameter.name
    if modifier == "exact":
        return TokenClause(tuple(f"{name}:exact={value}" for value in values))
    if modifier not in ("", "contains", "text"):
        raise _bad(name, f"modifier :{modifier} is not supported on a string, use :contains, :exact or none")
    texts = tuple(fold(value) for value in values)
    if "" in texts:
        raise _bad(name, "a text with at least one letter, digit or sign is expected")
    return WordClause(name, texts, anywhere=modifier != "")


def _count(value: str) -> int:
    if not value.isascii() or not value.isdigit() or len(value) > 9:
        raise _bad("_count", "a whole number from 0 is expected")
    return int(value)


def _includes(resource_type: str, value: str) -> tuple[str, ...]:
    possible = INCLUDES[resource_type]
    if value == "*" and possible:
        return possible
    source, _, parameter = value.partition(":")
    parameter = parameter.partition(":")[0]
    if source != resource_type or parameter not in possible:
        known = ", ".join(f"{resource_type}:{name}" for name in possible) or "none"
        raise _bad("_include", f"{value!r} is not supported here, known: {known}")
    return (parameter,)


def _revinclude(resource_type: str, value: str) -> tuple[str, str]:
    source, _, parameter = value.partition(":")
    if (source, parameter) not in REVINCLUDES[resource_type]:
        known = ", ".join(f"{kind}:{name}" for kind, name in REVINCLUDES[resource_type]) or "none"
        raise _bad("_revinclude", f"{value!r} is not supported here, known: {known}")
    return source, parameter


def _period(name: str, text: str) -> Period:
    prefix, moment = (text[:2], text[2:]) if text[:2].isalpha() else ("eq", text)
    if prefix not in _PREFIXES:
        raise _bad(name, f"prefix {prefix!r} is not supported, use one of {', '.join(_PREFIXES)}")
    try:
        start, after = _moments(moment.replace(" ", "+"), name)
    except FhirRefused as refusal:
        raise _bad(name, refusal.rule) from refusal
    match prefix:
        case "ge":
            return Period(start=start)
        case "gt" | "sa":
            return Period(start=after)
        case "lt" | "eb":
            return Period(end=start)
        case "le":
            return Period(end=after)
        case _:
            return Period(start, after, outside=prefix == "ne")


def _moments(text: str, name: str) -> tuple[str, str]:
    """First moment and first one after it; an instant with a fraction is one thousandth of a second long."""
    start, after = dtm_of(text, name)
    fraction = _FRACTION.search(text)
    if fraction is None:
        return start, after
    thousandth = int(fraction[1][:3].ljust(3, "0"))
    return f"{start}.{thousandth:03d}", f"{start}.{thousandth + 1:03d}" if thousandth < 999 else after


def _split(value: str) -> Iterator[str]:
    """Alternatives; a comma inside a value is written `\\,`."""
    parts = value.replace("\\,", "\x00").split(",")
    return (part.replace("\x00", ",").strip() for part in parts if part.strip())


def _bad(name: str, rule: str) -> Exception:
    return errors.BAD_PARAMETER.error(field=name, rule=rule)
