"""What comes in: spans as OTLP/HTTP (protobuf or JSON), facts as CloudEvents from Kafka; turned into plain rows."""

from __future__ import annotations

import base64
import gzip
import io
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import orjson
from google.protobuf.json_format import MessageToJson, Parse, ParseError
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from segur.console.read import stamp

_KINDS = {0: "internal", 1: "internal", 2: "server", 3: "client", 4: "producer", 5: "consumer"}
_MAX_UNPACKED = 32 * 1024 * 1024
_MOST_ATTRIBUTES = 128
_LONGEST_VALUE = 4_000
_LONGEST_NAME = 500
_TRACE_BYTES, _SPAN_BYTES = 16, 8


class NotOtlp(ValueError):
    """The body is no OTLP trace export; the text says why."""


def read_otlp(body: bytes, content_type: str, encoding: str) -> tuple[list[dict[str, Any]], int]:
    """The spans of an export request as rows, and how many were left out (no valid id); raise `NotOtlp`."""
    try:
        if encoding == "gzip":
            body = _bounded_gunzip(body)
        elif encoding not in ("", "identity"):
            raise NotOtlp(f"content-encoding {encoding}: gzip or none is understood")
        request = ExportTraceServiceRequest()
        if content_type.startswith("application/json"):
            Parse(_hex_ids(body), request, ignore_unknown_fields=True)
        else:
            request.ParseFromString(body)
    except (DecodeError, ParseError, OSError, EOFError, zlib.error, orjson.JSONDecodeError) as error:
        raise NotOtlp(type(error).__name__) from error
    spans = [(service, span) for service, span in _spans(request)]
    sound = [(service, span) for service, span in spans if _has_ids(span)]
    return [_row(service, span) for service, span in sound], len(spans) - len(sound)


def otlp_answer(rejected: int, content_type: str) -> tuple[bytes, str]:
    """The body and type of the answer to an export, which says how many spans were left out."""
    response = ExportTraceServiceResponse()
    if rejected:
        response.partial_success.rejected_spans = rejected
        response.partial_success.error_message = "spans without a valid trace id or span id"
    if content_type.startswith("application/json"):
        return MessageToJson(response).encode(), "application/json"
    return response.SerializeToString(), "application/x-protobuf"


def _bounded_gunzip(body: bytes) -> bytes:
    with gzip.GzipFile(fileobj=io.BytesIO(body)) as file:
        unpacked = file.read(_MAX_UNPACKED + 1)
    if len(unpacked) > _MAX_UNPACKED:
        raise NotOtlp(f"larger than {_MAX_UNPACKED} bytes once unpacked")
    return unpacked


def _hex_ids(body: bytes) -> bytes:
    """OTLP/JSON writes ids in hexadecimal where protobuf's JSON mapping expects base64."""
    value = orjson.loads(body)
    try:
        for resource in value.get("resourceSpans", []):
            for scope in resource.get("scopeSpans", []):
                for span in scope.get("spans", []):
                    for name in ("traceId", "spanId", "parentSpanId"):
                        if span.get(name):
                            span[name] = base64.b64encode(bytes.fromhex(span[name])).decode()
                    for link in span.get("links", []):
                        link["traceId"] = link["spanId"] = ""  # not kept, and in hexadecimal too
    except (AttributeError, TypeError, ValueError, KeyError) as error:
        raise NotOtlp(f"{type(error).__name__} in resourceSpans") from error
    return orjson.dumps(value)


def _spans(request: ExportTraceServiceRequest) -> Iterator[tuple[str, Any]]:
    for resource in request.resource_spans:
        names = {a.key: a.value.string_value for a in resource.resource.attributes}
        service = _text(names.get("service.name", "") or "inconnu", _LONGEST_NAME)
        for scope in resource.scope_spans:
            for span in scope.spans:
                yield service, span


def _has_ids(span: Any) -> bool:
    return (
        len(span.trace_id) == _TRACE_BYTES and any(span.trace_id) and len(span.span_id) == _SPAN_BYTES
        and any(span.span_id)
    )  # fmt: skip


def _row(service: str, span: Any) -> dict[str, Any]:
    trace_id, span_id = span.trace_id.hex(), span.span_id.hex()
    return {
        "_id": f"{trace_id}:{span_id}",
        "trace_id": trace_id,
        "span_id": span_id,
        "parent_id": span.parent_span_id.hex(),
        "service": service,
        "name": _text(span.name, _LONGEST_NAME),
        "kind": _KINDS.get(span.kind, "internal"),
        "start_ns": str(span.start_time_unix_nano),
        "duration_ms": round(max(span.end_time_unix_nano - span.start_time_unix_nano, 0) / 1e6, 3),
        "failed": span.status.code == 2,
        "error": _text(span.status.message, _LONGEST_VALUE),
        "attributes": {_text(a.key, _LONGEST_NAME): _value(a.value) for a in list(span.attributes)[:_MOST_ATTRIBUTES]},
    }


def _text(text: str, limit: int) -> str:
    return text[:limit].replace("\x00", "")


def _value(value: Any) -> Any:
    kind = value.WhichOneof("value")
    if kind in ("bool_value", "int_value", "double_value"):
        return getattr(value, kind)
    return _text(value.string_value if kind == "string_value" else str(value), _LONGEST_VALUE)


def fact_row(message: Any) -> dict[str, Any] | None:
    """A Kafka message as a row, None when it is no CloudEvent.

    Its `cursor` begins with its time, so that rows sort by it; a second delivery is the same row. `lag_ms` is how
    long the fact took from its commit to here. The body stays text: JSON knows numbers and names the store does not.
    """
    headers = {name: (value or b"").decode("utf-8", "replace") for name, value in message.headers}
    if not headers.get("ce_id") or not headers.get("ce_type"):
        return None
    try:
        orjson.loads(message.value or b"")
    except orjson.JSONDecodeError:
        return None
    traceparent = headers.get("traceparent", "").split("-")
    now = datetime.now(UTC)
    try:
        told = datetime.fromisoformat(headers.get("ce_time", ""))
        time = stamp(told)
    except ValueError:  # an event of somebody else's making, without a time: Kafka's is the same at each delivery
        told = datetime.fromtimestamp(max(message.timestamp, 0) / 1000, UTC)
        time = stamp(told)
    return {
        "_id": f"{time}|{headers['ce_id']}",
        "cursor": f"{time}|{headers['ce_id']}",
        "fact_id": headers["ce_id"],
        "type": headers["ce_type"],
        "source": headers.get("ce_source", ""),
        "subject": headers.get("ce_subject", ""),
        "sandbox": headers.get("ce_sandbox", ""),
        "time": time,
        "lag_ms": round((now - told).total_seconds() * 1000, 1),
        "cause": headers.get("ce_cause", ""),
        "correlation": headers.get("ce_correlation", ""),
        "trace_id": traceparent[1] if len(traceparent) == 4 else "",
        "topic": message.topic,
        "json": message.value.decode(),
    }
