"""The MLLP door: what is taken, what is refused and how. [DRIM digest 1.4, 7 D42]"""

from __future__ import annotations

import asyncio

import pytest
from segur_drim import faults
from segur_drim.operations import publish_kos

from segur.kernel.errors import StoreAway
from segur.wire import hl7v2
from tests.contract.drim.conftest import PATIENT, Box

pytestmark = pytest.mark.asyncio(loop_scope="module")

BAD_MESSAGES = [
    ("another kind of message", lambda m: m.replace(b"ORU^R01^ORU_R01", b"ADT^A01^ADT_A01"), "AR", "MSH-9"),
    ("no message at all", lambda m: b"GET / HTTP/1.1\r\n", "AR", "MSH"),
    ("unknown charset", lambda m: m.replace(b"UNICODE UTF-8", b"EBCDIC"), "AE", "MSH-18"),
    ("no INS", lambda m: m.replace(b"1.2.250.1.213.1.4.10&ISO^INS", b"1.2.3&ISO^INS"), "AE", "PID-3"),
    ("production INS", lambda m: m.replace(b"213.1.4.10&ISO^INS", b"213.1.4.8&ISO^INS"), "AE", "PID-3"),
    ("INS of another", lambda m: m.replace(b"|" + PATIENT.ins.matricule.encode(), b"|162018885045327"), "AE", "PID-3"),
    ("no document", lambda m: b"\r".join(s for s in m.split(b"\r") if not s.startswith(b"OBX|1|")), "AE", "OBX-5"),
    ("broken base64", lambda m: m.replace(b"^Base64^", b"^Base64^*"), "AE", "OBX-5"),
    ("a document that is no CDA", lambda m: m.replace(b"^Base64^", b"^Base64^PGEvPg==^"), "AE", "OBX-5"),
    ("removal of what never came", lambda m: m.replace(b"ORC|NW", b"ORC|CA"), "AE", "TXA-12"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "change", "code", "where"), BAD_MESSAGES, ids=[m[0] for m in BAD_MESSAGES])
async def test_a_bad_message_is_answered_with_field_and_rule(
    box: Box, name: str, change: object, code: str, where: str
) -> None:
    study, accession, _ = box.study()
    message = box.ris.message(box.report(study, accession), PATIENT)
    changed = change(message)  # type: ignore[operator]
    assert changed != message
    [answer] = await box.ris.exchange(hl7v2.frame(changed))
    assert answer.code == code
    assert answer.where.startswith(where.partition("-")[0])
    assert answer.reason
    assert PATIENT.ins.matricule not in answer.reason
    assert await box.facts("drim.kos.published", study) == []


async def test_a_report_without_study_uid_is_refused_as_err05(box: Box) -> None:
    study, accession, _ = box.study()
    document = box.report(study, accession).replace(f'root="{study}"'.encode(), b'root="not-a-uid"')
    answer = await box.ris.send_report(document, PATIENT)
    assert answer.code == "AE"
    assert "StudyInstanceUID" in answer.reason


async def test_a_kos_that_cannot_be_built_is_err05_and_not_tried_for_ever(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unable(*_: object, **__: object) -> bytes:
        raise OverflowError

    monkeypatch.setattr(publish_kos, "build_kos", unable)
    study, accession, images = box.study(slices=1)
    await box.ris.store(images)
    await box.ris.send_report(box.report(study, accession), PATIENT)
    assert (await box.settled(study))["state"] == "refused"
    [told] = await box.facts("drim.kos.refused", study)
    assert told["code"] == "ERR05"


async def test_a_message_that_comes_in_pieces_is_one_message(box: Box) -> None:
    study, accession, images = box.study(slices=1)
    await box.ris.store(images)
    frame = hl7v2.frame(box.ris.message(box.report(study, accession), PATIENT))
    reader, writer = await asyncio.open_connection(*box.ris.mllp)
    for piece in (frame[:1], frame[1:7], frame[7:5_000], frame[5_000:-1], frame[-1:]):
        writer.write(piece)
        await writer.drain()
        await asyncio.sleep(0.01)
    assert b"MSA|AA|" in await reader.readuntil(b"\x1c\r")
    writer.close()
    await writer.wait_closed()
    assert (await box.settled(study))["state"] == "published"


async def test_bytes_outside_a_frame_close_the_connection_after_an_answer(box: Box) -> None:
    [answer] = await box.ris.exchange(b"MSH|^~\\&|no frame")
    assert (answer.code, answer.taken) == ("AR", False)


async def test_a_report_that_could_not_be_acknowledged_is_kept(box: Box) -> None:
    study, accession, images = box.study()
    await box.ris.store(images)
    box.break_(faults.MLLP_NO_ACK)
    with pytest.raises(ConnectionError):
        await box.ris.send_report(box.report(study, accession), PATIENT)
    assert (await box.settled(study))["state"] == "published"


@pytest.mark.parametrize("failure", [StoreAway(), RuntimeError("a defect")])
async def test_a_store_that_is_away_or_a_defect_never_acknowledges(
    box: Box, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    study, accession, _ = box.study()

    async def failing(*_: object, **__: object) -> None:
        raise failure

    monkeypatch.setattr(box.service.floor.store, "commit", failing)
    answer = await box.ris.send_report(box.report(study, accession), PATIENT)
    assert (answer.code, "not stored" in answer.reason) == ("AE", True)


async def test_a_store_that_is_away_while_publishing_refuses_nothing(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    study, accession, images = box.study(slices=1)
    await box.ris.store(images)
    blobs, times = box.service.floor.blobs, []
    whole = type(blobs).get

    async def once(self: object, digest: str) -> bytes:
        times.append(digest)
        if len(times) == 1:
            raise StoreAway
        return await whole(blobs, digest)

    monkeypatch.setattr(type(blobs), "get", once)
    await box.ris.send_report(box.report(study, accession), PATIENT)
    row = await box.settled(study)
    assert (row["state"], row["last_failure"]) == ("published", "the store is away")


async def test_a_box_that_cannot_store_says_so_and_takes_the_report_later(box: Box) -> None:
    study, accession, images = box.study()
    await box.ris.store(images)
    box.break_(faults.MLLP_ERROR)
    report = box.report(study, accession)
    assert (await box.ris.send_report(report, PATIENT)).code == "AE"
    assert (await box.ris.send_report(report, PATIENT)).taken
    assert (await box.settled(study))["state"] == "published"
