"""XDS metadata: what a request says is read, what is written is read back the same, what is wrong is named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import msgspec
import pytest
from lxml import etree

from segur.wire import xds, xml
from segur.wire import xds_uuids as ids

INS = "285057800608441^^^&1.2.250.1.213.1.4.10&ISO^NH"
PERSON = "810000001015^MARTIN^Claire^^^^^^&1.2.250.1.71.4.2.1&ISO^D^^^IDNPS"
STRUCTURE = "Imagerie Rivoli^^^^^&1.2.250.1.71.4.2.2&ISO^IDNST^^^1750099990"
AUTHOR = xds.Author(PERSON, (STRUCTURE,), ("G15_10/SM44^Médecin - Radio-diagnostic (SM)^1.2.250.1.213.1.1.4.5",))
NORMAL = xds.Code("N", "2.16.840.1.113883.5.25", "Normal")
MASKED = xds.Code("MASQUE_PS", "1.2.250.1.213.1.1.4.13", "Masqué aux professionnels de santé")

ENTRY = xds.DocumentEntry(
    entry_uuid="Document01",
    unique_id="2.25.118437629001845530226711840937265512044",
    patient_id=INS,
    type_code=xds.Code("18748-4", "2.16.840.1.113883.6.1", "CR d'imagerie médicale"),
    class_code=xds.Code("31", "1.2.250.1.213.1.1.4.1", "Imagerie médicale"),
    format_code=xds.Code("urn:ihe:iti:xds-sd:pdf:2008", "1.3.6.1.4.1.19376.1.2.3", "PDF"),
    facility_type=xds.Code("SA07", "1.2.250.1.71.4.2.4", "Cabinet individuel"),
    practice_setting=xds.Code("AMBULATOIRE", "1.2.250.1.213.1.1.4.9", "Ambulatoire"),
    confidentiality=(NORMAL, MASKED),
    event_codes=(xds.Code("CT", "1.2.840.10008.2.16.4", "Tomodensitométrie"),),
    authors=(AUTHOR, xds.Author("9^DRIMBox^Vendor^^^^^^&1.2.250.1.71.4.2.1&ISO^U^^^EI", roles=("Automate",))),
    title="Radiographie du poignet droit <gauche> & l'autre",
    comments="Comparé au précédent",
    language="fr-FR",
    creation_time="20261118094500",
    service_start="20261118091500",
    service_stop="20261118092000",
    legal_authenticator=PERSON,
    source_patient_id="42^^^&1.2.3.4&ISO^PI",
    source_patient_info=("PID-5|EXEMPLE^CAMILLE^^^^^L", "PID-7|19850512", "PID-8|F"),
    reference_ids=("ACN1^^^&1.2.3&ISO^urn:ihe:iti:xds:2013:accession",),
    uri="DOC00001.XML",
    hash="99e49f856e678dddacbb090ed3dcd53df60a9706",
    size=4254,
    repository_unique_id="1.2.250.1.213.4.1.1.1.2",
    logical_id="urn:uuid:11111111-1111-4111-8111-111111111111",
    version=3,
    status=ids.APPROVED,
    other_slots=(("urn:vendor:slot", ("a", "b")),),
)
SET = xds.SubmissionSet(
    entry_uuid="SubmissionSet01",
    unique_id="2.25.118437629001845530226711840937265512901",
    patient_id=INS,
    source_id="2.25.118437629001845530226711840937265512900",
    submission_time="20261118100105",
    content_type=xds.Code("07", "1.2.250.1.213.2.2", "Consultation externe"),
    authors=(AUTHOR,),
    title="Lot",
    comments="Commentaire",
)
MEMBER = xds.Association("as1", ids.HAS_MEMBER, "SubmissionSet01", "Document01", submission_set_status="Original")
SUBMISSION = xds.Submission(SET, (ENTRY,), (MEMBER,))

# The skeleton of a real sender, [DMP digest 1.6]: default namespaces, node classification inside the set.
SKELETON = """
<SubmitObjectsRequest xmlns="urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0">
 <RegistryObjectList xmlns="urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0">
  <RegistryPackage id="SubmissionSet01">
   <Slot name="submissionTime"><ValueList><Value>20250301101500</Value></ValueList></Slot>
   <Name><LocalizedString value="Titre du lot" charset="UTF8" xml:lang="FR"/></Name>
   <Classification classificationScheme="urn:uuid:aa543740-bdda-424e-8c96-df4873be8500"
     classifiedObject="SubmissionSet01" id="c2" nodeRepresentation="04">
    <Slot name="codingScheme"><ValueList><Value>1.2.250.1.213.2.2</Value></ValueList></Slot>
    <Name><LocalizedString value="Hospitalisation de jour"/></Name></Classification>
   <ExternalIdentifier id="e1" registryObject="SubmissionSet01"
     identificationScheme="urn:uuid:6b5aea1a-874d-4603-a4bc-96a0a7b38446"
     value="285057800608441^^^&amp;1.2.250.1.213.1.4.10&amp;ISO^NH"/>
   <ExternalIdentifier id="e3" registryObject="SubmissionSet01"
     identificationScheme="urn:uuid:96fdda7c-d067-4183-912e-bf5ee74998a8" value="1.2.3"/>
  </RegistryPackage>
  <Classification id="c3" classifiedObject="SubmissionSet01"
     classificationNode="urn:uuid:a54d6aa5-d40d-43f9-88c5-b4633d873bdd"/>
  <Association id="a1" sourceObject="SubmissionSet01" targetObject="urn:uuid:ENTRYUUID"
     associationType="urn:ihe:iti:2010:AssociationType:UpdateAvailabilityStatus">
   <Slot name="OriginalStatus"><ValueList>
     <Value>urn:oasis:names:tc:ebxml-regrep:StatusType:Approved</Value></ValueList></Slot>
   <Slot name="NewStatus"><ValueList><Value>urn:asip:ci-sis:2010:StatusType:Archived</Value></ValueList></Slot>
  </Association>
  <Association id="a2" sourceObject="Document01" targetObject="urn:uuid:OLD" associationType="RPLC"/>
 </RegistryObjectList>
