"""Settings of INSi."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from segur.kernel.settings import KernelSettings


class Settings(KernelSettings):
    """Who may ask, how strictly messages are read, and how large they may be."""

    ins_software_numbers: frozenset[str] = Field(
        default=frozenset(), description="IDAM numbers accepted in ContexteLPS; none listed: every non-empty number"
    )
    ins_strict: bool = Field(
        default=False,
        description="check messages against the schema of the contract, and Emetteur against the caller's identity",
    )
    ins_max_message_bytes: int = Field(default=256 * 1024, ge=1024, description="largest message read, in bytes")
    ins_assertion_lifetime: timedelta = Field(
        default=timedelta(hours=1), description="longest age of a card assertion [INS digest 2.5]"
    )
    ins_clock_skew: timedelta = Field(default=timedelta(minutes=5), description="tolerance between two clocks")
