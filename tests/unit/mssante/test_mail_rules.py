"""The mail rules that need no server."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from segur_mssante.domain import folders, mime_tree, receipts
from segur_mssante.domain.attachments import read_envelope, without_ins
from segur_mssante.domain.imap_fetch import read_item, section_bytes, structure
from segur_mssante.domain.imap_syntax import (
    BadCommand,
    number_set,
    ranges,
    read_day,
    read_moment,
    string,
    words,
    write_moment,
)
from segur_mssante.domain.xoauth2 import MalformedLogin, read_credentials, read_plain, refusal_json

from segur.personas.mailboxes import in_sandbox, split_sandbox


def test_an_xoauth2_message_gives_mailbox_and_token() -> None:
    found = read_credentials(b"user=A.B@x.mssante.fr\x01auth=Bearer abc.def\x01\x01")

    assert (found.mailbox, found.token) == ("a.b@x.mssante.fr", "abc.def")


@pytest.mark.parametrize(
    "message",
    [b"", b"user=a@b\x01\x01", b"user=a@b\x01auth=Basic x\x01\x01", b"\xff", b"user=a@b\x01auth=Bearer x\x01",
     b"auth=Bearer x\x01\x01"],
)  # fmt: skip
def test_another_form_of_xoauth2_is_refused(message: bytes) -> None:
    with pytest.raises(MalformedLogin):
        read_credentials(message)


def test_plain_gives_the_mailbox_whatever_the_password() -> None:
    assert read_plain(b"\x00A@b\x00").mailbox == read_plain(b"a@b\x00a@B\x00secret").mailbox == "a@b"
    for message in (b"", b"\x00\x00", b"other@b\x00a@b\x00", b"a@b"):
        with pytest.raises(MalformedLogin):
            read_plain(message)


def test_the_refusal_is_byte_for_byte_that_of_dovecot() -> None:
    assert refusal_json("401") == b'{"status":"401","schemes":"bearer","scope":"mail"}'


def test_a_matricule_is_blotted_out() -> None:
    assert without_ins("of 279035121518989 and 27903512A518989") == "of (...) and (...)"


def test_words_of_a_command() -> None:
    line = '1:2 (FLAGS BODY.PEEK[HEADER.FIELDS (TO)]<0.9>) "a \\"b\\"" \x00'
    assert words(line, [b"raw"]) == ["1:2", ["FLAGS", "BODY.PEEK[HEADER.FIELDS (TO)]<0.9>"], 'a "b"', b"raw"]
    for broken in ('"open', "(a", "a)", "BODY[", "(" * 99):
        with pytest.raises(BadCommand):
            words(broken)


def test_sequence_sets_are_ranges_whatever_their_size() -> None:
    chosen = number_set("1,3:4,6:*,4:3", 7)
    assert [n for n in range(10) if n in chosen] == [1, 3, 4, 6, 7]
    assert 10**10 in number_set("1:99999999999", 3)
    assert 3 in number_set("9:*", 3)
    assert ranges([1, 2, 3, 7, 9, 10]) == "1:3,7,9:10"
    for broken in ("1:x", "1:2:3", "", "1,", "٣", ",".join(["1"] * 6000)):
        with pytest.raises(BadCommand):
            number_set(broken, 3)


def test_dates_go_both_ways() -> None:
    moment = datetime(2026, 2, 1, 9, 0, tzinfo=UTC)
    assert read_moment(" 1-Feb-2026 10:00:00 +0100") == moment
    assert write_moment(moment) == '"01-Feb-2026 09:00:00 +0000"'
    assert read_day("1-feb-2026") == date(2026, 2, 1)
    for broken in ("31-Feb-2026", "1-Fev-2026", "2026-02-01", ""):
        with pytest.raises(BadCommand):
            read_day(broken)


def test_strings_are_quoted_or_literal() -> None:
    assert string(None) == b"NIL"
    assert string('a "b\\') == b'"a \\"b\\\\"'
    assert string("é") == b"{2}\r\n\xc3\xa9"
    assert string(b"a\r\nb") == b"{4}\r\na\r\nb"


MAIL = (
    b"Subject: =?utf-8?q?=C3=A9t=C3=A9?=\r\n folded\r\nContent-Type: multipart/mixed; boundary=B\r\n\r\n"
    b"preamble\r\n--B\r\n\r\nfirst --B\r\nline\r\n--B\r\nContent-Type: message/rfc822\r\n\r\n"
    b"Subject: inner\r\nContent-Type: text/html\r\n\r\n<p>\r\n--B--\r\nepilogue"
)


def test_a_mail_is_taken_apart_by_places() -> None:
    tree, problems = mime_tree.read(MAIL)

    assert problems == []
    assert tree.text("subject") == "été folded"
    assert [part.type for part in tree.children] == ["text/plain", "message/rfc822"]

    def section(told: str) -> bytes | None:
        item = read_item(f"BODY[{told}]")
        assert not isinstance(item, str)
        return section_bytes(tree, item)

    assert section("") == MAIL
    assert section("1") == b"first --B\r\nline"
    assert section("2.1") == b"<p>"
    assert section("2.HEADER") == b"Subject: inner\r\nContent-Type: text/html\r\n\r\n"
    assert section("2.TEXT") == b"<p>"
    assert section("1.TEXT") is section("3") is section("1.1") is None
    assert section("HEADER.FIELDS.NOT (Content-Type)") == b"Subject: =?utf-8?q?=C3=A9t=C3=A9?=\r\n folded\r\n\r\n"
    assert structure(tree, extended=False).startswith(b'(("TEXT" "PLAIN" NIL NIL NIL "7BIT" 15 1)("MESSAGE" "RFC822"')


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (b"Content-Type: multipart/mixed\r\n\r\nx", "boundary"),
        (b"Content-Type: multipart/mixed; boundary=B\r\n\r\nx", "aucune"),
        (b"Content-Type: multipart/mixed; boundary=B\r\n\r\n--B\r\n\r\nx", "coupe"),
        (b"Content-Type: multipart/mixed; boundary=B\r\n\r\n" + b"--B\r\n\r\n" * 600 + b"--B--", "parties"),
    ],
)
def test_what_is_broken_is_told_and_never_raised(raw: bytes, problem: str) -> None:
    _, problems = mime_tree.read(raw)

    assert problem in problems[0]


def test_any_bytes_make_a_mail() -> None:
    for raw in (
        b"",
        b"\r\n",
        b"\n\n",
        b":",
        b"\x00\xff: \xfe\r\nContent-Type: \xff/\x00;;=\r\n\r\n\xff",
        b"a" * 300_000,
    ):
        tree, _ = mime_tree.read(raw)
        assert tree.raw[tree.start : tree.end] == raw
        structure(tree, extended=True)
        read_envelope(raw)


def test_list_patterns() -> None:
    assert folders.matches("*", "a/b")
    assert folders.matches("%", "a")
    assert not folders.matches("%", "a/b")
    assert folders.matches("inbox", "INBOX")
    assert not folders.matches("%a" * 50 + "b", "a" * 200)
    assert not folders.may_exist("../x*")
    assert folders.flag("\\seen") == "\\Seen"
    assert folders.flag("\\Recent") is folders.flag("a b") is None


def test_ends_of_a_conversation() -> None:
    assert read_envelope(b"X-MSS-MES: FIN\r\n\r\n").ends == "message"
    assert read_envelope(b"X-MSS-MES: fin\r\n\r\n").ends == ""
    assert read_envelope(b"Subject: [FIN]\r\n\r\n").ends == "sender"
    assert read_envelope(b"Subject: [FIN] x\r\n\r\n").ends == ""


def test_a_receipt_is_a_report_with_the_headers_of_the_original() -> None:
    receipt = receipts.Receipt("1@patient.mssante.fr", "failed", "5.1.1", "patient non trouvé")
    raw = receipts.write(
        receipt,
        b"Subject: x\r\n\r\n",
        to="a@b",
        message_id="M",
        original_id="<o@b>",
        at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    tree, problems = mime_tree.read(raw)

    assert problems == []
    assert tree.text("Subject") == "Message non distribué"
    kinds = [part.type for part in tree.children]
    assert kinds == ["text/plain", "message/delivery-status", "text/rfc822-headers"]


def test_a_sandbox_is_one_more_label_of_the_domain() -> None:
    plain = "paul.genereux@medecin.emulateur.mssante.fr"
    assert split_sandbox(plain) == ("", plain)
    assert in_sandbox(plain, "default") == plain
    named = in_sandbox(plain, "equipe-1")
    assert named == "paul.genereux@equipe-1.medecin.emulateur.mssante.fr"
    assert split_sandbox(named.upper()) == ("equipe-1", plain)
    assert in_sandbox(named, "equipe-2") == named
    assert split_sandbox("279035121518989@t.patient.mssante.fr") == ("t", "279035121518989@patient.mssante.fr")
    assert split_sandbox("a@x.y.z.emulateur.mssante.fr")[0] == split_sandbox("a@gmail.com")[0] == ""
