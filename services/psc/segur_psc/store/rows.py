"""What the rows of PSC have in common: a key of their sandbox, and a time to be deleted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from segur.kernel.request import current_sandbox

_GRACE_S = 600


def key_of(name: str) -> str:
    """The `_id` of something in the present sandbox."""
    return f"{current_sandbox()}:{name}"


def purge_at(lifetime_s: int, grace_s: int = _GRACE_S) -> datetime:
    """When the server deletes a row, by its own clock: some time after it has no force any more."""
    return datetime.now(UTC) + timedelta(seconds=lifetime_s + grace_s)
