"""HL7 V3 of the DMP: existence test and authorization, both sides."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from segur.vocab import oids
from segur.wire import habilitations as hab
from segur.wire import hl7v3, xml
from segur.wire.hl7v3 import Closing, DmpRecord, Hl7Refused, Identifier, Observation, Telecom

NOW = datetime(2026, 1, 5, 8, 0, 0, tzinfo=UTC)
QUERY = hl7v3.DemographicsQuery(
    id=Identifier("1.2.3.1", "MSG-1"),
    query_id=Identifier("1.2.3.2", "Q-1"),
    patients=(Identifier(oids.INS_NIR_TEST, "297022A02077878"),),
    sender=hl7v3.Device("1.2.3", "LPS"),
    created=NOW,
)
RECORD = DmpRecord(
    ids=(Identifier(oids.INS_C, "0123456789012345678901"), Identifier(oids.INS_NIR_TEST, "297022A02077878")),
    prefix="MME",
    given=("DOMINIQUE", "ANNE"),
    used_name="USUEL",
    birth_name="ADRTROIS",
    telecoms=(Telecom("mailto:x@y"), Telecom("tel:0600000000", "MC")),
    gender="F",
    birth_date="19970226",
    observations=(
        Observation(*hl7v3.INTERNET_ACCOUNT, True),
        Observation(*hl7v3.ATTACHED_TO_ENS, False),
        Observation("X", "1.2", "texte"),
    ),
)

# The request skeleton of the digest, section 1.3, filled in.
REQUEST = b"""<PRPA_IN201307UV02 xmlns="urn:hl7-org:v3" ITSVersion="XML_1.0">
   <id root="1.2.3.1" extension="MSG-1"/>
   <creationTime value="20260105080000"/>
   <interactionId root="2.16.840.1.113883.1.6" extension="PRPA_IN201307UV02"/>
   <processingCode code="P"/><processingModeCode code="T"/><acceptAckCode code="AL"/>
   <receiver typeCode="RCV"><device classCode="DEV" determinerCode="INSTANCE"><id root="1.2.250.1.213.4.1.1.1"/><softwareName>DMP</softwareName></device></receiver>
   <sender typeCode="SND"><device classCode="DEV" determinerCode="INSTANCE"><id root="1.2.3"/><softwareName>LPS</softwareName></device></sender>
   <controlActProcess classCode="CACT" moodCode="EVN">
    <reasonCode code="TEST_EXST" codeSystem="1.2.250.1.213.1.1.4.11"/>
    <queryByParameter>
     <queryId root="1.2.3.2" extension="Q-1"/><statusCode code="new"/>
     <parameterList><patientIdentifier>
       <value root="1.2.250.1.213.1.4.10" extension="297022A02077878"/><semanticsText>Patient.id</semanticsText>
     </patientIdentifier></parameterList>
    </queryByParameter>
   </controlActProcess>
  </PRPA_IN201307UV02>"""  # noqa: E501


def canonical(element: etree._Element) -> bytes:
    stripped = etree.fromstring(xml.serialize(element), etree.XMLParser(remove_blank_text=True))
    return etree.tostring(stripped, method="c14n", exclusive=True)


def again(element: etree._Element) -> etree._Element:
    return xml.parse(xml.serialize(element))


def test_the_query_of_the_specification_is_read() -> None:
    assert hl7v3.read_query(xml.parse(REQUEST)) == QUERY


def test_the_query_is_written_as_the_specification_shows() -> None:
    assert canonical(hl7v3.write_query(QUERY)) == canonical(xml.parse(REQUEST))


def test_the_patient_asked_for_is_not_the_retired_identifier() -> None:
    both = dataclasses.replace(QUERY, patients=RECORD.ids)
    assert hl7v3.read_query(again(hl7v3.write_query(both))).patient == RECORD.ids[1]


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        (b'<id root="1.2.3.1" extension="MSG-1"/>', b"", "id"),
        (b' code="TEST_EXST"', b"", "reasonCode"),
        (b'<queryId root="1.2.3.2" extension="Q-1"/>', b"", "controlActProcess/queryByParameter/queryId"),
        (b' extension="297022A02077878"', b"", "patientIdentifier"),
        (b'<value root="1.2.250.1.213.1.4.10" extension="297022A02077878"/>', b"", "patientIdentifier"),
        (b'"20260105080000"', b'"20260145080000"', "creationTime"),
        (b'"20260105080000"', b'"today"', "creationTime"),
        (b"urn:hl7-org:v3", b"urn:other", "body"),
    ],
)
def test_an_incomplete_query_is_refused_by_the_name_of_its_field(old: bytes, new: bytes, field: str) -> None:
    assert old in REQUEST
    with pytest.raises(Hl7Refused) as refused:
        hl7v3.read_query(xml.parse(REQUEST.replace(old, new)))
    assert refused.value.field == field


def test_an_open_dmp_is_answered_with_authorization_and_treating_doctor() -> None:
    told = hl7v3.answer(
        QUERY, id="NEW", created=NOW, record=RECORD, authorization=hl7v3.AUTHORIZATION_VALID, treating_doctor=False
    )
    element = again(hl7v3.write_answer(told))
    assert hl7v3.read_answer(element) == told
    xsi = xml.qname(xml.XSI, "type")
    lines = element.findall("hl7:attentionLine", xml.NS)
    assert [(line[0].get("code"), line[1].get(xsi)) for line in lines] == [("AUTORISATION", "CV"), ("STATUT_MT", "BL")]
    assert (lines[0][1].get("code"), lines[1][1].get("value")) == ("VALIDE", "false")
    assert [xml.local_name(child) for child in element] == [
        "id", "creationTime", "interactionId", "processingCode", "processingModeCode", "acceptAckCode", "receiver",
        "sender", "attentionLine", "attentionLine", "acknowledgement", "controlActProcess",
    ]  # fmt: skip
    assert told.receiver == QUERY.sender
    assert told.target == QUERY.id
    assert told.record is not None
    assert told.record.observed(hl7v3.ATTACHED_TO_ENS) is False
    assert told.record.observed(("none", "1")) is None


def test_no_dmp_is_answered_nf_without_subject() -> None:
    told = hl7v3.answer(QUERY, id="NEW", created=NOW)
    element = again(hl7v3.write_answer(told))
    assert element.find(".//hl7:subject", xml.NS) is None
    read = hl7v3.read_answer(element)
    assert (read, read.query_status, read.record) == (told, "NF", None)


def test_a_closed_dmp_says_when_and_why() -> None:
    closing = Closing("FERMETURE_DEMANDE_PATIENT", "20251224", "à sa demande")
    closed = dataclasses.replace(RECORD, status="terminated", closing=closing)
    read = hl7v3.read_answer(again(hl7v3.write_answer(hl7v3.answer(QUERY, id="NEW", created=NOW, record=closed))))
    assert read.record == closed
    assert closed.closed


WORDS = st.text("abé<&'", max_size=6)
IDS = st.builds(Identifier, st.just("1.2.3"), WORDS.map(str.strip))
RECORDS = st.builds(
    DmpRecord,
    ids=st.lists(IDS, max_size=3).map(tuple),
    status=st.sampled_from(["active", "terminated"]),
    given=st.lists(WORDS.filter(bool), max_size=2).map(tuple),
    birth_name=WORDS,
    birth_date=st.sampled_from(["", "19900000", "19900131"]),
    observations=st.lists(
        st.builds(
            Observation, WORDS.filter(bool), st.just("1.9"), st.booleans() | st.just("true") | WORDS.filter(bool)
        ),
        max_size=3,
    ).map(tuple),
    closing=st.none() | st.builds(Closing, WORDS.filter(bool), st.just("20250101"), WORDS),
)


@given(RECORDS, st.sampled_from(["", "VALIDE", "EXPIREE"]), st.none() | st.booleans())
def test_answers_survive_a_round_trip(record: DmpRecord, authorization: str, doctor: bool | None) -> None:
    told = hl7v3.answer(
        QUERY, id="NEW", created=NOW, record=record, authorization=authorization, treating_doctor=doctor
    )
    assert hl7v3.read_answer(again(hl7v3.write_answer(told))) == told


@given(st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))
def test_times_survive_a_round_trip_to_the_second(moment: datetime) -> None:
    assert hl7v3.parse_ts(hl7v3.format_ts(moment), "x") == moment.replace(microsecond=0)


def test_times_with_a_zone_are_brought_to_utc() -> None:
    assert hl7v3.parse_ts("20260105090000.12+0100", "x") == NOW
    assert hl7v3.parse_ts("20260105", "x") == datetime(2026, 1, 5, tzinfo=UTC)


# --- authorization


@pytest.mark.parametrize("action", hab.AuthorizationChange)
@pytest.mark.parametrize("doctor", [True, False])
def test_authorization_requests_survive_a_round_trip(action: hab.AuthorizationChange, doctor: bool) -> None:
    asked = hab.SetAuthorization(action, doctor)
    assert hab.read_set_authorization(again(hab.write_set_authorization(asked))) == asked


def test_the_authorization_request_of_the_specification_is_read() -> None:
    text = b"""<setAuthorization xmlns="urn:si-dmp-habilitations"><action>AJOUT</action>
      <role>MEDECIN_TRAITANT</role></setAuthorization>"""
    assert hab.read_set_authorization(xml.parse(text)) == hab.SetAuthorization(hab.AuthorizationChange.ADD, True)


def test_unqualified_children_are_tolerated() -> None:
    text = b'<h:setAuthorization xmlns:h="urn:si-dmp-habilitations"><action>SUPPRESSION</action></h:setAuthorization>'
    assert hab.read_set_authorization(xml.parse(text)).action is hab.AuthorizationChange.REMOVE


@pytest.mark.parametrize(
    ("content", "field"),
    [("<action>AJOUTER</action>", "action"), ("", "action"), ("<action>AJOUT</action><role>ROI</role>", "role")],
)
def test_an_unknown_action_or_role_is_refused(content: str, field: str) -> None:
    text = f'<setAuthorization xmlns="urn:si-dmp-habilitations">{content}</setAuthorization>'
    with pytest.raises(Hl7Refused) as refused:
        hab.read_set_authorization(xml.parse(text.encode()))
    assert refused.value.field == field


@given(st.sampled_from(["DMPOk", "DMPX"]), WORDS.map(str.strip))
def test_authorization_answers_survive_a_round_trip(status: str, context: str) -> None:
    told = hab.SetAuthorizationAnswer(status, context)
    assert hab.read_set_authorization_answer(again(hab.write_set_authorization_answer(told))) == told


def test_an_authorization_answer_without_status_is_refused() -> None:
    with pytest.raises(Hl7Refused, match="status"):
        hab.read_set_authorization_answer(etree.Element(hab.RESPONSE))
