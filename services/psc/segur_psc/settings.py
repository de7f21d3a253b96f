"""Settings of Pro Santé Connect; lifetimes are in seconds [PSC digest 1.8]."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from segur.kernel.settings import KernelSettings


class Settings(KernelSettings):
    """What can be tuned in PSC."""

    psc_code_s: int = Field(default=60, ge=1, description="lifetime of an authorization code")
    psc_access_s: int = Field(default=120, ge=1, description="lifetime of access and id tokens")
    psc_idle_s: int = Field(default=1_800, ge=1, description="inactivity that ends a session; lifetime of a refresh")
    psc_session_s: int = Field(default=14_400, ge=1, description="longest session")
    psc_ciba_s: int = Field(default=120, ge=1, description="lifetime of a CIBA request")
    psc_ciba_interval_s: int = Field(default=5, ge=1, description="shortest time between two CIBA polls")
    psc_rotate_refresh: bool = Field(default=False, description="a refresh token serves once")
    psc_response_iss: bool = Field(default=True, description="`iss` in authorization responses (RFC 9207)")
    psc_acr_policy: Literal["eidas1", "eidas2_for_card", "eidas3_in_access_token", "absent"] = Field(
        default="eidas1", description="what `acr` says; the real one changed over the years [PSC digest 1.9]"
    )
    psc_acr_required: bool = Field(
        default=True, description="refuse a login request without acr_values=eidas1, as ANS documents it"
    )
    psc_discovery: Literal["working", "national"] = Field(
        default="working",
        description="discovery documents that promise what works here, or all that the real ones promise",
    )
    psc_ciba_auto_approve: tuple[str, ...] = Field(
        default=(), description="idNat of professionals whose phone approves by itself in new sandboxes; * for all"
    )
    psc_recent_s: float = Field(
        default=2.0,
        ge=0,
        description="how long a client or professional just read is taken as it was: what another replica changed is "
        "seen that late",
    )
    psc_federation: str = Field(
        default="11111111-2222-4333-8444-555555555555", description="uuid inside `sub`: f:<uuid>:<idNat>"
    )
