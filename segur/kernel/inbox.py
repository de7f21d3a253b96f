"""A second delivery of a fact is harmless: its id is marked in the same transaction as its effect."""

from __future__ import annotations

from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from segur.contracts.fact import Envelope
from segur.kernel.indexes import Index

COLLECTION = "inbox"
RETENTION_S = 172_800
"""Longer than the outbox's retention: nothing fed again can meet a forgotten mark."""
INDEXES = (Index.on("at", expire_s=RETENTION_S),)


class AlreadyHandled(Exception):
    """The fact's effect is already in the state; the consumer moves on."""


class Delivery:
    """A fact being handled. Its effect is one commit, so that mark and effect stand or fall together."""

    def __init__(self, envelope: Envelope) -> None:
        self.envelope = envelope
        self.used = False

    def use(self) -> None:
        """Called by the commit; a second one would not be protected and is a bug of the handler."""
        if self.used:
            raise RuntimeError(f"the handler of {self.envelope.type} commits twice; put its writes in one commit")
        self.used = True


_CURRENT: ContextVar[Delivery | None] = ContextVar("segur_delivery", default=None)


def current() -> Delivery | None:
    """The delivery being handled, if any."""
    return _CURRENT.get()


def enter(delivery: Delivery) -> object:
    """Make `delivery` the present one; give the result to `leave`."""
    return _CURRENT.set(delivery)


def leave(token: object) -> None:
    """Undo `enter`."""
    _CURRENT.reset(token)  # type: ignore[arg-type]  # the token is opaque to callers


def mark(delivery: Delivery) -> dict[str, Any]:
    """The inbox row of a delivery."""
    return {"_id": delivery.envelope.id, "type": delivery.envelope.type, "at": datetime.now(UTC)}
