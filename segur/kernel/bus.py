"""Facts to and from Kafka. This is the one module that imports aiokafka.

The bus supervises its connection: it watches the cluster id, and when the broker is gone or has become another
cluster it makes producer, topics and consumer anew and lets the outbox feed the new cluster again. The cluster id is
part of the consumer group's name: a consumer that still joins for the old cluster never holds up the new group.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError
from pymongo.errors import PyMongoError

from segur.contracts.fact import CATALOGUE, topic_of
from segur.kernel import outbox
from segur.kernel.delivery import Handler, handle
from segur.kernel.errors import StoreAway
from segur.kernel.settings import KernelSettings
from segur.kernel.store import Document, Store

log = logging.getLogger("segur.bus")

_WATCH_EVERY_S = 2.0
_RELAY_EVERY_S = 1.0
_MARK_EVERY_S = 0.1
_RETRY_S = 0.5
_CLOSE_PATIENCE_S, _CANCEL_PATIENCE_S = 3.0, 1.0


class Bus:
    """One service's connection to the broker."""

    def __init__(
        self,
        settings: KernelSettings,
        service: str,
        store: Store,
        listeners: Mapping[str, Handler],
        *,
        on_message: Callable[[Sequence[Any]], Awaitable[None]] | None = None,
    ) -> None:
        """`listeners` maps fact types to handlers; `on_message` instead takes raw batches of every topic (console)."""
        self._settings, self._service, self._store = settings, service, store
        self._listeners = dict(listeners)
        self._on_message = on_message
        self._wake = asyncio.Event()
        self._fresh: list[Document] = []
        self._unmarked: list[str] = []
        self._supervisor: asyncio.Task[None] | None = None
        self._producer: AIOKafkaProducer | None = None
        self._consumer: AIOKafkaConsumer | None = None
        self.cluster = ""
        self.ready = False
        self._away = ""
        self.handling = 0
        store.committed = self._take

    @property
    def topics(self) -> list[str]:
        """The topics this service reads."""
        types = CATALOGUE if self._on_message else self._listeners
        return sorted({topic_of(type_, self._settings.namespace) for type_ in types})

    async def start(self) -> None:
        """Begin connecting; `ready` tells when it has succeeded."""
        self._supervisor = asyncio.create_task(self._supervise(), name="bus")

    async def stop(self) -> None:
        """Publish what is waiting if the broker is there, leave the group, disconnect."""
        if self.ready:
            with contextlib.suppress(asyncio.TimeoutError, KafkaError, StoreAway, PyMongoError):
                await asyncio.wait_for(self.publish_pending(), 5)
        if self._supervisor is not None:
            self._supervisor.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._supervisor

    async def publish_pending(self) -> int:
        """Send what the outbox holds; give how many facts left."""
        sent = 0
        await self._mark()
        while self._producer is not None and (rows := await outbox.pending(self._store)):
            found = {row["_id"] for row in rows}
            self._fresh = [row for row in self._fresh if row["_id"] not in found]
            await self._send(self._producer, rows)
            await self._mark()
            sent += len(rows)
        return sent

    def _take(self, rows: Sequence[Document]) -> None:
        """Rows just committed: published from memory. While there is no broker they wait in the store alone."""
        if self.ready:
            self._fresh += rows
            self._wake.set()

    async def _send(self, producer: AIOKafkaProducer, rows: Sequence[Document]) -> None:
        waiting = [
            await producer.send(
                row["topic"],
                row["body"],
                key=row["key"].encode(),
                headers=[(name, bytes(value)) for name, value in row["headers"]],
            )
            for row in rows
        ]
        await asyncio.gather(*waiting)
        self._unmarked += [row["_id"] for row in rows]

    async def _mark(self) -> None:
        """Tell the outbox what the broker has; a crash before this, and consumers drop what comes twice."""
        if ids := self._unmarked:
            self._unmarked = []
            await outbox.mark_published(self._store, ids, self.cluster, self._settings)

    async def lag(self) -> int:
        """How many messages of its topics this service has not handled yet; -1 when it cannot tell."""
        if self._consumer is None:
            return 0 if not self.topics else -1
        try:
            assigned = self._consumer.assignment()
            if not assigned:
                return -1
            ends = await self._consumer.end_offsets(list(assigned))
            behind = int(sum([ends[part] - await self._consumer.position(part) for part in assigned]))
        except KafkaError:
            return -1
        return max(behind, 0) + self.handling

    async def produce(
        self, topic: str, body: bytes, *, key: bytes | None, headers: Sequence[tuple[str, bytes]]
    ) -> None:
        """Send one message that is no fact of ours (a dead letter); raise `KafkaError` when the broker is away."""
        if self._producer is None:
            raise KafkaError("not connected")
        await self._producer.send_and_wait(topic, body, key=key, headers=list(headers))

    async def _supervise(self) -> None:
        while True:
            try:
                await self._one_connection()
            except asyncio.CancelledError:
                supervisor = asyncio.current_task()
                if supervisor is None or supervisor.cancelling():
                    raise
                # Nobody asked us to stop: aiokafka lets a cancellation of its own out when its coordinator goes away.
                log.info("the Kafka client cancelled itself, connecting again")
            await asyncio.sleep(_RETRY_S)

    async def _one_connection(self) -> None:
        """Connect, work until the broker or the store is away or another, disconnect."""
        tasks: list[asyncio.Task[None]] = []
        try:
            self.cluster = await self._connect()
            tasks.append(asyncio.create_task(self._relay(), name="relay"))
            if self.topics:
                tasks.append(asyncio.create_task(self._consume(), name="consume"))
            self.ready, self._away = True, ""
            tasks.append(asyncio.create_task(self._watch(), name="watch"))
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                if error := task.exception():
                    raise error
        except (KafkaError, StoreAway, PyMongoError, OSError, TimeoutError) as error:
            if self._away != type(error).__name__:  # said once, not at every try
                # facts wait until it is back: whoever misses one is told of it
                level = logging.WARNING if self.ready else logging.INFO
                log.log(level, "broker or store away (%s), connecting again", type(error).__name__)
            self._away = type(error).__name__
        except Exception:  # a bug must not leave the service deaf: say it loudly, then try again
            log.exception("the bus failed, connecting again")
        finally:
            self.ready = False
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._disconnect()

    async def _connect(self) -> str:
        admin = AIOKafkaAdminClient(bootstrap_servers=self._settings.kafka_url, request_timeout_ms=5_000)
        await admin.start()
        try:
            cluster = str((await admin.describe_cluster())["cluster_id"])
            wanted = {topic_of(type_, self._settings.namespace) for type_ in CATALOGUE} | set(self.topics)
            missing = sorted(wanted - set(await admin.list_topics()))
            if missing:
                await admin.create_topics([NewTopic(name, self._settings.kafka_partitions, 1) for name in missing])
        finally:
            await admin.close()
        again = await outbox.feed_again(self._store, cluster)
        if again:
            log.info("broker is cluster %s now: feeding it %d facts again", cluster, again)
        self._producer = AIOKafkaProducer(
            bootstrap_servers=self._settings.kafka_url,
            acks="all",
            linger_ms=0,
            request_timeout_ms=5_000,
            enable_idempotence=False,
        )
        await self._producer.start()
        if self.topics:
            self._consumer = AIOKafkaConsumer(
                *self.topics,
                bootstrap_servers=self._settings.kafka_url,
                group_id=f"{self._settings.namespace}.{self._service}.{cluster}",
                auto_offset_reset="earliest",
                enable_auto_commit=False,
                fetch_max_wait_ms=self._settings.kafka_fetch_ms,
                session_timeout_ms=self._settings.kafka_session_ms,
                heartbeat_interval_ms=self._settings.kafka_session_ms // 6,
                retry_backoff_ms=50,
                metadata_max_age_ms=30_000,
            )
            await self._consumer.start()
        return cluster

    async def _disconnect(self) -> None:
        producer, consumer = self._producer, self._consumer
        self._producer = self._consumer = None
        for client in (consumer, producer):
            if client is not None:
                await _close(client)

    async def _watch(self) -> None:
        """Return when the broker is another cluster, raise when it is away."""
        while True:
            await asyncio.sleep(_WATCH_EVERY_S)
            admin = AIOKafkaAdminClient(bootstrap_servers=self._settings.kafka_url, request_timeout_ms=4_000)
            try:
                await admin.start()
                if str((await admin.describe_cluster())["cluster_id"]) != self.cluster:
                    return
            finally:
                with contextlib.suppress(Exception):  # a broken connection closes noisily
                    await admin.close()

    async def _relay(self) -> None:
        """Facts of our own commits go out from memory and are marked together, a few times a second; the store is
        searched more rarely, for what others left. To search and mark for each took half of a commit's time there."""
        clock = asyncio.get_running_loop().time
        self._fresh, self._unmarked = [], []
        search_at = mark_at = clock()
        while True:
            if clock() >= search_at:
                await self.publish_pending()
                search_at = clock() + _RELAY_EVERY_S
            if self._producer is not None and (rows := self._fresh):
                self._fresh = []
                if not self._unmarked:
                    mark_at = clock() + _MARK_EVERY_S
                await self._send(self._producer, rows)
            if clock() >= mark_at:
                await self._mark()
            with contextlib.suppress(asyncio.TimeoutError):
                pause = min(mark_at if self._unmarked else search_at, search_at) - clock()
                await asyncio.wait_for(self._wake.wait(), max(pause, 0.001))
            self._wake.clear()

    async def _consume(self) -> None:
        consumer = self._consumer
        assert consumer is not None
        while True:
            batches = await consumer.getmany(timeout_ms=1_000, max_records=200)
            messages = [message for part in batches.values() for message in part]
            if not messages:
                continue
            self.handling = len(messages)
            try:
                if self._on_message is not None:
                    await self._on_message(messages)
                else:
                    for message in messages:
                        await handle(self, self._store, self._service, self._listeners, message)
                        self.handling -= 1
                with contextlib.suppress(KafkaError):  # not committed: read again later, and dropped by the inbox
                    await consumer.commit()
            finally:
                self.handling = 0


async def _close(client: AIOKafkaConsumer | AIOKafkaProducer) -> None:
    """Best effort, for the broker may be gone; in a task of its own, which may end as cancelled without us being it."""
    closing = asyncio.create_task(client.stop(), name="close")
    for patience in (_CLOSE_PATIENCE_S, _CANCEL_PATIENCE_S):
        await asyncio.wait({closing}, timeout=patience)
        closing.cancel()
    if closing.done() and not closing.cancelled() and (error := closing.exception()):
        log.debug("closing: %s", type(error).__name__)