</SubmitObjectsRequest>"""


def through_the_wire(element: etree._Element) -> etree._Element:
    return xml.parse(xml.serialize(element))


def test_a_submission_written_in_ebrim_is_read_back_the_same() -> None:
    assert xds.read_submission(through_the_wire(xds.write_submission(SUBMISSION))) == SUBMISSION


def test_an_entry_survives_storage_as_plain_values() -> None:
    assert msgspec.convert(msgspec.to_builtins(ENTRY), xds.DocumentEntry) == ENTRY


def test_a_status_change_of_a_real_sender_is_read() -> None:
    submission = xds.read_submission(xml.parse(SKELETON.encode()))
    change, replaced = submission.associations
    assert (change.type, change.original_status, change.new_status) == (
        ids.UPDATE_STATUS,
        ids.APPROVED,
        ids.ARCHIVED,
    )
    assert replaced.type == ids.REPLACES
    assert submission.submission_set.content_type == xds.Code("04", "1.2.250.1.213.2.2", "Hospitalisation de jour")
    assert submission.submission_set.title == "Titre du lot"


def test_a_new_version_of_an_entry_keeps_its_previous_version_number() -> None:
    update = replace(SUBMISSION, associations=(replace(MEMBER, previous_version=3),))
    assert xds.read_submission(through_the_wire(xds.write_submission(update))) == update


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        (ids.SUBMISSION_SET_NODE, "urn:uuid:other", "SubmissionSet"),
        (ids.ENTRY_UNIQUE_ID, "urn:uuid:other", "uniqueId"),
        (ids.ENTRY_PATIENT_ID, "urn:uuid:other", "patientId"),
        ('mimeType="text/xml"', 'mimeType=""', "mimeType"),
        (">4254<", ">-1<", "size"),
        (">99e4", ">zze4", "hash"),
        (">20261118094500<", ">18/11/2026<", "creationTime"),
        ('name="codingScheme"', 'name="scheme"', "XDSSubmissionSet.contentTypeCode"),
        ('nodeRepresentation="18748-4"', 'nodeRepresentation=""', "typeCode"),
        (ids.ENTRY_FORMAT, ids.ENTRY_TYPE, "typeCode"),
        ('name="hash"', 'name="size"', "size"),
        ('versionName="3"', 'versionName="three"', "version"),
        ('targetObject="Document01"', 'targetObject=""', "Association"),
        ("RegistryObjectList", "Objects", "RegistryObjectList"),
        ("rim:RegistryPackage", "rim:Folder", "RegistryObjectList"),
        ('id="Document01"', 'id="SubmissionSet01"', "entryUUID"),
    ],
)
def test_unreadable_metadata_is_refused_by_the_name_of_its_attribute(old: str, new: str, field: str) -> None:
    text = xml.serialize(xds.write_submission(SUBMISSION)).decode()
    assert old in text
    with pytest.raises(xds.MetadataRefused) as refused:
        xds.read_submission(xml.parse(text.replace(old, new).encode()))
    assert refused.value.field == field
    assert refused.value.code == "XDSRegistryMetadataError"
    assert field in refused.value.context


def test_missing_required_attributes_are_all_named() -> None:
    bare = xds.DocumentEntry("Document01", "1.2.3", INS)
    named = {refusal.field for refusal in xds.missing_attributes(xds.Submission(SET, (bare,)))}
    assert named == {
        "typeCode", "classCode", "formatCode", "confidentialityCode", "healthcareFacilityTypeCode",
        "practiceSettingCode", "creationTime", "languageCode", "legalAuthenticator", "serviceStartTime",
        "sourcePatientId", "title", "authorPerson",
    }  # fmt: skip
    assert xds.missing_attributes(SUBMISSION, in_registry=True) == ()
    in_registry = xds.missing_entry_attributes(replace(ENTRY, hash="", size=None), in_registry=True)
    assert [refusal.field for refusal in in_registry] == ["hash", "size"]
    assert xds.missing_entry_attributes(replace(ENTRY, size=0), in_registry=True) == ()


@pytest.mark.parametrize(
    "parts",
    [
        (xds.DocumentPart("Document01", b"<ClinicalDocument/>"),),
        (xds.DocumentPart("Document01", None, "0.1%é@lps"),),
    ],
)
def test_a_deposit_is_read_back_inline_or_by_content_id(parts: tuple[xds.DocumentPart, ...]) -> None:
    request = xds.ProvideAndRegister(SUBMISSION, parts)
    assert xds.read_provide_and_register(through_the_wire(xds.write_provide_and_register(request))) == request


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ((), "XDSMissingDocument"),
        ((xds.DocumentPart("Document01", b"a"), xds.DocumentPart("Document02", b"b")), "XDSMissingDocumentMetadata"),
        ((xds.DocumentPart("Document01", b"a"), xds.DocumentPart("Document01", b"b")), "XDSMissingDocumentMetadata"),
    ],
)
def test_documents_and_entries_must_go_together(parts: tuple[xds.DocumentPart, ...], code: str) -> None:
    element = xds.write_provide_and_register(xds.ProvideAndRegister(SUBMISSION, parts))
    with pytest.raises(xds.MetadataRefused) as refused:
        xds.read_provide_and_register(element)
    assert refused.value.code == code


def test_registry_answers_are_read_back() -> None:
    refusal = xds.MetadataRefused("typeCode", "not in J66")
    answers = (
        xds.RegistryResponse(),
        xds.RegistryResponse.refused(refusal),
        xds.RegistryResponse(
            ids.PARTIAL_SUCCESS, (xds.RegistryError("XDSTooManyResults", "1000", ids.SEVERITY_WARNING),)
        ),
    )
    for answer in answers:
        element = through_the_wire(xds.write_registry_response(answer))
        assert xds.read_registry_response(element) == answer
    assert answers[1].errors[0].context == "typeCode: not in J66"


def test_query_answers_are_read_back_with_objects_or_references() -> None:
    registered = replace(ENTRY, entry_uuid="urn:uuid:22222222-2222-4222-8222-222222222222")
    leaf = xds.QueryResponse(entries=(registered,), submission_sets=(SET,), associations=(MEMBER,))
    element = through_the_wire(xds.write_query_response(leaf))
    assert element.get("totalResultCount") == "3"
    assert xds.read_query_response(element) == leaf
    references = xds.QueryResponse(references=("urn:uuid:a", "urn:uuid:b"))
    assert xds.read_query_response(through_the_wire(xds.write_query_response(references))) == references


def test_an_answer_is_the_same_written_as_text_and_as_a_tree() -> None:
    refusal = xds.RegistryResponse.refused(xds.MetadataRefused("typeCode", "<not> in J66"))
    for answer in (
        xds.QueryResponse(entries=(ENTRY, ENTRY), submission_sets=(SET,), associations=(MEMBER,), references=("a<b",)),
        xds.QueryResponse(),
        xds.QueryResponse(refusal),
    ):
        read = xml.parse(xds.query_response_text(answer))
        assert xml.serialize(read) == xml.serialize(xds.write_query_response(answer))


def test_whatever_xml_can_hold_comes_back_from_every_place_of_an_entry() -> None:
    odd = "a\"b'\t\n\r<c>&amp;d]]>é\U0001f600 100%d {e}"
    code = xds.Code(odd, odd, odd)
    person = xds.Author(odd, (odd,), (odd,), (odd,), (odd,))
    entry = replace(
        ENTRY, entry_uuid=odd, title=odd, comments=odd, uri=odd, type_code=code, event_codes=(code,), authors=(person,),
        legal_authenticator=odd, reference_ids=(odd,), other_slots=((odd, (odd,)),),
    )  # fmt: skip
    answer = xds.QueryResponse(entries=(entry,))
    assert xds.read_query_response(xml.parse(xds.query_response_text(answer))) == answer


@pytest.mark.parametrize("bad", ["\x00", "\x1b", "\ufffe", "\ud800"])
def test_a_character_xml_cannot_hold_is_not_written(bad: str) -> None:
    for entry in (replace(ENTRY, title=f"a{bad}"), replace(ENTRY, uri=f"a{bad}")):
        with pytest.raises(ValueError, match=f"U\\+{ord(bad):04X}"):
            xds.query_response_text(xds.QueryResponse(entries=(entry,)))


def test_retrieve_messages_are_read_back() -> None:
    requests = (xds.DocumentRequest("1.2", "1.2.3"), xds.DocumentRequest("1.2", "1.2.4", "urn:oid:1"))
    assert xds.read_retrieve_request(through_the_wire(xds.write_retrieve_request(requests))) == requests
    answer = xds.RetrieveResponse(
        xds.RegistryResponse(ids.PARTIAL_SUCCESS, (xds.RegistryError("XDSDocumentUniqueIdError", "uniqueId=1.2.4"),)),
        (
            xds.RetrievedDocument("1.2", "1.2.3", "text/xml", None, "doc1@dmp"),
            xds.RetrievedDocument("1.2", "1.2.5", "application/pdf", b"%PDF", home_community_id="urn:oid:1"),
        ),
    )
    assert xds.read_retrieve_response(through_the_wire(xds.write_retrieve_response(answer))) == answer


@pytest.mark.parametrize(
    "reader",
    [xds.read_provide_and_register, xds.read_query_response, xds.read_retrieve_request, xds.read_retrieve_response],
)
def test_another_element_than_expected_is_refused(reader: Callable[[etree._Element], object]) -> None:
    with pytest.raises(xds.MetadataRefused):
        reader(etree.Element("{urn:other}Thing"))


def test_inline_documents_must_be_base64() -> None:
    element = xds.write_provide_and_register(
        xds.ProvideAndRegister(SUBMISSION, (xds.DocumentPart("Document01", b"x"),))
    )
    holder = element.find("xdsb:Document", xml.NS)
    assert holder is not None
    holder.text = "éé"
    with pytest.raises(xds.MetadataRefused, match="base64"):
        xds.read_provide_and_register(element)


@pytest.mark.parametrize(
    ("local", "utc"),
    [
        ("20260105101500+0100", "20260105091500"),
        ("20260101000500+0100", "20251231230500"),
        ("20260105101500-0330", "20260105134500"),
        ("20260105101500", "20260105101500"),
        ("202601051015", "20260105101500"),
        ("20260105", "20260105"),
        ("2026", "2026"),
    ],
)
def test_times_become_utc_and_dates_stay_dates(local: str, utc: str) -> None:
    assert xds.utc_dtm(local) == utc


@pytest.mark.parametrize("text", ["", "20261301", "2026-01-05", "20260105251500", "today", "202601051"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(xds.InvalidDtm):
        xds.parse_dtm(text)


def test_patients_are_compared_on_identifier_and_authority_only() -> None:
    assert xds.cx_key("123^^^&1.2&ISO^NH^^20100907") == xds.cx_key("123^^^&1.2&ISO^NH") == ("123", "1.2")


def test_names_with_separators_survive_in_persons_and_structures() -> None:
    structure = xds.Structure("Durand & fils ^ associés", "1750099990")
    assert xds.Structure.parse(structure.xon) == structure
    person = xds.Person("8", "O^Neil", "A&B")
    assert xds.Person.parse(person.xcn) == person
    assert AUTHOR.who == xds.Person("810000001015", "MARTIN", "Claire")
    assert AUTHOR.structures == (xds.Structure("Imagerie Rivoli", "1750099990"),)
