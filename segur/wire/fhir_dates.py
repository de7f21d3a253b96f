"""Date parameters of a FHIR search: a prefix and a date become a range of times. [DMP digest 4.3]"""

from __future__ import annotations

from typing import Final

from segur.wire.fhir_json import FhirRefused, dtm_of
from segur.wire.xds_datatypes import comparable
from segur.wire.xds_filters import TimeRange

_PREFIXES: Final = frozenset({"eq", "gt", "ge", "lt", "le", "sa", "eb"})


def bounds(name: str, value: str) -> TimeRange:
    """The times a value of the date parameter `name` means, `eq` to the precision written. Raise `FhirRefused`."""
    prefix, text = (value[:2], value[2:]) if value[:2].isalpha() else ("eq", value)
    if prefix not in _PREFIXES:
        rule = f"prefix {prefix!r} is not supported; use one of {', '.join(sorted(_PREFIXES))}"
        raise FhirRefused(name, rule, issue="value", status=400)
    # A '+' of a time zone that was not URL-encoded arrives as a blank.
    start, after = dtm_of(text.replace(" ", "+"), name)
    match prefix:
        case "ge":
            return TimeRange(start=start)
        case "gt" | "sa":
            return TimeRange(start=after)
        case "lt" | "eb":
            return TimeRange(end=start)
        case "le":
            return TimeRange(end=after)
        case _:
            return TimeRange(start, after)


def intersection(one: TimeRange, other: TimeRange) -> TimeRange:
    """The times that lie in both."""
    starts = [bound for bound in (one.start, other.start) if bound]
    ends = [bound for bound in (one.end, other.end) if bound]
    return TimeRange(max(starts, key=comparable, default=""), min(ends, key=comparable, default=""))
