"""Letters of Mon espace santé lie in mailboxes a mail client opens, and citizen mailboxes follow their spaces."""

from __future__ import annotations

import email
import imaplib
import smtplib
import time
from collections.abc import Callable
from email.policy import default

import pytest

from segur.contracts.mes import MailSent, SpaceClosed, SpaceOpened
from segur.kernel.ids import new_id
from segur.personas.states import MesState
from tests.contract.mssante.conftest import COUNTRY, Operator, mail

HOME = "solange.citoyen@exemple.test"


def tell(operator: Operator, fact: object) -> None:
    """Let the operator hear of a fact, over its own bus."""
    operator.thread.call(operator.service.floor.store.commit([], [fact]))  # type: ignore[list-item]


def letter(to: str = HOME) -> MailSent:
    return MailSent(
        mail_id=new_id(), patient="pat-0", channel="EMAIL", to=to, title="Un document a été ajouté", text="Bonjour"
    )


def opened(operator: Operator, password: str = "000000") -> imaplib.IMAP4:
    client = imaplib.IMAP4("127.0.0.1", operator.settings.imap_port, timeout=20)
    client.starttls(operator.trust())
    client.authenticate("PLAIN", lambda _challenge: f"\0{HOME}\0{password}".encode())
    return client


def eventually(holds: Callable[[], bool]) -> None:
    for _ in range(200):
        if holds():
            return
        time.sleep(0.1)
    raise AssertionError("it never came")


def arrived(operator: Operator, number: str) -> bool:
    return any(number in text for text in operator.facts("mssante.message.delivered"))


def test_a_letter_is_read_with_an_ordinary_mail_client(operator: Operator) -> None:
    one = letter()
    tell(operator, one)
    eventually(lambda: arrived(operator, one.mail_id))
    client = opened(operator)
    client.select("INBOX")
    [_, content], *_ = [item for item in client.fetch("1", "(RFC822)")[1] if isinstance(item, tuple)]
    found = email.message_from_bytes(content, policy=default)
    assert (found["Subject"], found.get_content().strip()) == ("Un document a été ajouté", "Bonjour")
    client.logout()
    with pytest.raises(imaplib.IMAP4.error):
        opened(operator, "wrong")


def test_nobody_of_the_trust_space_writes_to_a_mailbox_at_home_or_from_it(operator: Operator) -> None:
    one = letter()
    tell(operator, one)
    eventually(lambda: arrived(operator, one.mail_id))
    box = operator.fresh()
    with operator.sender(box) as client, pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        client.send_message(mail(box.address, HOME))
    assert refused.value.recipients[HOME][0] == 550
    with operator.smtp() as client, pytest.raises(smtplib.SMTPException):
        client.auth("PLAIN", lambda _challenge=None: f"\0{HOME}\000000000")


def test_the_citizen_mailbox_closes_with_the_space_and_opens_again(operator: Operator) -> None:
    patient = next(one for one in COUNTRY.patients if one.mes is MesState.UNKNOWN)
    pseudonym = operator.service.floor.pseudonyms.of(patient.ins)
    path = f"/mssante/api/citizens/{patient.ins.matricule}/messages"

    def status() -> int:
        with operator.http() as client:
            return client.get(path, headers={"x-mes-code": operator.settings.mes_code}).status_code

    assert status() == 404
    tell(operator, SpaceOpened(patient=pseudonym, attached=True))
    eventually(lambda: status() == 200)
    tell(operator, SpaceClosed(patient=pseudonym, reason="", motive="", by="patient", erased_at=""))
    eventually(lambda: status() == 404)
