"""Settings of the Annuaire Santé."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from segur.kernel.settings import KernelSettings


class Settings(KernelSettings):
    """Who may search, and how much a page holds."""

    annuaire_gateway_rules: Literal["national-host", "always", "never"] = Field(
        default="national-host",
        description="when the rules of the national gateway hold (header ESANTE-API-KEY, calls per second): on calls "
        "to gateway.api.esante.gouv.fr, on every call, or never",
    )
    annuaire_api_keys: frozenset[str] = Field(
        default=frozenset(), description="keys accepted when one is required; none listed: every non-empty key"
    )
    annuaire_calls_per_second: int = Field(
        default=17, ge=1, description="calls an application (its key) may make in one second under these rules"
    )
    annuaire_page: int = Field(default=50, ge=1, le=10_000, description="entries of a page when _count is absent")
    annuaire_largest_page: int = Field(default=10_000, ge=1, description="a larger _count is brought down to this")
    annuaire_retention_days: int = Field(
        default=30, ge=1, description="how long an inactive shell stays for those who follow the updates"
    )
    annuaire_crowd: int = Field(
        default=0,
        ge=0,
        le=500_000,
        description="professionals the default sandbox's directory lists beside those who can sign in, loaded in the "
        "background",
    )
