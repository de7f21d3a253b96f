"""PDSm: a submission crosses to FHIR and back, searches give the same criteria, wrong resources are named."""

from __future__ import annotations

import base64
import copy
import json
from dataclasses import replace
from typing import Any

import pytest

from segur.wire import fhir_pdsm, xds
from segur.wire import xds_uuids as ids
from segur.wire.fhir_json import dtm_of
from segur.wire.xds_query import DocumentFilter, TimeRange

INS = "285057800608441^^^&1.2.250.1.213.1.4.10&ISO^NH"
PERSON = "810000001015^MARTIN^Claire^^^^^^&1.2.250.1.71.4.2.1&ISO^D^^^IDNPS"
ONE = "Bundle.entry[1].resource"
ENTRY = xds.DocumentEntry(
    entry_uuid="Document01",
    unique_id="2.25.44",
    patient_id=INS,
    type_code=xds.Code("18748-4", "2.16.840.1.113883.6.1", "CR d'imagerie médicale"),
    class_code=xds.Code("31", "1.2.250.1.213.1.1.4.1", "Imagerie médicale"),
    format_code=xds.Code("urn:ihe:iti:xds-sd:pdf:2008", "1.3.6.1.4.1.19376.1.2.3", "PDF"),
    facility_type=xds.Code("SA07", "1.2.250.1.71.4.2.4", "Cabinet individuel"),
    practice_setting=xds.Code("AMBULATOIRE", "1.2.250.1.213.1.1.4.9", "Ambulatoire"),
    confidentiality=(
        xds.Code("N", "2.16.840.1.113883.5.25", "Normal"),
        xds.Code("MASQUE_PS", "1.2.250.1.213.1.1.4.13", "Masqué"),
    ),
    event_codes=(xds.Code("CT", "1.2.840.10008.2.16.4", "Tomodensitométrie"),),
    authors=(
        xds.Author(
            PERSON,
            (
                "Imagerie Rivoli^^^^^&1.2.250.1.71.4.2.2&ISO^IDNST^^^1750099990",
                "CH Demo^^^^^&1.2.250.1.71.4.2.2&ISO^IDNST^^^1750099991",
            ),
            ("G15_10/SM44^Médecin - Radio-diagnostic (SM)^1.2.250.1.213.1.1.4.5",),
            ("Radiologue",),
        ),
        xds.Author(
            "9/1^DRIMBox^Vendor^^^^^^&1.2.250.1.71.4.2.1&ISO^U^^^EI",
            ("Imagerie Rivoli^^^^^&1.2.250.1.71.4.2.2&ISO^IDNST^^^1750099990",),
            ("DISPOSITIF^Dispositif^1.2.250.1.213.1.1.4.6",),
        ),
        xds.Author("285057800608441^EXEMPLE^CAMILLE^^^^^^&1.2.250.1.213.1.4.10&ISO^D^^^NH"),
    ),
    title="Radiographie",
    comments="Comparé",
    language="fr-FR",
    creation_time="20261118094500",
    service_start="20261118091500",
    service_stop="20261118",
    legal_authenticator=PERSON,
    source_patient_id="42^^^&1.2.3.4&ISO^PI",
    source_patient_info=(
        "PID-5|EXEMPLE^CAMILLE^^^^^L",
        "PID-5|USAGE^CAM^^^^^D",
        "PID-7|19850512",
        "PID-8|F",
        "PID-11|^^^^^^BDL^^78006",
    ),
    reference_ids=("ACN1^^^&1.2.3&ISO^urn:ihe:iti:xds:2013:accession",),
    hash="99e49f856e678dddacbb090ed3dcd53df60a9706",
    size=19,
)
SET = xds.SubmissionSet(
    entry_uuid="SubmissionSet01",
    unique_id="2.25.901",
    patient_id=INS,
    source_id="2.25.900",
    submission_time="20261118100105",
    content_type=xds.Code("07", "1.2.250.1.213.2.2", "Consultation externe"),
    authors=(replace(ENTRY.authors[0], institutions=ENTRY.authors[0].institutions[:1]),),
    title="Lot",
    comments="Commentaire",
)
OLD = "urn:uuid:33333333-3333-4333-8333-333333333333"
SUBMISSION = xds.Submission(
    SET,
    (ENTRY,),
    (
        xds.Association("a1", ids.HAS_MEMBER, "SubmissionSet01", "Document01", submission_set_status="Original"),
        xds.Association("a2", ids.REPLACES, "Document01", OLD),
    ),
)
CONTENT = {"Document01": b"<ClinicalDocument/>"}


def bundle() -> dict[str, Any]:
    made: dict[str, Any] = json.loads(json.dumps(fhir_pdsm.bundle_from_submission(SUBMISSION, CONTENT)))
    return made


