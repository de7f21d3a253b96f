"""Rules of a submission: every broken one is named with its code."""

from __future__ import annotations

from dataclasses import replace

import pytest
from segur_dmp.domain.parameters import Control
from segur_dmp.domain.submission import Policy, SubmissionRefused, check, is_oid

from segur.vocab import document_types, format_codes, oids
from segur.vocab.professions import AUTHOR_SPECIALTY
from segur.wire import xds_uuids
from segur.wire.xds import Association, Author, Code, DocumentEntry, Submission, SubmissionSet

CX = "279035121518989^^^&1.2.250.1.213.1.4.10&ISO^NH"
DATA = b"\x00" * 128 + b"DICM and more"
AUTHOR = Author(
    "8001^DUPONT^ANNE^^^^^^&1.2.250.1.71.4.2.1&ISO^D^^^IDNPS", ("CH^^^^^&1.2.250.1.71.4.2.2&ISO^IDNST^^^1",)
)
N = Code("N", oids.CONFIDENTIALITY_HL7)
MASKED, HIDDEN = (Code(code, oids.CONFIDENTIALITY_FR) for code in ("MASQUE_PS", "INVISIBLE_PATIENT"))
KOS = DocumentEntry(
    "Document01",
    "1.2.3",
    CX,
    mime_type="application/dicom",
    type_code=Code("IMG-KOS", document_types.LOCAL_TYPE),
    class_code=Code("31", document_types.DOCUMENT_CLASS),
    format_code=Code(*format_codes.KOS),
    facility_type=Code("SA01", oids.ACTIVITY_SECTOR),
    practice_setting=Code("ETABLISSEMENT", "1.2.250.1.213.1.1.4.9"),
    confidentiality=(N,),
    authors=(AUTHOR,),
    title="Reference d'Objets d'un Examen d'Imagerie",
    language="fr-FR",
    creation_time="20260101",
    service_start="20260101",
    legal_authenticator=AUTHOR.person,
    source_patient_id=CX,
)
LOT = SubmissionSet("Set01", "1.2.4", CX, "1.2", "20260101", Code("04", "1.2.250.1.213.2.2"), (AUTHOR,))
MEMBER = Association("a1", xds_uuids.HAS_MEMBER, "Set01", "Document01", "Original")
METADATA = "XDSRegistryMetadataError"
POLICY = Policy(same_entity="1".__eq__)


def submission(entry: DocumentEntry = KOS) -> Submission:
    return Submission(LOT, (entry,), (MEMBER,))


def refusals(asked: Submission, data: bytes = DATA, policy: Policy = POLICY) -> list[tuple[str, str]]:
    try:
        check(asked, {entry.entry_uuid: data for entry in asked.entries}, policy)
    except SubmissionRefused as refused:
        return [(refusal.code, refusal.field) for refusal in refused.refusals]
    return []


