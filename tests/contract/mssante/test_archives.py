"""IHE_XDM mails: read on acceptance, counted and named by pseudonym; broken ones are refused and leave nothing."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest

from segur.kernel.ids import new_id, new_oid
from segur.personas import samples_cda
from segur.personas.model import Patient
from segur.scenario.actors.mail_client import report_mail
from tests.contract.mssante.conftest import COUNTRY, Operator, mail

P1, P2 = COUNTRY.patient("P1"), COUNTRY.patient("P2")
AUTHOR = COUNTRY.professional("PS4")
TRACE = "0af7651916cd43dd8448eb211c80319c"


def report(patient: Patient = P1) -> bytes:
    return samples_cda.imaging_report(
        patient, AUTHOR, AUTHOR.structure, document_id=new_oid(1), study_uid=new_oid(2),
        accession="ACC1", order="DEM1", at=datetime.now(UTC),
    )  # fmt: skip


GOOD = report_mail([report()], sender="a@b", sender_label="x", recipients=["c@d"])
[ARCHIVE] = [part.get_content() for part in GOOD.iter_attachments() if part.get_filename() == "IHE_XDM.ZIP"]


def with_archive(*archives: bytes) -> EmailMessage:
    message = mail("", "")
    for archive in archives:
        message.add_attachment(archive, maintype="application", subtype="zip", filename="IHE_XDM.zip")
    return message


def rewritten(change: Callable[[dict[str, bytes]], None]) -> EmailMessage:
    """The good archive with its files changed."""
    with zipfile.ZipFile(io.BytesIO(ARCHIVE)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    change(files)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return with_archive(buffer.getvalue())


METADATA, DOCUMENT = "IHE_XDM/SUBSET01/METADATA.XML", "IHE_XDM/SUBSET01/DOC00001.XML"
BOMB = b'<!DOCTYPE a [<!ENTITY b "bbbbbbbb"><!ENTITY c "&b;&b;&b;">]><a>&c;</a>'


def _metadata(old: bytes, new: bytes) -> Callable[[dict[str, bytes]], None]:
    def change(files: dict[str, bytes]) -> None:
        assert old in files[METADATA]
        files[METADATA] = files[METADATA].replace(old, new)

    return change


def _document(content: bytes) -> Callable[[dict[str, bytes]], None]:
    """Another document, with metadata that agree on its size and digest."""
    import hashlib

    def change(files: dict[str, bytes]) -> None:
        old = files[DOCUMENT]
        digest = [hashlib.sha1(data).hexdigest().encode() for data in (old, content)]
        files[METADATA] = files[METADATA].replace(*digest).replace(b">%d<" % len(old), b">%d<" % len(content))
        files[DOCUMENT] = content

    return change


def _production(files: dict[str, bytes]) -> None:
    """The archive of a patient whose number would stand in the national base, under its production authority."""
    _document(report(P2).replace(b"1.2.250.1.213.1.4.10", b"1.2.250.1.213.1.4.8"))(files)
    for old, new in ((P1.ins.matricule, P2.ins.matricule), ("1.2.250.1.213.1.4.10", "1.2.250.1.213.1.4.8")):
        files[METADATA] = files[METADATA].replace(old.encode(), new.encode())


def _truncated() -> EmailMessage:
    class Cut(EmailMessage):
        def as_bytes(self, *_: object, **__: object) -> bytes:
            return super().as_bytes()[:-200] + b"\r\n"

    message = Cut()
    message.set_content("x")
    message.add_attachment(b"y" * 500, maintype="application", subtype="octet-stream", filename="y.bin")
    return message


def _raw(content: bytes) -> EmailMessage:
    class Raw(EmailMessage):
        def as_bytes(self, *_: object, **__: object) -> bytes:
            return content

    return Raw()


def _base64_broken() -> EmailMessage:
    raw = with_archive(ARCHIVE).as_bytes()
    at = raw.index(b"UEsDB")
    return _raw(raw[:at] + b"*!" + raw[at + 1 :])


def _nested_deep() -> EmailMessage:
    inner = b"Content-Type: text/plain\r\n\r\nx\r\n"
    for n in range(30):
        inner = b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n%s--b%d--\r\n' % (n, n, inner, n)
    return _raw(b"Subject: x\r\n" + inner)


def _eicar() -> EmailMessage:
    message = mail("", "")
    pattern = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + rb"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
    message.add_attachment(pattern, maintype="application", subtype="octet-stream", filename="virus.com")
    return message


REFUSED = {
    "not a zip": (lambda: with_archive(b"PK not a zip"), "554 5.6.0 IHE_XDM.ZIP refuse .*not a ZIP"),
    "two archives": (lambda: with_archive(ARCHIVE, ARCHIVE), "554 5.6.0 .*une seule"),
    "no metadata": (lambda: rewritten(lambda f: f.pop(METADATA)), "554 5.6.0 .*METADATA.XML"),
    "document missing": (lambda: rewritten(lambda f: f.pop(DOCUMENT)), "554 5.6.0 .*DOC00001.XML"),
    "leaves the folder": (lambda: rewritten(lambda f: f.update({"../x": b"x"})), "554 5.6.0 .*leave the archive"),
    "zip bomb": (lambda: rewritten(lambda f: f.update({"X.TXT": bytes(60 << 20)})), "554 5.6.0 .*bomb"),
    "entity bomb in the metadata": (lambda: rewritten(lambda f: f.update({METADATA: BOMB})), "554 5.6.0 .*DOCTYPE"),
    "entity bomb in the document": (lambda: rewritten(_document(BOMB)), "554 5.6.0 .*DOCTYPE"),
    "not a CDA": (lambda: rewritten(_document(b"<a/>")), "554 5.6.0 .*pas un CDA"),
    "archive in the archive": (lambda: rewritten(_document(ARCHIVE)), "554 5.6.0 .*archive dans l'archive"),
    "digest": (lambda: rewritten(lambda f: f.update({DOCUMENT: f[DOCUMENT][:-1] + b" "})), "554 5.6.0 .*SHA-1"),
    "another patient than the document": (
        lambda: rewritten(_metadata(P1.ins.matricule.encode(), P2.ins.matricule.encode())),
        "554 5.6.0 .*patientId",
    ),
    "two patients": (
        lambda: report_mail([report(P1), report(P2)], sender="a@b", sender_label="x", recipients=["c@d"]),
        "554 5.6.0 .*deux personnes",
    ),
    "production identity": (
        lambda: rewritten(_production),
        r"554 5.6.0 IHE_XDM.ZIP refuse \[patientId\] SEGUR_PRODUCTION_IDENTITY: Identite de production refusee",
    ),
    "truncated": (_truncated, "554 5.6.0 message MIME illisible .*coupe"),
    "no boundary": (lambda: _raw(b"Content-Type: multipart/mixed\r\n\r\nx\r\n"), "554 5.6.0 .*boundary"),
    "boundary never used": (
        lambda: _raw(b'Content-Type: multipart/mixed; boundary="q"\r\n\r\nx\r\n'), "554 5.6.0 .*boundary",
    ),
    "broken base64": (_base64_broken, "554 5.6.0 message MIME illisible .*base64"),
    "nested deep": (_nested_deep, "554 5.6.0 .*niveaux"),
    "virus": (_eicar, "554 5.7.1 contenu malveillant detecte$"),
}  # fmt: skip


@pytest.fixture(scope="module")
def pair(shared_operator: Operator) -> tuple[object, object]:
    return shared_operator.fresh(), shared_operator.fresh()


@pytest.mark.parametrize("case", REFUSED)
def test_a_broken_mail_is_refused_with_its_rule_and_leaves_nothing(operator: Operator, pair: tuple, case: str) -> None:  # type: ignore[type-arg]
    make, expected = REFUSED[case]
    sender, reader = pair
    before = len(operator.facts("mssante.message.refused"))
    with operator.sender(sender) as client:
        client.mail(sender.address)
        client.rcpt(reader.address)
        code, text = client.data(make().as_bytes())
    answer = f"{code} {text.decode()}"

    assert re.match(expected, answer), answer
    assert P1.ins.matricule not in answer
    assert operator.inbox(reader) == []
    told = operator.facts("mssante.message.refused")
    assert len(told) == before + 1
    assert P1.ins.matricule not in told[-1]


def sent(operator: Operator, message: EmailMessage, sender: str, reader: str) -> str:
    """Submit; give the fact of the acceptance."""
    box = COUNTRY.mailbox(sender)
    assert box is not None
    with operator.sender(box) as client:
        client.send_message(message, sender, [reader])
    [fact] = [f for f in operator.facts("mssante.message.accepted") if str(message["Message-ID"]) in f]
    return str(fact)


def test_a_report_by_the_rules_has_no_finding(operator: Operator) -> None:
    sender, reader = operator.fresh(), operator.fresh()
    message = report_mail(
        [report(), report()],
        sender=sender.address,
        sender_label="Dr Claire RAYONNET",
        recipients=[reader.address],
        traceparent=f"00-{TRACE}-b7ad6b7169203331-01",
    )

    fact = sent(operator, message, sender.address, reader.address)

    assert '"documents":2' in fact
    assert '"findings":[]' in fact
    assert operator.service.floor.pseudonyms.of(P1.ins) in fact
    assert P1.ins.matricule not in fact
    assert TRACE in fact


def test_what_breaks_a_rule_of_form_is_carried_and_told(operator: Operator) -> None:
    sender, reader = operator.fresh(), operator.fresh()
    message = report_mail([report()], sender=sender.address, sender_label="x", recipients=[reader.address])
    for name in ("X-MSS-NIL", "X-MSS-INS", "X-MSS-CODECDA", "Subject"):
        del message[name]
    message["X-MSS-INS"] = "Oui"
    message["X-MSS-MES"] = "fin"
    message["Subject"] = f"XDM/1.0/DDM+ CR d'imagerie médicale {P1.birth_name.lower()} DOMINIQUE"

    fact = sent(operator, message, sender.address, reader.address)

    for rule in ("ECO.2.4.3", "ECO.2.4.2", "ECO.2.4.1", "ECO.2.1.3", "ECO.2.2.8"):
        assert rule in fact, fact
    assert P1.birth_name not in fact
    assert len(operator.inbox(reader)) == 1


def test_an_archive_inside_an_attached_mail_is_not_taken_for_its_own(operator: Operator) -> None:
    sender, reader = operator.fresh(), operator.fresh()
    message = mail(sender.address, reader.address)
    message.add_attachment(GOOD)

    assert '"documents":0' in sent(operator, message, sender.address, reader.address)


def test_an_operator_that_only_carries_reports_broken_archives(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    sender, reader = operator.fresh(), operator.fresh()
    monkeypatch.setitem(operator.settings.__dict__, "archive_checks", "report")
    message = with_archive(b"PK not a zip")
    message.replace_header("Message-ID", f"<{new_id()}@x>")

    fact = sent(operator, message, sender.address, reader.address)

    assert "ECO.2.1.1" in fact
    assert len(operator.inbox(reader)) == 1
