"""One fact handled: decoded, traced, retried, marked in the inbox, and set aside when it cannot be handled."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from opentelemetry.trace import SpanKind
from pydantic import ValidationError
from pymongo.errors import PyMongoError

from segur.contracts import cloudevents
from segur.contracts.fact import CATALOGUE, Envelope, dead_topic
from segur.kernel import inbox, request, tracing
from segur.kernel.errors import StoreAway
from segur.kernel.store import Store

log = logging.getLogger("segur.delivery")

Handler = Callable[[Envelope], Awaitable[None]]

_BACKOFF_S = (0.1, 0.5, 2.0)


class Producer(Protocol):
    """Where dead letters are shown to the outside."""

    async def produce(
        self, topic: str, body: bytes, *, key: bytes | None, headers: Sequence[tuple[str, bytes]]
    ) -> None:
        """Send one message."""


async def handle(bus: Producer, store: Store, service: str, listeners: Mapping[str, Handler], message: Any) -> None:
    """Handle one Kafka message. A store that is away raises, so that the message is read again later.

    What nobody here listens to is not read: a topic holds all facts of its aggregate, and most are others' business.
    """
    type_ = next((value.decode("utf-8", "replace") for name, value in message.headers if name == "ce_type"), "")
    if type_ in CATALOGUE and type_ not in listeners:
        return
    try:
        envelope = cloudevents.read(message.headers, message.value)
    except (cloudevents.UnknownFact, ValidationError, ValueError) as error:
        await _set_aside(bus, store, service, message.topic, message.key, message.headers, message.value, str(error))
        return
    failure = await deliver(store, listeners[envelope.type], envelope)
    if failure is not None:
        await _set_aside(bus, store, service, message.topic, message.key, message.headers, message.value, failure)


async def deliver(store: Store, handler: Handler, envelope: Envelope) -> str | None:
    """Run a handler with retries; give None when its effect is in the state, else why it is not."""
    failure = ""
    for pause in (*_BACKOFF_S, None):
        try:
            await _once(store, handler, envelope)
            return None
        except inbox.AlreadyHandled:
            return None
        except (StoreAway, PyMongoError):
            raise
        except Exception as error:
            failure = f"{type(error).__name__}: {error}"
            log.warning("%s %s: %s", envelope.type, envelope.id, failure)
            if pause is not None:
                await asyncio.sleep(pause)
    return failure


async def _once(store: Store, handler: Handler, envelope: Envelope) -> None:
    delivery = inbox.Delivery(envelope)
    inside = inbox.enter(delivery)
    on_behalf = request.enter(request.Request(sandbox=envelope.sandbox, notes={}))
    try:
        with tracing.span(
            f"handle {envelope.type}",
            kind=SpanKind.CONSUMER,
            parent=tracing.context_of(envelope.traceparent),
            attributes={"messaging.system": "kafka", "segur.fact": envelope.type, "segur.sandbox": envelope.sandbox},
        ):
            if await store.inbox.find_one({"_id": envelope.id}) is not None:
                raise inbox.AlreadyHandled(envelope.id)
            await handler(envelope)
            if not delivery.used:
                await store.commit([])
    finally:
        request.leave(on_behalf)
        inbox.leave(inside)


async def _set_aside(
    bus: Producer,
    store: Store,
    service: str,
    topic: str,
    key: bytes | None,
    headers: Any,
    body: bytes,
    reason: str,
) -> None:
    """Keep the message in the store, where replay finds it, and show it on the dead-letter topic."""
    attributes = {name: value.decode("utf-8", "replace") for name, value in headers}
    id_ = attributes.get("ce_id") or f"{topic}:{datetime.now(UTC).timestamp()}"
    row = {
        "_id": id_,
        "topic": topic,
        "key": key,
        "type": attributes.get("ce_type", ""),
        "sandbox": attributes.get("ce_sandbox", ""),
        "headers": [[name, bytes(value)] for name, value in headers],
        "body": body,
        "reason": reason,
        "at": datetime.now(UTC),
    }
    await store.dead_letters.put(row)
    log.error("set aside %s %s: %s", attributes.get("ce_type", topic), id_, reason)
    try:
        await bus.produce(
            dead_topic(topic, service), body, key=key, headers=[*headers, ("segur_reason", reason.encode())]
        )
    except Exception as error:  # the letter is safe in the store; showing it is a courtesy
        log.info("dead letter %s not shown on the bus: %s", id_, type(error).__name__)


async def replay(store: Store, listeners: Mapping[str, Handler], ids: list[str] | None = None) -> dict[str, str]:
    """Handle dead letters again; give for each id `handled` or why it failed again."""
    outcome: dict[str, str] = {}
    where = {"_id": {"$in": ids}} if ids else {}
    for row in await store.dead_letters.find(where, sort=("at",)):
        try:
            envelope = cloudevents.read([(name, bytes(value)) for name, value in row["headers"]], bytes(row["body"]))
            handler = listeners.get(envelope.type)
            failure = await deliver(store, handler, envelope) if handler else f"nobody here handles {envelope.type}"
        except (cloudevents.UnknownFact, ValidationError) as error:
            failure = str(error)
        outcome[row["_id"]] = failure or "handled"
        if failure is None:
            await store.dead_letters.delete({"_id": row["_id"]})
    return outcome
