"""IHE_XDM archives: round trip, tolerance on demand, and attacks that must find the door closed."""

from __future__ import annotations

import io
import random
import struct
import zipfile
from collections.abc import Iterable
from dataclasses import replace

import pytest

from segur.wire import xds, xml
from segur.wire import xds_uuids as ids
from segur.wire.xdm import Limits, XdmPackage, XdmRefused, XdmSender, read_package, write_package

INS = "285057800608441^^^&1.2.250.1.213.1.4.10&ISO^NH"
CONTENT = b"<ClinicalDocument/>"
ENTRIES = tuple(
    xds.DocumentEntry(f"Document0{n}", f"1.2.{n}", INS, title="Compte rendu <1>", mime_type=mime)
    for n, mime in ((1, "text/xml"), (2, "application/pdf"))
)
SUBMISSION = xds.Submission(
    xds.SubmissionSet("SubmissionSet01", "1.2.9", INS, "1.2.8", "20261118100105"),
    ENTRIES,
    tuple(xds.Association(f"as{e.entry_uuid}", ids.HAS_MEMBER, "SubmissionSet01", e.entry_uuid) for e in ENTRIES),
)
DOCUMENTS = {"Document01": CONTENT, "Document02": b"%PDF"}
SENDER = XdmSender("Dr Claire MARTIN", "Imagerie & Rivoli", "RIS-DEMO", "1.0", "DEMO-SOFT", "12 rue de Rivoli")
METADATA = "IHE_XDM/SUBSET01/METADATA.XML"


