"""How packages of real clients look: every form the specification tells of is taken [DMP digest 1.2, 1.6]."""

from __future__ import annotations

import base64
import tracemalloc
from dataclasses import replace

import pytest

from segur.kernel.ids import new_urn_uuid
from segur.personas import roles
from segur.scenario.actors.lps import SERVICES, submission_of
from segur.wire import mtom, multipart, soap, xds, xml
from segur.wire.xds import DocumentPart, ProvideAndRegister
from tests.contract.dmp.conftest import Dmp
from tests.contract.dmp.registry_software import INDIRECT, SUBMIT

pytestmark = pytest.mark.asyncio(loop_scope="module")

ROOT = 'application/xop+xml; charset=UTF-8; type="application/soap+xml"'


async def post(
    dmp: Dmp, document: bytes, *, root_id: str, cid: str, href: str, encoding: str, soap11: bool = False
) -> xds.RegistryResponse:
    """A submission, packed as told."""
    software = dmp.software()
    request = xds.write_provide_and_register(
        ProvideAndRegister(submission_of(document, software.user), (DocumentPart("Document01", content_id="@@"),))
    )
    patient = dmp.patient().ins
    envelope = soap.write_envelope(
        request, action=SUBMIT, message_id=new_urn_uuid(), assertion=software.vihf(patient, INDIRECT)
    )
    root = xml.serialize(envelope).replace(b'href="cid:@@"', f'href="{href}"'.encode())
    assert href.encode() in root
    if soap11:
        root = root.replace(xml.SOAP12.encode(), xml.SOAP11.encode())
    body = base64.encodebytes(document) if encoding.lower() == "base64" else document
    parts = [
        ({"Content-Type": ROOT, "Content-Transfer-Encoding": "8bit", "Content-ID": f"<{root_id}>"}, root),
        (
            {
                "Content-Type": "application/octet-stream",
                "Content-Transfer-Encoding": encoding,
                "Content-ID": f"<{cid}>",
            },
            body,
        ),
    ]
    parameters = {"type": "application/xop+xml", "start": f"<{root_id}>", "start-info": "application/soap+xml"}
    content_type, chunks = multipart.build(parts, parameters=parameters)
    answer = await software.client.post(
        f"{dmp.base}{SERVICES}/repository",
        content=b"".join(bytes(chunk) for chunk in chunks),
        headers={"content-type": content_type},
    )
    read = soap.read_envelope(mtom.read(answer.headers["content-type"], answer.content).root, required=())
    assert read.version == "1.2"
    assert soap.read_fault(read.body) is None, answer.text
    return xds.read_registry_response(read.body)


@pytest.mark.parametrize(
    ("root_id", "cid", "href", "encoding", "soap11"),
    [
        ("root@lps", "doc1@lps", "cid:doc1@lps", "binary", False),
        ("0.1", "0.2", "cid:0.2", "8bit", False),
        ("rootpart@soapui.org", "doc 1@lps", "cid:doc%201@lps", "binary", False),
        ("root@lps", "d&amp;1@lps".replace("&amp;", "+"), "cid:d%2B1%40lps", "BASE64", False),
        ("root@lps", "doc1@lps", "cid:doc1@lps", "base64", True),
        ("root@lps", "doc1@lps", "cid:doc1@lps", "Binary", True),
    ],
)
async def test_a_package_of_a_real_client_is_taken_byte_for_byte(
    dmp: Dmp, root_id: str, cid: str, href: str, encoding: str, soap11: bool
) -> None:
    document = dmp.document()
    answer = await post(dmp, document, root_id=root_id, cid=cid, href=href, encoding=encoding, soap11=soap11)
    assert answer.succeeded, answer.errors
    unique_id = submission_of(document, dmp.software().user).entries[0].unique_id
    assert await dmp.software(roles.GENERAL_PRACTITIONER).retrieve(dmp.patient(), unique_id) == document


async def test_a_document_inline_in_base64_is_taken(dmp: Dmp) -> None:
    software, document = dmp.software(), dmp.document()
    submission = submission_of(document, software.user)
    request = xds.write_provide_and_register(ProvideAndRegister(submission, (DocumentPart("Document01", document),)))
    answer = await software.call("repository", SUBMIT, request, dmp.patient().ins, INDIRECT)
    assert xds.read_registry_response(answer.root).succeeded
    reader = dmp.software(roles.GENERAL_PRACTITIONER)
    assert await reader.retrieve(dmp.patient(), submission.entries[0].unique_id) == document


async def test_a_large_document_is_not_held_many_times(dmp: Dmp) -> None:
    """The client of the test holds it too: the document, its message, the answer."""
    document = dmp.document()
    filler = b"<!--" + b"x" * (6 * 1024 * 1024) + b"-->"
    large = document.replace(b"<ClinicalDocument", filler + b"<ClinicalDocument", 1)
    assert len(large) > len(filler)
    software = dmp.software()
    submission = submission_of(large, software.user)
    submission = replace(submission, entries=tuple(replace(e, hash="", size=None) for e in submission.entries))
    request = xds.write_provide_and_register(
        ProvideAndRegister(submission, (DocumentPart("Document01", content_id="d@lps"),))
    )
    tracemalloc.start()
    try:
        attachments = (mtom.Attachment("d@lps", large),)
        answer = await software.call("repository", SUBMIT, request, dmp.patient().ins, INDIRECT, attachments)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert xds.read_registry_response(answer.root).succeeded
    assert peak < 4.5 * len(large), peak / len(large)
    reader = dmp.software(roles.GENERAL_PRACTITIONER)
    assert await reader.retrieve(dmp.patient(), submission.entries[0].unique_id) == large
