"""IMAP as imaplib and raw sockets see it: what mail software does at login and after, and what strangers try."""

from __future__ import annotations

import base64
import imaplib
import socket
import ssl
import time
from email.message import EmailMessage

import pytest

from segur.personas.model import Mailbox
from segur.scenario.actors.mail_client import report_mail
from tests.contract.mssante.conftest import COUNTRY, Operator, b64, mail, xoauth2
from tests.contract.mssante.test_archives import report


def filled(operator: Operator, *messages: EmailMessage) -> tuple[Mailbox, Mailbox]:
    """A reader with mails from a sender."""
    sender, reader = operator.fresh(), operator.fresh()
    with operator.sender(sender) as client:
        for message in messages or (mail(sender.address, reader.address),):
            client.send_message(message, sender.address, [reader.address])
    return sender, reader


class Raw:
    """A socket that speaks IMAP line by line."""

    def __init__(self, operator: Operator, box: Mailbox | None = None) -> None:
        self.socket = socket.create_connection(("127.0.0.1", operator.settings.imap_port), timeout=20)
        self.file = self.socket.makefile("rb")
        self.greeting = self.line()
        if box is not None:
            self.say("t0 STARTTLS")
            self.line()
            self.socket = operator.trust().wrap_socket(self.socket, server_hostname="localhost")
            self.file = self.socket.makefile("rb")
            self.say(f"t1 AUTHENTICATE XOAUTH2 {b64(xoauth2(box.address, operator.token(box)))}")
            assert self.line().startswith("t1 OK")

    def say(self, text: str | bytes) -> None:
        self.socket.sendall((text.encode() if isinstance(text, str) else text) + b"\r\n")

    def line(self) -> str:
        return self.file.readline().decode("utf-8", "replace").rstrip("\r\n")

    def until(self, tag: str) -> list[str]:
        lines = [self.line()]
        while lines[-1] and not lines[-1].startswith(f"{tag} "):
            lines.append(self.line())
        return lines

    def ask(self, text: str | bytes) -> list[str]:
        self.say(text)
        return self.until((text.encode() if isinstance(text, str) else text).split()[0].decode())

    def close(self) -> None:
        self.file.close()
        self.socket.close()


def test_a_mail_is_found_read_flagged_moved_and_expunged(operator: Operator) -> None:
    first, second, third = (mail("a@b", "c@d") for _ in range(3))
    for n, message in enumerate((first, second, third)):
        message.replace_header("Subject", f"numéro {n}")
    _, reader = filled(operator, first, second, third)

    box = operator.imap(reader)
    assert {"IDLE", "UIDPLUS", "MOVE", "SPECIAL-USE"} <= set(box.capability()[1][0].decode().split())
    assert box.select("INBOX") == ("OK", [b"3"])
    assert box.search(None, "UNSEEN")[1] == [b"1 2 3"]
    assert box.search(None, "HEADER", "Message-ID", f'"{second["Message-ID"]}"')[1] == [b"2"]
    assert box.uid("SEARCH", "NOT", "SUBJECT", '"num\u00e9ro 1"'.encode())[1] == [b"1 3"]
    assert box.search("UTF-8", "OR", "2", "(TEXT", "Bonjour", "SMALLER", "9999999)")[1] == [b"1 2 3"]
    peeked = box.uid("FETCH", "1", "(FLAGS RFC822.SIZE BODY.PEEK[])")[1][0]
    assert f"RFC822.SIZE {len(peeked[1])}".encode() in peeked[0]
    assert box.search(None, "UNSEEN")[1] == [b"1 2 3"]
    assert box.fetch("1", "(RFC822)")[1][0][1] == peeked[1]
    assert box.search(None, "UNSEEN")[1] == [b"2 3"]
    assert box.fetch("1", "(BODY[]<5.20>)")[1][0][1] == peeked[1][5:25]
    assert b"\\Flagged" in box.store("1", "+FLAGS", "(\\Flagged $Forwarded)")[1][0]
    assert b"\\Flagged" not in box.store("1", "-FLAGS", "\\Flagged")[1][0]
    assert box.uid("STORE", "2:3", "+FLAGS.SILENT", "(\\Deleted)")[0] == "OK"
    assert box.uid("EXPUNGE", "2")[0] == "OK"
    assert box.select("INBOX") == ("OK", [b"2"])
    assert box.uid("MOVE", "1", "Archive")[0] == "OK"
    assert box.expunge()[1] == [b"1", b"1"], "the moved one, then the deleted one"
    assert box.status("Archive", "(MESSAGES UNSEEN)")[1] == [b'"Archive" (MESSAGES 1 UNSEEN 0)']
    assert box.select("Archive")[1] == [b"1"]
    assert box.copy("1", "INBOX")[0] == "OK"
    assert box.copy("1", "Absent")[0] == "NO"
    assert box.select("INBOX")[1] == [b"1"]
    assert box.logout()[0] == "BYE"
    reads = [fact for fact in operator.facts("mssante.message.read") if reader.address in fact]
    assert len(reads) == 1


