"""What breaks on purpose in Mon espace santé, and that mail from professionals is announced."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from segur_dmp import faults
from segur_dmp.operations.mes.open_space import card_number

from segur.contracts.fact import Envelope
from segur.contracts.mssante import MessageDelivered
from segur.kernel.faults import FaultRule
from segur.kernel.ids import new_id
from tests.contract.dmp.conftest import Dmp
from tests.contract.dmp.test_mes_documents import call, upload
from tests.contract.dmp.test_mes_pages import Browser

pytestmark = pytest.mark.asyncio(loop_scope="module")


@contextmanager
def broken(dmp: Dmp, point: str, **more: object) -> Iterator[None]:
    """A point that strikes once."""
    dmp.service.floor.faults.arm([FaultRule(id=new_id(), point=point, count=1, **more)])
    try:
        yield
    finally:
        dmp.service.floor.faults.arm([])


async def test_under_maintenance_both_doors_say_so_and_then_go_on(dmp: Dmp) -> None:
    pseudonym = dmp.service.floor.pseudonyms.of(dmp.patient().ins)
    with broken(dmp, faults.MES_UNAVAILABLE, patient=pseudonym):
        assert (await call(dmp, "GET", "/documents", patient="P2")).status_code == 200
        refused = await call(dmp, "GET", "/documents")
        assert (refused.status_code, refused.json()["title"]) == (503, "MES_UNAVAILABLE")
        assert (await call(dmp, "GET", "/documents")).status_code == 200
    browser = Browser(dmp)
    await browser.sign_in("PAT-TROIS")
    with broken(dmp, faults.MES_UNAVAILABLE):
        page = await browser.get("documents")
    assert (page.status_code, "en maintenance" in page.text) == (503, True)
    await browser.client.aclose()


async def test_an_upload_that_fails_the_virus_check_is_not_stored(dmp: Dmp) -> None:
    with broken(dmp, faults.MES_UPLOAD, actor="patient"):
        before = await dmp.held()
        refused = await call(dmp, "POST", "/documents", upload())
        assert await dmp.held() == before
    detail = "Document refusé : le contrôle antivirus n'a pas abouti [file]"
    assert (refused.status_code, refused.json()["title"], refused.json()["detail"]) == (400, "MES_UPLOAD", detail)


async def test_a_code_that_is_lost_is_asked_for_again(dmp: Dmp) -> None:
    patient = dmp.patient("P12")
    await call(dmp, "POST", "/opening", patient="P12")
    number = patient.ins.matricule
    identity = {"card": card_number(number), "nir": number, "birthDate": patient.birth_date.isoformat()}
    with broken(dmp, faults.MES_CODE_LOST):
        assert (await call(dmp, "POST", "/activation", identity, patient="P12")).status_code == 202
        assert await dmp.facts("mes.mail.sent", to=patient.email) == []
        assert (await call(dmp, "POST", "/activation", identity, patient="P12")).status_code == 202
    assert len(await dmp.facts("mes.mail.sent", to=patient.email)) == 1


async def test_mail_of_a_professional_is_announced_to_the_citizen_only(dmp: Dmp) -> None:
    pseudonym = dmp.service.floor.pseudonyms.of(dmp.patient().ins)
    handler = dmp.service.handlers[MessageDelivered.type]
    now = dmp.service.floor.clock.now()
    for mailbox in (pseudonym, "paul@medecin.emulateur.mssante.fr"):
        fact = MessageDelivered(message_id="01MESSAGE", mailbox=mailbox)
        await handler(Envelope(new_id(), "/mssante", "default", fact.subject, now, fact))
    told = (await call(dmp, "GET", "/notifications")).json()["notifications"][0]
    assert (told["code"], told["urn"]) == ("RECEPTION_MESSAGE", "urn:message:01MESSAGE")
    assert len(await dmp.facts("dmp.patient.notified", code="RECEPTION_MESSAGE")) == 1


async def test_the_patient_reads_and_answers_mail_by_both_doors(dmp: Dmp) -> None:
    [message] = (await call(dmp, "GET", "/messages")).json()["messages"]
    assert message["subject"] == "Vos <résultats>"
    assert (await call(dmp, "GET", "/messages/01MAIL")).json()["content"] == "Tout va bien."
    assert (await call(dmp, "GET", "/messages/none")).status_code == 404
    answered = await call(dmp, "POST", "/messages", {"inReplyTo": "01MAIL", "content": "Merci"})
    assert (answered.status_code, answered.json()) == (201, {"id": "answer to 01MAIL"})
    ended = await call(dmp, "POST", "/messages", {"inReplyTo": "01MAIL", "content": "[FIN]"})
    assert (ended.status_code, "L'échange est terminé" in ended.json()["detail"]) == (400, True)
    away = await call(dmp, "POST", "/messages", {"inReplyTo": "01MAIL", "content": "[PANNE]"})
    assert (away.status_code, away.json()["title"]) == (503, "MES_MESSAGING_AWAY")
    browser = Browser(dmp)
    await browser.sign_in("PAT-TROIS")
    assert "Vos &lt;résultats&gt;" in (await browser.get("messages")).text
    assert "Tout va bien." in (await browser.get("messages/01MAIL")).text
    sent = await browser.send("messages/01MAIL", "messages/01MAIL", {"texte": "Merci"})
    assert "Votre message a été envoyé" in sent.text
    assert (await browser.send("messages/01MAIL", "messages/01MAIL", {"texte": " "})).status_code == 400
    await browser.client.aclose()
