"""A trace as a waterfall: spans in the order of the tree, with their place on the time axis in percent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

_THINNEST = 0.25
_DEEPEST = 12
_TICKS = 4


def rows(spans: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The spans, each with `left` and `width` (percent), `at_ms` and `depth`; parents before children."""
    first, whole = _extent(spans)
    placed = []
    for depth, span in _tree(spans):
        left = (int(span["start_ns"]) - first) / whole * 100
        width = max(float(span["duration_ms"]) * 1e6 / whole * 100, _THINNEST)
        placed.append(
            {
                **span,
                "depth": min(depth, _DEEPEST),
                "left": round(min(left, 100 - _THINNEST), 3),
                "width": round(min(width, 100 - min(left, 100 - _THINNEST)), 3),
                "at_ms": round((int(span["start_ns"]) - first) / 1e6, 1),
            }
        )
    return placed


def duration_ms(spans: Sequence[dict[str, Any]]) -> float:
    """From the first start to the last end."""
    return _extent(spans)[1] / 1e6


def ticks(spans: Sequence[dict[str, Any]]) -> list[tuple[float, str]]:
    """Marks on the time axis: place in percent, and its time."""
    whole = duration_ms(spans)
    unit, told = ("s", whole / 1000) if whole >= 2_000 else ("ms", whole)
    digits = 2 if unit == "s" or told < 10 else 0
    return [(100 * n / _TICKS, f"{told * n / _TICKS:.{digits}f} {unit}") for n in range(_TICKS + 1)]


def _extent(spans: Sequence[dict[str, Any]]) -> tuple[int, float]:
    first = min(int(span["start_ns"]) for span in spans)
    last = max(int(span["start_ns"]) + float(span["duration_ms"]) * 1e6 for span in spans)
    return first, max(last - first, 1.0)


def _tree(spans: Sequence[dict[str, Any]]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Depth-first, siblings by start; a span whose parent is not there (or is its own descendant) is a root."""
    ordered = sorted(spans, key=lambda span: int(span["start_ns"]))
    known = {span["span_id"] for span in ordered}
    children: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for span in ordered:
        children[span["parent_id"] if span["parent_id"] in known else ""].append(span)
    seen: set[str] = set()
    for start in (children[""], ordered):
        waiting = [(0, span) for span in reversed(start)]
        while waiting:
            depth, span = waiting.pop()
            if span["span_id"] in seen:
                continue
            seen.add(span["span_id"])
            yield depth, span
            waiting += [(depth + 1, child) for child in reversed(children[span["span_id"]])]
