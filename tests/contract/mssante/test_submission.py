"""SMTP submission as smtplib sees it: what is taken, what is refused in which words, and what is kept."""

from __future__ import annotations

import base64
import smtplib
import socket
import ssl

import pytest

from segur.personas.mailboxes import in_sandbox
from tests.contract.mssante.conftest import COUNTRY, TEAM, Operator, b64, mail, xoauth2

CLOSED = COUNTRY.patient("P11").citizen_address
UNKNOWN = COUNTRY.patient("P12").citizen_address
CITIZEN = COUNTRY.patient("P1").citizen_address


def test_a_mail_is_kept_delivered_and_told(operator: Operator) -> None:
    sender, reader = operator.fresh(), operator.fresh()
    message = mail(sender.address, reader.address)

    with operator.sender(sender) as client:
        assert client.send_message(message) == {}

    [found] = operator.inbox(reader)
    assert found.startswith(f"Return-Path: <{sender.address}>\r\nReceived: ".encode())
    assert found.endswith(message.as_bytes().replace(b"\n", b"\r\n"))
    told = "".join(operator.facts(sender.address))
    assert "mssante.message.accepted" in told
    assert str(message["Message-ID"]) in told
    assert any(reader.address in fact for fact in operator.facts("mssante.message.delivered"))


def test_the_greeting_offers_what_the_state_allows(operator: Operator) -> None:
    with smtplib.SMTP("127.0.0.1", operator.settings.smtp_port, timeout=20) as client:
        client.ehlo()
        assert set(client.esmtp_features) >= {"starttls", "size"}
        assert "auth" not in client.esmtp_features
        for command in ("MAIL FROM:<a@b>", "AUTH XOAUTH2 eA==", "DATA"):
            assert client.docmd(command) == (530, b"5.7.0 Must issue a STARTTLS command first")
    with operator.smtp() as client:
        offered = set(client.esmtp_features)
        assert offered >= {"pipelining", "size", "8bitmime", "smtputf8", "enhancedstatuscodes", "dsn", "auth"}
        assert client.esmtp_features["auth"].split() == ["XOAUTH2"]
        assert client.esmtp_features["size"] == str(operator.settings.max_message_bytes)


def test_refusals_use_the_words_of_the_table(operator: Operator) -> None:
    sender, other = operator.fresh(), operator.fresh()
    with operator.smtp() as client:
        assert client.mail(sender.address)[0] == 530
    with operator.sender(sender) as client:
        assert client.mail(other.address) == (553, b"5.7.1 expediteur non autorise")
        assert client.mail(sender.address, ["SIZE=500000"]) == (552, b"5.3.4 taille maximale depassee")
        assert client.mail(sender.address, ["RET=HDRS", "ENVID=x1", "BODY=8BITMIME"])[0] == 250
        for address, answer in (
            ("personne@medecin.emulateur.mssante.fr", (550, b"5.1.1 boite aux lettres inconnue")),
            ("x@gmail.com", (550, b"5.7.1 domaine destinataire hors espace de confiance")),
            (in_sandbox(other.address, TEAM), (550, b"5.7.1 domaine destinataire hors espace de confiance")),
        ):
            assert client.rcpt(address) == answer
        assert client.docmd("RCPT", "TO:<a@@x>")[0] == 553
        assert client.rcpt(other.address, ["NOTIFY=SUCCESS,FAILURE", "ORCPT=rfc822;x"]) == (250, b"2.1.5 OK")
        assert client.rcpt(other.address, ["NOTIFY=SOMETIMES"])[0] == 501
        assert client.docmd("BDAT 3")[0] == 500
        assert client.docmd("EXPN x") == (502, b"5.5.1 EXPN not implemented")
        assert client.rset() == (250, b"2.0.0 OK")
        assert client.docmd("DATA") == (503, b"5.5.1 Error: need RCPT command")
    told = operator.facts("mssante.message.refused")
    assert any("expediteur non autorise" in fact for fact in told)
    assert any("5.1.1" in fact and "personne@medecin" in fact for fact in told)


