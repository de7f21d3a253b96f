"""MIME packages: the splitter, and MTOM on top of it."""

from __future__ import annotations

import base64
import contextlib
import email
import email.policy

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from segur.wire import mtom, multipart, xml
from segur.wire.multipart import HeaderValue, MultipartRefused

TYPE = 'multipart/related; type="application/xop+xml"; start="<0.1>"; start-info="application/soap+xml"; boundary=B'
ROOT = b'<r xmlns:x="http://www.w3.org/2004/08/xop/include"><d><x:Include href="cid:doc%2B1%40lps"/></d></r>'


def package(*parts: bytes, end: bytes = b"\r\n--B--\r\n") -> bytes:
    return b"preamble\r\n--B\r\n" + b"\r\n--B\r\n".join(parts) + end


def root_part(xml_text: bytes = ROOT) -> bytes:
    return b"content-id: <0.1>\r\nContent-Type: application/xop+xml\r\n\r\n" + xml_text


@given(
    st.lists(st.tuples(st.text("abc-", min_size=1, max_size=8), st.binary(max_size=200)), min_size=1, max_size=6),
    st.booleans(),
)
def test_built_packages_are_split_into_the_same_bodies(parts: list[tuple[str, bytes]], view: bool) -> None:
    built = [({"Content-ID": f"<{cid}>"}, memoryview(body) if view else body) for cid, body in parts]
    content_type, chunks = multipart.build(built)
    read = multipart.parse(content_type, b"".join(chunks))
    assert [(part.content_id, bytes(part.body)) for part in read] == parts


@given(st.lists(st.sampled_from([b"--B", b"\r\n", b"\n", b"--", b" ", b"a: b", b"x", b":"]), max_size=14))
def test_any_body_is_split_or_refused(pieces: list[bytes]) -> None:
    with contextlib.suppress(MultipartRefused):
        assert multipart.split(b"".join(pieces), "B")


def test_the_standard_library_reads_what_we_build() -> None:
    content_type, chunks = multipart.build(
        [({"Content-Type": "text/plain"}, b"one"), ({"Content-Type": "application/dicom"}, b"two")],
        parameters={"type": "application/dicom"},
    )
    message = email.message_from_bytes(
        f"Content-Type: {content_type}\r\n\r\n".encode() + b"".join(chunks), policy=email.policy.HTTP
    )
    assert [part.get_payload(decode=True) for part in message.iter_parts()] == [b"one", b"two"]


def test_a_delimiter_that_is_only_a_prefix_of_a_longer_line_stays_content() -> None:
    (part,) = multipart.split(b"--B\r\n\r\nbody\r\n--Bx\r\nmore --B\r\n--B--", "B")
    assert bytes(part.body) == b"body\r\n--Bx\r\nmore --B"


def test_bare_line_feeds_and_parts_without_headers_are_tolerated() -> None:
    parts = multipart.split(b"--B\nA: 1\n\none\n--B\n\ntwo\n--B\nA: 3\n\n--B--\n", "B")
    assert [bytes(part.body) for part in parts] == [b"one", b"two", b""]


def test_folded_headers_are_joined() -> None:
    (part,) = multipart.split(b"--B\r\nContent-Type: text/xml;\r\n\tcharset=utf-8\r\n\r\nx\r\n--B--", "B")
    assert part.content_type == HeaderValue("text/xml", {"charset": "utf-8"})


def test_a_form_field_shows_its_name_and_file_name() -> None:
    (part,) = multipart.split(
        b'--B\r\nContent-Disposition: form-data; name="f"; filename="a;b.xml"\r\n\r\nx\r\n--B--', "B"
    )
    assert (part.disposition.parameters["name"], part.disposition.parameters["filename"]) == ("f", "a;b.xml")


@pytest.mark.parametrize(
    ("encoding", "body", "expected"),
    [
        (b"BASE64", b"PGEv\r\nPg==\r\n", b"<a/>"),
        (b"Base64", b"PGEvPg==", b"<a/>"),
        (b"Quoted-Printable", b"caf=C3=A9=\r\n!", "café!".encode()),
        (b"8BIT", b"\xe9", b"\xe9"),
        (b"binary", b"\r\n\x00", b"\r\n\x00"),
    ],
)
def test_transfer_encodings_are_removed_whatever_their_case(encoding: bytes, body: bytes, expected: bytes) -> None:
    (part,) = multipart.split(b"--B\r\nContent-Transfer-Encoding: " + encoding + b"\r\n\r\n" + body + b"\r\n--B--", "B")
    assert bytes(part.body) == expected


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"--B\r\n\r\nbody", "truncated"),
        (b"--B\r\n\r\nbody\r\n--B\r\n", "truncated"),
        (b"nothing", "does not occur"),
        (b"--B--", "no part"),
        (b"--B\r\nA: 1\r\n--B--", "no blank line"),
        (b"--B\r\nno colon\r\n\r\nx\r\n--B--", "no colon"),
        (b"--B\r\nContent-Transfer-Encoding: base64\r\n\r\n*not*\r\n--B--", "base64"),
        (b"--B\r\nContent-Transfer-Encoding: x-zip\r\n\r\nx\r\n--B--", "x-zip"),
        (b"--B\r\nA: " + b"1" * 20000 + b"\r\n\r\nx\r\n--B--", "no blank line"),
    ],
)
def test_a_broken_package_is_refused_with_its_reason(data: bytes, reason: str) -> None:
    with pytest.raises(MultipartRefused, match=reason):
        multipart.split(data, "B")


