"""Settings of the Annuaire Santé."""

from __future__ import annotations

from pydantic import Field

from segur.kernel.settings import KernelSettings


class Settings(KernelSettings):
    """Who may search, and how much a page holds."""

    annuaire_api_key_required: bool = Field(
        default=False, description="refuse calls without the header ESANTE-API-KEY, as the national gateway does"
    )
    annuaire_api_keys: frozenset[str] = Field(
        default=frozenset(), description="keys accepted when one is required; none listed: every non-empty key"
    )
    annuaire_page: int = Field(default=50, ge=1, le=10_000, description="entries of a page when _count is absent")
    annuaire_largest_page: int = Field(default=10_000, ge=1, description="a larger _count is brought down to this")
