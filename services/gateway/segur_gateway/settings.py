"""Settings of the gateway."""

from __future__ import annotations

from pydantic import Field

from segur.kernel.settings import KernelSettings


class Settings(KernelSettings):
    """Where the edge listens and what stands behind it."""

    edge_http_port: int = 8080
    edge_tls_port: int = 8443
    upstreams: dict[str, str] = Field(
        default_factory=dict, description="base address of each service; those of its replicas, parted by spaces"
    )
    upstream_timeout_s: float = Field(
        default=150.0, description="longest silence of a service: a proxy's /connect waits 120 s for a professional"
    )
    upstream_connections: int = Field(default=256, ge=1, description="most connections to the services at once")
    journal_body_bytes: int = Field(default=16_384, description="how much of a text body the journal keeps")
