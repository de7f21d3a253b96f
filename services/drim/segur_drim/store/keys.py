"""How rows are named."""

from __future__ import annotations

from segur.kernel.request import current_sandbox


def key(uid: str) -> str:
    """The `_id` of what a UID names in the present sandbox."""
    return f"{current_sandbox()}:{uid}"
