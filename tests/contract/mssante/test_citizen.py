"""The citizen's side: the mailbox is fed, read, answered, and closed to answers when the professional says so."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from segur.personas.model import Mailbox
from tests.contract.mssante.conftest import COUNTRY, Operator, mail

CODE = {"x-mes-code": "000000"}
PATIENT = COUNTRY.patient("P10")
PATH = f"/mssante/api/citizens/{PATIENT.ins.matricule}/messages"


@pytest.fixture
def http(operator: Operator) -> Any:
    with operator.http() as client:
        client.headers.update(CODE)
        yield client


def write(operator: Operator, sender: Mailbox, **headers: str) -> str:
    """A professional writes to the patient; give the Message-ID."""
    message = mail(sender.address, PATIENT.citizen_address, **headers)
    with operator.sender(sender) as client:
        assert client.send_message(message) == {}
    return str(message["Message-ID"])


def listed(http: httpx.Client, message_id: str) -> dict[str, Any]:
    [found] = [m for m in http.get(PATH).json()["messages"] if m["messageId"] == message_id]
    return dict(found)


def test_the_patient_reads_and_the_receipt_asked_for_goes_back_once(operator: Operator, http: httpx.Client) -> None:
    doctor = operator.fresh()
    sent = write(operator, doctor, Disposition_Notification_To=doctor.address)
    found = listed(http, sent)
    assert (found["subject"], found["read"], found["replyOptions"]) == ("Compte rendu d'été", False, ["REPLY"])

    for _ in range(2):
        opened = http.get(f"{PATH}/{found['id']}").json()
    assert opened["content"].strip() == "Bonjour"

    [receipt] = operator.inbox(doctor)
    assert b"report-type=disposition-notification" in receipt
    assert f"Original-Message-ID: {sent}".encode() in receipt
    assert listed(http, sent)["read"] is True
    assert PATIENT.ins.matricule not in "".join(operator.facts())
    assert any(found["id"] in fact for fact in operator.facts("mssante.message.read"))
    assert any(found["id"] in fact and "MDN" in fact for fact in operator.facts("mssante.message.acknowledged"))


def test_the_patient_gets_the_files_of_a_message_as_they_were_sent(operator: Operator, http: httpx.Client) -> None:
    doctor, pdf = operator.fresh(), b"%PDF-1.4 fictif\n\x00\xff"
    message = mail(doctor.address, PATIENT.citizen_address)
    message.add_attachment(pdf, maintype="application", subtype="pdf", filename="Résultats d'été.pdf")
    with operator.sender(doctor) as client:
        assert client.send_message(message) == {}
    found = listed(http, str(message["Message-ID"]))
    file = http.get(f"{PATH}/{found['id']}/files/1")
    assert (file.content, file.headers["content-type"]) == (pdf, "application/pdf")
    assert "R%C3%A9sultats%20d%27%C3%A9t%C3%A9.pdf" in file.headers["content-disposition"]
    assert listed(http, str(message["Message-ID"]))["read"] is False
    [shown] = http.get(f"{PATH}/{found['id']}").json()["files"]
    assert shown == {"id": "1", "name": "Résultats d'été.pdf", "mimeType": "application/pdf", "size": len(pdf)}
    assert http.get(f"{PATH}/{found['id']}/files/2").status_code == 404
    assert http.get(f"{PATH}/nothing/files/1").status_code == 404


def test_the_patient_answers_the_reply_address_until_the_exchange_is_ended(
    operator: Operator, http: httpx.Client
) -> None:
    doctor, team = operator.fresh(), operator.fresh()
    first = write(operator, doctor, Reply_To=team.address)
    answer = http.post(PATH, json={"inReplyTo": first, "content": "Merci, à bientôt."})
    assert answer.status_code == 201
    [received] = operator.inbox(team)
    assert f"In-Reply-To: {first}".encode() in received
    assert operator.inbox(doctor) == []

    final = write(operator, doctor, X_MSS_MES="FIN")
    assert listed(http, final)["replyOptions"] == ["REPLY_BLOCKED"]
    refused = http.post(PATH, json={"inReplyTo": final, "content": "Une question"})
    assert (refused.status_code, refused.json()["title"]) == (403, "550 5.7.1")
    assert http.post(PATH, json={"inReplyTo": first, "content": "Encore"}).status_code == 201

    message = mail(doctor.address, PATIENT.citizen_address)
    message.replace_header("Subject", "[FIN]")
    with operator.sender(doctor) as client:
        client.send_message(message)
    assert http.post(PATH, json={"inReplyTo": first, "content": "Encore"}).status_code == 403
    again = write(operator, doctor)
    assert http.post(PATH, json={"inReplyTo": again, "content": "Bonjour"}).status_code == 201

    scopes = [fact for fact in operator.facts("mssante.conversation.ended") if doctor.address in fact]
    assert ["message" in fact.partition('"scope"')[2] for fact in scopes] == [True, False]


def test_the_patient_may_write_first_to_a_pharmacy_only(operator: Operator, http: httpx.Client) -> None:
    pharmacist = COUNTRY.professional("PS6")
    pharmacy = next(box for box in COUNTRY.mailboxes_of(pharmacist.structure.key) if box.kind == "ORG")
    assert (
        http.post(PATH, json={"to": pharmacy.address, "subject": "Ordonnance", "content": "Voici"}).status_code == 201
    )
    doctor = operator.fresh()
    refused = http.post(PATH, json={"to": doctor.address, "content": "Bonjour"})
    assert (refused.status_code, operator.inbox(doctor)) == (403, [])


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"not json", 400),
        (b"[]", 400),
        (b'{"content": "x"}', 400),
        (b'{"content": 3, "to": "a"}', 400),
        (b'{"inReplyTo": "x", "to": "y", "content": "z"}', 400),
        (b'{"inReplyTo": "<nothing@x>", "content": "z"}', 404),
    ],
)
def test_bad_answers_are_refused(http: httpx.Client, body: bytes, status: int) -> None:
    assert http.post(PATH, content=body).status_code == status


def test_the_door_asks_for_the_code_and_an_open_mailbox(http: httpx.Client) -> None:
    assert http.get(PATH, headers={"x-mes-code": "1"}).status_code == 401
    closed = COUNTRY.patient("P11").ins.matricule
    assert http.get(f"/mssante/api/citizens/{closed}/messages").status_code == 404
    assert http.get(f"{PATH}/nothing").status_code == 404


def test_the_autoconfiguration_names_the_doors(operator: Operator, http: httpx.Client) -> None:
    path = "/mail/config-v1.1.xml"
    host = {"host": "autoconfig.medecin.emulateur.mssante.fr"}
    found = http.get(path, headers=host)
    assert found.headers["content-type"].startswith("text/xml")
    assert "<domain>medecin.emulateur.mssante.fr</domain>" in found.text
    assert f"<port>{operator.settings.smtp_port}</port><socketType>STARTTLS</socketType>" in found.text
    assert http.get(path, headers={"host": "autoconfig.equipe-1.medecin.emulateur.mssante.fr"}).status_code == 200
    assert http.get(path, headers={"host": "autoconfig.gmail.com"}).status_code == 404
    assert "a&lt;b" in http.get(path, params={"emailaddress": "x@a<b"}).text
    for fault, status in (("missing", 404), ("bad_xml", 200), ("wrong_host", 200)):
        operator.break_(f"mssante.autoconfig.{fault}")
        answer = http.get(path, headers=host)
        assert answer.status_code == status
        assert answer.text != found.text