def test_too_many_parts_are_refused() -> None:
    with pytest.raises(MultipartRefused, match="more than 3"):
        multipart.split(b"--B\r\n\r\n\r\n" * 4 + b"--B--", "B", max_parts=3)


@pytest.mark.parametrize("content_type", ["text/xml", "multipart/related", ""])
def test_a_type_that_names_no_boundary_is_refused(content_type: str) -> None:
    with pytest.raises(MultipartRefused, match="Content-Type"):
        multipart.parse(content_type, b"")


def test_a_header_that_breaks_its_line_is_not_written() -> None:
    with pytest.raises(ValueError, match="one line"):
        multipart.build([({"Content-ID": "<a>\r\nX: y"}, b"")])


@given(st.dictionaries(st.sampled_from(["a", "b-c"]), st.text('a;="\\ <>@', max_size=10)))
def test_header_parameters_survive_a_round_trip(parameters: dict[str, str]) -> None:
    value = HeaderValue("multipart/related", parameters)
    assert HeaderValue.parse(str(value)) == value


def test_a_percent_encoded_cid_finds_its_part() -> None:
    body = package(root_part(), b"Content-ID: <doc+1@lps>\r\n\r\nPDF\x00\r\n")
    message = mtom.read(TYPE, body)
    assert message.packaged
    assert bytes(message.content_of(message.root[0])) == b"PDF\x00\r\n"


def test_an_upper_case_base64_attachment_is_decoded() -> None:
    part = b"Content-ID: <doc+1@lps>\r\nContent-Transfer-Encoding: BASE64\r\n\r\n" + base64.b64encode(b"PDF" * 99)
    message = mtom.read(TYPE, package(root_part(), part))
    assert bytes(message.content_of(message.root[0])) == b"PDF" * 99


def test_the_root_is_found_by_start_even_when_it_comes_last() -> None:
    message = mtom.read(TYPE, package(b"Content-ID: <doc+1@lps>\r\n\r\nPDF", root_part()))
    assert xml.local_name(message.root) == "r"
    assert bytes(message.attachments["doc+1@lps"]) == b"PDF"


def test_a_truncated_mtom_message_is_refused() -> None:
    body = package(root_part(), b"Content-ID: <doc+1@lps>\r\n\r\nPDF")
    with pytest.raises(MultipartRefused, match="truncated"):
        mtom.read(TYPE, body[:-12])


def test_a_missing_attachment_is_refused_by_its_name() -> None:
    message = mtom.read(TYPE, package(root_part()))
    with pytest.raises(mtom.AttachmentMissing) as refused:
        message.content_of(message.root[0])
    assert refused.value.cid == "doc+1@lps"


def test_two_attachments_of_one_name_are_refused() -> None:
    part = b"Content-ID: <doc+1@lps>\r\n\r\nx"
    with pytest.raises(MultipartRefused, match="two parts"):
        mtom.read(TYPE, package(root_part(), part, part))


def test_a_start_that_names_no_part_is_refused() -> None:
    with pytest.raises(MultipartRefused, match="start"):
        mtom.read(TYPE.replace("<0.1>", "<0.2>"), package(root_part()))


def test_an_include_of_a_remote_address_is_refused() -> None:
    message = mtom.read(TYPE, package(root_part(ROOT.replace(b"cid:doc%2B1%40lps", b"http://x/y"))))
    with pytest.raises(MultipartRefused, match="cid: URL"):
        message.content_of(message.root[0])


def test_a_plain_message_with_inline_base64_is_read_too() -> None:
    message = mtom.read('application/soap+xml; charset="utf-8"', b"<r><d> PGEv\nPg== </d><e>!</e></r>")
    assert not message.packaged
    assert bytes(message.content_of(message.root[0])) == b"<a/>"
    with pytest.raises(MultipartRefused, match="readable base64"):
        message.content_of(message.root[1])


@given(st.binary(max_size=300), st.text("ab+ é%@<", min_size=1, max_size=9))
def test_mtom_packages_survive_a_round_trip(data: bytes, name: str) -> None:
    cid = f"{name.encode().hex()}+1@lps"
    root = etree.Element("r")
    root.append(mtom.inclusion(cid))
    content_type, chunks = mtom.build(root, [mtom.Attachment(cid, data)], action="urn:a")
    message = mtom.read(content_type, b"".join(chunks))
    assert bytes(message.content_of(message.root)) == data
    assert HeaderValue.parse(content_type).parameters["action"] == "urn:a"
