"""Settings of the control plane."""

from __future__ import annotations

from pydantic import Field

from segur.kernel.settings import KernelSettings


class Settings(KernelSettings):
    """Who the services are, and for how long what they told is kept."""

    admins: dict[str, str] = Field(default_factory=dict, description="admin address of each role")
    addresses: dict[str, str] = Field(default_factory=dict, description="outside doors, shown on the page")
    keep_s: int = Field(default=86_400, description="how long spans, journal and facts are kept")
    trace_ratio: float = Field(default=0.0, description="the control plane does not trace itself")