def test_xoauth2_in_one_step_in_two_and_refused(operator: Operator) -> None:
    sender, other = operator.fresh(), operator.fresh()
    good = b64(xoauth2(sender.address, operator.token(sender)))

    def refused(client: smtplib.SMTP, message: str | bytes) -> bytes:
        code, challenge = client.docmd("AUTH", f"XOAUTH2 {b64(message)}")
        assert code == 334
        assert client.docmd("") == (535, b"5.7.8 Authentication credentials invalid")
        return base64.b64decode(challenge)

    with operator.smtp() as client:
        assert (
            refused(client, xoauth2(sender.address, "stolen")) == b'{"status":"401","schemes":"bearer","scope":"mail"}'
        )
        assert b'"403"' in refused(client, xoauth2(sender.address, operator.token(other)))
        assert b'"403"' in refused(client, xoauth2("nobody@x.fr", operator.token(other)))
        assert b'"403"' in refused(client, xoauth2(in_sandbox(sender.address, "nulle-part"), operator.token(sender)))
        assert b'"400"' in refused(client, f"user={sender.address}\x01auth=Bearer x\x01")
        assert b'"400"' in refused(client, b"\xff\xfe")
        assert client.docmd("AUTH", f"XOAUTH2 {b64(xoauth2(sender.address, 'away'))}")[0] == 454
        assert client.docmd("AUTH", "XOAUTH2 !!!") == (501, b"5.5.2 Can't decode base64")
        assert client.docmd("AUTH", "CRAM-MD5")[0] == 504
        assert client.docmd("AUTH", "xoauth2") == (334, b"")
        assert client.docmd("*")[0] == 501
        assert client.docmd("AUTH", "xoauth2") == (334, b"")
        assert client.docmd(good) == (235, b"2.7.0 Authentication successful")
    with operator.smtp() as client:
        assert client.docmd("AUTH", f"XOAUTH2 {good}")[0] == 235
        assert client.docmd("AUTH", f"XOAUTH2 {good}")[0] == 503
    reasons = "".join(operator.facts("mssante.authentication.refused"))
    assert all(reason in reasons for reason in ("token_refused", "not_holder", "login_malformed"))


def test_an_application_logs_in_with_the_certificate_of_its_structure(operator: Operator) -> None:
    structure, reader = COUNTRY.structure("ST2"), operator.fresh()
    box = next(box for box in COUNTRY.mailboxes_of("ST2") if box.kind == "APP")
    unit = structure.struct_id.value
    own = operator.authority.issue("sgl", "org-auth", common_name="SGL", unit=unit)
    signing = operator.authority.issue("sgl-sign", "org-sign", common_name="SGL", unit=unit)
    elsewhere = operator.authority.issue("other", "org-auth", common_name="X", unit="1990000002")
    login = b64(f"\x00{box.address}\x00")

    with operator.smtp(own) as client:
        assert client.esmtp_features["auth"].split() == ["XOAUTH2", "PLAIN"]
        assert client.docmd("AUTH", "PLAIN AAA=")[0] == 501
        client.login(box.address, "n'importe quoi")
        message = mail(box.address, reader.address, Reply_To="resultats@labo-eprouvettes.emulateur.mssante.fr")
        assert client.send_message(message) == {}
    for identity in (None, signing, elsewhere):
        with operator.smtp(identity) as client:
            assert client.docmd("AUTH", f"PLAIN {login}") == (
                535,
                b"5.7.8 certificat ORG AUTH_CLI absent ou non lie a la boite",
            )
    with operator.smtp(own) as client:
        assert client.docmd("AUTH", f"PLAIN {b64(chr(0) + reader.address + chr(0))}")[0] == 535
    assert len(operator.inbox(reader)) == 1


