"""CDA headers: a document made here in every detail, and every official example at hand."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from segur.vocab import document_types, format_codes
from segur.wire import cda, xds

REAL = sorted((Path(__file__).parents[4] / "shared" / "data" / "cda").glob("*.xml"))
PDF = b"%PDF-1.4 made here"

DOCUMENT = f"""<?xml version="1.0" encoding="UTF-8"?>
<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:ps3-20="urn:dicom-org:ps3-20">
 <realmCode code="FR"/><typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/>
 <templateId root="2.16.840.1.113883.2.8.2.1"/><templateId root="1.2.250.1.213.1.1.1.1"/>
 <templateId root="1.3.6.1.4.1.19376.1.2.20"/>
 <id root="2.25.118437629001845530226711840937265512044"/>
 <code code="18748-4" codeSystem="2.16.840.1.113883.6.1" displayName="CR d'imagerie médicale">
  <translation code="24727-0" codeSystem="2.16.840.1.113883.6.1" displayName="CT Head"/></code>
 <title>Radiographie <!-- cut here --> du poignet droit</title>
 <effectiveTime value="20261118104500+0100"/>
 <confidentialityCode code="N" codeSystem="2.16.840.1.113883.5.25" displayName="Normal"/>
 <languageCode code="fr-FR"/>
 <setId root="2.25.118437629001845530226711840937265512001"/><versionNumber value="2"/>
 <recordTarget><patientRole>
  <id root="1.2.250.1.213.1.4.10" extension="285057800608441"/><id root="1.2.3.4" extension="IPP42"/>
  <telecom value="mailto:285057800608441@patient.mssante.fr"/>
  <patient><name><family qualifier="BR">EXEMPLE</family><given>CAMILLE ANNE</given>
   <given qualifier="BR">CAMILLE</given><family qualifier="CL">USAGE</family><given qualifier="CL">CAM</given></name>
   <administrativeGenderCode code="F" codeSystem="2.16.840.1.113883.5.1"/><birthTime value="19850512"/>
   <birthplace><place><addr><county>78006</county></addr></place></birthplace></patient>
 </patientRole></recordTarget>
 <author><functionCode code="PCP" codeSystem="2.16.840.1.113883.5.88" displayName="Médecin traitant"/>
  <time value="20261118104500+0100"/><assignedAuthor>
  <id root="1.2.250.1.71.4.2.1" extension="810000001015"/>
  <code code="G15_10/SM44" codeSystem="1.2.250.1.213.1.1.4.5" displayName="Médecin - Radio-diagnostic (SM)"/>
  <assignedPerson><name><family>MARTIN</family><given>Claire</given></name></assignedPerson>
  <representedOrganization><id root="1.2.250.1.71.4.2.2" extension="1750099990"/><name>Imagerie Rivoli</name>
  </representedOrganization></assignedAuthor></author>
 <author><time value="20261118104500+0100"/><assignedAuthor>
  <id root="1.2.250.1.71.4.2.1" extension="5784/12.3"/>
  <assignedAuthoringDevice><manufacturerModelName>Modèle</manufacturerModelName>
   <softwareName>Automate</softwareName></assignedAuthoringDevice></assignedAuthor></author>
 <custodian><assignedCustodian><representedCustodianOrganization>
  <id root="1.2.250.1.71.4.2.2" extension="1750099990"/><name>Imagerie Rivoli</name>
 </representedCustodianOrganization></assignedCustodian></custodian>
 <informationRecipient typeCode="TRC"><intendedRecipient>
  <telecom value="mailto:paul.durand@medecin.mssante.fr"/>
  <informationRecipient><name><family>DURAND</family><given>Paul</given></name></informationRecipient>
  <receivedOrganization><name>Cabinet</name><telecom value="MAILTO:cabinet@medecin.mssante.fr"/></receivedOrganization>
 </intendedRecipient></informationRecipient>
 <legalAuthenticator><time value="20261118110000+0100"/><signatureCode code="S"/><assignedEntity>
  <id root="1.2.250.1.71.4.2.1" extension="810000001015"/>
  <assignedPerson><name><family>MARTIN</family><given>Claire</given></name></assignedPerson>
 </assignedEntity></legalAuthenticator>
 <participant typeCode="REF"><functionCode code="CORRE" codeSystem="1.2.250.1.213.1.1.4.2.280"/>
  <associatedEntity classCode="PROV"><id root="1.2.250.1.71.4.2.1" extension="810000002016"/>
   <telecom value="mailto:paul.durand@medecin.mssante.fr"/></associatedEntity></participant>
 <inFulfillmentOf><order><id root="1.2.3.5" extension="OPN7"/>
  <ps3-20:accessionNumber root="1.2.3.6" extension="ACN9"/></order></inFulfillmentOf>
 <documentationOf><serviceEvent><code code="Z13.9" codeSystem="2.16.840.1.113883.6.3"/></serviceEvent></documentationOf>
 <documentationOf><serviceEvent><id root="1.2.9.1"/>
  <code code="24727-0" codeSystem="2.16.840.1.113883.6.1">
   <translation code="CT" codeSystem="1.2.840.10008.2.16.4"/></code>
  <effectiveTime><low value="20261118101500+0100"/><high value="20261118102000+0100"/></effectiveTime>
  <performer typeCode="PRF"><assignedEntity><id root="1.2.250.1.71.4.2.1" extension="810000001015"/>
   <representedOrganization><id root="1.2.250.1.71.4.2.2" extension="1750099990"/><name>Imagerie Rivoli</name>
    <standardIndustryClassCode code="AMBULATOIRE" codeSystem="1.2.250.1.213.1.1.4.9" displayName="Ambulatoire"/>
   </representedOrganization></assignedEntity></performer></serviceEvent></documentationOf>
 <relatedDocument typeCode="RPLC"><parentDocument><id root="2.25.11"/><setId root="2.25.1"/>
  <versionNumber value="1"/></parentDocument></relatedDocument>
 <componentOf><encompassingEncounter><effectiveTime><low value="20261118101500+0100"/></effectiveTime>
  <location><healthCareFacility><code code="SA07" codeSystem="1.2.250.1.71.4.2.4" displayName="Cabinet individuel"/>
  </healthCareFacility></location></encompassingEncounter></componentOf>
 <component><nonXMLBody><text mediaType="application/pdf" representation="B64">{base64.b64encode(PDF).decode()}</text>
 </nonXMLBody></component>
