"""The mail rules that need no server."""

from __future__ import annotations

import io
import zipfile
from email.message import EmailMessage

import pytest
from segur_mssante.domain.attachments import read_mail, without_ins
from segur_mssante.domain.imap_syntax import BadCommand, numbers, quote, words
from segur_mssante.domain.xoauth2 import MalformedLogin, read_credentials, refusal_json

from segur.wire.xdm import XdmRefused


def test_an_xoauth2_message_gives_mailbox_and_token() -> None:
    found = read_credentials(b"user=A.B@x.mssante.fr\x01auth=Bearer abc.def\x01\x01")

    assert (found.mailbox, found.token) == ("a.b@x.mssante.fr", "abc.def")


@pytest.mark.parametrize("message", [b"", b"user=a@b\x01\x01", b"user=a@b\x01auth=Basic x\x01\x01", b"\xff"])
def test_another_form_is_refused(message: bytes) -> None:
    with pytest.raises(MalformedLogin):
        read_credentials(message)


def test_the_refusal_is_byte_for_byte_that_of_dovecot() -> None:
    assert refusal_json("401") == b'{"status":"401","schemes":"bearer","scope":"mail"}'


def test_an_archive_without_metadata_is_refused_by_name() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("README.TXT", "x")
    mail = EmailMessage()
    mail.set_content("x")
    mail.add_attachment(buffer.getvalue(), maintype="application", subtype="zip", filename="IHE_XDM.ZIP")

    with pytest.raises(XdmRefused, match=r"METADATA\.XML"):
        read_mail(mail.as_bytes())


def test_a_matricule_is_blotted_out() -> None:
    assert without_ins("of 279035121518989 and 27903512A518989") == "of (...) and (...)"


def test_words_of_a_command() -> None:
    assert words('1:2 (FLAGS BODY.PEEK[HEADER.FIELDS (TO)]) "a \\"b\\""') == [
        "1:2", "(", "FLAGS", "BODY.PEEK[HEADER.FIELDS (TO)]", ")", 'a "b"',
    ]  # fmt: skip
    assert words(quote('x "y" \\')) == ['x "y" \\']
    with pytest.raises(BadCommand):
        words('"open')


def test_sequence_sets_stay_within_the_mailbox() -> None:
    assert numbers("1,3:4,6:*", 7) == {1, 3, 4, 6, 7}
    assert numbers("1:999999999999", 3) == {1, 2, 3}
    with pytest.raises(BadCommand):
        numbers("1:x", 3)
