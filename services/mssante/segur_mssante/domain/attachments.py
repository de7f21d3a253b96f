"""What a mail carries for software: its IHE_XDM archive and the CDA inside [MSSanté digest 3.1, 3.4, 3.5, 3.6].

`read_mail` says what would break a receiver (`Unreadable`: the mail is refused); the rules of form that real operators
let pass are in `conformity`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.utils import getaddresses

from segur.vocab.ins import Ins, InvalidIns
from segur.wire.cda import CdaHeader, CdaRefused, read_embedded_file, read_header
from segur.wire.xdm import XdmPackage, XdmRefused, read_package
from segur_mssante.domain import mime_tree
from segur_mssante.domain.mime_tree import Part, Undecodable

ARCHIVE = "IHE_XDM.ZIP"
_LIKE_INS = re.compile(r"[0-9][0-9AB]{12,}")
# in two pieces, so that no scanner takes this file for what it looks for
_EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + rb"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
_CDA_TYPES = frozenset({"text/xml", "application/xml", "application/xslt+xml"})
_ZIP = b"PK\x03\x04"


class BrokenMime(ValueError):
    """The mail cannot be taken apart; the text names the rule."""


class BrokenArchive(ValueError):
    """The archive cannot be used, or contradicts itself; the text names file or attribute, and the rule."""


class Malicious(ValueError):
    """The mail holds the test pattern every virus scanner knows."""


@dataclass(frozen=True, slots=True)
class Cda:
    """A document of the archive: its header, its bytes, and the PDF inside it (of a level 1), if any."""

    header: CdaHeader
    content: bytes
    pdf: bytes | None


@dataclass(frozen=True, slots=True)
class Envelope:
    """Headers that decide what happens to a mail. `ends` is `message`, `sender` or empty [MSSanté digest 4.3]."""

    message_id: str
    traceparent: str
    subject: str
    ends: str
    reply_to: str
    receipt_to: str
    notify_to: str
    date: str = ""


@dataclass(frozen=True, slots=True)
class Carried:
    """A whole mail: envelope, tree, documents, and the patient they are about when the metadata tell an INS."""

    envelope: Envelope
    tree: Part
    documents: tuple[Cda, ...] = ()
    patient: Ins | None = None
    archives: int = 0
    defects: tuple[str, ...] = ()


def read_envelope(content: bytes) -> Envelope:
    """The headers only; a mail is never refused for them."""
    head = mime_tree.head(content)
    subject = head.text("Subject")
    ends = "message" if head.text("X-MSS-MES") == "FIN" else ""
    return Envelope(
        message_id=head.text("Message-ID"),
        traceparent=head.text("traceparent") or head.text("X-Segur-Traceparent"),
        subject=subject,
        ends="sender" if subject == "[FIN]" else ends,
        reply_to=_address(head, "Reply-To"),
        receipt_to=_address(head, "Return-Receipt-To"),
        notify_to=_address(head, "Disposition-Notification-To"),
        date=head.text("Date"),
    )


def read_mail(content: bytes, *, tolerant: bool = False) -> Carried:
    """Read a whole mail; raise `BrokenMime`, `BrokenArchive` or `Malicious`.

    With `tolerant`, what is wrong with an archive is told in `defects` instead; nothing of it is read then.
    """
    tree, problems = mime_tree.read(content)
    if problems:
        raise BrokenMime(problems[0])
    archives: list[bytes] = []
    for part in tree.walk():
        if part.children or part.type == "message/rfc822":
            continue
        is_archive = part.filename.upper() == ARCHIVE
        try:
            payload = part.content()
        except Undecodable as error:
            if is_archive:
                raise BrokenMime(str(error)) from error
            continue
        if _EICAR in payload:
            raise Malicious
        if is_archive:
            archives.append(payload)
    envelope = read_envelope(content)
    try:
        documents, patient = _read_archives(archives)
    except BrokenArchive as error:
        if not tolerant:
            raise
        return Carried(envelope, tree, archives=len(archives), defects=(str(error),))
    return Carried(envelope, tree, documents, patient, len(archives))


def without_ins(text: str) -> str:
    """The text with anything that looks like a matricule blotted out, for facts and logs."""
    return _LIKE_INS.sub("(...)", text)


def ins_of(cx: str) -> Ins | None:
    """The INS of a CX, None for a local patient number: the metadata may hold one, it is just not an INS."""
    try:
        return Ins.from_cx(cx)
    except InvalidIns:
        return None


def _read_archives(archives: list[bytes]) -> tuple[tuple[Cda, ...], Ins | None]:
    if len(archives) > 1:
        raise BrokenArchive(f"{ARCHIVE}: {len(archives)} archives, un courriel en porte une seule [ECO.2.1.1]")
    documents: list[Cda] = []
    patients: dict[str, Ins | None] = {}
    for archive in archives:
        try:
            package = read_package(archive)
        except XdmRefused as error:
            raise BrokenArchive(str(error)) from error
        patients.update(_patients(package))
        documents.extend(_documents(package))
    if len(patients) > 1:
        raise BrokenArchive("patientId: deux personnes, un courriel en concerne une seule [ECO.2.1.1]")
    return tuple(documents), next(iter(patients.values()), None)


def _patients(package: XdmPackage) -> dict[str, Ins | None]:
    told = [entry.patient_id for entry in package.submission.entries]
    told.append(package.submission.submission_set.patient_id)
    # the authority is part of the person only when it is one of the INS: local numbers compare as they are
    return {(found.matricule if (found := ins_of(cx)) else cx): found for cx in told if cx}


def _documents(package: XdmPackage) -> list[Cda]:
    found = []
    for entry in package.submission.entries:
        content = package.content(entry)
        if _EICAR in content:
            raise Malicious
        if content.startswith(_ZIP):
            raise BrokenArchive(f"{entry.uri}: une archive dans l'archive n'est pas acceptee")
        if entry.mime_type not in _CDA_TYPES:
            continue
        try:
            header = read_header(content)
            inside = read_embedded_file(content)
        except CdaRefused as error:
            raise BrokenArchive(f"{entry.uri}: n'est pas un CDA R2 lisible ({error})") from error
        told, meant = header.patient.ins, ins_of(entry.patient_id)
        if told is not None and (meant is None or (told.extension, told.root) != (meant.matricule, meant.oid)):
            raise BrokenArchive(f"patientId: celui de METADATA.XML n'est pas l'INS de {entry.uri}")
        pdf = inside.content if inside is not None and inside.media_type == "application/pdf" else None
        found.append(Cda(header, content, pdf))
    return found


def _address(head: Part, name: str) -> str:
    return getaddresses([head.text(name)])[0][1].strip().lower() if head.has(name) else ""
