"""Clients that know nothing of our code: zeep from a WSDL, and Python's own MIME library for MTOM."""

from __future__ import annotations

import asyncio
import email.policy
from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart
from pathlib import Path

import pytest
import zeep
import zeep.transports
from lxml import etree

from segur.personas import roles
from segur.scenario.actors.lps import Software, submission_of
from segur.vocab.ins import Ins
from segur.wire import saml, soap, xds, xml
from tests.contract.dmp.conftest import Dmp

pytestmark = pytest.mark.asyncio(loop_scope="module")

SERVICES = "/si-dmp-server/v2/services"
WSDL = """<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:h="urn:si-dmp-habilitations"
  xmlns:s="http://schemas.xmlsoap.org/wsdl/soap12/" xmlns:x="http://www.w3.org/2001/XMLSchema"
  targetNamespace="urn:si-dmp-habilitations">
 <types><x:schema targetNamespace="urn:si-dmp-habilitations" elementFormDefault="qualified">
  <x:element name="setAuthorization"><x:complexType><x:sequence>
   <x:element name="action" type="x:string"/><x:element name="role" type="x:string" minOccurs="0"/>
  </x:sequence></x:complexType></x:element>
  <x:element name="setAuthorizationResponse"><x:complexType><x:sequence><x:element name="output">
   <x:complexType><x:sequence>
   <x:element name="status" type="x:string"/><x:element name="context" type="x:string" minOccurs="0"/>
  </x:sequence></x:complexType></x:element></x:sequence></x:complexType></x:element>
 </x:schema></types>
 <message name="in"><part name="body" element="h:setAuthorization"/></message>
 <message name="out"><part name="body" element="h:setAuthorizationResponse"/></message>
 <portType name="p"><operation name="setAuthorization">
  <input message="h:in"/><output message="h:out"/></operation></portType>
 <binding name="b" type="h:p"><s:binding transport="http://schemas.xmlsoap.org/soap/http"/>
  <operation name="setAuthorization"><s:operation soapAction="urn:hl7-org:v3:setAuthorization"/>
   <input><s:body use="literal"/></input><output><s:body use="literal"/></output></operation></binding>
 <service name="habilitations"><port name="p" binding="h:b"><s:address location="LOCATION"/></port></service>
</definitions>"""
"""The habilitations service as a WSDL-generated client knows it [DMP digest 1.2, 1.4]."""


def headers(assertion: etree._Element, action: str) -> list[etree._Element]:
    """WS-Addressing and WS-Security headers, written by hand as vendors do."""
    wsa, wsse = xml.WSA, xml.WSSE
    listed = []
    for name, text in (("MessageID", "urn:uuid:1"), ("To", ""), ("Action", action)):
        header = etree.Element(f"{{{wsa}}}{name}")
        header.text = text
        listed.append(header)
    reply = etree.Element(f"{{{wsa}}}ReplyTo")
    etree.SubElement(reply, f"{{{wsa}}}Address").text = soap.ANONYMOUS
    security = etree.Element(f"{{{wsse}}}Security")
    security.append(assertion)
    return [*listed, reply, security]


async def test_zeep_declares_an_authorization_from_a_wsdl(dmp: Dmp, tmp_path: Path) -> None:
    wsdl = tmp_path / "habilitations.wsdl"
    wsdl.write_text(WSDL.replace("LOCATION", f"{dmp.base}{SERVICES}/Habilitation"))
    dentist, patient = dmp.software(roles.DENTIST, tls=False), dmp.patient("P2")
    token = dentist.vihf(patient.ins, saml.AuthenticationMode.REINFORCED)
    sent = headers(token, "urn:si-dmp-habilitations:HabilitationsEndPoint:setAuthorization")

    def call() -> list[str]:
        client = zeep.Client(str(wsdl), transport=zeep.transports.Transport(timeout=20))
        answers = [client.service.setAuthorization(action="AJOUT", _soapheaders=sent) for _ in range(2)]
        client.transport.session.close()
        return [answer.status for answer in answers]

    assert await asyncio.to_thread(call) == ["DMPOk", "DMPOk"]


async def test_pythons_mime_library_writes_and_reads_the_packages(dmp: Dmp) -> None:
    document, patient = dmp.document(), dmp.patient()
    software = dmp.software()
    submission = submission_of(document, software.user)
    request = xds.write_provide_and_register(
        xds.ProvideAndRegister(submission, (xds.DocumentPart("Document01", content_id="0.1"),))
    )
    content_type, body = packed(software_envelope(software, patient.ins, request), document)
    answer = await software.client.post(
        f"{dmp.base}{SERVICES}/DocumentRepository_Service", content=body, headers={"content-type": content_type}
    )
    assert b"ResponseStatusType:Success" in answer.content, answer.text
    reader = dmp.software(roles.GENERAL_PRACTITIONER)
    wanted = xds.write_retrieve_request(
        [xds.DocumentRequest(dmp.settings.dmp_repository_id, submission.entries[0].unique_id)]
    )
    envelope = soap.write_envelope(
        wanted,
        action="urn:ihe:iti:2007:RetrieveDocumentSet",
        message_id="urn:uuid:3",
        assertion=reader.vihf(patient.ins, saml.AuthenticationMode.REINFORCED),
    )
    answer = await reader.client.post(
        f"{dmp.base}{SERVICES}/repository",
        content=etree.tostring(envelope),
        headers={"content-type": "application/soap+xml"},
    )
    whole = b"content-type: " + answer.headers["content-type"].encode() + b"\r\n\r\n" + answer.content
    root, part = email.message_from_bytes(whole, policy=email.policy.HTTP).iter_parts()
    assert b"RetrieveDocumentSetResponse" in root.get_payload(decode=True)
    assert part.get_payload(decode=True) == document


def software_envelope(software: Software, ins: Ins, body: etree._Element) -> bytes:
    """The signed envelope of a submission."""
    token = software.vihf(ins, saml.AuthenticationMode.INDIRECT)
    action = "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b"
    return etree.tostring(soap.write_envelope(body, action=action, message_id="urn:uuid:2", assertion=token))


def packed(envelope: bytes, document: bytes) -> tuple[str, bytes]:
    """A package whose parts are in base64, with the odd Content-ID of a known client [DMP digest 1.6]."""
    package = MIMEMultipart("related", type="application/xop+xml", start="<root>")
    for data, cid, subtype in ((envelope, "<root>", "xop+xml"), (document, "<0.1>", "octet-stream")):
        part = MIMEApplication(data, subtype)
        part["Content-ID"] = cid
        package.attach(part)
    flat = package.as_bytes(policy=email.policy.HTTP)
    _, _, body = flat.partition(b"\r\n\r\n")
    return str(package["Content-Type"]), body