def test_a_submission_crosses_to_fhir_and_back() -> None:
    received = fhir_pdsm.submission_from_bundle(bundle())
    (entry,) = received.submission.entries
    assert replace(entry, entry_uuid="Document01") == ENTRY
    assert replace(received.submission.submission_set, entry_uuid="SubmissionSet01") == SET
    assert dict(received.documents) == {entry.entry_uuid: CONTENT["Document01"]}
    (member,) = received.submission.of_type(ids.HAS_MEMBER)
    assert (member.source, member.target) == (received.submission.submission_set.entry_uuid, entry.entry_uuid)
    (replacement,) = received.submission.of_type(ids.REPLACES)
    assert (replacement.source, replacement.target) == (entry.entry_uuid, OLD)
    assert [kind for kind, _ in received.request_order] == ["List", "DocumentReference", "Binary", "PATCH"]
    assert bundle() == bundle()


def test_a_registered_document_is_shown_with_its_identity_and_read_back() -> None:
    registered = replace(
        ENTRY,
        entry_uuid="urn:uuid:22222222-2222-4222-8222-222222222222",
        logical_id="urn:uuid:11111111-1111-4111-8111-111111111111",
        version=2,
        status=ids.ARCHIVED,
    )
    resource = fhir_pdsm.document_reference(registered, url="https://dmp/Binary/1", replaces=(OLD,))
    assert resource["id"] == "22222222-2222-4222-8222-222222222222"
    assert resource["status"] == "current"
    assert resource["content"][0]["attachment"]["url"] == "https://dmp/Binary/1"
    assert resource["custodian"]["display"] == "DMP"
    labels = [label["coding"][0]["system"].rpartition("/")[2] for label in resource["securityLabel"]]
    assert labels == ["v3-Confidentiality", "TRE-A07-StatutVisibiliteDocument"]
    assert fhir_pdsm.entry_from_document_reference(json.loads(json.dumps(resource))) == (registered, (OLD,))


@pytest.mark.parametrize(
    ("status", "shown"),
    [(ids.APPROVED, "current"), (ids.DEPRECATED, "superseded"), (ids.DELETED, "entered-in-error")],
)
def test_every_status_has_its_fhir_word(status: str, shown: str) -> None:
    resource = fhir_pdsm.document_reference(replace(ENTRY, entry_uuid="urn:uuid:1", status=status))
    assert resource["status"] == shown
    assert fhir_pdsm.entry_from_document_reference(resource)[0].status == status


def test_contained_resources_are_all_referenced() -> None:
    resource = fhir_pdsm.document_reference(ENTRY)
    text = json.dumps(resource)
    for contained in resource["contained"]:
        assert f'"#{contained["id"]}"' in text


def test_a_simplified_publish_carries_its_content_inline() -> None:
    resource = fhir_pdsm.document_reference(ENTRY, data=b"abc")
    assert fhir_pdsm.inline_content(resource) == b"abc"
    resource["content"][0]["attachment"]["url"] = "urn:uuid:x"
    with pytest.raises(fhir_pdsm.FhirRefused, match="forbidden"):
        fhir_pdsm.inline_content(resource)


def edit(path: str, value: object) -> dict[str, Any]:
    """The bundle with the value at a dotted path changed, or removed when it is None."""
    made = copy.deepcopy(bundle())
    *way, last = path.split(".")
    holder: Any = made
    for step in way:
        holder = holder[int(step)] if step.isdigit() else holder[step]
    if value is None:
        del holder[int(last) if last.isdigit() else last]
    else:
        holder[int(last) if last.isdigit() else last] = value
    return made


