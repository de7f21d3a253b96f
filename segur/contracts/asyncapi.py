"""The facts described as an AsyncAPI 3 document, generated from their classes: it cannot drift.

`python -m segur.contracts.asyncapi` writes `docs/asyncapi.json`; a test fails when the committed file is not the
generated one, which is also the guard against incompatible changes inside version 1.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import segur
from segur.contracts import CATALOGUE, topic_of
from segur.contracts.fact import Fact

_ATTRIBUTES = {
    "ce_specversion": "CloudEvents version, 1.0",
    "ce_id": "id of the fact; consumers drop what they have seen",
    "ce_source": "service that tells it",
    "ce_type": "type of the fact",
    "ce_subject": "id of the aggregate",
    "ce_time": "when, RFC 3339",
    "ce_sandbox": "private country it happened in",
    "ce_correlation": "first fact of the chain",
    "ce_cause": "fact that led to this one",
    "traceparent": "W3C trace context",
}


def document() -> dict[str, Any]:
    """The AsyncAPI document of every known fact."""
    channels: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    messages: dict[str, Any] = {}
    for type_, cls in sorted(CATALOGUE.items()):
        topic = topic_of(type_)
        name = topic.replace(".", "_")
        messages[type_] = _message(type_, cls)
        channel = channels.setdefault(name, {"address": topic, "messages": {}})
        channel["messages"][type_] = {"$ref": f"#/components/messages/{type_}"}
        operations[f"{name}_publish"] = {"action": "send", "channel": {"$ref": f"#/channels/{name}"}}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "SégurStack facts",
            "version": segur.__version__,
            "description": "CloudEvents 1.0, Kafka binding, binary mode. Key: <sandbox>:<subject>.",
        },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages},
    }


def _message(type_: str, cls: type[Fact]) -> dict[str, Any]:
    schema = cls.model_json_schema()
    headers = {name: {"type": "string", "description": text} for name, text in _ATTRIBUTES.items()}
    return {
        "name": type_,
        "summary": " ".join((cls.__doc__ or "").split()),
        "headers": {"type": "object", "properties": headers},
        "payload": schema,
    }


def text() -> str:
    """The document as the committed file holds it."""
    return json.dumps(document(), ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    path = Path(__file__).parents[2] / "docs" / "asyncapi.json"
    path.write_text(text(), encoding="utf-8")
    print(f"{len(CATALOGUE)} facts written to {path.name}")
