"""Whom PSC calls: the back-channel logout addresses of services, wherever they are.

The reference Proxy e-Santé calls too: PSC, authorization servers and APIs, through the mutual TLS edge, as any proxy
does.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import httpx
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from opentelemetry.trace import SpanKind

from segur.kernel import request, tracing
from segur.kernel.certificates import ClientCertificate
from segur.kernel.http_client import HttpClient
from segur.kernel.pki import Authority, Identity
from segur.kernel.tls import client_context
from segur_psc import errors
from segur_psc.settings import Settings

PROXY_NAME, PROXY_UNIT = "PROXY E-SANTE DE REFERENCE", "1750999990"
"""CN and OU of the reference proxy's certificate; the FINESS number is of no real structure."""


class Annuaire:
    """The register, where people begin: PSC, the mail operator and the DMP hear of them from there."""

    def __init__(self, settings: Settings) -> None:
        self._client = HttpClient(settings.gateway_url)

    async def register(self, asked: Mapping[str, object]) -> dict[str, Any]:
        """Register a professional, give the entry; raise `BAD_IDENTITY` in the register's words, or `UNAVAILABLE`."""
        try:
            answer = await self._client.post("/annuaire/api/professionals", json=dict(asked))
            told = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise errors.UNAVAILABLE.error() from error
        if answer.status_code != 201 or not isinstance(told, dict):
            if answer.status_code >= 500:
                raise errors.UNAVAILABLE.error()
            field, detail = str(told.get("field", "")), str(told.get("detail", ""))
            raise errors.BAD_IDENTITY.error(problem=f"{field}: {detail}" if field else detail, field=field)
        return told

    async def close(self) -> None:
        """Let the connections go."""
        await self._client.close()


class LogoutCalls:
    """Sends logout tokens. Redirects are not followed: the address registered is the one that counts."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._client: httpx.AsyncClient | None = None
        self._lock = asyncio.Lock()

    async def send(self, uri: str, logout_token: str) -> str:
        """POST it; give what is wrong, or nothing when the service took it (2xx)."""
        client = await self._ready()
        headers = {"cache-control": "no-store"}
        if traceparent := tracing.current_traceparent():
            headers["traceparent"] = traceparent
        try:
            async with client.stream("POST", uri, data={"logout_token": logout_token}, headers=headers) as answer:
                return "" if answer.is_success else f"HTTP {answer.status_code}"
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            return f"{type(error).__name__}: {error}"[:300]

    async def close(self) -> None:
        """Let the connections go."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def _ready(self) -> httpx.AsyncClient:
        """The client, made at the first token: most platforms never send one."""
        async with self._lock:
            if self._client is None:
                trusted = await asyncio.to_thread(self._trusted)
                self._client = httpx.AsyncClient(
                    verify=trusted, timeout=self._settings.psc_logout_timeout_s, trust_env=False, follow_redirects=False
                )
            return self._client

    def _trusted(self) -> ssl.SSLContext:
        """The authorities of the machine, and the platform's own: services run under certificates of either."""
        context = ssl.create_default_context()
        context.load_verify_locations(Authority.of_home(self._settings.home).bundle)
        return context


class ProxyCalls:
    """The proxy's connections, all under its own ORG AUTH_CLI certificate; no cookie is kept between calls."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._client: httpx.AsyncClient | None = None
        self._lock = asyncio.Lock()
        self.dn = ""
        """Subject of the certificate (RFC 4514), known after the first call."""

    async def open(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | list[tuple[str, str]] | None = None,
        content: AsyncIterator[bytes] | None = None,
        form: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Call `path` at the edge, in the caller's sandbox; the body of the answer is still to be read, or closed.

        Raise `httpx.HTTPError` when nobody answers.
        """
        client = await self._ready()
        sandbox = request.current_sandbox()
        prefix = "" if sandbox == request.DEFAULT_SANDBOX else f"/s/{sandbox}"
        url = f"{self._settings.gateway_tls_url.rstrip('/')}{prefix}{path}"
        # The path of an API may name a patient: the span says whose door it is, the edge's own span says the rest.
        about = {"http.request.method": method, "segur.door": path.split("/")[1].partition("?")[0]}
        with tracing.span(f"{method} proxy-esante", kind=SpanKind.CLIENT, attributes=about) as span:
            outgoing = client.build_request(method, url, headers=headers, content=content, data=form)
            if traceparent := tracing.current_traceparent():
                outgoing.headers["traceparent"] = traceparent
            answer = await client.send(outgoing, stream=True)
            span.set_attribute("http.response.status_code", answer.status_code)
            return answer

    async def post(self, path: str, form: Mapping[str, str]) -> httpx.Response:
        """POST a form and read the answer."""
        answer = await self.open("POST", path, form=form)
        await answer.aread()
        return answer

    async def close(self) -> None:
        """Let the connections go."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def _ready(self) -> httpx.AsyncClient:
        """The client, made at the first call: making a key takes a moment."""
        async with self._lock:
            if self._client is None:
                identity, context = await asyncio.to_thread(self._identified)
                pem = await asyncio.to_thread(identity.certificate.read_bytes)
                der = x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)
                self.dn = ClientCertificate.from_der(der).subject
                self._client = httpx.AsyncClient(
                    verify=context,
                    timeout=self._settings.psc_proxy_timeout_s,
                    # An idle TLS connection of httpx does not answer its server's goodbye: the edge would wait for it.
                    limits=httpx.Limits(max_keepalive_connections=0),
                    trust_env=False,
                    follow_redirects=False,
                )
                for name in ("accept", "accept-encoding", "user-agent"):  # what the software says goes on, no more
                    del self._client.headers[name]
                self._client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))
            return self._client

    def _identified(self) -> tuple[Identity, ssl.SSLContext]:
        authority = Authority.of_home(self._settings.home)
        identity = authority.issue(
            "proxy-esante", "org-auth", common_name=PROXY_NAME, organisation="SégurStack", unit=PROXY_UNIT
        )
        return identity, client_context(authority.bundle, identity)
