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
from tests.contract.dmp.conftest import HTTPS, Dmp
from tests.contract.dmp.registry_software import AIR, INDIRECT, QUERY, RETRIEVE

pytestmark = pytest.mark.asyncio(loop_scope="module")

WSDL = "http://schemas.xmlsoap.org/wsdl/"
WSAW = "http://www.w3.org/2006/05/addressing/wsdl"
SOAP_ACTIONS = {
    "setAuthorization": "urn:hl7-org:v3:setAuthorization",
    "listAuthorizationByPatient": "urn:hl7-org:v3:listAuthorizationByPatient",
    "patientList": "",
}
"""Where they differ from the WS-Addressing Action [DMP digest 1.2]."""


class Published(etree.Resolver):
    """Answers the imports of a schema as the service does."""

    def resolve(self, system_url: str, public_id: str, context: object) -> object:
        found = contract.schema(system_url.rpartition("=")[2], "http://dmp")
        assert found is not None, system_url
        return self.resolve_string(found, context, base_url=system_url)  # type: ignore[attr-defined]  # lxml-stubs


def schema_of(namespace: str) -> etree.XMLSchema:
    """The published schema of a namespace."""
    parser = etree.XMLParser()
    parser.resolvers.add(Published())
    for name in NAMES:
        found = contract.schema(name, "http://dmp")
        assert found is not None
        root = etree.fromstring(found, parser)
        if root.get("targetNamespace") == namespace:
            return etree.XMLSchema(root)
    raise AssertionError(f"no schema of {namespace}")


NAMES = ("hl7v3", "gdp", "si-dmp-patients", "si-dmp-habilitations", "rim", "rs", "lcm", "query", "xds-b", "xml")


async def test_every_transaction_has_an_operation_with_its_actions(dmp: Dmp) -> None:
    found = {}
    for service in contract.SERVICES:
        root = etree.fromstring((await dmp.client().get(f"{dmp.base}{SERVICES}/{service}?wsdl")).content)
        elements = {
            message.get("name"): _clark(part) for message in root.iter(xml.qname(WSDL, "message")) for part in message
        }
        for operation in root.iterfind(f"{{{WSDL}}}portType/{{{WSDL}}}operation"):
            sent, given = (operation.find(xml.qname(WSDL, way)) for way in ("input", "output"))
            assert sent is not None
            assert given is not None
            name, action = operation.get("name", ""), sent.get(xml.qname(WSAW, "Action"), "")
            [bound] = [
                one[0].get("soapAction")
                for one in root.iterfind(f"{{{WSDL}}}binding/{{{WSDL}}}operation")
                if one.get("name") == name
            ]
            assert bound == SOAP_ACTIONS.get(name, action)
            body = elements[sent.get("message", "").partition(":")[2]]
            found[body] = given.get(xml.qname(WSAW, "Action"))
    assert found == {body: transaction.action for body, transaction in TRANSACTIONS.items()}


def _clark(part: etree._Element) -> str:
    prefix, _, local = part.get("element", "").partition(":")
    return xml.qname(str(part.nsmap[prefix]), local)


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
            alone = etree.fromstring(etree.tostring(message))
            for include in alone.iter(xml.qname(xml.XOP, "Include")):
                include.getparent().remove(include)  # type: ignore[union-attr]  # an Include stands in a Document
            schema_of(xml.namespace(message)).assertValid(alone)
        kinds.append(xml.local_name(answer.root))
    assert len(set(kinds)) == len(calls) - 1
