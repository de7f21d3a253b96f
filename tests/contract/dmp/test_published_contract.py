"""The published WSDLs and schemas: complete, at the client's own address, and kept by every answer."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from lxml import etree
from segur_dmp.edges.soap import contract
from segur_dmp.edges.soap.door import TRANSACTIONS

from segur.personas import roles
from segur.scenario.actors.lps import SERVICES, submission_of
from segur.vocab import oids
from segur.wire import authorization_list, habilitations, hl7v3, patient_list, xds, xds_query, xml
from tests.contract.dmp import published
from tests.contract.dmp.conftest import HTTPS, Dmp
from tests.contract.dmp.published import WSAW, WSDL
from tests.contract.dmp.registry_software import AIR, INDIRECT, QUERY, RETRIEVE

pytestmark = pytest.mark.asyncio(loop_scope="module")

SOAP_ACTIONS = {
    "setAuthorization": "urn:hl7-org:v3:setAuthorization",
    "listAuthorizationByPatient": "urn:hl7-org:v3:listAuthorizationByPatient",
    "patientList": "",
}
"""Where they differ from the WS-Addressing Action [DMP digest 1.2]."""


async def test_every_transaction_has_an_operation_with_its_actions(dmp: Dmp) -> None:
    found, bound = {}, {}
    for service in contract.SERVICES:
        root = etree.fromstring((await dmp.client().get(f"{dmp.base}{SERVICES}/{service}?wsdl")).content)
        told = published.operations(root)
        found.update({body: action for body, (_, action) in told.items()})
        for operation in root.iterfind(f"{{{WSDL}}}binding/{{{WSDL}}}operation"):
            bound[operation.get("name", "")] = operation[0].get("soapAction")
        for operation in root.iterfind(f"{{{WSDL}}}portType/{{{WSDL}}}operation"):
            sent, name = operation.find(xml.qname(WSDL, "input")), operation.get("name", "")
            assert sent is not None
            assert bound[name] == SOAP_ACTIONS.get(name, sent.get(xml.qname(WSAW, "Action"), ""))
    assert found == {body: transaction.action for body, transaction in TRANSACTIONS.items()}


async def test_the_contract_leads_back_to_the_door_one_came_by(dmp: Dmp) -> None:
    plain, secured = dmp.client(), dmp.client(https=True)
    for client, base in ((plain, dmp.base), (secured, HTTPS)):
        here = f"{base}{SERVICES}/registry"
        answer = await client.get(f"{dmp.base}{SERVICES}/registry?WSDL")
        assert answer.headers["content-type"] == "text/xml; charset=utf-8"
        assert f'location="{here}"' in answer.text
        assert f'schemaLocation="{here}?xsd=query.xsd"' in answer.text
        schema = await client.get(f"{dmp.base}{SERVICES}/registry?xsd=query.xsd")
        assert f'schemaLocation="{here}?xsd=rim.xsd"' in schema.text


@pytest.mark.parametrize(
    ("path", "status", "word"),
    [
        ("registry", 405, "?wsdl"),
        ("patientCertif?wsdl", 404, "patients, habilitations"),
        ("registry?xsd=../../faults.py", 404, "n'existe pas"),
        ("registry?xsd=..%2F__init__", 404, "n'existe pas"),
        ("registry?xsd=", 404, "n'existe pas"),
    ],
)
async def test_what_is_not_published_is_said_to_be_so(dmp: Dmp, path: str, status: int, word: str) -> None:
    answer = await dmp.client().get(f"{dmp.base}{SERVICES}/{path}")
    assert answer.status_code == status
    assert word in answer.text


async def test_answers_keep_to_the_contract(dmp: Dmp) -> None:
    """Requests of our own software too: what one writes after our codecs is what one writes after the schemas."""
    software, patient = dmp.software(roles.GENERAL_PRACTITIONER), dmp.patient()
    author = dmp.software()
    document = dmp.document()
    submission = submission_of(document, author.user)
    feed = xds.write_provide_and_register(
        xds.ProvideAndRegister(submission, (xds.DocumentPart("Document01", content=document),))
    )
    unique_id = submission.entries[0].unique_id
    criteria = {"$XDSPatientID": ((patient.ins.cx,),)} | {
        f"${name}": ((status,),)
        for name in ("XDSDocumentEntryStatus", "XDSSubmissionSetStatus", "XDSFolderStatus")
        for status in ("urn:oasis:names:tc:ebxml-regrep:StatusType:Approved",)
    }
    everything = xds_query.write_query(xds_query.StoredQuery("GetAll", criteria))
    since = patient_list.PatientListQuery(datetime(2020, 1, 1, tzinfo=UTC), patient_list.DateType.LAST_AUTHORIZATION)
    exists = hl7v3.write_query(
        hl7v3.DemographicsQuery(
            id=hl7v3.Identifier("1.2", "1"),
            query_id=hl7v3.Identifier("1.2", "2"),
            patients=(hl7v3.Identifier(patient.ins.oid, patient.ins.matricule),),
            sender=hl7v3.Device("1.2"),
            reason=hl7v3.EXISTENCE_TEST,
        )
    )
    calls = (
        (author, "repository", "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b", feed, INDIRECT),
        (author, "repository", "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b", feed, INDIRECT),  # refused
        (software, "registry", QUERY, everything, AIR),
        (
            software,
            "repository",
            RETRIEVE,
            xds.write_retrieve_request([xds.DocumentRequest(oids.DMP_REPOSITORY, unique_id)]),
            AIR,
        ),
        (software, "patients", "urn:hl7-org:v3:PRPA_IN201307UV02", exists, AIR),
        (software, "patients", patient_list.ACTION, patient_list.write_patient_list(since), AIR),
        (
            software,
            "habilitations",
            habilitations.ACTION,
            habilitations.write_set_authorization(
                habilitations.SetAuthorization(habilitations.AuthorizationChange.ADD)
            ),
            AIR,
        ),
        (
            software,
            "habilitations",
            authorization_list.ACTION,
            authorization_list.write_list_request(authorization_list.ListMode.ALL),
            AIR,
        ),
    )
    kinds = []
    for who, service, action, body, mode in calls:
        answer = await who.call(service, action, body, patient.ins, mode)
        for message in (body, answer.root):
            published.keep_to_schema(message)
        kinds.append(xml.local_name(answer.root))
    assert len(set(kinds)) == len(calls) - 1
