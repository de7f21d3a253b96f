"""Whatever is sent to the FHIR door: no 5xx, and an answer its OpenAPI document foresees; no patch breaks it."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from segur_dmp.edges.fhir.door import INTERACTIONS
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from segur.kernel.http_server import HttpListener, Surface
from segur.personas import roles
from segur.scenario.actors.fhir_lps import BASE
from segur.wire import fhir_pdsm
from segur.wire.fhir_json import FhirRefused
from tests.conftest import free_port
from tests.contract.dmp.conftest import Dmp
from tests.contract.openapi import probe

_EXAMPLES = 3
_SAME = ("findSetsByPost", "testExistenceByPost")
"""What reads its form as `findDocumentsByPost` does."""
_KEPT = ("code", "type", "isArchived", "date", "_sort", "_include", "_revinclude")
RESOURCE = {
    "resourceType": "DocumentReference",
    "status": "current",
    "description": "x",
    "securityLabel": [{"coding": [{"system": "s", "code": "N"}]}],
}
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["current", "MASQUE_PS", "N"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["coding", "code", "url", "valueBoolean", "system"]), inner, max_size=3)
    ),
    max_leaves=6,
)
_pointers = st.sampled_from(
    [
        "", "/", "/status", "/status/x", "/securityLabel", "/securityLabel/-", "/securityLabel/0",
        "/securityLabel/00/x", "/securityLabel/0/coding/0/code",
        "/extension", "/extension/-", "/extension/0/url", "/description",
    ]
)  # fmt: skip
_kinds = st.sampled_from(["add", "remove", "replace", "move", "copy", "test", "insert", "delete", "x"])
_operations = st.fixed_dictionaries(
    {"op": _kinds | _json, "path": _pointers | _json},
    optional={"value": _json, "from": _pointers},
)
_paths = st.sampled_from(
    [
        "DocumentReference",
        "DocumentReference.status",
        "DocumentReference.securityLabel",
        "DocumentReference.securityLabel[0]",
        "DocumentReference.securityLabel[0].coding.code",
        "DocumentReference.securityLabel.where(coding.code='N')",
        "DocumentReference.extension('u').value",
        "DocumentReference.description",
    ]
)
_parts = st.lists(
    st.fixed_dictionaries({"name": st.just("path"), "valueString": _paths})
    | st.fixed_dictionaries({"name": st.just("type"), "valueCode": _kinds})
    | st.fixed_dictionaries({"name": st.sampled_from(["name", "value", "index", "x"]), "valueString": _json})
    | st.fixed_dictionaries({"name": st.just("value"), "valueCodeableConcept": _json})
    | _json,
    max_size=5,
)
_operation = st.fixed_dictionaries({"name": st.just("operation"), "part": _parts})
_parameters = st.fixed_dictionaries(
    {
        "resourceType": st.just("Parameters"),
        "parameter": st.lists(_operation | _json, max_size=3),
    }
)
_SETTINGS = settings(
    max_examples=200, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)


def _judge(patched: Callable[[dict[str, Any], Any], dict[str, Any]], patch: Any) -> None:
    """A patched resource differs in the elements that may change only, and is read or refused."""
    before, status = copy.deepcopy(RESOURCE), 422
    try:
        after = patched(before, patch)
        assert (after["resourceType"], after["description"]) == ("DocumentReference", "x")
        fhir_pdsm.change_of(before, after)
    except FhirRefused as refusal:
        status = refusal.status
    assert status in (400, 405, 422)
    assert before == RESOURCE


@_SETTINGS
@given(patch=st.lists(_operations, max_size=4) | _json)
def test_any_json_patch_is_applied_or_refused(patch: Any) -> None:
    _judge(fhir_pdsm.patched_by_json, patch)


@_SETTINGS
@given(parameters=_parameters)
def test_any_fhirpath_patch_is_applied_or_refused(parameters: Any) -> None:
    _judge(fhir_pdsm.patched_by_fhirpath, parameters)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.timeout(240)
async def test_no_request_breaks_the_fhir_door_or_its_document(dmp: Dmp) -> None:
    ids = [(await dmp.fhir().submit(dmp.document()))[1] for _ in range(2)]
    ins = dmp.patient().ins
    document: dict[str, Any] = (await dmp.client().get(f"{dmp.base}{BASE}/openapi.json")).json()
    described = {(method.upper(), path) for path, item in document["paths"].items() for method in item}
    assert described - {("PARAMETERS", path) for path in document["paths"]} == {
        (method, BASE + path) for method, path, _ in INTERACTIONS if path != "/"
    }
    shared = document["components"]["parameters"]
    shared["patient"] |= {"required": True, "schema": {"enum": [f"urn:oid:{ins.oid}|{ins.matricule}"]}}
    shared["status"] |= {"required": True, "schema": {"enum": ["current", "superseded,entered-in-error"]}}
    for path in ("DocumentReference", "List"):  # with all of them at once nothing would ever be found
        search = document["paths"][f"{BASE}/{path}"]["get"]
        search["parameters"] = [one for one in search["parameters"] if one.get("name") in (None, *_KEPT)]
        for one in search["parameters"]:
            one |= {"required": True, "schema": {"enum": ["submissionset"]}} if one.get("name") == "code" else {}
    for item in document["paths"].values():
        for parameter in item.get("parameters", []):
            parameter["schema"]["enum"] = [*ids, "none"]
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    surface = Surface(dmp.service.app, default_base=base, max_body_bytes=1 << 20)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        there = JSONResponse(document) if scope["type"] == "http" and scope["path"] == "/probe.json" else surface
        await there(scope, receive, send)

    listener = HttpListener(app, "127.0.0.1", port)
    await listener.start()
    try:
        token = {"authorization": f"Bearer {dmp.fhir(roles.GENERAL_PRACTITIONER).token}"}
        told = await asyncio.to_thread(probe, base, "/probe.json", examples=_EXAMPLES, headers=token, skip=_SAME)
    finally:
        await listener.stop()
    assert told.requests > 50
    for path in ("metadata", "DocumentReference", "DocumentReference/{id}", "Binary/{id}"):
        assert 200 in told.statuses[f"GET {BASE}/{path}"], path
    assert told.statuses[f"PATCH {BASE}/DocumentReference/{{id}}"] & {400, 403, 404, 405, 422}
