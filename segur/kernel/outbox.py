"""Facts wait here, written in the same transaction as the state, until the broker has them.

A published fact stays for the retention time and remembers the cluster that took it. When the broker comes back as
another cluster (the embedded broker keeps its log in memory), everything retained is pending again: consumers drop what
they have already handled. That is how a memory broker loses nothing.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from segur.contracts import cloudevents
from segur.contracts.fact import Envelope, Fact, topic_of
from segur.kernel import inbox, request, tracing
from segur.kernel.ids import new_id
from segur.kernel.indexes import Index
from segur.kernel.settings import KernelSettings

if TYPE_CHECKING:
    from segur.kernel.store import Store

COLLECTION = "outbox"
INDEXES = (Index.on("pending", sparse=True), Index.on("expires_at", expire_s=0, sparse=True))
"""Pending facts are found by a sparse index; published ones expire."""
BATCH = 200


def envelope(service: str, fact: Fact) -> Envelope:
    """Wrap a fact in the circumstances of the present call or of the fact being handled."""
    delivery = inbox.current()
    id_ = new_id()
    return Envelope(
        id=id_,
        source=f"/{service}",
        sandbox=request.current_sandbox(),
        subject=fact.subject,
        time=datetime.now(UTC),
        fact=fact,
        correlation=delivery.envelope.correlation or delivery.envelope.id if delivery else id_,
        cause=delivery.envelope.id if delivery else "",
        traceparent=tracing.publish_span(type(fact).type, fact.subject),
    )


def document(envelope: Envelope, settings: KernelSettings) -> dict[str, Any]:
    """An outbox row: the message, ready to send."""
    return {
        "_id": envelope.id,
        "pending": True,
        "topic": topic_of(envelope.type, settings.namespace),
        "key": envelope.key,
        "headers": [[name, value] for name, value in cloudevents.headers_of(envelope)],
        "body": cloudevents.body_of(envelope),
    }


async def pending(store: Store) -> list[dict[str, Any]]:
    """The oldest pending rows, in the order they were written."""
    return await store.outbox.find({"pending": True}, sort=("_id",), limit=BATCH)


async def pending_count(store: Store) -> int:
    """How many facts wait."""
    return await store.outbox.count({"pending": True})


async def mark_published(store: Store, ids: list[str], cluster: str, settings: KernelSettings) -> None:
    """Remember which cluster has them and let them expire after the retention time."""
    expires = datetime.now(UTC) + timedelta(seconds=settings.outbox_retention_s)
    await store.outbox.raw.update_many(
        {"_id": {"$in": ids}}, {"$unset": {"pending": ""}, "$set": {"cluster": cluster, "expires_at": expires}}
    )


async def feed_again(store: Store, cluster: str) -> int:
    """Make pending what another cluster took; give how many. Called when the broker turns out to be a new cluster."""
    result = await store.outbox.raw.update_many(
        {"cluster": {"$exists": True, "$ne": cluster}},
        {"$set": {"pending": True}, "$unset": {"cluster": "", "expires_at": ""}},
    )
    return int(result.modified_count)
