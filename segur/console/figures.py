"""Figures for Prometheus (text exposition format 0.0.4): what passed since the start, and what waits now."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_BOUNDS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_MOST_SERIES = 2_000
"""Label values come from callers: past this many combinations, further ones are counted together."""

Labels = tuple[tuple[str, str], ...]


class _Histogram:
    def __init__(self) -> None:
        self.buckets = [0] * (len(_BOUNDS_S) + 1)
        self.sum = 0.0

    def observe(self, seconds: float) -> None:
        self.buckets[bisect_left(_BOUNDS_S, seconds)] += 1
        self.sum += seconds


class Figures:
    """Counts exchanges and facts as they come in."""

    def __init__(self) -> None:
        self._requests: Counter[Labels] = Counter()
        self._facts: Counter[Labels] = Counter()
        self._durations: defaultdict[Labels, _Histogram] = defaultdict(_Histogram)
        self._delay = _Histogram()

    def exchanges(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Count journal entries."""
        for row in rows:
            service = ("service", str(row["service"]))
            status, fault = ("status", str(row["status"])), ("fault", str(row.get("fault") or ""))
            self._count(self._requests, (service, ("door", str(row["door"])), status, fault))
            if (service,) in self._durations or len(self._durations) < _MOST_SERIES:
                self._durations[(service,)].observe(float(row["ms"]) / 1000)

    def facts(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Count facts, and how long each took to arrive."""
        for row in rows:
            self._count(self._facts, (("type", str(row["type"])),))
            self._delay.observe(float(row["lag_ms"]) / 1000)

    def text(self, ready: Mapping[str, bool], waiting: Mapping[str, Mapping[str, int]]) -> str:
        """The exposition; `waiting` holds `pending`, `lag` and `dead` by service."""
        return "\n".join(self._lines(ready, waiting)) + "\n"

    def _lines(self, ready: Mapping[str, bool], waiting: Mapping[str, Mapping[str, int]]) -> Iterator[str]:
        yield from _head("segur_requests_total", "counter", "Exchanges with the outside, from the journal")
        for labels, number in sorted(self._requests.items()):
            yield f"segur_requests_total{_braces(labels)} {number}"
        yield from _head("segur_request_seconds", "histogram", "How long exchanges took")
        for labels, histogram in sorted(self._durations.items()):
            yield from _histogram("segur_request_seconds", labels, histogram)
        yield from _head("segur_facts_total", "counter", "Facts seen on Kafka")
        for labels, number in sorted(self._facts.items()):
            yield f"segur_facts_total{_braces(labels)} {number}"
        yield from _head("segur_fact_delay_seconds", "histogram", "From a fact's commit to the control plane")
        yield from _histogram("segur_fact_delay_seconds", (), self._delay)
        yield from _head("segur_service_ready", "gauge", "Whether a service is ready")
        for service, is_ready in sorted(ready.items()):
            yield f"segur_service_ready{_braces((('service', service),))} {int(is_ready)}"
        for name, key, what in (
            ("segur_outbox_pending", "pending", "Facts waiting to be published"),
            ("segur_consumer_lag", "lag", "Facts waiting to be handled, -1 while unknown"),
            ("segur_dead_letters", "dead", "Facts set aside"),
        ):
            yield from _head(name, "gauge", what)
            for service, told in sorted(waiting.items()):
                yield f"{name}{_braces((('service', service),))} {told[key]}"

    @staticmethod
    def _count(counter: Counter[Labels], labels: Labels) -> None:
        if labels not in counter and len(counter) >= _MOST_SERIES:
            labels = tuple((name, "other") for name, _ in labels)
        counter[labels] += 1


def _head(name: str, kind: str, what: str) -> Iterator[str]:
    yield f"# HELP {name} {what}"
    yield f"# TYPE {name} {kind}"


def _histogram(name: str, labels: Labels, histogram: _Histogram) -> Iterator[str]:
    total = 0
    for bound, number in zip((*_BOUNDS_S, "+Inf"), histogram.buckets, strict=True):
        total += number
        yield f"{name}_bucket{_braces((*labels, ('le', str(bound))))} {total}"
    yield f"{name}_sum{_braces(labels)} {histogram.sum:.6f}"
    yield f"{name}_count{_braces(labels)} {total}"


def _braces(labels: Labels) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