</ClinicalDocument>"""

CREATED = '<effectiveTime value="20261118104500+0100"/>'

needs_samples = pytest.mark.skipif(not REAL, reason="official CDA examples (shared/data/cda) are not on this machine")


def changed(*changes: tuple[str, str]) -> bytes:
    text = DOCUMENT
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text.encode()


def test_every_part_of_the_header_is_read() -> None:
    header = cda.read_header(DOCUMENT.encode())
    assert str(header.id) == "2.25.118437629001845530226711840937265512044"
    assert (header.code.code, header.translations[0].code) == ("18748-4", "24727-0")
    assert header.title == "Radiographie du poignet droit"
    assert (header.level, header.body_media_type, header.version) == (cda.UNSTRUCTURED, "application/pdf", 2)
    assert header.set_id == cda.InstanceId("2.25.118437629001845530226711840937265512001")
    assert header.patient == cda.Patient(
        ids=(cda.InstanceId("1.2.250.1.213.1.4.10", "285057800608441"), cda.InstanceId("1.2.3.4", "IPP42")),
        birth_family="EXEMPLE",
        birth_given="CAMILLE ANNE",
        first_given="CAMILLE",
        used_family="USAGE",
        used_given="CAM",
        birth_time="19850512",
        sex="F",
        birthplace="78006",
        telecoms=("mailto:285057800608441@patient.mssante.fr",),
    )
    doctor, device = header.authors
    assert (doctor.family, doctor.specialty.code, doctor.function.code) == ("MARTIN", "G15_10/SM44", "PCP")
    assert (device.family, device.given, device.is_device) == ("Automate", "Modèle", True)
    assert header.custodian.ids == (cda.InstanceId("1.2.250.1.71.4.2.2", "1750099990"),)
    assert header.legal_authenticator is not None
    assert header.legal_authenticator.time == "20261118110000+0100"
    assert header.main_event is header.service_events[1]
    assert header.main_event.industry.code == "AMBULATOIRE"
    assert header.encounter is not None
    assert header.encounter.facility_type.code == "SA07"
    assert header.replaces == (cda.InstanceId("2.25.11"),)
    assert header.related_documents[0].version == 1
    assert header.orders == (cda.Order(cda.InstanceId("1.2.3.5", "OPN7"), cda.InstanceId("1.2.3.6", "ACN9")),)
    assert header.recipients[0].party.family == "DURAND"
    assert header.recipient_emails == ("paul.durand@medecin.mssante.fr", "cabinet@medecin.mssante.fr")


def test_metadata_are_derived_from_the_header() -> None:
    entry = cda.entry_from_header(
        cda.read_header(DOCUMENT.encode()), content=DOCUMENT.encode(), uri="DOC00001.XML", masks=("MASQUE_PS",)
    )
    doctor = "810000001015^MARTIN^Claire^^^^^^&1.2.250.1.71.4.2.1&ISO^D^^^IDNPS"
    assert entry == xds.DocumentEntry(
        entry_uuid="Document01",
        unique_id="2.25.118437629001845530226711840937265512044",
        patient_id="285057800608441^^^&1.2.250.1.213.1.4.10&ISO^NH",
        type_code=xds.Code("18748-4", "2.16.840.1.113883.6.1", "CR d'imagerie médicale"),
        class_code=xds.Code("31", "1.2.250.1.213.1.1.4.1", "Imagerie médicale"),
        format_code=xds.Code(
            "urn:ihe:iti:xds-sd:pdf:2008", "1.3.6.1.4.1.19376.1.2.3", "Document à corps non structuré"
        ),
        facility_type=xds.Code("SA07", "1.2.250.1.71.4.2.4", "Cabinet individuel"),
        practice_setting=xds.Code("AMBULATOIRE", "1.2.250.1.213.1.1.4.9", "Ambulatoire"),
        confidentiality=(
            xds.Code("N", "2.16.840.1.113883.5.25", "Normal"),
            xds.Code("MASQUE_PS", "1.2.250.1.213.1.1.4.13", "Masqué aux professionnels de santé"),
        ),
        event_codes=(
            xds.Code("Z13.9", "2.16.840.1.113883.6.3"),
            xds.Code("24727-0", "2.16.840.1.113883.6.1"),
            xds.Code("CT", "1.2.840.10008.2.16.4"),
        ),
        authors=(
            xds.Author(
                doctor,
                ("Imagerie Rivoli^^^^^&1.2.250.1.71.4.2.2&ISO^IDNST^^^1750099990",),
                ("G15_10/SM44^Médecin - Radio-diagnostic (SM)^1.2.250.1.213.1.1.4.5",),
                ("Médecin traitant",),
            ),
            xds.Author("5784/12.3^Automate^Modèle^^^^^^&1.2.250.1.71.4.2.1&ISO^U^^^EI"),
        ),
        title="Radiographie du poignet droit",
        language="fr-FR",
        creation_time="20261118094500",
        service_start="20261118091500",
        service_stop="20261118092000",
        legal_authenticator=doctor,
        source_patient_id="IPP42^^^&1.2.3.4&ISO^PI",
        source_patient_info=(
            "PID-5|EXEMPLE^CAMILLE^^^^^L",
            "PID-5|USAGE^CAM^^^^^D",
            "PID-7|19850512",
            "PID-8|F",
            "PID-11|^^^^^^BDL^^78006",
        ),
        reference_ids=(
            "ACN9^^^&1.2.3.6&ISO^urn:ihe:iti:xds:2013:accession",
            "OPN7^^^&1.2.3.5&ISO^urn:ihe:iti:xds:2013:order",
            "1.2.9.1^^^&1.2.3.4.5.6&ISO^urn:ihe:iti:xds:2016:studyInstanceUID",
        ),
        uri="DOC00001.XML",
        hash=hashlib.sha1(DOCUMENT.encode(), usedforsecurity=False).hexdigest(),
        size=len(DOCUMENT.encode()),
    )
    assert xds.missing_entry_attributes(entry) == ()


@pytest.mark.parametrize("wrapping", ["signature", "stylesheet"])
def test_signed_and_self_presenting_documents_are_read(wrapping: str) -> None:
    namespace = {
        "signature": "http://www.w3.org/2000/09/xmldsig#",
        "stylesheet": "http://www.w3.org/1999/XSL/Transform",
    }
    inside = DOCUMENT.split("?>", 1)[1]
    wrapped = f'<w:root xmlns:w="{namespace[wrapping]}">{inside}</w:root>'.encode()
    header = cda.read_header(wrapped)
    assert header.wrapping == wrapping
    expected = "application/xslt+xml" if wrapping == "stylesheet" else "text/xml"
    assert cda.entry_from_header(header).mime_type == expected
    with pytest.raises(cda.CdaRefused, match="ClinicalDocument"):
        cda.read_header(wrapped.replace(namespace[wrapping].encode(), b"urn:other"))


@pytest.mark.parametrize(
    ("document", "field"),
    [
        (b"", "document"),
        (b"%PDF-1.4", "document"),
        (b"<html/>", "document"),
        (b'<!DOCTYPE x [<!ENTITY a "b"><!ENTITY c "&a;&a;">]><ClinicalDocument xmlns="urn:hl7-org:v3"/>', "document"),
        (changed((' code="18748-4"', ' nullFlavor="UNK"')), "code"),
        (changed(('<id root="2.25.118437629001845530226711840937265512044"/>', "")), "id"),
        (changed((CREATED, '<effectiveTime nullFlavor="UNK"/>')), "effectiveTime"),
        (changed((CREATED, '<effectiveTime value="soon"/>')), "effectiveTime"),
        (
            changed(('root="1.2.250.1.213.1.4.10"', 'nullFlavor="UNK"'), ('root="1.2.3.4"', "")),
            "recordTarget/patientRole/id",
        ),
        (changed(('<versionNumber value="2"', '<versionNumber value="two"')), "versionNumber"),
        (changed(('<birthTime value="19850512"', '<birthTime value="19851312"')), "birthTime"),
        (changed(('mediaType="application/pdf"', "")), "component"),
        (changed(('<parentDocument><id root="2.25.11"/>', "<parentDocument>")), "id"),
    ],
)
def test_what_is_not_a_readable_cda_is_refused_by_the_name_of_its_element(document: bytes, field: str) -> None:
    with pytest.raises(cda.CdaRefused) as refused:
        cda.read_header(document)
    assert refused.value.field == field


def test_a_document_over_the_limit_is_refused() -> None:
    with pytest.raises(cda.CdaRefused, match="at most 100 are accepted"):
        cda.read_header(DOCUMENT.encode(), max_bytes=100)


def test_the_embedded_file_is_read_and_broken_base64_refused() -> None:
    assert cda.read_embedded_file(DOCUMENT.encode()) == cda.EmbeddedFile("application/pdf", PDF)
    with pytest.raises(cda.CdaRefused, match="base64"):
        cda.read_embedded_file(changed((base64.b64encode(PDF).decode(), "é")))


def test_the_pdf_copy_of_a_structured_document_is_found() -> None:
    body = DOCUMENT[DOCUMENT.index("<component>") : DOCUMENT.index("</ClinicalDocument>")]
    value = f'<value mediaType="application/pdf" representation="B64">{base64.b64encode(PDF).decode()}</value>'
    section = f'<section><templateId root="1.2.250.1.213.1.1.2.243"/><entry>{value}</entry></section>'
    structured = f"<component><structuredBody><component>{section}</component></structuredBody></component>"
    assert cda.read_embedded_file(changed((body, structured))) == cda.EmbeddedFile("application/pdf", PDF)
    without = structured.replace("2.243", "2.1")
    assert cda.read_embedded_file(changed((body, without))) is None
    assert cda.read_header(changed((body, without))).level == cda.STRUCTURED


def test_the_identity_is_complete_only_with_every_trait() -> None:
    assert cda.read_header(DOCUMENT.encode()).patient.identity_is_complete
    for old in ('extension="285057800608441"', 'code="F"', '<birthTime value="19850512"/>'):
        assert not cda.read_header(changed((old, ""))).patient.identity_is_complete


def test_metadata_that_contradict_the_document_are_named() -> None:
    header = cda.read_header(DOCUMENT.encode())
    assert cda.differences(header, cda.entry_from_header(header)) == ()
    other = cda.read_header(
        changed(
            ('extension="285057800608441"', 'extension="185057800608440"'),
            ("2.25.118437629001845530226711840937265512044", "2.25.9"),
            ('<effectiveTime value="20261118104500+0100"/>', '<effectiveTime value="20261118104501+0100"/>'),
            ('code="18748-4"', 'code="11502-2"'),
            ('code="N"', 'code="R"'),
            ('mediaType="application/pdf"', 'mediaType="text/plain"'),
        )
    )
    named = {refusal.field for refusal in cda.differences(header, cda.entry_from_header(other))}
    assert named == {"uniqueId", "typeCode", "patientId", "creationTime", "confidentialityCode", "formatCode"}


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [("1.2.250.1.213.1.4.10", "1.2.250.1.213.1.4.2", "INS"), ('code="18748-4"', 'code="10213-7"', "J66")],
)
def test_no_metadata_without_ins_or_for_a_type_the_dmp_does_not_take(old: str, new: str, rule: str) -> None:
    with pytest.raises(cda.CdaRefused, match=rule):
        cda.entry_from_header(cda.read_header(changed((old, new))))


@needs_samples
@pytest.mark.parametrize("path", REAL, ids=lambda path: path.stem)
def test_every_official_example_gives_a_complete_entry(path: Path) -> None:
    content = path.read_bytes()
    header = cda.read_header(content)
    entry = cda.entry_from_header(header, content=content)
    assert xds.missing_entry_attributes(entry) == ()
    assert cda.differences(header, entry) == ()
    assert entry.format_code.code in format_codes.FORMAT_CODES
    assert entry.type_code.scheme == document_types.type_scheme(entry.type_code.code)
    assert header.level == (cda.UNSTRUCTURED if b"<nonXMLBody" in content else cda.STRUCTURED)
    if header.level == cda.UNSTRUCTURED:
        embedded = cda.read_embedded_file(content)
        assert embedded is not None
        assert embedded.content.startswith(b"%PDF")
    submission_set = xds.SubmissionSet("SubmissionSet01", "1.2.3", entry.patient_id)
    submission = xds.Submission(submission_set, (entry,))
    assert xds.read_submission(xds.write_submission(submission)) == submission


@needs_samples
@pytest.mark.parametrize("path", REAL, ids=lambda path: path.stem)
def test_every_element_of_the_header_is_read_in_every_official_example(path: Path) -> None:
    root, wrapping = cda.clinical_document(path.read_bytes())
    header = cda.header_of(root, wrapping)
    counted = {
        "templateId": len(header.templates),
        "author": len(header.authors),
        "dataEnterer": int(header.data_enterer is not None),
        "informant": len(header.informants),
        "informationRecipient": len(header.recipients),
        "legalAuthenticator": int(header.legal_authenticator is not None),
        "authenticator": len(header.authenticators),
        "participant": len(header.participants),
        "inFulfillmentOf": len(header.orders),
        "documentationOf": len(header.service_events),
        "relatedDocument": len(header.related_documents),
        "authorization": len(header.authorizations),
        "componentOf": int(header.encounter is not None),
    }
    assert counted == {name: len(root.findall(f"{{urn:hl7-org:v3}}{name}")) for name in counted}
    assert header.type_id == cda.InstanceId("2.16.840.1.113883.1.3", "POCD_HD000040")
    assert header.signature_code == "S"
    assert all(author.ids and author.time and (author.family or author.is_device) for author in header.authors)
    assert all(informant.party.family or informant.party.organization.name for informant in header.informants)
    assert all(consent.status == "completed" for consent in header.authorizations)
    guardians = root.findall(".//{urn:hl7-org:v3}guardian")
    assert len(header.patient.guardians) == len(guardians)


def test_every_type_of_the_dmp_has_a_class_and_a_label() -> None:
    for code in document_types.TYPE_LABELS:
        assert document_types.class_of(code) in document_types.CLASS_LABELS
        assert code in document_types.types_of_class(document_types.class_of(code))
    with pytest.raises(document_types.UnknownDocumentType, match="J66"):
        document_types.class_of("27899-4")


@pytest.mark.parametrize(
    ("templates", "media_type", "expected"),
    [
        (["1.2.250.1.213.1.1.1.55"], "", "urn:ihe:lab:xd-lab:2008"),
        (["1.2.250.1.213.1.1.1.55"], "application/pdf", "urn:ihe:iti:xds-sd:pdf:2008"),
        (["1.2.250.1.213.1.1.1.2.1", "1.2.250.1.213.1.1.1.2.1.1"], "", "urn:asip:ci-sis:avk:2009"),
        (["1.2.3"], "", "urn:asipSante:modelesHorsProfils:2011"),
        ([], "video/mp4", "urn:asipSante:modelesHorsProfils:2011"),
    ],
)
def test_the_format_follows_body_then_most_precise_template(
    templates: list[str], media_type: str, expected: str
) -> None:
    assert format_codes.format_of(templates, media_type) == expected
    assert format_codes.format_scheme(expected)


def test_attributes_that_say_else_than_the_header_are_doubted_and_name_nobody() -> None:
    header = cda.read_header(DOCUMENT.encode())
    entry = cda.entry_from_header(header)
    assert cda.doubts(header, entry) == ()
    other = replace(
        entry, title="Autre", service_start="2001", legal_authenticator="1^DUPONT^J^^^^^^&1.2&ISO^D^^^IDNPS", authors=()
    )
    doubted = {one.field: one.context for one in cda.doubts(header, other)}
    assert doubted.keys() == {"title", "serviceStartTime", "legalAuthenticator", "authorPerson"}
    assert doubted["authorPerson"] == "authorPerson: another than the document's"
