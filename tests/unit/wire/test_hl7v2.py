"""HL7 v2: the grammar, the frames, and the messages that carry a CDA."""

from __future__ import annotations

import base64
import random
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest

from segur.wire import hl7v2
from segur.wire.hl7v2_cda import Action, CdaMessage, Correspondent, Hl7Patient, read_cda_message
from segur.wire.hl7v2_cda_write import write_cda_message
from segur.wire.xds_values import Code

SAMPLES = Path(__file__).parents[4] / "shared" / "data" / "hl7v2"
CDA = "<ClinicalDocument>é</ClinicalDocument>".encode()

MESSAGE = CdaMessage(
    control_id="7001",
    time="20261118111500",
    action=Action.CREATE,
    is_result=False,
    patient=Hl7Patient(
        "285057800608441", "1.2.250.1.213.1.4.10", "EXEMPLE", "CAMILLE", "19850512", "F", "O|NEIL ^ & FILS", "CAM",
        "78006", "IPP42", "1.2.3.4", "VALI",
    ),
    type_code=Code("18748-4", "2.16.840.1.113883.6.1", "CR d'imagerie médicale"),
    documents=(CDA, b"<second/>"),
    sending=("RIS", "CH DEMO"),
    receiving=("PFI", "CH DEMO"),
    placer=("OPN7", "1.2.3.5"),
    filler=("F1", "labo"),
    accession=("ACN9", "1.2.3.6"),
    document_id="2.25.44",
    replaced_id="2.25.9^A1",
    document_time="20261118104500",
    flags=MappingProxyType({"MASQUE_PS": True, "DESTDMP": True, "DESTMSSANTEPAT": True, "ACK_RECEPTION": False}),
    texts=MappingProxyType({"CORPSMAIL_PS": "Cher confrère,\nbonjour"}),
    no_reply=True,
    correspondents=(
        Correspondent("SB", "810000001015^MARTIN^Claire^^^^^^&1.2.250.1.71.4.2.1&ISO^D^^^IDNPS", "", "a@b.mssante.fr"),
        Correspondent("RCT", "", "CH^^^^^&1.2.250.1.71.4.2.2&ISO^FINEG^^^175", "c@d.mssante.fr"),
    ),
    mail=("20261118.4711@imagerie.mssante.fr", "XDM/1.0/DDM+CR d'imagerie", "Bonjour"),
)  # fmt: skip


def through_the_wire(message: CdaMessage) -> CdaMessage:
    return read_cda_message(hl7v2.parse(hl7v2.encode(write_cda_message(message))))


@pytest.mark.parametrize("action", list(Action))
@pytest.mark.parametrize("is_result", [True, False])
def test_a_message_is_read_back_the_same(action: Action, is_result: bool) -> None:
    message = replace(MESSAGE, action=action, is_result=is_result)
    if is_result:
        message = replace(message, document_id="", replaced_id="", document_time="")
    assert through_the_wire(message) == message


def test_a_deletion_needs_no_document() -> None:
    message = replace(MESSAGE, action=Action.DELETE, documents=())
    assert through_the_wire(message) == replace(message, correspondents=())


def test_the_written_fields_are_those_of_the_specification() -> None:
    message = hl7v2.parse(hl7v2.encode(write_cda_message(MESSAGE)))
    assert message.structure == ("MDM", "T02")
    assert message.header.raw(12) == "2.6"
    assert message.header.raw(18) == "UNICODE UTF-8"
    assert message.header.raw(21) == "2.1^CISIS_CDA_HL7_V2"
    assert (
        message.first("PID").repetitions(3)[0].startswith("285057800608441^^^ASIP-SANTE-INS-NIR&1.2.250.1.213.1.4.10")
    )
    assert message.first("PID").get(32) == "VALI"
    assert message.first("TXA").get(17) == "AU"
    assert message.first("OBR").get(18) == "ACN9"
    assert message.first("NTE").get(4) == "FIN"
    first = message.first("OBX")
    assert first.raw(5) == f"^TEXT^XML^Base64^{base64.b64encode(CDA).decode()}"
    assert (first.get(11), message.first("ORC").get(1)) == ("F", "NW")


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("MDM^T02", "ADT^A01", "MSH-9"),
        ("ORC|NW", "ORC|XX", "ORC-1"),
        ("ORC|NW", "ORC|CA", "ORC-1"),
        ("1.2.250.1.213.1.4.10", "1.2.3", "PID-3"),
        ("^Base64^", "^Hex^", "OBX-5.4"),
        ("^Base64^", "^Base64^!", "OBX-5.5"),
        ("MASQUE_PS^", "MASQUE^", "OBX-5"),
        ("Y^^expanded", "oui^^expanded", "OBX-5"),
        ("^XML^", "^PDF^", "OBX-5"),
    ],
)
def test_a_wrong_message_is_refused_by_its_field(old: str, new: str, where: str) -> None:
    # Two rows break texts of the mail bodies as well: leave those out.
    plain = replace(MESSAGE, texts=MappingProxyType({}), mail=None)
    text = hl7v2.encode(write_cda_message(plain)).decode()
    assert old in text
    with pytest.raises(hl7v2.Hl7Refused) as refused:
        read_cda_message(hl7v2.parse(text.replace(old, new).encode()))
    assert refused.value.where == where


