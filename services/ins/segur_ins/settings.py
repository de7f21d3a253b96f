"""Settings of INSi."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from segur.kernel.settings import KernelSettings


class Settings(KernelSettings):
    """Who may ask, how strictly messages are read, who is in the register, and how large things may be."""

    ins_software_numbers: frozenset[str] = Field(
        default=frozenset(), description="IDAM numbers accepted in ContexteLPS; none listed: every non-empty number"
    )
    ins_strict: bool = Field(
        default=False,
        description="accept only what the contract says: schema, addressing, a known caller who is the Emetteur, the "
        "form of card assertions, the cover of a card search",
    )
    ins_test_identities: bool = Field(
        default=False,
        description="enter the published CNDA test people into every sandbox (one: sandbox create "
        "--with-insi-test-identities)",
    )
    ins_population: int = Field(
        default=0,
        ge=0,
        description="people in the register at least, for measuring; no other service knows those beyond the patients",
    )
    ins_max_message_bytes: int = Field(default=256 * 1024, ge=1024, description="largest message read, in bytes")
    ins_assertion_lifetime: timedelta = Field(
        default=timedelta(hours=1), description="longest age of a card assertion [INS digest 2.5]"
    )
    ins_clock_skew: timedelta = Field(default=timedelta(minutes=5), description="tolerance between two clocks")
    introspection_client: str = "segur-api"
    introspection_secret: str = "segur-api-secret"  # noqa: S105 - the fixed secret of an emulated client
    ins_batch_lines: int = Field(default=100_000, ge=1, description="identities in one file to verify, at most")
    ins_batch_delay: timedelta = Field(
        default=timedelta(), description="how long a deposited file waits, in the sandbox's time, before it is verified"
    )