def test_folders_are_listed_made_and_filled(operator: Operator) -> None:
    reader = operator.fresh()
    box = operator.imap(reader, secured=True)
    names = [line.decode() for line in box.list()[1]]
    assert [name.rpartition(" ")[2] for name in names] == [
        '"INBOX"',
        '"Sent"',
        '"Drafts"',
        '"Trash"',
        '"Junk"',
        '"Archive"',
    ]
    assert any("\\Sent" in name for name in names)
    assert box.list('""', "%nt")[1] == [b'(\\HasNoChildren \\Sent) "/" "Sent"']
    assert box.list('""', '""')[1] == [b'(\\Noselect) "/" ""']
    assert box.create("Patients/2026")[0] == "OK"
    assert box.create("Patients/2026")[0] == "NO"
    assert box.create("a*b")[0] == "NO"
    assert box.subscribe("Patients/2026")[0] == box.lsub()[0] == box.namespace()[0] == "OK"
    content = mail("a@b", "c@d").as_bytes().replace(b"\n", b"\r\n")
    answer = box.append("Sent", "(\\Seen $MDNSent)", imaplib.Time2Internaldate(time.time()), content)
    assert answer[0] == "OK"
    assert b"APPENDUID" in answer[1][0]
    assert box.append("Patients/2026", None, None, content)[0] == "OK"
    assert box.append("Absent", None, None, content)[0] == "NO"
    assert box.select("Sent") == ("OK", [b"1"])
    assert box.fetch("1", "(FLAGS BODY.PEEK[])")[1][0][1] == content
    assert box.getquotaroot("INBOX")[0] == "OK"
    assert box.delete("Patients/2026")[0] == "OK"
    assert box.delete("Sent")[0] == "NO"
    assert box.unselect()[0] == "OK"
    box.logout()
    assert not [fact for fact in operator.facts("mssante.message.read") if reader.address in fact]


def test_the_structure_of_a_report_is_told_part_by_part(operator: Operator) -> None:
    document = report()
    message = report_mail([document], sender="a@b", sender_label="Dr É", recipients=["c@d"])
    _, reader = filled(operator, message)
    box = operator.imap(reader)
    box.select("INBOX", readonly=True)
    shown = b"".join(i if isinstance(i, bytes) else b"".join(i) for i in box.fetch("1", "(ENVELOPE BODYSTRUCTURE)")[1])
    assert b'"IHE_XDM.ZIP"' in shown
    assert b'(("TEXT" "PLAIN" ("CHARSET" "utf-8")' in shown
    assert b'"APPLICATION" "PDF" NIL' in shown or b'"APPLICATION" "PDF" (' in shown
    assert f'"{message["Message-ID"]}"'.encode() in shown
    zipped = box.fetch("1", "(BODY[3])")[1][0][1]
    assert base64.b64decode(zipped).startswith(b"PK")
    assert b"application/zip" in box.fetch("1", "(BODY.PEEK[3.MIME])")[1][0][1]
    assert box.fetch("1", "(BODY.PEEK[1.1])")[1][0][1].startswith(b"Bonjour")
    assert box.fetch("1", "(BODY.PEEK[HEADER.FIELDS (X-MSS-NIL Nothing)])")[1][0][1] == b"X-MSS-NIL: 9999\r\n\r\n"
    assert box.fetch("1", "(BODY.PEEK[9])")[1][0] == b"1 (BODY[9] NIL)"
    assert box.fetch("1", "FULL")[0] == box.fetch("1", "(RFC822.HEADER)")[0] == "OK"
    box.logout()


