"""What the control plane takes in: spans, journal entries, facts; and how it shows them."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from segur.console.exchange import read_entries
from segur.console.figures import Figures
from segur.console.intake import NotOtlp, fact_row, otlp_answer, read_otlp
from segur.console.pages import waterfall
from segur.console.pages.bodies import readable
from segur.console.pages.texts import TEXTS, texts
from segur.console.store import shown

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


def otlp_json(*spans: dict[str, Any]) -> bytes:
    """An export request as JSON."""
    service = {"attributes": [{"key": "service.name", "value": {"stringValue": "mon-lgc"}}]}
    return orjson.dumps({"resourceSpans": [{"resource": service, "scopeSpans": [{"spans": list(spans)}]}]})


def a_span(**more: Any) -> dict[str, Any]:
    """A span as OTLP/JSON."""
    span = {"traceId": TRACE, "spanId": SPAN, "name": "dépôt", "kind": 3}
    return {**span, "startTimeUnixNano": "1000000", "endTimeUnixNano": "3500000", **more}


def test_an_editors_span_is_read_from_json_and_from_protobuf_alike() -> None:
    attributes = [{"key": "n", "value": {"intValue": "3"}}, {"key": "t", "value": {"stringValue": "x"}}]
    [row], rejected = read_otlp(otlp_json(a_span(attributes=attributes)), "application/json", "")
    request = ExportTraceServiceRequest()
    resource = request.resource_spans.add()
    resource.resource.attributes.add(key="service.name").value.string_value = "mon-lgc"
    span = resource.scope_spans.add().spans.add(name="dépôt", kind=3, start_time_unix_nano=1_000_000)
    span.trace_id, span.span_id, span.end_time_unix_nano = bytes.fromhex(TRACE), bytes.fromhex(SPAN), 3_500_000
    span.attributes.add(key="n").value.int_value = 3
    span.attributes.add(key="t").value.string_value = "x"
    body = gzip.compress(request.SerializeToString())
    assert read_otlp(body, "application/x-protobuf", "gzip") == ([row], rejected) == ([row], 0)
    assert (row["service"], row["kind"], row["duration_ms"]) == ("mon-lgc", "client", 2.5)
    assert row["attributes"] == {"n": 3, "t": "x"}


@pytest.mark.parametrize(
    ("body", "kind", "encoding"),
    [
        (b"\xff\xff", "application/x-protobuf", ""),
        (b"{", "application/json", ""),
        (b"[]", "application/json", ""),
        (b'{"resourceSpans": 3}', "application/json", ""),
        (b'{"resourceSpans": [[]]}', "application/json", ""),
        (otlp_json(a_span(traceId="not hex")), "application/json", ""),
        (otlp_json(a_span(traceId=7)), "application/json", ""),
        (b"not gzip", "application/x-protobuf", "gzip"),
        (gzip.compress(b"x" * 100)[:-20], "application/x-protobuf", "gzip"),
        (gzip.compress(bytes(40 * 1024 * 1024)), "application/x-protobuf", "gzip"),
        (b"", "application/x-protobuf", "br"),
    ],
)
def test_what_is_no_export_is_refused_whatever_it_is(body: bytes, kind: str, encoding: str) -> None:
    with pytest.raises(NotOtlp):
        read_otlp(body, kind, encoding)


def test_spans_without_an_id_are_left_out_and_told() -> None:
    export = otlp_json(a_span(), a_span(traceId="00" * 16), a_span(spanId=""))
    rows, rejected = read_otlp(export, "application/json", "")
    assert (len(rows), rejected) == (1, 2)
    body, kind = otlp_answer(rejected, "application/json")
    assert (kind, json.loads(body)["partialSuccess"]["rejectedSpans"]) == ("application/json", "2")
    answer = ExportTraceServiceResponse.FromString(otlp_answer(rejected, "application/x-protobuf")[0])
    assert answer.partial_success.rejected_spans == 2
    assert otlp_answer(0, "")[0] == b""


def an_entry(**more: Any) -> dict[str, Any]:
    """A journal entry as the gateway sends it."""
    return {"_id": "01ARZ3NDEKTSV4RRFFQ69G5FAV", "at": "2026-03-01T12:00:00+01:00", "status": 200, "ms": 1.5, **more}


def test_a_journal_entry_keeps_a_services_own_remarks_as_plain_values() -> None:
    remarks = {"fault": "dmp.submit.busy", "tries": 2, "huge": 2**70, "list": [1, {"a": 2}], "none": None}
    [row], refused = read_entries([an_entry(**remarks)])
    assert refused == []
    assert row["at"] == "2026-03-01T11:00:00.000000Z"
    assert (row["fault"], row["tries"], row["none"]) == ("dmp.submit.busy", 2, None)
    assert (row["huge"], row["list"]) == (str(2**70), '[1, {"a": 2}]')
    assert row["request"] == {"headers": [], "body": "", "bytes": 0}


def test_bad_entries_are_told_by_place_and_field_and_do_not_take_the_others_along() -> None:
    wrong: list[dict[str, Any]] = [
        {"status": "many"}, {"_id": "1; drop"}, {"at": "yesterday"}, {"at": "2026-03-01T12:00:00"},
        {"request": {"headers": [["a"]]}}, {"ms": -1}, {"trace_id": "xyz"},
    ]  # fmt: skip
    bad = [*(an_entry(**fields) for fields in wrong), "text", None]
    rows, refused = read_entries([*bad, an_entry()])
    assert len(rows) == 1
    assert len(refused) == len(bad)
    assert refused[0].startswith("[0].status")
    assert refused[4].startswith("[4].request.headers.0")


@dataclass
class Message:
    """A Kafka message."""

    value: bytes | None = b'{"document_id": "1.2", "size": 18446744073709551615, "a$": {"": 1}}'
    headers: list[tuple[str, bytes | None]] = field(default_factory=list)
    topic: str = "segur.dmp.document.v1"
    timestamp: int = 1_772_366_400_000


def headers(**more: str) -> list[tuple[str, bytes | None]]:
    """CloudEvents headers."""
    told = {"ce_id": "f1", "ce_type": "dmp.document.submitted", "ce_time": "2026-03-01T12:00:00+00:00", **more}
    return [(name, value.encode()) for name, value in told.items()]


def test_a_fact_sorts_by_its_time_and_is_the_same_row_at_each_delivery() -> None:
    first = fact_row(Message(headers=headers()))
    again = fact_row(Message(headers=headers()))
    later = fact_row(Message(headers=headers(ce_id="a0", ce_time="2026-03-01T14:00:00.000001+02:00")))
    assert first is not None
    assert again is not None
    assert later is not None
    assert first["_id"] == again["_id"]
    assert first["cursor"] == again["cursor"] < later["cursor"]
    told = shown({**first, "expires_at": 1})
    assert (told["id"], told["cursor"]) == ("f1", first["cursor"])
    assert told["data"]["size"] == 18446744073709551615
    assert not {"_id", "expires_at", "json", "fact_id"} & set(told)


def test_a_fact_without_a_time_has_kafkas() -> None:
    rows = [fact_row(Message(headers=headers(ce_time="soon"))) for _ in range(2)]
    assert rows[0] is not None
    assert rows[1] is not None
    assert rows[0]["_id"] == rows[1]["_id"]
    assert rows[0]["time"] == "2026-03-01T12:00:00.000000Z"


@pytest.mark.parametrize(
    "message", [Message(), Message(headers=headers(), value=b"{"), Message(headers=headers(), value=None),
                Message(headers=[("ce_id", None), ("ce_type", b"x")])]
)  # fmt: skip
def test_what_is_no_cloud_event_is_passed_over(message: Message) -> None:
    assert fact_row(message) is None


def spans(*rows: tuple[str, str, int, float]) -> list[dict[str, Any]]:
    """Spans of (id, parent, start in ms, duration in ms)."""
    return [
        {"span_id": span, "parent_id": parent, "start_ns": str(start * 1_000_000), "duration_ms": duration}
        for span, parent, start, duration in rows
    ]


def test_a_waterfall_shows_children_under_their_parents_to_scale() -> None:
    rows = waterfall.rows(spans(("c", "a", 50, 50), ("a", "elsewhere", 0, 100), ("d", "b", 20, 10), ("b", "a", 10, 30)))
    assert [(row["span_id"], row["depth"], row["left"], row["width"]) for row in rows] == [
        ("a", 0, 0, 100), ("b", 1, 10, 30), ("d", 2, 20, 10), ("c", 1, 50, 50)
    ]  # fmt: skip
    assert all(row["left"] + row["width"] <= 100 for row in waterfall.rows(spans(("a", "", 0, 1), ("b", "a", 1, 0))))


def test_a_waterfall_of_spans_that_are_their_own_parents_ends() -> None:
    rows = waterfall.rows(spans(("a", "b", 0, 1), ("b", "a", 0, 1), ("c", "c", 0, 0)))
    assert {row["span_id"] for row in rows} == {"a", "b", "c"}


def test_figures_are_prometheus_text_with_escaped_and_bounded_labels() -> None:
    figures = Figures()
    entry = {"service": 'd"m\\p\n', "door": "http", "status": 200, "ms": 30.0}
    figures.exchanges([entry, {**entry, "ms": 3.0}])
    figures.exchanges({**entry, "service": f"s{number}"} for number in range(3_000))
    figures.facts([{"type": "dmp.document.submitted", "lag_ms": 20_000.0}])
    text = figures.text({"dmp": True, "psc": False}, {"dmp": {"pending": 1, "lag": -1, "dead": 0}})
    assert 'segur_requests_total{service="d\\"m\\\\p\\n",door="http",status="200",fault=""} 2' in text
    assert 'segur_requests_total{service="other",door="other",status="other",fault="other"} 1001' in text
    assert 'segur_request_seconds_bucket{service="d\\"m\\\\p\\n",le="0.005"} 1' in text
    assert 'segur_request_seconds_count{service="d\\"m\\\\p\\n"} 2' in text
    assert 'segur_fact_delay_seconds_bucket{le="10.0"} 0' in text
    assert 'segur_fact_delay_seconds_bucket{le="+Inf"} 1' in text
    assert 'segur_service_ready{service="psc"} 0' in text
    assert 'segur_consumer_lag{service="dmp"} -1' in text
    assert all(line.startswith(("#", "segur_")) for line in text.splitlines())


def test_a_body_is_indented_where_it_is_whole_and_left_as_it_was_else() -> None:
    assert readable('{"a":[1]}') == '{\n  "a": [\n    1\n  ]\n}'
    assert readable("<a><b/></a>") == "<a>\n  <b/>\n</a>\n"
    for body in ('{"a":', "<a><b", "grant_type=x", "", "<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>"):
        assert readable(body) == body


def test_every_text_is_there_in_both_languages() -> None:
    assert all(french and english for french, english in TEXTS.values())
    assert set(texts("fr")) == set(texts("en"))
