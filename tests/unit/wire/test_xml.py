"""Safe XML: what is refused, and that the refusal says why."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from segur.wire import xml

BOMB = b"""<?xml version="1.0"?>
<!DOCTYPE lolz [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>
<lolz>&c;</lolz>"""


def test_an_entity_bomb_is_refused_because_of_its_doctype() -> None:
    with pytest.raises(xml.XmlRefused, match="DOCTYPE") as refused:
        xml.parse(BOMB)
    assert refused.value.line == 2


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_a_doctype_is_refused_whatever_the_encoding(encoding: str) -> None:
    with pytest.raises(xml.XmlRefused, match="DOCTYPE"):
        xml.parse('<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>'.encode(encoding))


def test_a_doctype_behind_a_comment_is_refused() -> None:
    with pytest.raises(xml.XmlRefused, match="DOCTYPE"):
        xml.parse(b'<?xml version="1.0"?><!-- <a/> --><?pi x?>\n<!DOCTYPE a><a/>')


def test_the_word_doctype_in_the_content_is_harmless() -> None:
    assert xml.text(xml.parse(b"<a><![CDATA[<!DOCTYPE html>]]></a>")) == "<!DOCTYPE html>"


def test_text_that_is_not_well_formed_is_refused_with_its_line() -> None:
    with pytest.raises(xml.XmlRefused, match="not well-formed") as refused:
        xml.parse(b"<a>\n<b>\n</a>")
    assert refused.value.line == 3


@pytest.mark.parametrize("data", [b"", b"\xff\xfe", b"plain text", b"<a>&unknown;</a>", b"<a/><b/>", b"<a>\x00</a>"])
def test_what_is_not_xml_is_refused_with_the_typed_error(data: bytes) -> None:
    with pytest.raises(xml.XmlRefused):
        xml.parse(data)


def test_a_document_beyond_the_limit_is_refused_before_it_is_read() -> None:
    with pytest.raises(xml.XmlRefused, match="at most 10"):
        xml.parse(b"<a>0123456789</a>", max_bytes=10)


def test_very_deep_nesting_is_refused() -> None:
    with pytest.raises(xml.XmlRefused):
        xml.parse(b"<a>" * 5000 + b"</a>" * 5000)


def test_a_comment_does_not_cut_a_value_short() -> None:
    assert xml.text(xml.parse(b"<id>8100<!-- x -->00000<?p q?>001</id>")) == "810000000001"


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with contextlib.suppress(xml.XmlRefused):
        assert isinstance(xml.parse(data).tag, str)


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters="\ufffe\uffff")))
def test_text_survives_a_round_trip(value: str) -> None:
    element = etree.Element(xml.qname(xml.HL7, "a"))
    element.text = value
    again = xml.parse(memoryview(xml.serialize(element, declaration=True)))
    assert (again.text or "") == value
    assert (xml.local_name(again), xml.namespace(again)) == ("a", xml.HL7)


def test_text_is_put_where_its_place_was_made() -> None:
    def around(place: etree._Element) -> etree._Element:
        root = etree.Element(xml.qname(xml.SOAP12, "Body"), nsmap={"soap": xml.SOAP12})
        root.append(place)
        etree.SubElement(root, "after").text = "<place-0/>"
        return root

    written = xml.serialize_around("<b>é</b>".encode(), around)
    assert [(child.tag, child.text) for child in xml.parse(written)] == [("b", "é"), ("after", "<place-0/>")]
    with pytest.raises(ValueError, match="does not hold"):
        xml.serialize_around(b"<b/>", lambda _: etree.Element("a"))
