"""Whatever a stranger writes, the parsers answer with their own error or a value, never with another exception."""

from __future__ import annotations

import contextlib
import random
from datetime import UTC, datetime

import pytest
from segur_mssante.domain import attachments, conformity, folders, imap_fetch, imap_search, imap_syntax, mime_tree
from segur_mssante.domain.imap_syntax import BadCommand

_MAIL = [
    "Content-Type: ",
    "multipart/mixed",
    "; boundary=",
    '"',
    "B",
    "\r\n",
    "\n",
    "--B",
    "--",
    "message/rfc822",
    "text/plain",
    "; charset=",
    "utf-8",
    "=?utf-8?q?",
    "?=",
    "=?x?b?",
    "=",
    "Content-Transfer-Encoding: base64\r\n",
    "Content-Disposition: attachment; filename",
    "*=utf-8''%41",
    "*0=a",
    ";",
    ":",
    " ",
    "\x00",
    "ÿ",
    "From: ",
    "<a@b>",
    "(",
    ")",
    ",",
    "Subject: ",
    "XDM/1.0/DDM+",
    "X-MSS-INS: ",
    "Date: ",
    "@",
    "[",
    "]",
    "IHE_XDM.ZIP",
    "Message-ID: ",
    "To: ",
    "group:;",
]
_COMMAND = [
    "(",
    ")",
    '"',
    "[",
    "]",
    "<0.1>",
    "BODY",
    "BODY[",
    "BODY.PEEK[",
    "HEADER",
    "HEADER.FIELDS",
    " ",
    "1",
    "1.2",
    ".",
    "TEXT",
    "MIME",
    "*",
    ":",
    ",",
    "\\",
    "\x00",
    "NOT",
    "OR",
    "UID",
    "SINCE",
    "1-Feb-2026",
    "CHARSET",
    "UTF-8",
    "FROM",
    "ALL",
    "{",
    "}",
    "%",
    "é",
    "LARGER",
    "99999999999999999999",
]


class _Row:
    place, uid, size = 1, 1, 3
    flags: list[str] = []  # noqa: RUF012 - never changed
    received = datetime(2026, 1, 1, tzinfo=UTC)

    def header(self, name: str) -> str:
        return "Mon, 99 Foo"

    def body(self, *, with_header: bool) -> str:
        return "x"


@pytest.mark.parametrize("seed", range(3))
def test_any_mail(seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(400):
        raw = "".join(dice.choice(_MAIL) for _ in range(dice.randint(0, 60))).encode("latin-1")
        tree, _ = mime_tree.read(raw)
        for extended in (True, False):
            imap_fetch.structure(tree, extended=extended)
        imap_fetch.envelope(tree)
        for told in ("1", "1.1", "TEXT", "1.MIME", "2.1.HEADER"):
            item = imap_fetch.read_item(f"BODY[{told}]")
            assert isinstance(item, imap_fetch.Section)
            imap_fetch.section_bytes(tree, item)
        attachments.read_envelope(raw)
        with contextlib.suppress(attachments.BrokenMime, attachments.BrokenArchive):
            conformity.findings(attachments.read_mail(raw), "a@b", "APP")


@pytest.mark.parametrize("seed", range(3))
def test_any_command(seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(400):
        line = "".join(dice.choice(_COMMAND) for _ in range(dice.randint(0, 20)))
        with contextlib.suppress(BadCommand):
            imap_search.read_criteria(imap_syntax.words(line, [b"a"]), 5, 5)(_Row())
        for read in (imap_fetch.read_item, imap_syntax.read_day, imap_syntax.read_moment):
            with contextlib.suppress(BadCommand):
                read(line)
        with contextlib.suppress(BadCommand):
            imap_syntax.number_set(line, 5)
        folders.flag(line)
        folders.may_exist(line)
        folders.matches(line, "INBOX/abc")