def test_a_kos_passes() -> None:
    assert refusals(submission()) == []


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"title": ""}, "XDSRegistryMetadataError", "title"),
        ({"authors": ()}, "XDSRegistryMetadataError", "authorPerson"),
        ({"authors": (Author("8001^^"),)}, "XDSRegistryMetadataError", "authorPerson"),
        ({"unique_id": "1.2.3^x"}, "XDSRegistryMetadataError", "uniqueId"),
        ({"type_code": Code("10213-7", oids.LOINC)}, "XDSRegistryMetadataError", "typeCode"),
        ({"type_code": Code("IMG-KOS", oids.LOINC)}, "XDSRegistryMetadataError", "typeCode"),
        ({"class_code": Code("10", document_types.DOCUMENT_CLASS)}, "XDSRegistryMetadataError", "classCode"),
        ({"format_code": Code("urn:nobody", "1.2")}, "XDSRegistryMetadataError", "formatCode"),
        (
            {"facility_type": Code("SA66", oids.ACTIVITY_SECTOR)},
            "XDSRegistryMetadataError",
            "healthcareFacilityTypeCode",
        ),
        ({"practice_setting": Code("PLAGE", "1")}, "XDSRegistryMetadataError", "practiceSettingCode"),
        ({"confidentiality": (MASKED,)}, "XDSRegistryMetadataError", "confidentialityCode"),
        ({"confidentiality": (N, MASKED, HIDDEN)}, "XDSRegistryMetadataError", "confidentialityCode"),
        ({"confidentiality": (N, Code("SECRET", "1"))}, "XDSRegistryMetadataError", "confidentialityCode"),
        ({"hash": "0" * 40}, "XDSRepositoryMetadataError", "hash"),
        ({"size": 3}, "XDSRepositoryMetadataError", "size"),
        ({"unique_id": "1." * 40 + "1"}, "XDSRegistryMetadataError", "uniqueId"),
        ({"title": "x" * 129}, "XDSRegistryMetadataError", "title"),
        ({"language": "french"}, "XDSRegistryMetadataError", "languageCode"),
        ({"creation_time": "20260101080000+0100"}, "XDSRegistryMetadataError", "creationTime"),
        ({"service_stop": "2026-01-01"}, "XDSRegistryMetadataError", "serviceStopTime"),
        ({"source_patient_id": "IPP12"}, "XDSRegistryMetadataError", "sourcePatientId"),
        ({"source_patient_info": ("PID-8|X",)}, "XDSRegistryMetadataError", "sourcePatientInfo"),
        ({"reference_ids": ("A^^^&1.2&ISO^urn:other",)}, "XDSRegistryMetadataError", "referenceIdList"),
        ({"legal_authenticator": "8001"}, "XDSRegistryMetadataError", "legalAuthenticator"),
        ({"authors": (replace(AUTHOR, person=AUTHOR.person.replace("IDNPS", "ADELI")),)}, METADATA, "authorPerson"),
        ({"authors": (replace(AUTHOR, person=AUTHOR.person.replace("71.4.2.1", "1")),)}, METADATA, "authorPerson"),
        ({"authors": (replace(AUTHOR, institutions=("CH^^^^^&1.2&ISO^IDNST^^^1",)),)}, METADATA, "authorInstitution"),
        ({"authors": (replace(AUTHOR, specialties=("Cardiologue",)),)}, METADATA, "authorSpecialty"),
        (
            {"authors": (replace(AUTHOR, specialties=(f"SM04^Cardio^{AUTHOR_SPECIALTY}",)),)},
            METADATA,
            "authorSpecialty",
        ),
        ({"authors": (replace(AUTHOR, roles=("a^b",)),)}, METADATA, "authorRole"),
        ({"mime_type": "application/pdf"}, "XDSRegistryMetadataError", "mimeType"),
        ({"mime_type": "text/xml"}, "XDSRepositoryMetadataError", "Document"),
    ],
)
def test_a_broken_rule_is_named(changes: dict[str, object], code: str, field: str) -> None:
    assert (code, field) in refusals(submission(replace(KOS, **changes)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("content_type", "good"),
    [
        (Code("04", "1.2.250.1.213.2.2"), True),
        (Code("SA07", oids.ACTIVITY_SECTOR), True),
        (Code("05", "1.2.3"), True),
        (Code("04", "1.2.3"), False),
        (Code("01", "1.2.250.1.213.2.2"), False),
    ],
)
def test_the_content_type_of_a_set_is_in_j59(content_type: Code, good: bool) -> None:
    found = refusals(Submission(replace(LOT, content_type=content_type), (KOS,), (MEMBER,)))
    assert found == ([] if good else [(METADATA, "XDSSubmissionSet.contentTypeCode")])


def test_a_system_may_be_an_author_without_given_name() -> None:
    box = Author("1FINESS/box^DRIMBox^^^^^^^&1.2.250.1.71.4.2.1&ISO^U^^^EI", AUTHOR.institutions)
    assert refusals(submission(replace(KOS, authors=(box,)))) == []
    for device in ("DISPOSITIF", "DISPOSITIF^Dispositif^1.2.250.1.213.1.1.4.6"):
        assert refusals(submission(replace(KOS, authors=(replace(box, specialties=(device,)),)))) == []


@pytest.mark.parametrize(
    ("control", "changes"),
    [
        (Control.UNIQUE_ID, {"unique_id": "not-an-oid"}),
        (Control.VALUE_SETS, {"format_code": Code("urn:nobody", "1.2")}),
        (Control.CLASS_OF_TYPE, {"class_code": Code("10", document_types.DOCUMENT_CLASS)}),
        (Control.DOCUMENT, {"mime_type": "application/pdf"}),
        (Control.AUTHOR_NAMES, {"authors": (replace(AUTHOR, person=AUTHOR.person.replace("ANNE", "")),)}),
        (Control.FORMATS, {"language": "french"}),
    ],
)
def test_each_control_is_a_switch(control: Control, changes: dict[str, object]) -> None:
    asked = submission(replace(KOS, **changes))  # type: ignore[arg-type]
    assert refusals(asked)
    assert refusals(asked, policy=replace(POLICY, unchecked=(control,))) == []


def test_every_broken_rule_is_told_at_once() -> None:
    broken = replace(KOS, title="", facility_type=Code("SA99", "1"), size=1)
    assert len(refusals(submission(broken))) == 3


@pytest.mark.parametrize(
    ("asked", "code", "field"),
    [
        (Submission(LOT, (KOS,), ()), "XDSRegistryMetadataError", "Association"),
        (
            Submission(replace(LOT, source_id=""), (KOS,), (MEMBER,)),
            "XDSRegistryMetadataError",
            "XDSSubmissionSet.sourceId",
        ),
        (
            Submission(replace(LOT, unique_id="x"), (KOS,), (MEMBER,)),
            "XDSRegistryMetadataError",
            "XDSSubmissionSet.uniqueId",
        ),
        (
            Submission(LOT, (KOS,), (MEMBER, replace(MEMBER, type=xds_uuids.UPDATE_STATUS, source="Document01"))),
            "XDSRegistryMetadataError",
            "Association",
        ),
        (
            Submission(LOT, (KOS,), (MEMBER, replace(MEMBER, type=xds_uuids.REPLACES, source="Nobody"))),
            "XDSRegistryMetadataError",
            "Association",
        ),
        (
            Submission(
                LOT,
                (KOS, replace(KOS, entry_uuid="Document02")),
                (MEMBER, replace(MEMBER, id="a2", target="Document02")),
            ),
            "XDSRegistryDuplicateUniqueIdInMessage",
            "uniqueId",
        ),
    ],
)
def test_a_broken_set_is_named(asked: Submission, code: str, field: str) -> None:
    assert refusals(asked) == [(code, field)]


def test_bytes_must_be_there_be_few_and_be_dicom() -> None:
    assert ("XDSRepositoryMetadataError", "Document") in refusals(submission(), b"")
    assert refusals(submission(), DATA, replace(POLICY, max_bytes=5)) == [("XDSRepositoryOutOfResources", "Document")]
    assert refusals(submission(), b"no preamble") == [("XDSRepositoryMetadataError", "Document")]


def test_one_author_must_belong_to_the_callers_structure() -> None:
    assert refusals(submission(), policy=replace(POLICY, same_entity="2".__eq__)) == [
        ("XDSRegistryMetadataError", "authorInstitution")
    ]


def test_rules_can_be_switched_off() -> None:
    lenient = Policy("2".__eq__, unchecked=tuple(Control), hidden_and_masked=True)
    loose = replace(KOS, type_code=Code("X", "Y"), confidentiality=(N, MASKED, HIDDEN), mime_type="text/plain")
    assert refusals(submission(loose), b"hello", lenient) == []


@pytest.mark.parametrize(("text", "good"), [("1.2.3", True), ("1.02", False), ("abc", False), ("1." * 33 + "1", False)])
def test_an_oid_is_pure_and_short(text: str, good: bool) -> None:
    assert is_oid(text) is good
