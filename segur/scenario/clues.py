"""Why a telling did not hold: what failed in its trace, what was refused, what the services logged meanwhile."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

_MOST = 20
"""Clues of a kind that are shown, the last ones."""
_TAIL_BYTES = 64 * 1024
_STAMP = "%Y-%m-%d %H:%M:%S,%f"
_GRAVE = (" WARNING ", " ERROR ", " CRITICAL ")


def of_spans(spans: Iterable[Mapping[str, Any]]) -> list[str]:
    """The failed spans: service, what it did, the reason it gave, and how long it took."""
    failed = sorted((span for span in spans if span.get("failed")), key=lambda span: int(span["start_ns"]))
    return [_span(span) for span in failed][-_MOST:]


def of_facts(facts: Iterable[Mapping[str, Any]]) -> list[str]:
    """The refusals among the facts, with code and reason."""
    refused = [fact for fact in facts if fact["type"].endswith((".refused", ".misconfigured", ".failed"))]
    return [
        f"{fact['type']} : {fact['data'].get('code', '')} {fact['data'].get('reason', '')}".rstrip() for fact in refused
    ][-_MOST:]


def of_logs(folder: Path, since: datetime) -> list[str]:
    """The warnings and errors written in the logs of a platform since a moment (with a zone)."""
    found: list[tuple[datetime, str]] = []
    for path in folder.glob("*.log"):
        with path.open("rb") as log:
            log.seek(max(path.stat().st_size - _TAIL_BYTES, 0))
            lines = log.read().decode("utf-8", "replace").splitlines()
        for line in lines:
            at = _time_of(line)
            if at is not None and at >= since and any(level in line for level in _GRAVE):
                found.append((at, f"journal {path.name} : {line}"))
    return [line for _, line in sorted(found)][-_MOST:]


def of(trace: Mapping[str, Any], facts: Sequence[Mapping[str, Any]], logs: Path, since: datetime) -> list[str]:
    """All of them; `trace` is the control plane's answer, empty when it has none."""
    return [*of_facts(facts), *of_spans(trace.get("spans", [])), *of_logs(logs, since)]


def _span(span: Mapping[str, Any]) -> str:
    reason = span.get("error") or "sans motif"
    return f"{span['service']} : {span['name']} a échoué ({reason}, {span['duration_ms']:.0f} ms)"


def _time_of(line: str) -> datetime | None:
    try:
        return datetime.strptime(line[:23], _STAMP).astimezone(UTC)
    except ValueError:
        return None
