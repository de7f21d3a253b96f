"""The administrative messages of the DMP: what is written is read back, what is malformed is named [1.4, 1.5]."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from lxml import etree

from segur.vocab import oids
from segur.wire import authorization_list as listing
from segur.wire import hl7v3_candidates as candidates
from segur.wire import hl7v3_revise as revise
from segur.wire import patient_list as patients
from segur.wire import xml
from segur.wire.hl7v3_values import MATCH, Device, DmpRecord, Hl7Refused, Identifier, Observation, Telecom

NOW = datetime(2026, 1, 5, 8, tzinfo=UTC)
LPS = Device("1.2.3", "LPS")
PATIENT = Identifier(oids.INS_NIR_TEST, "297022A02077878")
RECORD = DmpRecord(
    ids=(PATIENT,),
    given=("ANNE",),
    birth_name="ADRTROIS",
    telecoms=(Telecom("tel:0600000000", "MC"),),
    gender="F",
    birth_date="19970226",
    observations=(Observation(*MATCH, 87), Observation("OPPOSITION_ACCES_URGENCE", "1.2", False)),
)


def again(element: etree._Element) -> etree._Element:
    """The element after a journey on the wire."""
    return xml.parse(xml.serialize(element))


@pytest.mark.parametrize("kind", [revise.REVISE, revise.ADD])
def test_a_revision_and_its_answers_come_back_as_they_went(kind: str) -> None:
    asked = revise.Revision(
        Identifier("1.2.9", "M1"), LPS, "FERM", RECORD, "FERMETURE_DEMANDE_PATIENT", "à sa demande", NOW, kind=kind
    )
    assert revise.read_revision(again(revise.write_revision(asked))) == asked
    done = revise.answer(asked, id="u-1", created=NOW, record=RECORD)
    refused = revise.refusal(asked, id="u-2", created=NOW, code="DMPClosed", text="fermé")
    for answer in (done, refused):
        wrapper = again(revise.write_revision_answer(answer))
        assert xml.namespace(wrapper) == "asip:ci-sis:gdp:2010"
        assert revise.read_revision_answer(wrapper) == answer
    names = [xml.local_name(next(xml.children(revise.write_revision_answer(one)))) for one in (done, refused)]
    number = 201315 if kind == revise.REVISE else 201312
    assert names == [f"PRPA_IN{number}UV02", f"PRPA_IN{number + 1}UV02"]


def test_the_refusal_is_where_the_official_client_looks_for_it() -> None:
    asked = revise.Revision(Identifier("1.2.9", "M1"), LPS, "REAC", RECORD)
    wrapper = revise.write_revision_answer(revise.refusal(asked, id="u", created=NOW, code="DMPFound", text="existe"))
    detail = wrapper.find(".//{urn:hl7-org:v3}acknowledgement/{urn:hl7-org:v3}acknowledgementDetail")
    assert detail is not None
    assert [child.get("code") or child.text for child in detail] == ["DMPFound", "existe"]


def test_a_search_of_candidates_and_its_answer_come_back_as_they_went() -> None:
    traits = candidates.Traits("ADRTROIS", "ANNE", "19970226", "F", "51000", "REIMS")
    query = candidates.CandidatesQuery(Identifier("1.2", "M"), Identifier("1.3", "Q"), traits, LPS, created=NOW)
    assert candidates.read_candidates_query(again(candidates.write_candidates_query(query))) == query
    for records in ((RECORD, RECORD), ()):
        answer = candidates.CandidatesAnswer(Identifier("u"), query.id, query.query_id, LPS, records, created=NOW)
        element = again(candidates.write_candidates_answer(answer))
        assert candidates.read_candidates_answer(element) == answer


def test_the_list_of_patients_comes_back_as_it_went() -> None:
    query = patients.PatientListQuery(NOW, patients.DateType.LAST_DOCUMENT, "899700010012")
    assert patients.read_patient_list(again(patients.write_patient_list(query))) == query
    listed = (
        patients.ListedPatient(
            (PATIENT,), "USUEL", "ADRTROIS", "ANNE", "MME", "19970226", True, False, "20260105080000"
        ),
        patients.ListedPatient((PATIENT,)),
    )
    assert patients.read_patient_list_answer(again(patients.write_patient_list_answer(listed))) == listed


def test_the_list_of_authorizations_comes_back_as_it_went() -> None:
    for mode in listing.ListMode:
        assert listing.read_list_request(again(listing.write_list_request(mode))) is mode
    lines = (
        listing.ListedAuthorization(
            "899700010012", "HUGO", "COEUR", "G15_10/SM04", "Médecin", "20260105080000", right="MT"
        ),
        listing.ListedAuthorization("1990000010", mode="INTERDITE", id_type=oids.STRUCTURE),
    )
    assert listing.read_list_answer(again(listing.write_list_answer(lines))) == lines


HL7 = "urn:hl7-org:v3"
REVISION = f"<PRPA_IN201314UV02 xmlns='{HL7}'><id root='1.2' extension='M'/>%s</PRPA_IN201314UV02>"
SEARCH = f"<PRPA_IN201305UV02 xmlns='{HL7}'><id root='1.2' extension='M'/>%s</PRPA_IN201305UV02>"


@pytest.mark.parametrize(
    ("read", "text", "field"),
    [
        (revise.read_revision, REVISION % "", "patient"),
        (revise.read_revision, "<x/>", "body"),
        (
            candidates.read_candidates_query,
            SEARCH % "<controlActProcess><queryByParameter><queryId root='1'/></queryByParameter></controlActProcess>",
            "family",
        ),
        (patients.read_patient_list, "<patientList xmlns='urn:si-dmp-patients'/>", "dateType"),
        (
            patients.read_patient_list,
            "<patientList xmlns='urn:si-dmp-patients'><dateType>LASTAUTHORIZATION</dateType></patientList>",
            "dateType",
        ),
        (
            patients.read_patient_list,
            "<p:patientList xmlns:p='urn:si-dmp-patients'><dateType>LASTDOC</dateType><startDate>5</startDate>"
            "</p:patientList>",
            "startDate",
        ),
        (
            listing.read_list_request,
            "<h:listAuthorizationByPatient xmlns:h='urn:si-dmp-habilitations'><mode>TOUS</mode>"
            "</h:listAuthorizationByPatient>",
            "mode",
        ),
    ],
)  # fmt: skip
def test_what_is_missing_or_malformed_is_named(read: object, text: str, field: str) -> None:
    with pytest.raises(Hl7Refused) as refused:
        read(etree.fromstring(text))  # type: ignore[operator]
    assert field in refused.value.field


def test_children_without_namespace_are_read_as_generated_clients_send_them() -> None:
    body = (
        "<p:patientList xmlns:p='urn:si-dmp-patients'><startDate>20260105080000</startDate>"
        "<dateType>LASTAUTORIZATION</dateType></p:patientList>"
    )
    assert patients.read_patient_list(etree.fromstring(body)).since == NOW
