"""What a mail carries for software: its IHE_XDM archive [MSSanté digest 3.4, 3.5]."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message

from segur.vocab.ins import Ins, InvalidIns
from segur.wire.xdm import read_package

_ARCHIVE = "IHE_XDM.ZIP"
_LIKE_INS = re.compile(r"[0-9][0-9AB]{12,}")


@dataclass(frozen=True, slots=True)
class Carried:
    """Headers that matter, the number of documents in the archives, and the patient they are about when one is told."""

    message_id: str
    traceparent: str
    subject: str = ""
    documents: int = 0
    patient: Ins | None = None


def read_headers(content: bytes) -> Carried:
    """The headers only; a mail is never refused for them."""
    head = message_from_bytes(content.partition(b"\r\n\r\n")[0] + b"\r\n\r\n")
    return Carried(_header(head, "Message-ID"), _header(head, "X-Segur-Traceparent"), _header(head, "Subject"))


def read_mail(content: bytes) -> Carried:
    """Read a whole mail; raise `XdmRefused` when an IHE_XDM archive is broken."""
    mail = message_from_bytes(content)
    documents, patient = 0, None
    for part in mail.walk():
        if (part.get_filename() or "").upper() != _ARCHIVE:
            continue
        payload = part.get_payload(decode=True)
        submission = read_package(payload if isinstance(payload, bytes) else b"").submission
        documents += len(submission.entries)
        patient = patient or next((found for entry in submission.entries if (found := _ins(entry.patient_id))), None)
    return replace(read_headers(content), documents=documents, patient=patient)


def without_ins(text: str) -> str:
    """The text with anything that looks like a matricule blotted out, for facts and logs."""
    return _LIKE_INS.sub("(...)", text)


def _ins(cx: str) -> Ins | None:
    # a local patient number is allowed in the metadata: it is just not an INS
    try:
        return Ins.from_cx(cx)
    except InvalidIns:
        return None


def _header(mail: Message, name: str) -> str:
    try:
        text = str(make_header(decode_header(str(mail.get(name, "")))))
    except (LookupError, ValueError):  # an encoded word of an unknown charset or broken base64 stays as it came
        text = str(mail.get(name, ""))
    return " ".join(text.split())