@pytest.mark.parametrize(
    ("path", "value", "named", "status"),
    [
        ("type", "batch", "Bundle.type", 400),
        ("entry", {}, "Bundle.entry", 400),
        ("entry.0", None, "Bundle.entry", 422),
        ("entry.0.request.method", "PUT", "Bundle.entry[0]", 422),
        ("entry.1.fullUrl", None, "Bundle.entry[1].fullUrl", 422),
        ("entry.0.resource.entry", [], "Bundle.entry[0].resource.entry", 422),
        ("entry.0.resource.extension", [], "Bundle.entry[0].resource.extension", 422),
        ("entry.0.resource.source", None, "Bundle.entry[0].resource.source", 422),
        ("entry.0.resource.date", "hier", "Bundle.entry[0].resource.date", 400),
        ("entry.1.resource.status", "final", ONE + ".status", 422),
        ("entry.1.resource.subject", {"display": "x"}, ONE + ".subject", 422),
        ("entry.1.resource.subject.identifier.value", "1^^^&2", ONE + ".subject.identifier.value", 422),
        ("entry.1.resource.masterIdentifier", None, ONE + ".masterIdentifier", 422),
        ("entry.1.resource.author.0.reference", "#nobody", ONE + ".author[0]", 422),
        ("entry.1.resource.description", "a\u0000b", ONE + ".description", 400),
        ("entry.1.resource.description", 7, ONE + ".description", 400),
        ("entry.1.resource.content.0.attachment.contentType", None, ONE + ".content[0].attachment.contentType", 422),
        ("entry.1.resource.content.0.attachment.size", -1, ONE + ".content[0].attachment.size", 400),
        ("entry.1.resource.content.0.attachment.size", None, ONE + ".content[0].attachment.size", 422),
        ("entry.1.resource.content.0.attachment.hash", None, ONE + ".content[0].attachment.hash", 422),
        ("entry.1.resource.content.0.attachment.url", "urn:uuid:x", ONE + ".content[0].attachment.url", 422),
        ("entry.1.resource.relatesTo.0.code", "appends", ONE + ".relatesTo[0].code", 422),
        ("entry.2.resource.data", "é", "Bundle.entry[2].resource.data", 400),
        ("entry.3.request.url", "DocumentReference/other", "Bundle.entry[3].request.url", 422),
        ("entry.3.resource.parameter.0.part.2.valueCode", "current", "Bundle.entry[3].resource", 405),
    ],
)
def test_a_wrong_bundle_is_refused_by_path_with_the_right_status(
    path: str, value: object, named: str, status: int
) -> None:
    with pytest.raises(fhir_pdsm.FhirRefused) as refused:
        fhir_pdsm.submission_from_bundle(edit(path, value))
    assert (refused.value.path, refused.value.status) == (named, status)
    outcome = fhir_pdsm.outcome_of(refused.value)
    assert outcome["issue"][0]["expression"] == [named]
    assert named in outcome["issue"][0]["diagnostics"]


def test_authors_and_patients_may_be_named_by_identifier_alone() -> None:
    resource = fhir_pdsm.document_reference(ENTRY)
    identifier = {"system": "urn:oid:1.2.250.1.71.4.2.1", "value": "810000001015"}
    resource["author"] = [{"identifier": identifier, "display": "MARTIN Claire"}]
    resource["subject"] = {"reference": "Patient?identifier=urn:oid:1.2.250.1.213.1.4.10|285057800608441"}
    entry, _ = fhir_pdsm.entry_from_document_reference(resource)
    assert entry.authors == (xds.Author(PERSON),)
    assert entry.patient_id == INS


PATIENT = ("patient.identifier", "urn:oid:1.2.250.1.213.1.4.10|285057800608441")


def test_a_search_gives_the_criteria_a_stored_query_gives() -> None:
    search = fhir_pdsm.document_search(
        [
            PATIENT,
            ("status", "current"),
            ("isArchived", "false"),
            ("type", "http://loinc.org|18748-4,11502-2"),
            ("event", "CT"),
            ("event", "http://snomed.info/sct|774007"),
            ("date", "ge2026-11-01"),
            ("date", "le2026-11-18"),
            ("period-start", "2026-11"),
            ("related", "urn:oid:1.2.3|ACN1"),
            ("author.family", "Mart"),
            ("identifier", "urn:ietf:rfc:3986|urn:oid:2.25.44"),
            ("_count", "10"),
            ("relatesto", "DocumentReference/x"),
            ("encounter", "y"),
            ("_include", "DocumentReference:relatesto"),
            ("_include", "DocumentReference:encounter"),
            ("_sort", "-date,size"),
        ]
    )
    assert search.ignored == ("encounter", "_include=DocumentReference:encounter", "_sort=size")
    assert search.replacing == ("urn:uuid:x",)
    assert (search.includes, search.sort) == ({"DocumentReference:relatesto"}, ("-date",))
    assert search.criteria == DocumentFilter(
        patient_id=INS,
        statuses=(ids.APPROVED,),
        type_codes=(xds.Code("18748-4", "2.16.840.1.113883.6.1"), xds.Code("11502-2", "")),
        event_codes=((xds.Code("CT", ""),), (xds.Code("774007", "2.16.840.1.113883.6.96"),)),
        creation=TimeRange("20261101", "20261119000000"),
        service_start=TimeRange("202611", "202612"),
        reference_ids=(("ACN1^^^&1.2.3&ISO",),),
        author_family="Mart",
        unique_ids=("2.25.44",),
    )
    events = (xds.Code("CT", "x"), xds.Code("774007", "2.16.840.1.113883.6.96"))
    assert search.criteria.matches(replace(ENTRY, status=ids.APPROVED, event_codes=events))
    assert not search.criteria.matches(replace(ENTRY, status=ids.APPROVED))


