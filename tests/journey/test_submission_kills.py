"""Two hundred submissions at once while the DMP's process is killed at random: what is stored is what was acknowledged.

`SEGUR_KILL_SEEDS` says how many seeds are tried, one without it. The process is a real one over the embedded servers.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import sys
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from segur_dmp.service import build
from segur_dmp.settings import Settings

from segur.kernel import transaction
from segur.kernel.ids import new_oid
from segur.kernel.pki import Authority
from segur.kernel.service import Service
from segur.personas import roles, samples_cda
from segur.personas.country import build_country
from segur.personas.model import Patient, Professional
from segur.platform import embedded
from segur.scenario.actors.lps import Refused, Software
from segur.wire.saml_signature import SigningKey
from tests.conftest import Servers

pytestmark = pytest.mark.timeout(300)

SEEDS = range(int(os.environ.get("SEGUR_KILL_SEEDS", "1")))
SUBMISSIONS, KILLS, GIVING_UP = 200, 2, 40
"""How many documents, how often the process is killed, and how many senders try once only."""
_STORED_ALREADY = "XDSDuplicateUniqueIdInRegistry"
_AWAY = (Refused, httpx.HTTPError)


@dataclass
class Sent:
    """What became of the documents, by uniqueId: acknowledged, and those whose sender heard nothing and gave up."""

    acknowledged: list[str] = field(default_factory=list)
    in_doubt: list[str] = field(default_factory=list)
    failures: int = 0


@dataclass
class Process:
    """The DMP as a process of its own, started again whenever it dies."""

    settings: Settings
    kills: int = 0
    child: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it and wait until it answers."""
        told = {f"SEGUR_{name.upper()}": str(value) for name, value in embedded.BROKER_MANNERS.items()}
        told |= {
            f"SEGUR_{name.upper()}": str(getattr(self.settings, name))
            for name in ("home", "namespace", "kafka_url", "mongo_url", "port", "admin_port", "control_url")
        }
        with (self.settings.home / "dmp.log").open("ab") as log:
            self.child = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "segur.platform.role", "dmp", env={**os.environ, **told}, stdout=log, stderr=log
            )
        async with httpx.AsyncClient() as probe:
            for _ in range(600):
                with contextlib.suppress(httpx.HTTPError):
                    await probe.post(f"http://127.0.0.1:{self.settings.port}/nowhere")
                    return
                await asyncio.sleep(0.05)
        raise TimeoutError("the DMP did not come up")

    async def kill(self) -> None:
        """kill -9, then what the platform does: end the transactions it left open, and start it again."""
        assert self.child is not None
        self.child.kill()
        await self.child.wait()
        await transaction.abort_orphans(self.settings.mongo_url)
        self.kills += 1
        await self.start()

    async def stop(self) -> None:
        """The end of it."""
        if self.child is not None and self.child.returncode is None:
            self.child.kill()
            await self.child.wait()


@contextlib.asynccontextmanager
async def dmp_process(servers: Servers, home: Path) -> AsyncIterator[tuple[Process, Service]]:
    """The process, and its records as seen from here."""
    settings = Settings(**servers.settings(home).model_dump())
    process, service = Process(settings), build(settings)
    try:
        await process.start()
        await service.floor.store.open()
        yield process, service
    finally:
        await process.stop()
        for closing in service.closing:
            await closing()
        await service.floor.store.client.drop_database(service.floor.store.database.name)
        await service.floor.store.close()


@pytest.mark.parametrize("seed", SEEDS)
async def test_what_is_stored_is_what_was_acknowledged_and_told_once(
    servers: Servers, tmp_path: Path, seed: int
) -> None:
    dice, sent = random.Random(seed), Sent()
    async with dmp_process(servers, tmp_path) as (process, service):
        user, patient = _cast()
        _, signer = Software.identities(Authority.of_home(tmp_path), user)
        signing = SigningKey.load(signer.key.read_bytes(), signer.certificate.read_bytes())
        limits = httpx.Limits(max_connections=SUBMISSIONS, max_keepalive_connections=0)
        async with httpx.AsyncClient(timeout=30, limits=limits) as client:
            software = Software(client, f"http://127.0.0.1:{process.settings.port}", user, signing)
            killing = asyncio.create_task(_kill_now_and_then(process, dice, sent))
            documents = {}
            for _ in range(SUBMISSIONS):
                id_ = new_oid(1)
                documents[id_] = samples_cda.clinical_document(
                    "11488-4", patient, user, user.structure, document_id=id_, at=datetime.now(UTC)
                )
            giving_up = set(dice.sample(sorted(documents), GIVING_UP))
            await asyncio.gather(
                *(_send(software, id_, data, sent, stubborn=id_ not in giving_up) for id_, data in documents.items())
            )
            await killing
        store = service.floor.store
        stored = Counter([row["unique_id"] async for row in store.database["entries"].find({})])
        sets = await store.database["submission_sets"].count_documents({})
        told: Counter[str] = Counter()
        async for row in store.database["outbox"].find({}):
            if _is_submission(row["headers"]):
                told[orjson.loads(row["body"])["document_id"]] += 1
        assert process.kills == KILLS
        assert sent.failures > 0, "the kills were not even felt"
        assert set(sent.acknowledged) | set(sent.in_doubt) == documents.keys()
        assert set(sent.acknowledged) <= stored.keys()
        assert stored.keys() - set(sent.acknowledged) <= set(sent.in_doubt)
        assert max(stored.values()) == 1
        assert told == stored, "a fact for each stored document, and for no other"
        assert sets == len(stored)
        for id_ in stored:
            kept = await service.floor.blobs.get(await _digest(service, id_))
            assert kept == documents[id_]


def _is_submission(headers: list[list[Any]]) -> bool:
    return any(bytes(value) == b"dmp.document.submitted" for name, value in headers if name in ("ce_type", b"ce_type"))


def _cast() -> tuple[Professional, Patient]:
    country = build_country()
    return country.professional(roles.RADIOLOGIST), country.patient(roles.PATIENT)


async def _digest(service: Service, unique_id: str) -> str:
    row = await service.floor.store.database["entries"].find_one({"_id": f"default:{unique_id}"})
    return str(row["digest"])


async def _kill_now_and_then(process: Process, dice: random.Random, sent: Sent) -> None:
    """Kill in the middle of the work: each time so many documents, by the seed, are acknowledged."""
    for acknowledged in sorted(dice.sample(range(5, SUBMISSIONS - GIVING_UP - 20), KILLS)):
        while len(sent.acknowledged) < acknowledged:
            await asyncio.sleep(0.02)
        await asyncio.sleep(dice.uniform(0, 0.05))
        await process.kill()


async def _send(software: Software, id_: str, document: bytes, sent: Sent, *, stubborn: bool) -> None:
    """Send until it is acknowledged, or once for who gives up."""
    while True:
        try:
            _, answer = await software.submit(document)
        except _AWAY:
            sent.failures += 1
        else:
            codes = [error.code for error in answer.errors]
            assert answer.succeeded or codes == [_STORED_ALREADY], codes
            sent.acknowledged.append(id_)
            return
        if not stubborn:
            sent.in_doubt.append(id_)
            return
        await asyncio.sleep(0.3)