def test_idle_tells_a_new_mail_at_once_and_another_session_its_changes(operator: Operator) -> None:
    sender, reader = operator.fresh(), operator.fresh()
    raw = Raw(operator, reader)
    assert raw.ask("a SELECT INBOX")[-1].startswith("a OK [READ-WRITE]")
    content = b"Subject: x\r\n\r\nx\r\n"
    raw.say(b"b APPEND INBOX (\\Deleted) {%d+}\r\n" % len(content) + content)
    assert raw.until("b")[0] == "* 1 EXISTS"
    assert raw.ask("b EXPUNGE") == ["* 1 EXPUNGE", "b OK EXPUNGE completed"]
    raw.say("b IDLE")
    assert raw.line().startswith("+")
    with operator.sender(sender) as client:
        client.send_message(mail(sender.address, reader.address))
    assert raw.line() == "* 1 EXISTS"
    other = operator.imap(reader)
    other.select()
    other.store("1", "+FLAGS", "\\Deleted")
    assert raw.line() == "* 1 FETCH (UID 2 FLAGS (\\Deleted))"
    other.expunge()
    assert raw.line() == "* 1 EXPUNGE"
    other.logout()
    raw.say("DONE")
    assert raw.line() == "b OK IDLE completed"
    raw.close()


def test_logins_that_do_not_open(operator: Operator) -> None:
    reader, other = operator.fresh(), operator.fresh()
    client = imaplib.IMAP4("127.0.0.1", operator.settings.imap_port, timeout=20)
    assert "LOGINDISABLED" in client.capabilities
    with pytest.raises(imaplib.IMAP4.error, match="PRIVACYREQUIRED"):
        client.login("a", "b")
    with pytest.raises(imaplib.IMAP4.error, match="PRIVACYREQUIRED"):
        client.authenticate("XOAUTH2", lambda _: b"x")
    client.starttls(operator.trust())
    assert {"SASL-IR", "AUTH=XOAUTH2"} <= set(client.capabilities)
    assert "AUTH=PLAIN" not in client.capabilities
    for token in ("stolen", operator.token(other)):
        with pytest.raises(imaplib.IMAP4.error, match="AUTHENTICATIONFAILED"):
            operator.imap(reader, token)
    with pytest.raises(imaplib.IMAP4.error, match="UNAVAILABLE"):
        operator.imap(reader, "away")
    with pytest.raises(imaplib.IMAP4.error, match="AUTHENTICATIONFAILED"):
        client.authenticate("PLAIN", lambda _: f"\x00{reader.address}\x00".encode())
    client.logout()


def test_an_application_reads_with_its_certificate(operator: Operator) -> None:
    box = next(box for box in COUNTRY.mailboxes_of("ST3") if box.kind == "APP")
    unit = COUNTRY.structure("ST3").struct_id.value
    identity = operator.authority.issue("ris", "org-auth", common_name="RIS", unit=unit)
    client = imaplib.IMAP4_SSL(
        "127.0.0.1", operator.settings.imaps_port, ssl_context=operator.trust(identity), timeout=20
    )
    assert "AUTH=PLAIN" in client.capabilities
    assert client.authenticate("PLAIN", lambda _: f"\x00{box.address}\x00".encode())[0] == "OK"
    assert client.select("INBOX")[0] == "OK"
    client.logout()


