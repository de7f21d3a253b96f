"""Every process is killed in mid-journey, one after the other: nothing acknowledged is lost, nothing is doubled.

Three pieces of software of one imaging centre go on working all the while, each with a queue as E-19 asks of real ones:
it sends the same again until it is told that it was taken.
"""

from __future__ import annotations

import asyncio
import contextlib
import imaplib
import os
import re
import signal
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Protocol

import httpx
import pytest

from segur.kernel.ids import new_oid
from segur.kernel.ports import ROLES
from segur.kernel.tls import client_context
from segur.personas import roles, samples_cda, samples_dicom
from segur.personas.states import MailboxKind
from segur.scenario.actors import mail_client
from segur.scenario.actors.lps import Refused, Software
from segur.scenario.actors.mail_client import MailRefused
from segur.scenario.actors.ris import Ris
from segur.scenario.acts.cast import MES_CODE, Exam, new_exam
from segur.scenario.stage import Stage
from segur.wire import hl7v2
from segur.wire.saml_signature import SigningKey
from tests.journey.conftest import Platform

pytestmark = pytest.mark.timeout(280)

VICTIMS = (*ROLES, "kafka", "mongo")
_STORED_ALREADY = "XDSDuplicateUniqueIdInRegistry"
_AWAY = (Refused, MailRefused, httpx.HTTPError, OSError, EOFError, TimeoutError)


class NotTaken(Exception):
    """An answer that is no acknowledgement."""


class Sender(Protocol):
    """Makes a thing with an id, sends it, sends the same again."""

    def make(self) -> str:
        """Make the next thing; give its id."""

    async def send(self) -> None:
        """Send it; raise when it was not acknowledged."""


@dataclass
class Queue:
    """One piece of software that does not give up."""

    sender: Sender
    acknowledged: list[str] = field(default_factory=list)
    failures: Counter[str] = field(default_factory=Counter)
    sent_again: set[str] = field(default_factory=set)

    def __str__(self) -> str:
        return f"{type(self.sender).__name__}: {len(self.acknowledged)} acknowledged, {dict(self.failures)}"

    async def work(self, stop: asyncio.Event) -> None:
        """One thing after the other, each as often as it takes."""
        while not stop.is_set():
            id_ = self.sender.make()
            while True:
                try:
                    await self.sender.send()
                    break
                except (NotTaken, *_AWAY) as failure:
                    self.failures[f"{type(failure).__name__} {str(failure)[:60]}"] += 1
                    self.sent_again.add(id_)
                    await asyncio.sleep(0.25)
            self.acknowledged.append(id_)


class Reports:
    """The RIS deposits reports (TD2.1)."""

    def __init__(self, stage: Stage) -> None:
        self.user, self.patient = stage.country.professional(roles.RADIOLOGIST), stage.country.patient(roles.PATIENT)
        tls_identity, signer = Software.identities(stage.authority, self.user)
        signing = SigningKey.load(signer.key.read_bytes(), signer.certificate.read_bytes())
        self.software = Software(stage.client(tls_identity), stage.https, self.user, signing)
        self.document = b""

    def make(self) -> str:
        """A report."""
        id_ = new_oid(1)
        self.document = samples_cda.clinical_document(
            "11488-4", self.patient, self.user, self.user.structure, document_id=id_, at=datetime.now(UTC)
        )
        return id_

    async def send(self) -> None:
        """The registry has it when it says so, or when it says that it had it before."""
        _, answer = await self.software.submit(self.document)
        if not answer.succeeded and [error.code for error in answer.errors] != [_STORED_ALREADY]:
            raise NotTaken([error.code for error in answer.errors])


class Mails:
    """The same RIS writes to the hospital, from its applicative mailbox."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        user, hospital = stage.country.professional(roles.RADIOLOGIST), stage.country.professional(roles.OTHER_DOCTOR)
        self.report = new_exam(stage, stage.country.patient(roles.PATIENT)).report
        self.identity, _ = Software.identities(stage.authority, user)
        self.reader_identity, _ = Software.identities(stage.authority, hospital)
        self.mailbox, self.recipient = (self._application(each.structure.key) for each in (user, hospital))
        self.mail = EmailMessage()

    def _application(self, structure: str) -> str:
        boxes = self.stage.country.mailboxes_of(structure)
        return next(box.address for box in boxes if box.kind is MailboxKind.APP)

    def make(self) -> str:
        """A mail."""
        self.mail = mail_client.report_mail(
            [self.report], sender=self.mailbox, sender_label="RIS", recipients=[self.recipient]
        )
        return str(self.mail["Message-ID"])

    async def send(self) -> None:
        """The operator has it when it says 250."""
        await mail_client.send_report(
            "localhost",
            self.stage.ports.smtp_submission,
            self.stage.authority.bundle,
            self.mail,
            mailbox=self.mailbox,
            recipients=[self.recipient],
            identity=self.identity,
        )

    def delivered(self) -> Counter[str]:
        """The Message-IDs in the hospital's mailbox, counted."""
        client = imaplib.IMAP4("localhost", self.stage.ports.imap, timeout=20)
        client.starttls(client_context(self.stage.authority.bundle, self.reader_identity))
        client.authenticate("PLAIN", lambda _: f"\x00{self.recipient}\x00".encode())
        client.select("INBOX", readonly=True)
        _, found = client.fetch("1:*", "(BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])")
        client.logout()
        heads = [part[1].decode() for part in found if isinstance(part, tuple)]
        return Counter(id_ for head in heads for id_ in re.findall(r"<[^>]+>", head))


