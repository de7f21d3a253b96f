"""Settings of Pro Santé Connect; lifetimes are in seconds [PSC digest 1.8]."""

from __future__ import annotations

from pathlib import Path
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
    psc_logout_tries: int = Field(
        default=6, ge=1, le=12, description="how often a logout token is sent before it is dead"
    )
    psc_logout_retry_s: float = Field(
        default=2.0, gt=0, description="wait after the first failed logout token; four times longer after each further"
    )
    psc_logout_timeout_s: float = Field(default=5.0, gt=0, description="patience with a service's back-channel address")
    psc_logout_on_expiry: bool = Field(
        default=False, description="send logout tokens when a session runs out too; Keycloak sends them on logout only"
    )
    psc_logout_expired_hint: Literal["error", "confirm"] = Field(
        default="error",
        description="a logout whose session is over: an error page as in older Keycloak, or a page that says so",
    )
    psc_local_fis: tuple[str, ...] = Field(
        default=("OKTA_ch-de-test",), description="local identity providers PSC delegates to, by their kc_idp_hint"
    )
    psc_rotate_refresh: bool = Field(default=False, description="a refresh token serves once")
    psc_response_iss: bool = Field(default=True, description="`iss` in authorization responses (RFC 9207)")
    psc_acr_policy: Literal["eidas1", "eidas2_for_card", "eidas3_in_access_token", "absent"] = Field(
        default="eidas1", description="what `acr` says; the real one changed over the years [PSC digest 1.9]"
    )
    psc_acr_required: bool = Field(
        default=True, description="refuse a login request without acr_values=eidas1, as ANS documents it"
    )
    psc_discovery: Literal["working", "national"] = Field(
        default="national",
        description="discovery documents with every field of the real ones, or with what leads to a success only",
    )
    psc_public_base: str = Field(
        default="",
        pattern=r"^(https?://[A-Za-z0-9._:\[\]-]+/?)?$",
        description="scheme, host and port that `iss` and the discovery documents name, whatever door a caller uses; "
        "empty: the caller's own",
    )
    psc_cnf_encoding: Literal["hex", "rfc8705"] = Field(
        default="hex",
        description="cnf x5t#S256 as in the real tokens (base64 of the hexadecimal text) or as RFC 8705 has it",
    )
    psc_clients_file: Path | None = Field(
        default=None,
        description="JSON list of clients, written as registrations (RFC 7591), that every new sandbox has",
    )
    psc_key_rotation_s: int = Field(
        default=0, ge=0, description="age at which the signing key is replaced by itself; 0: on demand only"
    )
    psc_clock_skew_s: int = Field(
        default=90, ge=1, le=3_600, description="how far the clock faults put PSC's clock ahead or behind"
    )
    psc_par_s: int = Field(default=60, ge=1, description="lifetime of a pushed authorization request")
    psc_ciba_auto_approve: tuple[str, ...] = Field(
        default=(), description="idNat of professionals whose phone approves by itself in new sandboxes; * for all"
    )
    psc_misconfigured_window_s: int = Field(
        default=60, ge=1, description="an integration error of a client is told once in this time, with its count"
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
    psc_edc_cnf: Literal["hex", "rfc8705"] = Field(
        default="hex", description="how API tokens name their certificate: as EDC servers do, or as RFC 8705 says"
    )
    psc_edc_subject_error: Literal["invalid_token", "invalid_grant"] = Field(
        default="invalid_token", description="error code of an exchange whose PSC token is not active"
    )
    psc_edc_scope: Literal["by_provider", "always", "never"] = Field(
        default="by_provider", description="when an exchange without a business scope is refused"
    )
    psc_proxy_session_s: int = Field(default=14_400, ge=1, description="longest session at the reference proxy")
    psc_proxy_backends: tuple[Literal["signsessiondata", "insi", "dmp"], ...] = Field(
        default=("signsessiondata", "insi", "dmp"), description="providers the reference proxy asks for a token each"
    )
    psc_proxy_timeout_s: float = Field(default=30.0, gt=0, description="how long the proxy waits for an API")
