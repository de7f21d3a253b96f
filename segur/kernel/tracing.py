"""One trace from the first request to the last consumer: W3C context over HTTP, Kafka and mail.

Own thin middlewares instead of the contrib instrumentations, which cost half the throughput (docs/measured.md): one
server span per request, one client span per call, one producer span per fact, one consumer span per handling.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import Span, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from segur.kernel.settings import KernelSettings

_PROPAGATOR = TraceContextTextMapPropagator()
_EXPORT_EVERY_MS = 300
_provider: TracerProvider | None = None
_tracer: trace.Tracer = trace.NoOpTracer()


def start(service: str, settings: KernelSettings, exporter: SpanExporter | None = None) -> None:
    """Begin tracing this process as `service`.

    Spans go to `otlp_url` (a collector), else to the control plane, unless an exporter is given.
    """
    global _provider, _tracer
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)  # a control plane that is away is not an error here
    resource = Resource.create({"service.name": service, "service.namespace": "segurstack"})
    _provider = TracerProvider(resource=resource, sampler=ParentBased(TraceIdRatioBased(settings.trace_ratio)))
    exporter = exporter or OTLPSpanExporter(endpoint=spans_url(settings), timeout=2)
    _provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=_EXPORT_EVERY_MS))
    _tracer = _provider.get_tracer("segurstack")


def spans_url(settings: KernelSettings) -> str:
    """The OTLP/HTTP address that takes this process's spans."""
    return f"{(settings.otlp_url or settings.control_url).rstrip('/')}/v1/traces"


def flush() -> None:
    """Send what is waiting now."""
    if _provider is not None:
        _provider.force_flush(2_000)


def stop() -> None:
    """Send what is waiting and end."""
    global _provider, _tracer
    if _provider is not None:
        _provider.force_flush(2_000)
        _provider.shutdown()
    _provider, _tracer = None, trace.NoOpTracer()


def context_of(traceparent: str, tracestate: str = "") -> Context:
    """The context a `traceparent` names; an empty one starts a new trace."""
    carrier = {"traceparent": traceparent, "tracestate": tracestate}
    return _PROPAGATOR.extract({name: value for name, value in carrier.items() if value}, context=Context())


def current_traceparent() -> str:
    """The `traceparent` to hand on, empty when nothing is traced."""
    carrier: dict[str, str] = {}
    _PROPAGATOR.inject(carrier)
    return carrier.get("traceparent", "")


def current_trace_id() -> str:
    """The present trace id as 32 hexadecimal characters, empty when nothing is traced."""
    context = trace.get_current_span().get_span_context()
    return f"{context.trace_id:032x}" if context.is_valid else ""


@contextmanager
def span(
    name: str,
    *,
    kind: SpanKind = SpanKind.INTERNAL,
    parent: Context | None = None,
    attributes: Mapping[str, str | int | float | bool] | None = None,
) -> Iterator[Span]:
    """A span around a block; an exception marks it as failed and goes on."""
    with _tracer.start_as_current_span(
        name, context=parent, kind=kind, attributes=attributes, record_exception=False, set_status_on_exception=False
    ) as current:
        try:
            yield current
        except Exception as error:
            current.set_status(Status(StatusCode.ERROR, type(error).__name__))
            raise


def publish_span(type_: str, subject: str) -> str:
    """A producer span for a fact, closed at once; give its `traceparent`, which travels with the fact."""
    with span(
        f"publish {type_}", kind=SpanKind.PRODUCER, attributes={"messaging.system": "kafka", "segur.fact": type_}
    ):
        return current_traceparent()


def annotate(**attributes: str | int | float | bool) -> None:
    """Attributes of the present span; `__` in a name stands for a dot."""
    current = trace.get_current_span()
    for name, value in attributes.items():
        current.set_attribute(name.replace("__", "."), value)


def fail(reason: str) -> None:
    """Mark the present span as failed."""
    trace.get_current_span().set_status(Status(StatusCode.ERROR, reason))