class Exams:
    """The PACS stores studies and the RIS tells the DRIMbox its reports."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.patient = stage, stage.country.patient(roles.PATIENT)
        user = stage.country.professional(roles.RADIOLOGIST)
        identity, _ = Software.identities(stage.authority, user)
        self.ris = Ris(stage.client(identity), stage.https, ("127.0.0.1", stage.ports.mllp), user.structure)
        self.exam: Exam
        self.images: list[bytes] = []
        self.message = b""

    def make(self) -> str:
        """An exam of one image."""
        exam = self.exam = new_exam(self.stage, self.patient)
        self.images = samples_dicom.ct_study(
            self.patient, study_uid=exam.study_uid, accession=exam.accession, at=datetime.now(UTC), slices=1
        )
        self.message = hl7v2.frame(self.ris.message(exam.report, self.patient))
        return exam.study_uid

    async def send(self) -> None:
        """The box has the images when it says 200, and the report when it says AA."""
        stored = await self.ris.store(self.images)
        if stored.status_code != 200:
            raise NotTaken(stored.status_code)
        [answer] = await self.ris.exchange(self.message)
        if not answer.taken:
            raise NotTaken(answer)


async def until(condition: Callable[[], bool], seconds: float, what: Callable[[], str]) -> None:
    """Wait for a condition without holding the loop; fail when it does not come."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not await asyncio.to_thread(condition):
        assert asyncio.get_running_loop().time() < deadline, what()
        await asyncio.sleep(0.1)


async def kill(platform: Platform, name: str) -> None:
    """kill -9 a process, and wait until the supervisor has replaced it and everything is ready again."""
    before = platform.running.pids[name]
    os.kill(before, signal.SIGKILL)
    await until(
        lambda: platform.running.pids.get(name) not in (None, before), 20, lambda: f"{name} was not started again"
    )
    await until(platform.ready, 60, lambda: f"the platform did not recover from the end of {name}")


async def facts_of(stage: Stage, browser: httpx.AsyncClient, type_: str, name: str) -> Counter[str]:
    """How many facts of a type there are about each thing, all sandboxes and journeys of this platform taken."""
    answer = await browser.get(f"{stage.control}/api/facts", params={"type": type_, "limit": 1000})
    return Counter(fact["data"][name] for fact in answer.raise_for_status().json())


async def test_whoever_is_killed_nothing_acknowledged_is_lost_or_doubled(platform: Platform) -> None:
    stage, stop = Stage(platform.running), asyncio.Event()
    mails = Mails(stage)
    reports, exams, letters = queues = [Queue(Reports(stage)), Queue(Exams(stage)), Queue(mails)]
    work = [asyncio.create_task(queue.work(stop)) for queue in queues]
    try:
        for victim in VICTIMS:
            await kill(platform, victim)
            sent = [len(queue.acknowledged) for queue in queues]
            await until(
                lambda sent=sent: all(len(queue.acknowledged) > n for queue, n in zip(queues, sent, strict=True)),  # type: ignore[misc]
                60,
                lambda victim=victim: f"after the end of {victim}: {[str(queue) for queue in queues]}",  # type: ignore[misc]
            )
    finally:
        stop.set()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait_for(asyncio.gather(*work), 60)

    async with stage.client() as browser:
        await until_published(stage, browser, exams.acknowledged)
        drained = (await browser.post(f"{stage.control}/api/drain")).json()
        assert all(service["drained"] for service in drained.values()), drained
        matricule = stage.country.patient(roles.PATIENT).ins.matricule
        listed = await browser.get(f"{stage.http}/mes/api/patients/{matricule}/documents", headers=MES_CODE)
        stored = Counter(document["uniqueId"] for document in listed.json()["documents"])
        submitted = await facts_of(stage, browser, "dmp.document.submitted", "document_id")
        notified = await facts_of(stage, browser, "dmp.patient.notified", "document_id")
        published = await facts_of(stage, browser, "drim.kos.published", "study_uid")
        accepted = await facts_of(stage, browser, "mssante.message.accepted", "mail_id")
    delivered = await asyncio.to_thread(mails.delivered)
    await stage.close()

    assert all(queue.failures for queue in queues), "the kills were not even felt"
    for what, counted in {"stored": stored, "submitted": submitted, "notified": notified}.items():
        assert {id_: counted[id_] for id_ in reports.acknowledged if counted[id_] != 1} == {}, what
    assert {uid: published[uid] for uid in exams.acknowledged if published[uid] != 1} == {}
    for what, counted in {"delivered": delivered, "accepted": accepted}.items():
        assert [id_ for id_ in letters.acknowledged if not counted[id_]] == [], what
        # mail is at least once: who sends again because a 250 was lost may be found twice, nobody else
        assert [id_ for id_ in letters.acknowledged if counted[id_] > 1 and id_ not in letters.sent_again] == [], what


async def until_published(stage: Stage, browser: httpx.AsyncClient, studies: list[str]) -> None:
    """Publication follows the acknowledgement: wait for it."""
    deadline = asyncio.get_running_loop().time() + 60
    while missing := set(studies) - set(await facts_of(stage, browser, "drim.kos.published", "study_uid")):
        assert asyncio.get_running_loop().time() < deadline, f"acknowledged but never published: {missing}"
        await asyncio.sleep(0.3)
