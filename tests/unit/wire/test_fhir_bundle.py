"""ITI-65: what a transaction may hold beside one set, how old documents are named, and what each refusal says."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from segur.wire import fhir_pdsm
from segur.wire import xds_uuids as ids
from tests.unit.wire.test_fhir_pdsm import OLD, bundle

WHERE = "DocumentReference?identifier=urn:ietf:rfc:3986|urn:oid:2.25.43"
BY_ID = f"DocumentReference/{OLD.removeprefix('urn:uuid:')}"
SUPERSEDE = [{"op": "replace", "path": "/status", "value": "superseded"}]


def in_binary(patch: Any, kind: str = "application/json-patch+json") -> dict[str, Any]:
    """A JSON Patch as a transaction carries it."""
    data = base64.b64encode(json.dumps(patch).encode()).decode()
    return {"resourceType": "Binary", "contentType": kind, "data": data}


def named(reference: str, patched: str, patch: dict[str, Any] | None = None) -> dict[str, Any]:
    """The transaction of a replacement: how relatesTo and the PATCH entry name the old document, and the patch."""
    sent = bundle()
    sent["entry"][1]["resource"]["relatesTo"][0]["target"]["reference"] = reference
    sent["entry"][3]["request"]["url"] = patched
    if patch is not None:
        sent["entry"][3]["resource"] = patch
    return sent


@pytest.mark.parametrize("reference", [WHERE, BY_ID])
@pytest.mark.parametrize("patched", [WHERE, BY_ID, f"https://dmp/fhir/{WHERE}"])
@pytest.mark.parametrize("patch", [None, in_binary(SUPERSEDE)])
def test_the_old_document_is_named_by_id_or_by_a_conditional_url(
    reference: str, patched: str, patch: dict[str, Any] | None
) -> None:
    sent = named(reference, patched, patch)
    asked = fhir_pdsm.conditional_urls(sent)
    assert set(asked) == {place for place in (reference, patched) if "?" in place}
    assert {fhir_pdsm.document_meant(place).unique_ids for place in asked} <= {("2.25.43",)}
    received = fhir_pdsm.submission_from_bundle(sent, dict.fromkeys(asked, OLD))
    [link] = received.submission.of_type(ids.REPLACES)
    assert link.target == OLD
    assert received.request_order[-1] == (fhir_pdsm.PATCH, BY_ID)


def test_a_percent_encoded_condition_is_the_same() -> None:
    place = "DocumentReference?identifier=urn%3Aietf%3Arfc%3A3986%7Curn%3Aoid%3A2.25.43"
    assert fhir_pdsm.document_meant(place) == fhir_pdsm.document_meant(WHERE)


@pytest.mark.parametrize(
    ("place", "word"),
    [("DocumentReference?status=current", "identifier"), (f"{WHERE}&status=current", "status"), ("x", "identifier")],
)
def test_a_condition_on_anything_but_one_identifier_is_refused(place: str, word: str) -> None:
    with pytest.raises(fhir_pdsm.FhirRefused, match=word) as refused:
        fhir_pdsm.document_meant(place)
    assert refused.value.status == 400


def second_list(code: str) -> dict[str, Any]:
    """A transaction with one more List."""
    sent = bundle()
    coding = {"system": "https://profiles.ihe.net/ITI/MHD/CodeSystem/MHDlistTypes", "code": code}
    other = {"resourceType": "List", "status": "current", "mode": "working", "code": {"coding": [coding]}}
    sent["entry"].append({"fullUrl": "urn:uuid:l2", "resource": other, "request": {"method": "POST", "url": "List"}})
    return sent


def changed(number: int, **members: Any) -> dict[str, Any]:
    """A transaction with other members of one resource; None takes one away."""
    sent = bundle()
    resource = sent["entry"][number]["resource"]
    for name, value in members.items():
        resource[name] = value
        if value is None:
            del resource[name]
    return sent


def asked(number: int, **members: Any) -> dict[str, Any]:
    """A transaction with other members of one request."""
    sent = bundle()
    sent["entry"][number]["request"] |= members
    return sent


def orphan() -> dict[str, Any]:
    """A Binary nobody names."""
    sent = bundle()
    other = {"resourceType": "Binary", "contentType": "text/xml", "data": "eA=="}
    sent["entry"].append({"fullUrl": "urn:uuid:b2", "resource": other, "request": {"method": "POST", "url": "Binary"}})
    return sent


def without(kind: str) -> dict[str, Any]:
    """A transaction that lacks all resources of a kind."""
    sent = bundle()
    sent["entry"] = [part for part in sent["entry"] if part["resource"]["resourceType"] != kind]
    return sent


ENTRY = "Bundle.entry"
REFUSED: dict[str, tuple[dict[str, Any], str, str, int]] = {
    "a folder": (second_list("folder"), f"{ENTRY}[4].resource.code", "pdsm-folder-comprehensive", 422),
    "a second set": (second_list("submissionset"), f"{ENTRY}[4].resource", "one submission set", 422),
    "another list": (second_list("x"), f"{ENTRY}[4].resource.code", "MHDlistTypes", 422),
    "no code of the list": (changed(0, code=None), f"{ENTRY}[0].resource.code", "submissionset", 422),
    "no set": (without("List"), ENTRY, "one submission-set List", 422),
    "no document": (without("DocumentReference"), ENTRY, "at least one DocumentReference", 422),
    "a content of nobody": (orphan(), f"{ENTRY}[4].resource", "attachment.url", 422),
    "another address": (asked(1, url="Patient"), f"{ENTRY}[1].request.url", "created at DocumentReference", 422),
    "no custodian": (changed(1, custodian=None), f"{ENTRY}[1].resource.custodian", "required", 422),
    "a new document that is old": (changed(1, status="superseded"), f"{ENTRY}[1].resource.status", "current", 422),
    "an unknown condition": (named(WHERE, BY_ID), f"{ENTRY}[1].resource.relatesTo.target.reference", WHERE, 404),
    "an unknown condition of the patch": (named(BY_ID, WHERE), f"{ENTRY}[3].request.url", WHERE, 404),
    "a document that is not replaced": (
        named(BY_ID, "DocumentReference/other"), f"{ENTRY}[3].request.url", "outside a transaction", 422,
    ),
    "a version of the old document": (
        asked(3, ifMatch='W/"1"'), f"{ENTRY}[3].request.ifMatch", "whatever its version", 422,
    ),
    "a deletion": (
        named(BY_ID, BY_ID, in_binary([{"op": "replace", "path": "/status", "value": "entered-in-error"}])),
        f"{ENTRY}[3].resource", "superseded", 405,
    ),
    "XML Patch": (
        named(BY_ID, BY_ID, in_binary(SUPERSEDE, "application/xml-patch+xml")),
        f"{ENTRY}[3].resource.contentType", "json-patch", 422,
    ),
    "no JSON": (
        named(BY_ID, BY_ID, {**in_binary(SUPERSEDE), "data": "§"}), f"{ENTRY}[3].resource.data", "base64", 400,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_a_transaction_may_not_hold_is_refused_by_element_and_rule(name: str) -> None:
    sent, path, word, status = REFUSED[name]
    with pytest.raises(fhir_pdsm.FhirRefused) as refused:
        fhir_pdsm.submission_from_bundle(sent)
    assert (refused.value.path, refused.value.status) == (path, status)
    assert word in refused.value.rule


@pytest.mark.parametrize("broken", [{}, {"entry": 7}, {"entry": [1, {"request": {"method": "PATCH", "url": 3}}]}])
def test_conditions_of_a_broken_bundle_are_none(broken: dict[str, Any]) -> None:
    assert fhir_pdsm.conditional_urls(broken) == ()
