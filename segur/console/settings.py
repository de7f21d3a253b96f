"""Settings of the control plane."""

from __future__ import annotations

from pydantic import Field

from segur.kernel.settings import KernelSettings


class Settings(KernelSettings):
    """Who the services are, for how long what they told is kept, and how much of anything there may be."""

    admins: dict[str, str] = Field(default_factory=dict, description="admin address of each role")
    addresses: dict[str, str] = Field(default_factory=dict, description="outside doors, shown on the page")
    keep_s: int = Field(default=86_400, description="how long spans, journal and facts are kept")
    trace_ratio: float = Field(default=0.0, description="the control plane does not trace itself")
    max_body_bytes: int = Field(default=16 * 1024 * 1024, description="largest request body, packed")
    control_hosts: list[str] = Field(default_factory=list, description="further host names it answers to")
    most_sandboxes: int = Field(default=60, ge=1, description="private countries at once")
    most_snapshots: int = Field(default=20, ge=1, description="snapshots of one sandbox")
    most_rules: int = Field(default=200, ge=1, description="fault rules at once")
