"""An IHE_XDM archive is counted and its patient named by pseudonym; the trace of the sending software goes on."""

from __future__ import annotations

import asyncio
import re
from email.message import EmailMessage

from segur_mssante.service import build
from segur_mssante.settings import Settings

from segur.kernel.runner import running
from segur.vocab.ins import Ins
from segur.wire import xds
from segur.wire import xds_uuids as ids
from segur.wire.xdm import XdmSender, write_package
from tests.contract.mssante.test_mail_doors import (  # noqa: F401 - fixtures are found by their name
    READER,
    SENDER,
    introspection,
    mail,
    sender,
    settings,
)

PATIENT = Ins.parse("279035121518989", "1.2.250.1.213.1.4.10")
TRACE = "0af7651916cd43dd8448eb211c80319c"


def archive(patient: str) -> bytes:
    """Two documents of one patient."""
    entries = tuple(xds.DocumentEntry(f"Document0{n}", f"1.2.{n}", patient) for n in (1, 2))
    links = tuple(xds.Association(f"as{e.entry_uuid}", ids.HAS_MEMBER, "Set", e.entry_uuid) for e in entries)
    submission = xds.Submission(xds.SubmissionSet("Set", "1.2.9", patient, "1.2.8", "20261118100105"), entries, links)
    contents = {"Document01": b"<a/>", "Document02": b"<b/>"}
    return write_package(submission, contents, XdmSender("Dr A", "B", "RIS", "1.0", "E"))


async def sent(settings: Settings, message: EmailMessage) -> tuple[str, str]:  # noqa: F811
    """Send, and give the facts as text and the pseudonym of the patient."""

    def exchange() -> None:
        with sender(settings) as client:
            client.send_message(message)

    async with running(service := build(settings)):
        await asyncio.to_thread(exchange)
        rows = await service.floor.store.outbox.find({})
        return "".join(str(row) for row in rows), service.floor.pseudonyms.of(PATIENT)


async def test_documents_are_counted_and_the_patient_is_a_pseudonym(settings: Settings) -> None:  # noqa: F811
    told, pseudonym = await sent(settings, mail(READER.address, archive(PATIENT.cx)))

    assert pseudonym in told
    assert PATIENT.matricule not in told
    assert re.search(r"documents\W+2\b", told)
    assert SENDER.address in told


async def test_the_trace_named_in_the_mail_goes_on(settings: Settings) -> None:  # noqa: F811
    message = mail(READER.address)
    message["X-Segur-Traceparent"] = f"00-{TRACE}-b7ad6b7169203331-01"

    told, _ = await sent(settings, message)

    assert TRACE in told
    assert "uvloop" in type(asyncio.get_running_loop()).__module__