@pytest.mark.parametrize(
    ("data", "where"),
    [
        (b"", "MSH"),
        (b"PID|1", "MSH"),
        (b"MSH|@~\\&|A", "MSH"),
        (b"MSH|^~\\&|A|B|C|D|2026||ACK|1|P|2.5||||||KLINGON", "MSH-18"),
        (b"MSH|^~\\&|A\xff|B|C|D|2026||ACK|1|P|2.5", "MSH-18"),
        (b"MSH|^~\\&|A|B|C|D|2026||ACK||P|2.5", "MSH-10"),
        (b"MSH|^~\\&|A|B|C|D|2026||ACK|1|P|2.5\rpid|1", "segment 2"),
    ],
)
def test_what_is_no_message_is_refused(data: bytes, where: str) -> None:
    with pytest.raises(hl7v2.Hl7Refused) as refused:
        hl7v2.parse(data)
    assert refused.value.where == where


def test_a_message_over_the_limit_is_refused() -> None:
    with pytest.raises(hl7v2.Hl7Refused, match="at most 10"):
        hl7v2.parse(b"MSH|^~\\&|A|B", max_bytes=10)


def test_the_character_set_is_the_declared_one() -> None:
    header = "MSH|^~\\&|é|B|C|D|2026||ACK|1|P|2.5||||||8859/15\n\nMSA|AA|1\r\n"
    message = hl7v2.parse(header.encode("iso-8859-15"))
    assert message.header.get(3) == "é"
    assert message.first("MSA").get(2) == "1"
    assert hl7v2.encode(message).startswith("MSH|^~\\&|é|".encode("iso-8859-15"))


def test_escapes_are_undone_and_redone() -> None:
    text = "a|b^c&d~e\\f\rg\n"
    assert hl7v2.unescape(hl7v2.escape(text)) == text
    assert not set("|^&~\r\n") & set(hl7v2.escape(text))
    assert hl7v2.unescape("\\E\\F\\E\\ \\.br\\ \\H\\") == "\\F\\ \n \\H\\"


def test_an_acknowledgement_answers_the_sender() -> None:
    message = write_cda_message(MESSAGE)
    taken = hl7v2.acknowledge(message, control_id="9", time="20261118111501")
    assert hl7v2.encode(taken).decode().split("\r")[:2] == [
        "MSH|^~\\&|PFI|CH DEMO|RIS|CH DEMO|20261118111501||ACK^T02^ACK|9|P|2.6|||||FRA|UNICODE UTF-8",
        "MSA|AA|7001",
    ]
    refusal = hl7v2.Hl7Refused("PID-3", "unknown | patient", code="207")
    error = hl7v2.acknowledge(
        message, control_id="9", time="20261118111501", code="AE", refusal=refusal,
        user_error=("902", "Identifiant patient inconnu"),
    ).first("ERR")  # fmt: skip
    assert (error.raw(2), error.get(3), error.get(4), error.get(5)) == ("PID^1^3", "207", "E", "902")
    assert "unknown | patient" in error.get(8)


def test_frames_are_cut_whatever_the_pieces() -> None:
    stream = hl7v2.frame(b"one") + hl7v2.frame(b"two\x1c and more") + hl7v2.frame(b"")
    dice = random.Random(3)
    for _ in range(50):
        decoder, found, rest = hl7v2.MllpDecoder(), [], stream
        while rest:
            size = dice.randint(1, 6)
            found += decoder.feed(rest[:size])
            rest = rest[size:]
        assert found == [b"one", b"two\x1c and more", b""]


def test_bytes_outside_a_frame_and_endless_messages_are_refused() -> None:
    with pytest.raises(hl7v2.Hl7Refused, match="outside a frame"):
        hl7v2.MllpDecoder().feed(b"GET / HTTP/1.1\r\n")
    decoder = hl7v2.MllpDecoder(max_bytes=100)
    decoder.feed(b"\x0b" + b"a" * 90)
    with pytest.raises(hl7v2.Hl7Refused, match="over 100 bytes"):
        decoder.feed(b"a" * 20)


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="official HL7 v2 examples (shared/data/hl7v2) are not on this machine")
@pytest.mark.parametrize(
    "name", ["MDM_CR-Radio_initial_without_document.er7", "ORU_CR-Bio_initial_without_documents.hl7"]
)
def test_official_messages_are_read_and_written_again(name: str) -> None:
    data = (SAMPLES / name).read_bytes()
    # The mail body of the ORU example is cut in the middle of its base64.
    message = read_cda_message(hl7v2.parse(data.replace(b"R1cG9ud|", b"R1cG9u|")))
    assert message.patient.ins == "279035121518989"
    assert message.patient.is_qualified
    assert message.flags["DESTDMP"] is True
    assert message.documents[0].startswith(b"Document")
    assert {"SB", "RCT"} <= {correspondent.kind for correspondent in message.correspondents}
    again = through_the_wire(message)
    assert replace(again, placer=message.placer, filler=message.filler) == message
