"""Facts on the wire: CloudEvents 1.0, Kafka protocol binding, binary mode.

Considered the `cloudevents` package: its Kafka binding wants its own event class between ours and the wire; the binding
is the fifteen lines below.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from segur.contracts.fact import CATALOGUE, Envelope

_CONTENT_TYPE = "application/json"


class UnknownFact(ValueError):
    """The message is no CloudEvent, or of a type this version does not know; the text says which."""


def headers_of(envelope: Envelope) -> list[tuple[str, bytes]]:
    """The Kafka headers of a fact."""
    attributes = {
        "ce_specversion": "1.0",
        "ce_id": envelope.id,
        "ce_source": envelope.source,
        "ce_type": envelope.type,
        "ce_subject": envelope.subject,
        "ce_time": envelope.time.isoformat().replace("+00:00", "Z"),
        "ce_sandbox": envelope.sandbox,
        "ce_correlation": envelope.correlation,
        "ce_cause": envelope.cause,
        "content-type": _CONTENT_TYPE,
        "traceparent": envelope.traceparent,
    }
    return [(name, value.encode()) for name, value in attributes.items() if value]


def body_of(envelope: Envelope) -> bytes:
    """The JSON body of a fact."""
    return envelope.fact.model_dump_json(exclude_none=True).encode()


def read(headers: Iterable[tuple[str, bytes]], body: bytes) -> Envelope:
    """Read a message back; raise `UnknownFact` naming the attribute or the type that does not fit."""
    attributes = {name: value.decode() for name, value in headers}
    missing = [name for name in ("ce_id", "ce_source", "ce_type", "ce_time", "ce_sandbox") if not attributes.get(name)]
    if missing:
        raise UnknownFact(f"not a fact of ours: header {missing[0]} is missing")
    cls = CATALOGUE.get(attributes["ce_type"])
    if cls is None:
        raise UnknownFact(f"unknown fact type {attributes['ce_type']}")
    fact = cls.model_validate_json(body)
    return Envelope(
        id=attributes["ce_id"],
        source=attributes["ce_source"],
        sandbox=attributes["ce_sandbox"],
        subject=attributes.get("ce_subject", fact.subject),
        time=datetime.fromisoformat(attributes["ce_time"]),
        fact=fact,
        correlation=attributes.get("ce_correlation", ""),
        cause=attributes.get("ce_cause", ""),
        traceparent=attributes.get("traceparent", ""),
    )
