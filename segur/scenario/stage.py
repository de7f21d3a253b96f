"""Where a story is told: the doors of a running platform, one trace, and the facts that come of it."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from segur.kernel import tls, tracing
from segur.kernel.pki import Authority, Identity
from segur.personas.country import Country, build_country
from segur.platform.home import Running
from segur.scenario.story import Exchange, NotHeld, Step

_SHOWN = 4_000
_FACT_PATIENCE_S = 30.0
"""Longer than a service waits for another (15 s) before it tries again: what heals by itself is seen to heal."""


class Stage:
    """What a story may reach. `document` is a CDA file given by the user, or None."""

    def __init__(self, running: Running, document: Path | None = None) -> None:
        self.running = running
        self.document = document
        self.ports = running.plan.ports
        self.http = f"http://localhost:{self.ports.edge_http}"
        self.https = f"https://localhost:{self.ports.edge_tls}"
        self.control = f"http://127.0.0.1:{self.ports.control}"
        self.authority = Authority.of_home(running.plan.home)
        self.country: Country = build_country()
        self.steps: list[Step] = []
        self._clients: list[httpx.AsyncClient] = []

    def has(self, service: str) -> bool:
        """Whether this platform runs a service."""
        return service in self.running.pids

    @asynccontextmanager
    async def step(self, name: str, actor: str, *requirements: str) -> AsyncIterator[Step]:
        """A step: what is raised inside makes it not held and ends the story."""
        step = Step(name, actor, requirements)
        self.steps.append(step)
        begun = time.monotonic()
        with tracing.span(f"step {name}", attributes={"segur.actor": actor}):
            try:
                yield step
                step.held = True
            except NotHeld as failure:
                step.detail = str(failure)
                raise
            except Exception as error:
                step.detail = f"{type(error).__name__}: {error}"
                raise NotHeld(step.detail) from error
            finally:
                step.seconds = time.monotonic() - begun

    def client(self, identity: Identity | None = None, **options: Any) -> httpx.AsyncClient:
        """An ordinary HTTP client that trusts the platform's authority, shows a certificate, and is watched."""
        context: ssl.SSLContext = tls.client_context(self.authority.bundle, identity)
        client = httpx.AsyncClient(
            verify=context,
            trust_env=False,
            timeout=20,
            event_hooks={"request": [self._hand_on_trace], "response": [self._watch]},
            **options,
        )
        self._clients.append(client)
        return client

    async def fact(self, step: Step, type_: str, **expected: object) -> dict[str, Any]:
        """Wait for a fact of this trace with these fields; give its body. Not held when it does not come."""
        deadline = time.monotonic() + _FACT_PATIENCE_S
        seen: list[dict[str, Any]] = []
        async with httpx.AsyncClient(trust_env=False, timeout=5) as client:
            while time.monotonic() < deadline:
                answer = await client.get(
                    f"{self.control}/api/facts",
                    params={"type": type_, "trace": tracing.current_trace_id(), "limit": 100},
                )
                seen = answer.json()
                for fact in seen:
                    if all(fact["data"].get(name) == value for name, value in expected.items()):
                        step.facts.append(type_)
                        data: dict[str, Any] = fact["data"]
                        return data
                await asyncio.sleep(0.05)
        raise NotHeld(f"attendu : le fait {type_} {expected} ; trouvé : {[fact['data'] for fact in seen]}")

    async def close(self) -> None:
        """Let the connections go."""
        for client in self._clients:
            await client.aclose()

    async def _hand_on_trace(self, request: httpx.Request) -> None:
        request.headers["traceparent"] = tracing.current_traceparent()

    async def _watch(self, response: httpx.Response) -> None:
        await response.aread()
        if self.steps:
            request = response.request
            sent = request.content if hasattr(request, "_content") else b""
            self.steps[-1].exchanges.append(
                Exchange(request.method, str(request.url), response.status_code, _shown(sent), _shown(response.content))
            )


def _shown(body: bytes) -> str:
    text = body[:_SHOWN].decode("utf-8", "replace")
    return text if len(body) <= _SHOWN else f"{text}… ({len(body)} octets)"
