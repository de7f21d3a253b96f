"""Kinds of mailboxes beside those of the directory."""

from __future__ import annotations

from typing import Final

PERSONAL: Final = "PERSO"
"""A person's own mailbox, outside of the trust space; ours, to let the letters of Mon espace santé be opened."""
