"""What comes in: spans as OTLP/HTTP (protobuf or JSON), facts as CloudEvents from Kafka; turned into plain rows."""

from __future__ import annotations

import base64
import gzip
import io
from collections.abc import Iterator
from typing import Any

import orjson
from google.protobuf.json_format import Parse, ParseError
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

_KINDS = {0: "internal", 1: "internal", 2: "server", 3: "client", 4: "producer", 5: "consumer"}
_MAX_UNPACKED = 32 * 1024 * 1024


class NotOtlp(ValueError):
    """The body is no OTLP trace export; the text says why."""


def read_otlp(body: bytes, content_type: str, encoding: str) -> list[dict[str, Any]]:
    """The spans of an export request as rows; raise `NotOtlp`."""
    try:
        if encoding == "gzip":
            body = _bounded_gunzip(body)
        request = ExportTraceServiceRequest()
        if content_type.startswith("application/json"):
            Parse(_hex_ids(body), request, ignore_unknown_fields=True)
        else:
            request.ParseFromString(body)
    except (DecodeError, ParseError, OSError, EOFError, orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise NotOtlp(f"not an OTLP trace export: {type(error).__name__}") from error
    return list(_rows(request))


def _bounded_gunzip(body: bytes) -> bytes:

    with gzip.GzipFile(fileobj=io.BytesIO(body)) as file:
        unpacked = file.read(_MAX_UNPACKED + 1)
    if len(unpacked) > _MAX_UNPACKED:
        raise NotOtlp(f"larger than {_MAX_UNPACKED} bytes once unpacked")
    return unpacked


def _hex_ids(body: bytes) -> bytes:
    """OTLP/JSON writes ids in hexadecimal where protobuf's JSON mapping expects base64."""

    value = orjson.loads(body)
    for resource in value.get("resourceSpans", []):
        for scope in resource.get("scopeSpans", []):
            for span in scope.get("spans", []):
                for name in ("traceId", "spanId", "parentSpanId"):
                    if span.get(name):
                        span[name] = base64.b64encode(bytes.fromhex(span[name])).decode()
    return orjson.dumps(value)


def _rows(request: ExportTraceServiceRequest) -> Iterator[dict[str, Any]]:
    for resource in request.resource_spans:
        names = {a.key: a.value.string_value for a in resource.resource.attributes}
        service = names.get("service.name", "inconnu")
        for scope in resource.scope_spans:
            for span in scope.spans:
                trace_id, span_id = span.trace_id.hex(), span.span_id.hex()
                yield {
                    "_id": f"{trace_id}:{span_id}",
                    "trace_id": trace_id,
                    "span_id": span_id,
                    "parent_id": span.parent_span_id.hex(),
                    "service": service,
                    "name": span.name,
                    "kind": _KINDS.get(span.kind, "internal"),
                    "start_ns": str(span.start_time_unix_nano),
                    "duration_ms": round((span.end_time_unix_nano - span.start_time_unix_nano) / 1e6, 3),
                    "failed": span.status.code == 2,
                    "attributes": {a.key: _value(a.value) for a in span.attributes},
                }


def _value(value: Any) -> Any:
    kind = value.WhichOneof("value")
    scalar = kind in ("string_value", "bool_value", "int_value", "double_value")
    return getattr(value, kind) if scalar else str(value)


def fact_row(message: Any) -> dict[str, Any] | None:
    """A Kafka message as a row, None when it is no CloudEvent."""
    headers = {name: value.decode("utf-8", "replace") for name, value in message.headers}
    if not headers.get("ce_id") or not headers.get("ce_type"):
        return None
    try:
        data = orjson.loads(message.value)
    except orjson.JSONDecodeError:
        return None
    traceparent = headers.get("traceparent", "").split("-")
    return {
        "_id": headers["ce_id"],
        "id": headers["ce_id"],
        "type": headers["ce_type"],
        "source": headers.get("ce_source", ""),
        "subject": headers.get("ce_subject", ""),
        "sandbox": headers.get("ce_sandbox", ""),
        "time": headers.get("ce_time", ""),
        "cause": headers.get("ce_cause", ""),
        "correlation": headers.get("ce_correlation", ""),
        "trace_id": traceparent[1] if len(traceparent) == 4 else "",
        "topic": message.topic,
        "data": data,
    }