@pytest.mark.parametrize(
    "body", [b"", b".\r\n", b"..\r\n.x\r\n", b"a\r\n" * 30_000, b"x" * 150_000, b"\r\n\r\n", b"bare\n.\nline ends"]
)
def test_the_data_phase_gives_back_every_byte(operator: Operator, body: bytes) -> None:
    box = operator.fresh()
    content = b"Subject: x\r\n\r\n" + body + (b"" if body.endswith(b"\r\n") or not body else b"\r\n")
    stuffed = b"".join(
        b"." + line if line.startswith(b".") else line for line in content.split(b"\r\n") for line in (line + b"\r\n",)
    )
    with operator.sender(box) as client:
        client.mail(box.address)
        client.rcpt(box.address)
        assert client.docmd("DATA")[0] == 354
        # the end of the message and the next command in one piece, as pipelining clients write
        client.send(stuffed[:-2] + b".\r\nNOOP\r\n")
        assert client.getreply()[0] == 250
        assert client.getreply() == (250, b"2.0.0 OK")
    [found] = operator.inbox(box)
    assert found.partition(b"\r\n\t")[2].partition(b"\r\n")[2] == content


def test_a_message_too_large_is_read_to_its_end_and_not_kept(operator: Operator) -> None:
    box = operator.fresh()
    with operator.sender(box) as client:
        client.mail(box.address)
        client.rcpt(box.address)
        code, text = client.data(b"x: y\r\n\r\n" + b"0123456789abcdef\r\n" * 40_000)
        assert (code, text) == (552, b"5.3.4 taille maximale depassee")
        assert client.noop()[0] == 250
    assert operator.inbox(box) == []
    assert any("taille maximale" in fact for fact in operator.facts(box.address))


def test_the_same_mail_sent_again_is_kept_once(operator: Operator) -> None:
    sender, reader = operator.fresh(), operator.fresh()
    message, other = mail(sender.address, reader.address), mail(sender.address, reader.address)
    operator.break_("mssante.smtp.cut_after_storing")

    with operator.sender(sender) as client, pytest.raises(smtplib.SMTPServerDisconnected):
        client.send_message(message)
    for again in (message, message, other):
        with operator.sender(sender) as client:
            client.send_message(again)

    assert len(operator.inbox(reader)) == 2
    accepted = [f for f in operator.facts("mssante.message.accepted") if str(message["Message-ID"]) in f]
    assert len(accepted) == 1


def test_a_cut_before_storing_leaves_nothing(operator: Operator) -> None:
    sender, reader = operator.fresh(), operator.fresh()
    operator.break_("mssante.smtp.cut")
    with operator.sender(sender) as client, pytest.raises(smtplib.SMTPServerDisconnected):
        client.send_message(mail(sender.address, reader.address))
    assert operator.inbox(reader) == []


