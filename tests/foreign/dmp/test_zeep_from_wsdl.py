"""zeep, told nothing but the address of our WSDLs, tests, feeds (base64, and MTOM), searches, reads and deletes."""

from __future__ import annotations

import asyncio
import email.policy
from collections.abc import Callable
from dataclasses import replace
from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart
from typing import Any

import pytest
import zeep
import zeep.transports
from lxml import etree

from segur.personas import roles
from segur.scenario.actors.lps import Software, submission_of
from segur.vocab.ins import Ins
from segur.wire import saml, soap, xds_uuids, xml
from tests.contract.dmp.conftest import Dmp
from tests.foreign.dmp import editors_values as editor

pytestmark = pytest.mark.asyncio(loop_scope="module")

SERVICES = "/si-dmp-server/v2/services"
AIR, INDIRECT = saml.AuthenticationMode.REINFORCED, saml.AuthenticationMode.INDIRECT
SUCCESS = "urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:Success"


class Packing(zeep.transports.Transport):  # type: ignore[misc]  # zeep has no types
    """zeep reads MTOM but does not write it: this takes each Document's base64 out of the envelope into a part."""

    def post_xml(self, address: str, envelope: etree._Element, headers: dict[str, str]) -> Any:
        package = MIMEMultipart(
            "related", type="application/xop+xml", start="<root>", start_info="application/soap+xml"
        )
        parts = []
        for number, document in enumerate(envelope.iter(xml.qname(xml.XDSB, "Document"))):
            parts.append((f"<doc{number}@zeep>", document.text or ""))
            document.text = None
            etree.SubElement(document, xml.qname(xml.XOP, "Include"), href=f"cid:doc{number}@zeep")
        root = MIMEApplication(etree.tostring(envelope), "xop+xml", type="application/soap+xml")
        root["Content-ID"] = "<root>"
        package.attach(root)
        for name, text in parts:
            part = MIMEApplication(b"", "octet-stream")
            part.set_payload(text)
            part["Content-ID"] = name
            package.attach(part)
        _, _, body = package.as_bytes(policy=email.policy.HTTP).partition(b"\r\n\r\n")
        return self.post(address, body, {**headers, "Content-Type": str(package["Content-Type"]).replace("\n", "")})


def headers(software: Software, ins: Ins, mode: saml.AuthenticationMode) -> list[etree._Element]:
    """What zeep does not write by itself from the WSDL: wsa:ReplyTo, and the VIHF."""
    reply = etree.Element(xml.qname(xml.WSA, "ReplyTo"))
    etree.SubElement(reply, xml.qname(xml.WSA, "Address")).text = soap.ANONYMOUS
    security = etree.Element(xml.qname(xml.WSSE, "Security"))
    security.append(software.vihf(ins, mode))
    return [reply, security]


async def called(dmp: Dmp, service: str, act: Callable[[Any], Any], *, packing: bool = False) -> Any:
    """The answer of a service, by a client made from its WSDL, in a thread beside the loop that serves."""

    def call() -> Any:
        transport = (Packing if packing else zeep.transports.Transport)(timeout=20, operation_timeout=20)
        client = zeep.Client(f"{dmp.base}{SERVICES}/{service}?wsdl", transport=transport)
        try:
            return act(client.service)
        finally:
            transport.session.close()

    return await asyncio.to_thread(call)


async def test_it_tests_the_existence_of_a_dmp(dmp: Dmp) -> None:
    software, patient = dmp.software(roles.GENERAL_PRACTITIONER, tls=False), dmp.patient()
    told = editor.existence_query(patient.ins)
    answer = await called(
        dmp,
        "patients",
        lambda service: service.PatientGetDemographics_PRPA_IN201307UV02(
            **told, _soapheaders=headers(software, patient.ins, AIR)
        ),
    )
    assert answer.controlActProcess.queryAck.queryResponseCode.code == "OK"
    [subject] = answer.controlActProcess.subject
    known = subject.registrationEvent.subject1.patient
    assert known.statusCode.code == "active"
    assert patient.ins.matricule in [one.extension for one in known.id]
    lines = {line.keyWordText.code: line.value for line in answer.attentionLine}
    assert lines["AUTORISATION"].code == "VALIDE"
    assert lines["STATUT_MT"].value in (True, False)
    observations = {one.administrativeObservation.code.code: one.administrativeObservation for one in known.subjectOf}
    assert observations["RATTACHEMENT_ENS"].value.value is True


