"""Where a process's spans go."""

from __future__ import annotations

import pytest

from segur.kernel.settings import KernelSettings
from segur.kernel.tracing import spans_url


@pytest.mark.parametrize(
    ("otlp_url", "expected"),
    [("", "http://control:8090/v1/traces"), ("http://otel-collector:4318/", "http://otel-collector:4318/v1/traces")],
)
def test_spans_go_to_the_collector_when_there_is_one_else_to_the_control_plane(otlp_url: str, expected: str) -> None:
    assert spans_url(KernelSettings(control_url="http://control:8090", otlp_url=otlp_url)) == expected
