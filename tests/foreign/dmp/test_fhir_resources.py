"""Someone else's FHIR library reads every answer of the FHIR door."""

from __future__ import annotations

import json
from typing import Any

import pytest

from segur.personas import roles
from segur.scenario.actors.fhir_lps import BASE, JSON
from segur.scenario.actors.lps import submission_of
from segur.wire import fhir_pdsm
from segur.wire.fhir_json import VISIBILITY
from tests.contract.dmp.conftest import Dmp

pytestmark = pytest.mark.asyncio(loop_scope="module")

r4b = pytest.importorskip("fhir.resources.R4B", reason="fhir.resources is not installed")


def parsed(body: str) -> Any:
    """The resource as the library understands it; it raises for what is not FHIR."""
    return r4b.get_fhir_model_class(json.loads(body)["resourceType"]).model_validate_json(body)


async def test_a_submission_and_its_reading_are_fhir(dmp: Dmp) -> None:
    document = dmp.document()
    submission = submission_of(document, dmp.country.professional(roles.RADIOLOGIST))
    bundle = fhir_pdsm.bundle_from_submission(submission, {"Document01": document})
    sent = r4b.get_fhir_model_class("Bundle").model_validate(bundle)
    author, reader = dmp.fhir(), dmp.fhir(roles.GENERAL_PRACTITIONER)
    answer = await author.client.post(
        f"{dmp.base}{BASE}",
        content=sent.model_dump_json(),
        headers={**JSON, "authorization": f"Bearer {author.token}"},
    )
    assert answer.status_code == 200, answer.text
    places = [entry.response.location for entry in parsed(answer.text).entry]
    token = {"authorization": f"Bearer {reader.token}", "accept": "application/fhir+json"}
    kinds = []
    for place in places:
        read = await reader.client.get(f"{dmp.base}{BASE}/{place}", headers=token)
        kinds.append(parsed(read.text).get_resource_type())
    assert kinds == ["List", "DocumentReference", "Binary"]


async def test_searches_refusals_and_the_statement_are_fhir(dmp: Dmp) -> None:
    await dmp.fhir().submit(dmp.document())
    reader = dmp.fhir(roles.GENERAL_PRACTITIONER)
    token = {"authorization": f"Bearer {reader.token}"}
    patient = f"patient.identifier=urn:oid:{dmp.patient().ins.oid}|{dmp.patient().ins.matricule}"
    expected = {
        f"DocumentReference?{patient}&status=current&_count=1&unknown=1": "Bundle",
        f"DocumentReference?{patient}&status=current,superseded&_revinclude=List:item&_summary=true": "Bundle",
        f"DocumentReference?{patient}&status=current&_elements=date&_include=DocumentReference:relatesto": "Bundle",
        f"List?{patient}&status=current&code=submissionset&_include=List:item": "Bundle",
        f"List?{patient}&status=current&code=submissionset": "Bundle",
        f"Patient?{patient.removeprefix('patient.')}": "Bundle",
        "DocumentReference?status=current": "OperationOutcome",
        "DocumentReference/none": "OperationOutcome",
        "metadata": "CapabilityStatement",
    }
    closed = dmp.patient("P4").ins
    expected[f"Patient?identifier=urn:oid:{closed.oid}|{closed.matricule}"] = "Bundle"
    found = {}
    for path in expected:
        answer = await reader.client.get(f"{dmp.base}{BASE}/{path}", headers=token)
        found[path] = parsed(answer.text).get_resource_type()
    assert found == expected


async def test_a_patch_made_by_the_library_is_taken_and_its_answer_is_fhir(dmp: Dmp) -> None:
    _, identity = await dmp.fhir().submit(dmp.document())
    author = dmp.fhir()
    label = {"coding": [{"system": VISIBILITY, "code": "MASQUE_PS"}]}
    parts = [
        {"name": "type", "valueCode": "add"},
        {"name": "path", "valueString": "DocumentReference"},
        {"name": "name", "valueString": "securityLabel"},
        {"name": "value", "valueCodeableConcept": label},
    ]
    told = {"resourceType": "Parameters", "parameter": [{"name": "operation", "part": parts}]}
    patch = r4b.get_fhir_model_class("Parameters").model_validate(told)
    answer = await author.client.patch(
        f"{dmp.base}{BASE}/DocumentReference/{identity}",
        content=patch.model_dump_json(),
        headers={**JSON, "authorization": f"Bearer {author.token}"},
    )
    assert answer.status_code == 200, answer.text
    assert [one.coding[0].code for one in parsed(answer.text).securityLabel] == ["N", "MASQUE_PS"]
