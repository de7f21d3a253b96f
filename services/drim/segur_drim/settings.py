"""Settings of the source DRIMbox."""

from __future__ import annotations

from pydantic import Field

from segur.kernel.settings import KernelSettings


class Settings(KernelSettings):
    """What can be tuned in the box."""

    mllp_port: int = Field(default=2575, description="HL7 v2 over MLLP, from the RIS")
    mllp_idle_s: float = Field(default=300.0, description="a silent MLLP connection is closed after this time")
    mllp_connections: int = Field(default=64, description="MLLP connections at a time")
    max_body_bytes: int = Field(default=4 * 1024**3, description="largest STOW-RS request; it is never held whole")
    drim_max_instance_bytes: int = Field(default=256 * 1024**2, description="largest single object")
    drim_public_url: str = Field(
        default="", description="address in the RetrieveURL of a KOS; empty: the TLS edge with the sandbox's prefix"
    )
    drim_max_streams: int = Field(default=64, ge=1, description="WADO-RS answers under way at a time [DB/SO.35]")
    drim_retry_first_s: float = Field(default=1.0, description="pause after the first failure to reach the DMP")
    drim_retry_longest_s: float = Field(default=15.0, description="longest pause between two attempts")
    drim_dmp_timeout_s: float = Field(
        default=8.0, gt=0, description="an answer of the DMP is awaited so long, then the same is sent again"
    )
    drim_follow_dmp: bool = Field(
        default=False,
        description="the KOS follows at once what the DMP's facts say of its report; otherwise the RIS tells the box, "
        "as it must (DB/RIS.10), or a resynchronisation finds it",
    )
    drim_resync_every_s: float = Field(
        default=0.0, ge=0, description="pause between two resynchronisations; 0: only when the administrator asks"
    )
    drim_resync_pauses: str = Field(
        default="", description="hours, in UTC, in which a resynchronisation waits: 08:00-19:00, 22:30-01:00"
    )
    drim_sample_studies: bool = Field(default=True, description="fill new sandboxes with studies of personas")
    introspection_client: str = "segur-api"
    introspection_secret: str = "segur-api-secret"  # noqa: S105 - the fixed secret of an emulated client
