"""The address a KOS tells is the one outsiders reach, not the one containers call each other by."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest
from segur_drim.context import Context
from segur_drim.operations.publish_kos import _public_base
from segur_drim.settings import Settings

from segur.kernel import request


@pytest.mark.parametrize(
    ("told", "sandbox", "expected"),
    [
        ({}, "default", "https://gateway:8443/"),
        ({"edge_tls_url": "https://localhost:8443"}, "default", "https://localhost:8443/"),
        ({"edge_tls_url": "https://localhost:8443"}, "equipe-2", "https://localhost:8443/s/equipe-2/"),
        ({"drim_public_url": "https://box.example/wado"}, "default", "https://box.example/wado"),
    ],
)
def test_the_retrieve_url_starts_at_the_edge_that_outsiders_reach(
    told: dict[str, str], sandbox: str, expected: str
) -> None:
    settings = Settings(gateway_tls_url="https://gateway:8443", **told)  # type: ignore[arg-type]
    entered = request.enter(request.Request(sandbox=sandbox, notes={}))
    try:
        assert _public_base(cast(Context, SimpleNamespace(settings=settings))).startswith(expected)
    finally:
        request.leave(entered)
