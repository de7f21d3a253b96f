"""Envelopes: what the DMP and INSi expect, and what clients in the field send."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from segur.wire import soap, xml

TEXT = st.text("abc:-é<&", min_size=1, max_size=12)


def request(version: soap.Version = "1.2", **changes: str) -> etree._Element:
    values = {"action": "urn:a", "message_id": "urn:uuid:1", **changes}
    return soap.write_envelope(
        etree.Element("q"), action=values["action"], message_id=values["message_id"], version=version
    )


@given(action=TEXT, message_id=TEXT, to=TEXT, relates_to=TEXT, version=st.sampled_from(["1.1", "1.2"]))
def test_envelopes_survive_a_round_trip(
    action: str, message_id: str, to: str, relates_to: str, version: soap.Version
) -> None:
    written = soap.write_envelope(
        etree.Element("{urn:x}q"), action=action, message_id=message_id, to=to, relates_to=relates_to, version=version
    )
    read = soap.read_envelope(xml.parse(xml.serialize(written)))
    assert (read.version, read.operation, read.reply_to) == (version, "{urn:x}q", soap.ANONYMOUS)
    assert (read.action, read.message_id, read.to, read.relates_to) == (action, message_id, to, relates_to)


def test_an_envelope_of_the_older_version_is_read() -> None:
    assert soap.read_envelope(request("1.1")).version == "1.1"


def test_must_understand_without_prefix_and_an_empty_to_are_tolerated() -> None:
    root = request()
    for block in root[0]:
        block.set("mustUnderstand", "true")
    assert soap.read_envelope(root).to == ""


@pytest.mark.parametrize("header", soap.ADDRESSING)
def test_a_missing_addressing_header_is_named(header: str) -> None:
    root = request()
    block = root[0].find(xml.qname(xml.WSA, header))
    assert block is not None
    root[0].remove(block)
    with pytest.raises(soap.AddressingMissing) as refused:
        soap.read_envelope(root)
    assert refused.value.header == header
    fault = soap.read_fault(soap.addressing_fault(refused.value))
    assert fault is not None
    assert (fault.code, fault.subcode, fault.lang) == ("Sender", "MessageAddressingHeaderRequired", "fr")
    assert header in fault.reason


def test_addressing_may_be_left_out_where_a_service_does_not_need_it() -> None:
    root = xml.parse(f'<e:Envelope xmlns:e="{xml.SOAP12}"><e:Body><q/></e:Body></e:Envelope>'.encode())
    assert soap.read_envelope(root, required=()).operation == "q"


def test_an_addressing_header_given_twice_is_refused() -> None:
    root = request()
    etree.SubElement(root[0], xml.qname(xml.WSA, "Action")).text = "urn:b"
    with pytest.raises(soap.SoapRefused, match="Action is given twice"):
        soap.read_envelope(root)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("<Envelope/>", "the root is Envelope"),
        ('<e:Body xmlns:e="{ns}"/>', "the root is"),
        ('<e:Envelope xmlns:e="{ns}"/>', "one Body"),
        ('<e:Envelope xmlns:e="{ns}"><e:Body/></e:Envelope>', "holds 0"),
        ('<e:Envelope xmlns:e="{ns}"><e:Body><a/><b/></e:Body></e:Envelope>', "holds 2"),
        ('<e:Envelope xmlns:e="{ns}"><e:Body><a/></e:Body><e:Body><a/></e:Body></e:Envelope>', "one Body"),
    ],
)
def test_another_structure_is_refused(text: str, reason: str) -> None:
    with pytest.raises(soap.SoapRefused, match=reason):
        soap.read_envelope(xml.parse(text.replace("{ns}", xml.SOAP12).encode()))


def test_an_answer_relates_to_its_request() -> None:
    asked = soap.read_envelope(request("1.1"))
    told = soap.read_envelope(
        soap.answer(asked, etree.Element("r"), action="urn:r", message_id="urn:uuid:2"),
        required=("Action", "MessageID", "RelatesTo"),
    )
    assert (told.version, told.to, told.relates_to, told.reply_to) == ("1.2", soap.ANONYMOUS, "urn:uuid:1", "")
    assert told.security is None


def test_one_assertion_serves_several_calls() -> None:
    assertion = etree.Element(xml.qname(xml.SAML2, "Assertion"), ID="_1")
    for _ in range(2):
        root = soap.write_envelope(etree.Element("q"), action="a", message_id="m", assertion=assertion)
        found = soap.read_envelope(root).assertion
        assert found is not None
        assert found.get("ID") == "_1"


def test_two_assertions_are_refused() -> None:
    assertion = etree.Element(xml.qname(xml.SAML2, "Assertion"), ID="_1")
    envelope = soap.read_envelope(
        soap.write_envelope(etree.Element("q"), action="a", message_id="m", assertion=assertion)
    )
    assert envelope.security is not None
    envelope.security.append(etree.Element(xml.qname(xml.SAML2, "Assertion"), ID="_2"))
    with pytest.raises(soap.SoapRefused, match="several assertions"):
        _ = envelope.assertion


def test_a_fault_has_the_shape_clients_search_for() -> None:
    fault = soap.fault("Receiver", "Service indisponible", subcode="S:siram_40", lang="en", prefix="S")
    text = xml.serialize(soap.write_envelope(fault, action="", to=None, reply_to=None, prefix="S")).decode()
    assert "<S:Code><S:Value>S:Receiver</S:Value><S:Subcode><S:Value>S:siram_40</S:Value></S:Subcode></S:Code>" in text
    assert '<S:Text xml:lang="en">Service indisponible</S:Text>' in text


@given(code=st.sampled_from(["Sender", "Receiver"]), reason=TEXT, subcode=st.text("ABCd", min_size=1, max_size=9))
def test_faults_survive_a_round_trip(code: soap.FaultCode, reason: str, subcode: str) -> None:
    written = xml.parse(xml.serialize(soap.fault(code, reason, subcode=subcode, detail=etree.Element("x"))))
    read = soap.read_fault(written)
    assert read is not None
    assert (read.code, read.reason, read.subcode, read.lang) == (code, reason, subcode, "fr")
    assert read.detail is not None
    assert read.detail.tag == "x"


def test_a_fault_of_the_older_version_is_read_in_the_words_of_the_newer() -> None:
    text = f'<s:Fault xmlns:s="{xml.SOAP11}"><faultcode>s:Client.X</faultcode><faultstring>no</faultstring></s:Fault>'
    body = xml.parse(text.encode())
    assert soap.read_fault(body) == soap.Fault("Sender", "X", "no")


def test_an_ordinary_answer_is_not_a_fault() -> None:
    assert soap.read_fault(etree.Element("r")) is None