@pytest.mark.parametrize("packing", [False, True], ids=["base64", "MTOM"])
async def test_it_feeds_finds_reads_and_deletes_a_document(dmp: Dmp, packing: bool) -> None:
    document, patient = dmp.document(), dmp.patient()
    author, reader = (dmp.software(who, tls=False) for who in (roles.RADIOLOGIST, roles.GENERAL_PRACTITIONER))
    submission = submission_of(document, author.user)
    unique_id = submission.entries[0].unique_id

    def feed(service: Any) -> Any:
        return service["DocumentRepository_ProvideAndRegisterDocumentSet-b"](
            SubmitObjectsRequest={"RegistryObjectList": {"_value_1": editor.objects_of(submission)}},
            Document=[{"id": "Document01", "_value_1": document}],
            _soapheaders=headers(author, patient.ins, INDIRECT),
        )

    answer = await called(dmp, "repository", feed, packing=packing)
    assert answer.status == SUCCESS, [one.codeContext for one in answer.RegistryErrorList.RegistryError]

    async def found() -> dict[str, Any]:
        told = editor.find_documents(patient.ins)
        answer = await called(
            dmp,
            "registry",
            lambda service: service.DocumentRegistry_RegistryStoredQuery(
                **told, _soapheaders=headers(reader, patient.ins, AIR)
            ),
        )
        assert answer.status == SUCCESS
        objects = answer.RegistryObjectList._value_1 if answer.RegistryObjectList is not None else []
        listed = [one["ExtrinsicObject"] for one in objects if "ExtrinsicObject" in one]
        return {
            identifier.value: entry
            for entry in listed
            for identifier in entry.ExternalIdentifier
            if identifier.identificationScheme == xds_uuids.ENTRY_UNIQUE_ID
        }

    entry = (await found())[unique_id]
    slots = {slot.name: slot.ValueList.Value for slot in entry.Slot}
    assert slots["size"] == [str(len(document))]

    retrieved = await called(
        dmp,
        "repository",
        lambda service: service.DocumentRepository_RetrieveDocumentSet(
            DocumentRequest=[{"RepositoryUniqueId": slots["repositoryUniqueId"][0], "DocumentUniqueId": unique_id}],
            _soapheaders=headers(reader, patient.ins, AIR),
        ),
    )
    [given] = retrieved.DocumentResponse
    assert (given.mimeType, given.Document) == ("text/xml", document)

    objects = editor.deletion(replace(submission.entries[0], entry_uuid=entry.id))
    deleted = await called(
        dmp,
        "registry",
        lambda service: service.DocumentRegistry_UpdateDocumentSet(
            RegistryObjectList={"_value_1": objects}, _soapheaders=headers(author, patient.ins, AIR)
        ),
    )
    assert deleted.status == SUCCESS, deleted.RegistryErrorList
    assert unique_id not in await found()


async def test_a_fault_arrives_with_the_code_of_the_dmp(dmp: Dmp) -> None:
    patient = dmp.patient()
    dentist = dmp.software(roles.DENTIST, tls=False)
    with pytest.raises(zeep.exceptions.Fault) as fault:
        await called(
            dmp,
            "registry",
            lambda service: service.DocumentRegistry_RegistryStoredQuery(
                **editor.find_documents(patient.ins), _soapheaders=headers(dentist, patient.ins, AIR)
            ),
        )
    assert [code.localname for code in fault.value.subcodes] == ["DMPAccessDeniedByRightsService"]
