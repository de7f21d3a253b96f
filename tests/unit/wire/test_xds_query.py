"""Stored queries: reading what clients write, and matching documents against it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from segur.wire import xds, xml
from segur.wire import xds_uuids as ids
from segur.wire.xds_filters import like
from segur.wire.xds_query import QUERIES, DocumentFilter, Groups, StoredQuery, TimeRange, read_query, write_query

INS = "285057800608441^^^&1.2.250.1.213.1.4.10&ISO^NH"
LOINC = "2.16.840.1.113883.6.1"
ENTRY = xds.DocumentEntry(
    entry_uuid="urn:uuid:22222222-2222-4222-8222-222222222222",
    unique_id="1.2.3",
    patient_id=INS + "^^20100907",
    type_code=xds.Code("11502-2", LOINC),
    class_code=xds.Code("10", "1.2.250.1.213.1.1.4.1"),
    confidentiality=(xds.Code("N", "c"), xds.Code("MASQUE_PS", "m")),
    event_codes=(xds.Code("CT", "d"), xds.Code("774007", "s")),
    authors=(xds.Author("8^O'NEIL^Claire^^^^^^&1.2.250.1.71.4.2.1&ISO^D^^^IDNPS"),),
    creation_time="20260105101500",
    service_start="20260105",
    status=ids.APPROVED,
    reference_ids=("A1^^^&1.2&ISO^urn:ihe:iti:xds:2013:accession",),
)


def request(query: str, *slots: tuple[str, str], returns: str = "LeafClass") -> bytes:
    body = "".join(f'<Slot name="{n}"><ValueList><Value>{v}</Value></ValueList></Slot>' for n, v in slots)
    return (
        '<q:AdhocQueryRequest xmlns:q="urn:oasis:names:tc:ebxml-regrep:xsd:query:3.0"'
        ' xmlns="urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0">'
        f'<q:ResponseOption returnComposedObjects="true" returnType="{returns}"/>'
        f'<AdhocQuery id="{query}">{body}</AdhocQuery></q:AdhocQueryRequest>'
    ).encode()


FIND = "urn:uuid:14d4debf-8f97-4251-9a74-a90016b0af0d"
PATIENT = ("$XDSDocumentEntryPatientId", f"'{INS.replace('&', '&amp;')}'")
APPROVED = ("$XDSDocumentEntryStatus", f"('{ids.APPROVED}')")


def test_the_query_of_a_real_client_is_read() -> None:
    query = read_query(
        xml.parse(
            request(
                FIND,
                PATIENT,
                APPROVED,
                ("$XDSDocumentEntryServiceStartTimeFrom", "20230301000000"),
                ("$XDSDocumentEntryTypeCode", f"('11502-2^^{LOINC}', '18748-4^^{LOINC}')"),
                ("$XDSDocumentEntryEventCodeList", "('CT^^d','MR^^d')"),
                ("$XDSDocumentEntryEventCodeList", "('774007^^s')"),
                ("$XDSDocumentEntryAuthorPerson", "('%O''NEIL%')"),
                ("$vendorParameter", "'x'"),
            )
        )
    )
    assert query.name == "FindDocuments"
    assert query.returns == "LeafClass"
    assert query.unknown == ("$vendorParameter",)
    assert query.document_filter() == DocumentFilter(
        patient_id=INS,
        statuses=(ids.APPROVED,),
        type_codes=(xds.Code("11502-2", LOINC), xds.Code("18748-4", LOINC)),
        event_codes=((xds.Code("CT", "d"), xds.Code("MR", "d")), (xds.Code("774007", "s"),)),
        service_start=TimeRange("20230301000000"),
        authors=("%O'NEIL%",),
    )
    assert query.document_filter().matches(ENTRY)


@pytest.mark.parametrize("name", QUERIES)
def test_every_query_of_the_table_is_written_and_read_back(name: str) -> None:
    definition = QUERIES[name]
    params: dict[str, Groups] = {group[0]: (("it's, 'one'",),) for group in definition.required}
    params |= {
        optional: (("20260101000000",),) if optional.endswith(("From", "To")) else (("a^^b",),)
        for optional in definition.optional
    }
    if "$XDSDocumentEntryEventCodeList" in params:
        params["$XDSDocumentEntryEventCodeList"] = (("a^^b", "c^^d"), ("e^^f",))
    query = StoredQuery(name, params, "ObjectRef")
    read = read_query(xml.parse(xml.serialize(write_query(query))))
    assert (read.name, dict(read.params), read.returns, read.unknown) == (name, params, "ObjectRef", ())


def test_submission_set_criteria_are_read() -> None:
    params = {
        "$XDSSubmissionSetPatientId": ((INS,),),
        "$XDSSubmissionSetStatus": ((ids.APPROVED,),),
        "$XDSSubmissionSetSubmissionTimeTo": (("20260201",),),
        "$XDSSubmissionSetContentType": (("07^^1.2.250.1.213.2.2",),),
    }
    criteria = StoredQuery("FindSubmissionSets", params).submission_set_filter()
    submission_set = xds.SubmissionSet(
        "urn:uuid:1", "1.2", INS, "1.2.9", "20260131235959", xds.Code("07", "1.2.250.1.213.2.2"), status=ids.APPROVED
    )
    assert criteria.matches(submission_set)
    assert not criteria.matches(replace(submission_set, submission_time="20260201000000"))
    assert not criteria.matches(replace(submission_set, status=ids.DEPRECATED))


@pytest.mark.parametrize(
    ("slots", "code"),
    [
        ((APPROVED,), "XDSStoredQueryMissingParam"),
        ((PATIENT,), "XDSStoredQueryMissingParam"),
        ((PATIENT, ("$XDSDocumentEntryStatus", "()")), "XDSStoredQueryMissingParam"),
        ((PATIENT, APPROVED, APPROVED), "XDSStoredQueryParamNumber"),
        ((("$XDSDocumentEntryPatientId", "('a','b')"), APPROVED), "XDSStoredQueryParamNumber"),
        ((("$XDSDocumentEntryPatientId", "a"), APPROVED), "XDSRegistryError"),
        ((("$XDSDocumentEntryPatientId", "'a"), APPROVED), "XDSRegistryError"),
        ((("$XDSDocumentEntryPatientId", "'a''"), APPROVED), "XDSRegistryError"),
        ((PATIENT, ("$XDSDocumentEntryStatus", "('a' 'b')")), "XDSRegistryError"),
        ((PATIENT, ("$XDSDocumentEntryStatus", "('a',)")), "XDSRegistryError"),
        ((PATIENT, APPROVED, ("$XDSDocumentEntryCreationTimeTo", "'soon'")), "XDSRegistryError"),
    ],
)
def test_a_wrong_query_is_refused_with_its_own_code(slots: tuple[tuple[str, str], ...], code: str) -> None:
    with pytest.raises(xds.MetadataRefused) as refused:
        read_query(xml.parse(request(FIND, *slots)))
    assert refused.value.code == code


def test_a_code_without_scheme_is_refused() -> None:
    query = read_query(xml.parse(request(FIND, PATIENT, APPROVED, ("$XDSDocumentEntryTypeCode", "('11502-2')"))))
    with pytest.raises(xds.MetadataRefused, match="code\\^\\^scheme"):
        query.document_filter()


def test_an_unknown_query_is_refused_and_an_unknown_return_type_too() -> None:
    with pytest.raises(xds.MetadataRefused) as refused:
        read_query(xml.parse(request("urn:uuid:00000000-0000-0000-0000-000000000000")))
    assert refused.value.code == "XDSUnknownStoredQuery"
    with pytest.raises(xds.MetadataRefused, match="returnType"):
        read_query(xml.parse(request(FIND, PATIENT, APPROVED, returns="Everything")))


def test_only_one_of_two_alternative_identifiers_may_be_given() -> None:
    uuid = QUERIES["GetDocuments"].uuid.upper().replace("URN:UUID", "urn:uuid")
    slots = ("$XDSDocumentEntryEntryUUID", "('urn:uuid:1')"), ("$XDSDocumentEntryUniqueId", "('1.2','1.3')")
    assert read_query(xml.parse(request(uuid, slots[1]))).document_filter().unique_ids == ("1.2", "1.3")
    with pytest.raises(xds.MetadataRefused) as refused:
        read_query(xml.parse(request(uuid, *slots)))
    assert refused.value.code == "XDSStoredQueryParamNumber"


@pytest.mark.parametrize(
    ("criteria", "found"),
    [
        (DocumentFilter(), True),
        (DocumentFilter(patient_id=INS), True),
        (DocumentFilter(patient_id=INS.replace("1.4.10", "1.4.8")), False),
        (DocumentFilter(statuses=(ids.DEPRECATED,)), False),
        (DocumentFilter(type_codes=(xds.Code("11502-2", ""),)), True),
        (DocumentFilter(type_codes=(xds.Code("11502-2", "other"),)), False),
        (DocumentFilter(event_codes=((xds.Code("CT", "d"),), (xds.Code("774007", "s"),))), True),
        (DocumentFilter(event_codes=((xds.Code("CT", "d"),), (xds.Code("MR", "d"),))), False),
        (DocumentFilter(confidentiality=((xds.Code("V", "c"), xds.Code("N", "c")),)), True),
        (DocumentFilter(reference_ids=((ENTRY.reference_ids[0],),)), True),
        (DocumentFilter(reference_ids=(("A1^^^&1.2&ISO",),)), True),
        (DocumentFilter(reference_ids=(("A1^^^",),)), True),
        (DocumentFilter(reference_ids=(("A1^^^&1.2&ISO^urn:ihe:iti:xds:2013:order",),)), False),
        (DocumentFilter(creation=TimeRange("20260105101500", "20260105101501")), True),
        (DocumentFilter(creation=TimeRange(end="20260105101500")), False),
        (DocumentFilter(service_start=TimeRange("2026", "2027")), True),
        (DocumentFilter(service_stop=TimeRange("2026")), False),
        (DocumentFilter(period=TimeRange("2027")), True),
        (DocumentFilter(period=TimeRange(end="2026")), False),
        (DocumentFilter(authors=("%O'NEIL^Cl_ire%",)), True),
        (DocumentFilter(authors=("O'NEIL%",)), False),
        (DocumentFilter(author_family="o'n", author_given="CLA"), True),
        (DocumentFilter(author_family="Neil"), False),
        (DocumentFilter(object_types=("urn:uuid:34268e47-fdf5-41a6-ba33-82133c465248",)), False),
    ],
)
def test_a_document_matches_only_what_it_is(criteria: DocumentFilter, found: bool) -> None:
    assert criteria.matches(ENTRY) is found


@pytest.mark.parametrize(
    ("pattern", "value", "same"),
    [
        ("%", "", True), ("", "", True), ("a%", "abc", True), ("%c", "abc", True), ("a_c", "abc", True),
        ("a_", "abc", False), ("%b%b%", "abcb", True), ("%b%b%b%", "abcb", False), ("abc", "ab", False),
    ],
)  # fmt: skip
def test_like_patterns_match_as_in_sql(pattern: str, value: str, same: bool) -> None:
    assert like(pattern, value) is same