def members() -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(write_package(SUBMISSION, DOCUMENTS, SENDER))) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(files: Iterable[tuple[str, bytes]]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return buffer.getvalue()


def test_a_written_archive_is_read_back_and_passes_the_strict_reading() -> None:
    archive = write_package(SUBMISSION, DOCUMENTS, SENDER)
    package = read_package(archive, strict=True)
    assert dict(package.documents) == {"DOC00001.XML": CONTENT, "DOC00002.PDF": b"%PDF"}
    assert package.submission.submission_set == SUBMISSION.submission_set
    first = package.submission.entries[0]
    assert replace(first, uri="", hash="", size=None) == ENTRIES[0]
    assert (package.content(first), first.size) == (CONTENT, len(CONTENT))
    assert "Imagerie &amp; Rivoli" in package.index
    assert "Compte rendu &lt;1&gt;" in package.index
    assert "RIS-DEMO version 1.0" in package.readme
    assert write_package(SUBMISSION, DOCUMENTS, SENDER) == archive


def test_the_layout_is_the_french_one() -> None:
    assert list(members()) == [
        "INDEX.HTM",
        "README.TXT",
        METADATA,
        "IHE_XDM/SUBSET01/DOC00001.XML",
        "IHE_XDM/SUBSET01/DOC00002.PDF",
    ]


def odd(change: str) -> bytes:
    files = members()
    match change:
        case "lower case":
            files = {name.lower(): content for name, content in files.items()}
        case "enclosing folder":
            files = {f"envoi/{name}": content for name, content in files.items()}
        case "litter":
            files |= {"__MACOSX/._INDEX.HTM": b"x", "IHE_XDM/.DS_Store": b"x"}
        case "no readme":
            del files["README.TXT"]
        case "back slash":
            files = {name.replace("/", "\\"): content for name, content in files.items()}
        case "long name":
            files["IHE_XDM/SUBSET01/a long name.xml"] = b"x"
        case "no hash":
            bare = replace(SUBMISSION, entries=tuple(replace(e, uri=f"{e.entry_uuid[-8:]}.X") for e in ENTRIES))
            files[METADATA] = xml.serialize(xds.write_submission(bare))
            files |= {f"IHE_XDM/SUBSET01/{e.uri}": b"x" for e in bare.entries}
    return zipped(files.items())


ODDITIES = ["lower case", "enclosing folder", "litter", "no readme", "back slash", "long name", "no hash"]


@pytest.mark.parametrize("change", ODDITIES)
def test_oddities_of_real_archives_are_read_unless_strict(change: str) -> None:
    package = read_package(odd(change))
    assert isinstance(package, XdmPackage)
    assert len(package.documents) == 2
    with pytest.raises(XdmRefused):
        read_package(odd(change), strict=True)


@pytest.mark.parametrize(
    ("name", "content", "field"),
    [
        ("IHE_XDM/SUBSET01/DOC00001.XML", CONTENT + b" ", "size"),
        ("IHE_XDM/SUBSET01/DOC00001.XML", CONTENT[:-1] + b"!", "hash"),
        (METADATA, b"<SubmitObjectsRequest/>", "METADATA.XML"),
        (METADATA, b"not xml", "METADATA.XML"),
        (METADATA, b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "METADATA.XML"),
    ],
)
def test_documents_and_metadata_that_do_not_agree_are_refused(name: str, content: bytes, field: str) -> None:
    with pytest.raises(XdmRefused) as refused:
        read_package(zipped((members() | {name: content}).items()))
    assert refused.value.field == field


@pytest.mark.parametrize("uri", ["", "DOC00009.XML", "../../INDEX.HTM", "/INDEX.HTM", "file:DOC00001.XML", "..\\x"])
def test_a_uri_must_name_a_document_inside_the_archive(uri: str) -> None:
    entry = replace(ENTRIES[0], uri=uri)
    metadata = xml.serialize(xds.write_submission(replace(SUBMISSION, entries=(entry,))))
    with pytest.raises(XdmRefused, match="URI"):
        read_package(zipped((members() | {METADATA: metadata}).items()))


@pytest.mark.parametrize(
    "name",
    ["../evil.xml", "IHE_XDM/../../evil", "/etc/passwd", "C:/evil", "\\\\host\\evil", "a/" * 9 + "a"],
)
def test_names_that_leave_the_archive_are_refused(name: str) -> None:
    with pytest.raises(XdmRefused):
        read_package(zipped([*members().items(), (name, b"x")]))


def test_two_submission_sets_or_the_same_name_twice_are_refused() -> None:
    files = members()
    with pytest.raises(XdmRefused, match="2 submission sets"):
        read_package(zipped([*files.items(), ("IHE_XDM/SUBSET02/METADATA.XML", files[METADATA])]))
    with pytest.raises(XdmRefused, match="twice"):
        read_package(zipped([*files.items(), ("index.htm", b"x")]))
    with pytest.raises(XdmRefused, match="not an IHE_XDM archive"):
        read_package(zipped([("a.txt", b"x")]))


@pytest.mark.parametrize(
    ("limits", "rule"),
    [
        (Limits(archive=100), "bytes, at most 100"),
        (Limits(unpacked=1000), "once unpacked, at most 1000"),
        (Limits(entries=4), "5 entries, at most 4"),
    ],
)
def test_limits_are_kept(limits: Limits, rule: str) -> None:
    with pytest.raises(XdmRefused, match=rule):
        read_package(write_package(SUBMISSION, DOCUMENTS, SENDER), limits=limits)


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    with pytest.raises(XdmRefused, match="bomb"):
        read_package(zipped([*members().items(), ("BIG.TXT", b"\0" * 5_000_000)]))
    with pytest.raises(XdmRefused, match="unpacked"):
        read_package(zipped([*members().items(), ("BIG.TXT", b"\0" * 5_000_000)]), limits=Limits(unpacked=4_000_000))


def test_a_size_that_lies_does_not_unpack_more_than_declared() -> None:
    archive = bytearray(zipped([("BIG.TXT", b"\0" * 5_000_000)]))
    size = struct.pack("<I", 5_000_000)
    assert archive.count(size) == 2
    lying = bytes(archive).replace(size, struct.pack("<I", 10))
    with pytest.raises(XdmRefused, match="damaged"):
        read_package(lying)


def test_encrypted_entries_and_links_are_refused() -> None:
    archive = bytearray(zipped(members().items()))
    central = archive.index(b"PK\x01\x02")
    archive[central + 8] |= 1
    with pytest.raises(XdmRefused, match="encrypted"):
        read_package(bytes(archive))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as linked:
        info = zipfile.ZipInfo("LINK")
        info.external_attr = 0o120777 << 16
        linked.writestr(info, "/etc/passwd")
    with pytest.raises(XdmRefused, match="links"):
        read_package(buffer.getvalue())


def test_damaged_archives_are_refused_and_nothing_else_escapes() -> None:
    archive = write_package(SUBMISSION, DOCUMENTS, SENDER)
    dice = random.Random(7)
    for _ in range(300):
        damaged = bytearray(archive)
        for _ in range(dice.randint(1, 8)):
            damaged[dice.randrange(len(damaged))] = dice.randrange(256)
        try:
            read_package(bytes(damaged))
        except XdmRefused:
            continue
    for cut in range(0, len(archive), 50):
        with pytest.raises(XdmRefused):
            read_package(archive[:cut])


def test_every_entry_needs_its_document() -> None:
    with pytest.raises(XdmRefused, match="Document02"):
        write_package(SUBMISSION, {"Document01": CONTENT}, SENDER)