@pytest.mark.parametrize(
    ("parameters", "named"),
    [
        ([("status", "current")], "patient.identifier"),
        ([PATIENT], "status"),
        ([PATIENT, ("status", "final")], "status"),
        ([("patient", "Patient/12"), ("status", "current")], "patient.identifier"),
        ([PATIENT, ("status", "current"), ("type", "a"), ("type", "b")], "type"),
        ([PATIENT, ("status", "current"), ("date", "ap2026")], "date"),
        ([PATIENT, ("status", "current"), ("date", "2026-13")], "date"),
        ([PATIENT, ("status", "current"), ("date", "2026,2027")], "date"),
        ([PATIENT, ("status", "current"), ("isArchived", "yes")], "isArchived"),
        ([PATIENT, ("status", "current"), ("identifier", "urn:oid:1.2,urn:uuid:1")], "identifier"),
    ],
)
def test_a_wrong_search_is_refused_by_its_parameter(parameters: list[tuple[str, str]], named: str) -> None:
    with pytest.raises(fhir_pdsm.FhirRefused) as refused:
        fhir_pdsm.document_search(parameters)
    assert (refused.value.path, refused.value.status) == (named, 400)


def test_submission_sets_are_searched_with_their_kind() -> None:
    parameters = [
        PATIENT,
        ("status", "current"),
        ("code", "submissionset"),
        ("date", "lt2027"),
        ("sourceId", "urn:oid:2.25.900"),
    ]
    search = fhir_pdsm.submission_set_search(parameters)
    assert search.criteria.matches(replace(SET, status=ids.APPROVED))
    assert not search.criteria.matches(replace(SET, status=ids.APPROVED, source_id="2.25.1"))
    with pytest.raises(fhir_pdsm.FhirRefused, match="submissionset"):
        fhir_pdsm.submission_set_search([PATIENT, ("status", "current")])


@pytest.mark.parametrize(
    ("text", "bounds"),
    [
        ("2026", ("2026", "2027")),
        ("2026-12", ("202612", "202701")),
        ("2026-02-28", ("20260228", "20260301000000")),
        ("2026-11-18T10:45:00+01:00", ("20261118094500", "20261118094501")),
        ("2026-11-18T23:59Z", ("20261118235900", "20261119000000")),
    ],
)
def test_a_date_stands_for_the_whole_span_it_names(text: str, bounds: tuple[str, str]) -> None:
    assert dtm_of(text, "date") == bounds


def test_answers_have_the_shape_of_the_specification() -> None:
    resource = fhir_pdsm.document_reference(replace(ENTRY, entry_uuid="urn:uuid:1"))
    found = fhir_pdsm.searchset(
        [("https://dmp/DocumentReference/1", resource)], self_url="https://dmp", warnings=["relatesto"]
    )
    assert (found["type"], found["total"]) == ("searchset", 1)
    assert [entry["search"]["mode"] for entry in found["entry"]] == ["match", "outcome"]
    assert "entry" not in fhir_pdsm.searchset([], self_url="https://dmp")
    answer = fhir_pdsm.transaction_response([("201", "List/1"), ("200", "")])
    assert answer["entry"][0] == {"response": {"status": "201", "location": "List/1"}}
    assert answer["entry"][1] == {"response": {"status": "200"}}


def test_what_is_written_is_valid_fhir() -> None:
    resources = pytest.importorskip("fhir.resources.R4B.bundle", reason="fhir.resources is not installed")
    sent = bundle()
    resources.Bundle.model_validate(sent)
    resources.Bundle.model_validate(
        fhir_pdsm.searchset([("https://dmp/List/1", sent["entry"][0]["resource"])], self_url="https://dmp")
    )
    resources.Bundle.model_validate(fhir_pdsm.transaction_response([("201", "List/1")]))
    sent["entry"][1]["resource"]["content"] = "no array"
    with pytest.raises(ValueError, match="content"):
        resources.Bundle.model_validate(sent)


def test_base64_content_is_that_of_the_document() -> None:
    binary = bundle()["entry"][2]["resource"]
    assert base64.b64decode(binary["data"]) == CONTENT["Document01"]
    with pytest.raises(fhir_pdsm.FhirRefused, match="Document01"):
        fhir_pdsm.bundle_from_submission(SUBMISSION, {})


def test_ids_of_the_client_mean_nothing_in_a_transaction() -> None:
    sent = bundle()
    reference = sent["entry"][1]
    reference["resource"]["id"] = "mine"
    received = fhir_pdsm.submission_from_bundle(sent)
    [entry] = received.submission.entries
    assert (entry.entry_uuid, entry.status) == (reference["fullUrl"], "")
    assert received.documents[entry.entry_uuid] == CONTENT["Document01"]
