"""What can be tuned in every service. Environment variables carry the prefix `SEGUR_`."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class KernelSettings(BaseSettings):
    """Settings shared by all services; each service adds its own in its `settings.py`."""

    model_config = SettingsConfigDict(env_prefix="SEGUR_", extra="ignore", frozen=True)

    home: Path = Field(default_factory=lambda: Path.home() / ".segurstack", description="state, keys and blobs")
    namespace: str = Field(default="segur", description="first word of database names, topics and consumer groups")
    host: str = Field(default="127.0.0.1", description="address every listener binds")
    public_host: str = Field(
        default="",
        description="address of the outside doors alone (edge, mail, MLLP), e.g. 0.0.0.0 for a phone on the LAN; "
        "the inner ports, which trust what the edge tells them, stay on `host`. Empty: host",
    )
    port: int = Field(default=0, description="port of the national surface, behind the gateway")
    admin_port: int = Field(default=0, description="port of the admin routes")
    kafka_url: str = Field(default="127.0.0.1:19092", description="bootstrap servers")
    kafka_partitions: int = Field(default=1, ge=1, description="partitions of the topics the platform creates")
    kafka_fetch_ms: int = Field(
        default=500,
        ge=5,
        description="how long a fetch waits for facts; a real broker answers as soon as there is one",
    )
    kafka_session_ms: int = Field(
        default=10_000,
        ge=1_000,
        description="silence after which the broker gives a consumer up (Apache Kafka takes 6 s at least)",
    )
    mongo_url: str = Field(default="mongodb://127.0.0.1:27117/?directConnection=true")
    gateway_url: str = Field(default="http://127.0.0.1:8080", description="plain http edge, as clients of ours call it")
    gateway_tls_url: str = Field(default="https://127.0.0.1:8443", description="mutual TLS edge")
    edge_tls_url: str = Field(
        default="",
        description="mutual TLS edge, as links in documents tell it to outsiders; empty: gateway_tls_url",
    )
    control_url: str = Field(default="http://127.0.0.1:8090", description="control plane: traces, journal, faults")
    otlp_url: str = Field(default="", description="where spans go (OTLP/HTTP base); empty: the control plane")
    trace_ratio: float = Field(default=1.0, ge=0, le=1, description="share of the traces that start here and are kept")
    outbox_retention_s: int = Field(default=86_400, description="how long a published fact can still be fed again")
    seed: int = Field(default=1, description="seed of the synthetic country of the default sandbox")
    population: int = Field(default=60, description="synthetic patients of a sandbox, fixtures included")
    professionals: int = Field(default=40, description="synthetic professionals of a sandbox, fixtures included")
    allow_production_identities: bool = Field(
        default=False,
        description="accept INS under production OIDs (…4.8, …4.9). Off: only synthetic identities may enter",
    )
    max_body_bytes: int = Field(default=64 * 1024 * 1024, description="largest request body a service reads")

    @property
    def door_host(self) -> str:
        """Where the outside doors listen."""
        return self.public_host or self.host