def test_hostile_input_costs_the_stranger_only_his_own_session(operator: Operator) -> None:
    _, reader = filled(operator)
    before_login = Raw(operator)
    assert before_login.ask("a SELECT INBOX")[-1].startswith("a BAD")
    before_login.say("")
    assert before_login.line().startswith("* BAD")
    before_login.say(b"\x00\xff\xfe garbage")
    assert before_login.line().startswith("* BAD")
    assert before_login.ask("a LOGIN {99999999}")[-1] == "a NO [TOOBIG] at most 65536 octets"
    before_login.say("a LOGIN {99999999+}")
    assert before_login.line().startswith("* BYE [TOOBIG]")
    assert before_login.line() == ""
    before_login.close()

    long_line = Raw(operator)
    long_line.say(b"a " + b"x" * 200_000)
    assert long_line.line().startswith("* BYE line too long")
    long_line.close()

    pipelined = Raw(operator)
    pipelined.say(b"a STARTTLS\r\nb CAPABILITY")
    assert pipelined.line().startswith("a OK")
    secured = operator.trust().wrap_socket(pipelined.socket, server_hostname="localhost")
    secured.sendall(b"c NOOP\r\n")
    assert secured.recv(100).startswith(b"c OK"), "what came before TLS must not run after it"
    secured.close()
    pipelined.file.close()

    raw = Raw(operator, reader)
    raw.ask("a SELECT INBOX")
    deep = "(" * 200 + "ALL" + ")" * 200
    for command, answer in (
        (f"b SEARCH {deep}", "b BAD too many parentheses"),
        ("b SEARCH " + "NOT " * 600 + "ALL", "b BAD SEARCH: at most 500 criteria"),
        ("b SEARCH CHARSET KOI8-R ALL", "b NO [BADCHARSET"),
        ("b SEARCH NONSENSE", "b BAD SEARCH: key NONSENSE"),
        ("b SEARCH SINCE yesterday", "b BAD a date like"),
        ("b SEARCH LARGER 99999999999999999999", "b BAD SEARCH: a number"),
        ("b FETCH 1:99999999999999999 (FLAGS)", "b BAD sequence set"),
        ("b FETCH 7 (FLAGS)", "b BAD no message"),
        ("b FETCH 1 (BODY[1.2.3.TEXT.X])", "b BAD FETCH: data item"),
        ("b FETCH 1 (BODY[]<0.99999999999>)", "b BAD FETCH: data item"),
        ("b FETCH 1 (MODSEQ)", "b BAD FETCH: data item"),
        ("b FETCH", "b BAD FETCH: a sequence set"),
        ("b STORE 1 FLAGS (\\Recent)", "b BAD STORE: \\Recent"),
        ("b STORE 1 +FLAGS (" + " ".join(f"k{n}" for n in range(40)) + ")", "b NO [LIMIT]"),
        ('b LIST "" ' + "%a" * 100, "b OK"),
        ('b LIST "" "unfinished', "b BAD cannot read"),
        ("b APPEND INBOX {99999999}", "b NO [TOOBIG]"),
        ("b UID COPY 1 {3}\r\nabc", "+ OK"),
        ("b RENAME INBOX x", "b NO [CANNOT]"),
        ("b XYZZY", "b BAD XYZZY"),
    ):
        answers = raw.ask(command) if not answer.startswith("+") else [raw.ask(command)[0]]
        assert answers[-1].startswith(answer), (command[:40], answers)
    raw.close()
    operator.imap(reader).logout()


def test_a_client_that_only_makes_mistakes_is_sent_away(operator: Operator) -> None:
    raw = Raw(operator)
    lines = []
    for n in range(40):
        try:
            raw.say(f"a{n} NONSENSE")
        except OSError:
            break
        lines.append(raw.line())
        if lines[-1].startswith("* BYE") or not lines[-1]:
            break
    rest = raw.line()
    assert any("BYE" in line for line in (*lines, rest))
    raw.close()


def test_a_client_that_says_nothing_is_sent_away(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(operator.settings.__dict__, "mail_login_s", 0.05)
    raw = Raw(operator)
    assert raw.line() == "* BYE [UNAVAILABLE] session inactive"
    assert raw.line() == ""
    raw.close()


def test_faults_have_their_own_answer(operator: Operator) -> None:
    _, reader = filled(operator)
    box = operator.imap(reader)
    box.select()
    operator.break_("mssante.imap.unavailable")
    assert box.noop() == ("NO", [b"[UNAVAILABLE] Temporarily unavailable"])
    operator.break_("mssante.imap.move")
    assert box.uid("MOVE", "1", "Trash") == ("NO", [b"[SERVERBUG] Internal error"])
    operator.break_("mssante.imap.slow", delay_ms=5)
    assert box.select() == ("OK", [b"1"])
    operator.break_("mssante.imap.bye")
    with pytest.raises((imaplib.IMAP4.abort, ssl.SSLError, OSError)):
        box.noop()


def test_reading_goes_on_in_the_trace_of_the_submission(operator: Operator) -> None:
    trace = "1af7651916cd43dd8448eb211c80319c"
    message = mail("a@b", "c@d", X_Segur_Traceparent=f"00-{trace}-b7ad6b7169203331-01")
    _, reader = filled(operator, message)
    box = operator.imap(reader)
    box.select()
    box.fetch("1", "(BODY[])")
    box.logout()
    [fact] = [fact for fact in operator.facts("mssante.message.read") if reader.address in fact]
    assert trace in fact
