"""Settings of the DMP."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from segur.kernel.settings import KernelSettings
from segur.vocab import oids


class Settings(KernelSettings):
    """What can be tuned in the DMP."""

    dmp_repository_id: str = Field(default=oids.DMP_REPOSITORY, description="repositoryUniqueId of the documents")
    dmp_vihf_lifetime: timedelta = Field(default=timedelta(hours=1), description="longest age of a VIHF")
    dmp_clock_skew: timedelta = Field(default=timedelta(minutes=5), description="tolerance between two clocks")
    mes_code: str = Field(default="000000", description="demo code of every patient in Mon espace santé")
