"""How a service calls another: through the gateway, as an editor would, with the trace and the sandbox handed on."""

from __future__ import annotations

import ssl
from typing import Any

import httpx
from opentelemetry.trace import SpanKind

from segur.kernel import request, tracing


class HttpClient:
    """An httpx client that traces each call and stays in the caller's sandbox.

    The sandbox travels as the path prefix `/s/<id>` that any outside client could use.
    """

    def __init__(self, base_url: str, *, verify: ssl.SSLContext | bool = True, timeout_s: float = 15.0) -> None:
        self.base_url = base_url.rstrip("/")
        self._client = httpx.AsyncClient(
            verify=verify,
            timeout=timeout_s,
            trust_env=False,
            limits=httpx.Limits(max_connections=64, max_keepalive_connections=16),
        )

    async def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Call `path` under the base address; options are httpx's. Raise `httpx.HTTPError` when nobody answers."""
        sandbox = request.current_sandbox()
        prefix = "" if sandbox == request.DEFAULT_SANDBOX else f"/s/{sandbox}"
        name = f"{method} {path.split('?')[0]}"
        with tracing.span(
            name, kind=SpanKind.CLIENT, attributes={"http.request.method": method, "url.path": path}
        ) as span:
            headers = httpx.Headers(options.pop("headers", None))
            if traceparent := tracing.current_traceparent():
                headers["traceparent"] = traceparent
            response = await self._client.request(method, f"{self.base_url}{prefix}{path}", headers=headers, **options)
            span.set_attribute("http.response.status_code", response.status_code)
            return response

    async def get(self, path: str, **options: Any) -> httpx.Response:
        """GET."""
        return await self.request("GET", path, **options)

    async def post(self, path: str, **options: Any) -> httpx.Response:
        """POST."""
        return await self.request("POST", path, **options)

    async def close(self) -> None:
        """Let the connections go."""
        await self._client.aclose()
