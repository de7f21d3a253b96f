"""Every part of a good message spoiled in turn: always the protocol's own refusal, never a defect."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from lxml import etree

from segur.personas import roles
from segur.scenario.actors.fhir_lps import BASE, JSON
from segur.scenario.actors.lps import submission_of
from segur.wire import fhir_pdsm, mtom, saml, soap, xds
from tests.contract.dmp.conftest import Dmp

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]

WRONG: tuple[Any, ...] = (None, 7, "", "\x00<&'\"^|", [], {}, [[]], {"x": []})


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every node of a JSON value."""
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, child in children:
        yield (*path, name)
        yield from places(child, (*path, name))


def spoilt(value: Any, path: tuple[Any, ...], wrong: Any) -> Any:
    """A copy with another value at a path."""
    twin = copy.deepcopy(value)
    holder = twin
    for name in path[:-1]:
        holder = holder[name]
    holder[path[-1]] = wrong
    return twin


async def test_no_spoilt_bundle_is_a_defect(dmp: Dmp) -> None:
    document = dmp.document()
    submission = submission_of(document, dmp.country.professional(roles.RADIOLOGIST))
    bundle = fhir_pdsm.bundle_from_submission(submission, {"Document01": document})
    lps = dmp.fhir(token=False)
    taken = 0
    for number, path in enumerate(places(bundle)):
        spoiled = spoilt(bundle, path, WRONG[number % len(WRONG)])
        answer = await lps.client.post(f"{dmp.base}{BASE}", json=spoiled, headers=JSON)
        assert answer.status_code < 500, (path, WRONG[number % len(WRONG)], answer.text)
        if answer.status_code == 200:
            taken += 1
            continue
        assert answer.json()["resourceType"] == "OperationOutcome", (path, answer.text)
        assert answer.json()["issue"][0]["diagnostics"]
    assert taken <= 1, "one document was stored more than once"


async def test_no_spoilt_envelope_is_a_defect(dmp: Dmp) -> None:
    document, software = dmp.document(), dmp.software(tls=False)
    submission = submission_of(document, software.user)
    request = xds.write_provide_and_register(
        xds.ProvideAndRegister(submission, (xds.DocumentPart("Document01", content_id="d@lps"),))
    )
    token = software.vihf(dmp.patient().ins, saml.AuthenticationMode.INDIRECT)
    action = "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b"
    envelope = soap.write_envelope(request, action=action, message_id="urn:uuid:1", assertion=token)
    taken = 0
    size = len(list(envelope.iter()))
    for number in range(1, size):
        twin = copy.deepcopy(envelope)
        element = list(twin.iter())[number]
        parent = element.getparent()
        assert parent is not None
        match number % 3:
            case 0:
                parent.remove(element)
            case 1:
                parent.insert(0, copy.deepcopy(element))
            case _:
                element.text, element.tag = "\u2028'^&", "{urn:x}wrong"
        content_type, chunks = mtom.build(twin, [mtom.Attachment("d@lps", document)])
        answer = await software.client.post(
            f"{dmp.base}/si-dmp-server/v2/services/repository",
            content=b"".join(bytes(chunk) for chunk in chunks),
            headers={"content-type": content_type},
        )
        received = soap.read_envelope(etree.fromstring(answer.content), required=())
        fault = soap.read_fault(received.body)
        if fault is not None:
            assert (fault.code, answer.status_code) == ("Sender", 500), (number, fault)
            assert fault.reason
            continue
        response = xds.read_registry_response(received.body)
        taken += response.succeeded
        assert response.succeeded or all(error.code and error.context for error in response.errors)
    assert taken <= 1, "one document was stored more than once"
