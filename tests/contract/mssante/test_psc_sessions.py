"""Mail sessions end with the Pro Santé Connect session whose token opened them [MSSanté digest 2.4, ECO.1.2.6]."""

from __future__ import annotations

import imaplib
import smtplib
from datetime import UTC, datetime, timedelta

import pytest
from segur_mssante.operations.end_psc_session import end_mail_sessions
from segur_mssante.operations.follow_directory import open_mailbox

from segur.contracts import Envelope
from segur.contracts.annuaire import MailboxPublished
from segur.contracts.psc import SessionClosed
from segur.kernel.delivery import deliver
from segur.kernel.ids import new_id
from tests.contract.mssante.conftest import PER, TEAM, Operator, mail
from tests.contract.mssante.test_imap import Raw

BOX, OTHER = PER[0], PER[1]


def close(operator: Operator, *, times: int = 1) -> None:
    """Pro Santé Connect says that the login of the box's owner is over."""
    session = f"login-{operator.token(BOX)}"
    envelope = Envelope(
        id=new_id(),
        source="/psc",
        sandbox="default",
        subject=session,
        time=datetime.now(UTC),
        fact=SessionClosed(session_id=session, id_nat="8997", reason="logout"),
        correlation=new_id(),
    )
    service = operator.service
    for _ in range(times):
        handler = service.handlers[SessionClosed.type]
        assert operator.thread.call(deliver(service.floor.store, handler, envelope)) is None


@pytest.fixture(autouse=True)
def logins_of_its_own(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test signs in anew, and sessions end at the job's next round."""
    login = new_id()
    monkeypatch.setattr(Operator, "token", lambda _, box: f"of-{box.owner}~{login}")
    monkeypatch.setitem(operator.settings.__dict__, "psc_logout_grace_s", 0.0)


def test_imap_says_bye_to_an_idle_session_and_the_token_opens_no_other(operator: Operator) -> None:
    waiting, working = Raw(operator, BOX), Raw(operator, BOX)
    assert working.ask("a SELECT INBOX")[-1].startswith("a OK")
    waiting.ask("a SELECT INBOX")
    waiting.say("b IDLE")
    assert waiting.line().startswith("+")
    close(operator, times=3)
    assert waiting.line() == "* BYE session Pro Sante Connect fermee"
    assert working.line() == "* BYE session Pro Sante Connect fermee"
    assert waiting.line() == working.line() == ""
    with pytest.raises(imaplib.IMAP4.error, match="AUTHENTICATIONFAILED"):
        operator.imap(BOX)
    waiting.close()
    working.close()


def test_smtp_says_421_and_closes(operator: Operator) -> None:
    client = operator.sender(BOX)
    client.send_message(mail(BOX.address, BOX.address))
    close(operator)
    assert client.getreply() == (421, b"4.7.0 session Pro Sante Connect fermee")
    with pytest.raises(smtplib.SMTPServerDisconnected):
        client.noop()


def test_a_message_that_was_taken_is_kept_and_answered_before_the_goodbye(operator: Operator) -> None:
    client = operator.sender(BOX)
    operator.break_("mssante.smtp.slow", delay_ms=2_500)  # the 250 is on its way when the session ends
    client.putcmd("mail", f"FROM:<{BOX.address}>")
    client.getreply()
    client.rcpt(BOX.address)
    client.docmd("DATA")
    client.send(mail(BOX.address, BOX.address).as_bytes() + b"\r\n.\r\n")
    close(operator)
    assert client.getreply()[0] == 250
    assert client.getreply()[0] == 421


def test_other_people_other_sandboxes_and_applications_stay(operator: Operator) -> None:
    stays, elsewhere = operator.imap(OTHER), operator.imap(BOX, sandbox=TEAM)
    goes = Raw(operator, BOX)
    close(operator)
    assert goes.line().startswith("* BYE")
    assert stays.noop()[0] == "OK"
    assert elsewhere.noop()[0] == "OK"
    stays.logout()
    elsewhere.logout()
    goes.close()


def test_with_the_delay_armed_a_mailbox_just_declared_opens_a_day_later(operator: Operator) -> None:
    clock, context = operator.service.floor.clock, operator.service.listeners[0]._context  # type: ignore[attr-defined]
    stored = operator.service.floor.store._collections["mailboxes"]
    holders = operator.thread.call(stored.find_one({"address": OTHER.address}))["holders"]
    told = MailboxPublished(address=OTHER.address, kind="PER", holders=tuple(holders))
    operator.thread.call(open_mailbox(context, told))
    operator.imap(OTHER).logout()  # at once, unless the delay is imitated
    operator.break_("mssante.auth.holder_delay", count=2)
    with pytest.raises(imaplib.IMAP4.error, match="AUTHENTICATIONFAILED"):
        operator.imap(OTHER)
    with pytest.raises(smtplib.SMTPAuthenticationError) as refused:
        operator.sender(OTHER)
    assert refused.value.smtp_code == 535
    assert "not_holder" in operator.facts("mssante.authentication.refused")[-1]
    operator.imap(BOX).logout()  # declared long ago
    try:
        clock.set_offset("default", timedelta(seconds=operator.settings.holder_delay_s + 1))
        operator.break_("mssante.auth.holder_delay", count=9)
        operator.imap(OTHER).logout()
    finally:
        clock.set_offset("default", timedelta())


def test_who_leaves_in_time_meets_no_goodbye_and_nothing_is_left_behind(operator: Operator) -> None:
    client = operator.imap(BOX)
    assert client.logout()[0] == "BYE"
    sender = operator.sender(BOX)
    sender.quit()
    close(operator)
    context = operator.service.listeners[0]._context  # type: ignore[attr-defined]
    assert operator.thread.call(end_mail_sessions(context)) == 0