def test_what_nobody_foresaw_is_a_451_and_the_session_goes_on(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    sender, reader = operator.fresh(), operator.fresh()
    message = mail(sender.address, reader.address)
    blobs = operator.service.floor.blobs
    with operator.sender(sender) as client:
        with monkeypatch.context() as broken:
            broken.setattr(type(blobs), "_put", lambda *_: 1 / 0)
            with pytest.raises(smtplib.SMTPDataError) as refusal:
                client.send_message(message)
        assert (refusal.value.smtp_code, refusal.value.smtp_error[:5]) == (451, b"4.3.0")
        assert b"ZeroDivision" not in refusal.value.smtp_error
        assert client.send_message(message) == {}
    assert len(operator.inbox(reader)) == 1


def test_every_fault_shows_its_own_answer(operator: Operator) -> None:
    sender, reader = operator.fresh(), operator.fresh()

    def answer() -> tuple[int, bytes]:
        with operator.sender(sender) as client:
            for step in (lambda: client.mail(sender.address), lambda: client.rcpt(reader.address)):
                if (told := step())[0] != 250:
                    return told
            return client.data(mail(sender.address, reader.address).as_bytes())

    for point, expected in (
        ("mssante.smtp.maintenance", (421, b"4.3.2 service en maintenance")),
        ("mssante.smtp.greylist", (451, b"4.7.1 trop de messages, reessayer plus tard")),
        ("mssante.smtp.mailbox_full", (552, b"5.2.2 boite aux lettres pleine")),
        ("mssante.smtp.mailbox_full_for_now", (452, b"4.2.2 boite aux lettres pleine")),
        ("mssante.submit.unavailable", (451, b"4.3.0 service momentanement indisponible, reessayer plus tard")),
    ):
        operator.break_(point)
        assert answer() == expected
        assert operator.inbox(reader) == []
    operator.break_("mssante.smtp.slow", delay_ms=5)
    assert answer()[0] == 250
    operator.break_("mssante.auth.token_refused")
    with operator.smtp() as client:
        code, told = client.docmd("AUTH", f"XOAUTH2 {b64(xoauth2(sender.address, operator.token(sender)))}")
        assert (code, b'"401"' in base64.b64decode(told)) == (334, True)
        assert client.docmd("")[0] == 535
    operator.break_("mssante.auth.cut_after_334")
    with operator.smtp() as client:
        assert client.docmd("AUTH", f"XOAUTH2 {b64(xoauth2(sender.address, 'stolen'))}")[0] == 334
        with pytest.raises((smtplib.SMTPServerDisconnected, ssl.SSLError)):
            client.docmd("")


def test_a_citizen_who_cannot_be_reached_bounces_to_the_sender(operator: Operator) -> None:
    sender = operator.fresh()
    malformed = "12345@patient.mssante.fr"
    for address in (CLOSED, UNKNOWN, malformed):
        with operator.sender(sender) as client:
            assert client.send_message(mail(sender.address, address)) == {}
    with operator.sender(sender) as client:
        client.mail(sender.address)
        client.rcpt(UNKNOWN, ["NOTIFY=NEVER"])
        assert client.data(mail(sender.address, UNKNOWN).as_bytes())[0] == 250

    bounces = operator.inbox(sender)

    assert len(bounces) == 3
    for bounce, cause, status in zip(
        bounces,
        ("messagerie fermée", "patient non trouvé", "adresse invalide"),
        ("5.2.1", "5.1.1", "5.1.3"),
        strict=True,
    ):
        assert b"report-type=delivery-status" in bounce
        assert cause.encode() in bounce
        assert f"Status: {status}".encode() in bounce
        assert b"Action: failed" in bounce
    told = "".join(operator.facts("mssante.message.bounced"))
    assert "messagerie fermée" in told
    assert CLOSED.partition("@")[0] not in "".join(operator.facts())
    assert UNKNOWN.partition("@")[0] not in "".join(operator.facts())


def test_a_delivery_receipt_comes_back_when_asked_for(operator: Operator) -> None:
    sender, reader = operator.fresh(), operator.fresh()
    message = mail(sender.address, reader.address, Return_Receipt_To=sender.address)
    with operator.sender(sender) as client:
        client.send_message(message)

    [receipt] = operator.inbox(sender)

    assert b"Action: delivered" in receipt
    assert f"In-Reply-To: {message['Message-ID']}".encode() in receipt
    assert len(operator.inbox(reader)) == 1
    assert '"receipt":"DSN"' in "".join(operator.facts("mssante.message.acknowledged"))


def test_a_sandbox_has_mailboxes_of_its_own(operator: Operator) -> None:
    sender, reader = operator.fresh(), operator.fresh()
    with operator.sender(sender, TEAM) as client:
        client.send_message(mail(sender.address, reader.address), sender.address, reader.address)
        client.send_message(
            mail(sender.address, reader.address), in_sandbox(sender.address, TEAM), in_sandbox(reader.address, TEAM)
        )

    assert len(operator.inbox(reader, TEAM)) == 2
    assert operator.inbox(reader) == []
    assert all(TEAM in fact for fact in operator.facts(reader.address) if "mssante.message.delivered" in fact)


def test_too_many_connections_of_one_address_are_turned_away(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    for listener in operator.service.listeners:
        monkeypatch.setattr(listener._gate, "_most", 0)  # type: ignore[attr-defined]
    for port, words in ((operator.settings.smtp_port, b"421 4.7.0"), (operator.settings.imap_port, b"* BYE")):
        with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
            assert connection.recv(100).startswith(words)
            assert connection.recv(100) == b""
