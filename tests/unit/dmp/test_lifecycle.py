"""What may change in a document that is in a DMP, and within which limits."""

from __future__ import annotations

from dataclasses import replace

import pytest
from segur_dmp.domain.lifecycle import (
    Source,
    act_of_status,
    acts_of_confidentiality,
    check_same,
    check_version,
    hides_from_representatives,
    is_made_by,
    is_patients_own,
    outside,
)
from segur_dmp.domain.rights import Act, Limit

from segur.vocab import oids
from segur.wire import xds_uuids
from segur.wire.xds import Author, Code, DocumentEntry, MetadataRefused

N = Code("N", oids.CONFIDENTIALITY_HL7)
MASKED, HIDDEN, HIDDEN_RL = (
    Code(code, oids.CONFIDENTIALITY_FR) for code in ("MASQUE_PS", "INVISIBLE_PATIENT", "INVISIBLE_REPRESENTANTS_LEGAUX")
)
AUTHOR = Author(
    "8001^DUPONT^ANNE^^^^^^&1.2.250.1.71.4.2.1&ISO^D^^^IDNPS", ("CH^^^^^&1.2.250.1.71.4.2.2&ISO^IDNST^^^1A",)
)
CX = "279035121518989^^^&1.2.250.1.213.1.4.10&ISO^NH"
ENTRY = DocumentEntry(
    "urn:uuid:1", "1.2.3", CX, type_code=Code("11488-4", oids.LOINC, "CR"), class_code=Code("10", "1.2"),
    confidentiality=(N,), authors=(AUTHOR,), title="Compte  rendu", hash="0" * 40, size=3,
    logical_id="urn:uuid:1", version=1, status=xds_uuids.APPROVED, repository_unique_id="1.9",
)  # fmt: skip
STATUSES = (xds_uuids.APPROVED, xds_uuids.ARCHIVED, xds_uuids.DELETED, xds_uuids.DEPRECATED, "", "urn:x")
ALLOWED = {
    (xds_uuids.APPROVED, xds_uuids.ARCHIVED): Act.ARCHIVE,
    (xds_uuids.ARCHIVED, xds_uuids.APPROVED): Act.ARCHIVE,
    (xds_uuids.APPROVED, xds_uuids.DELETED): Act.DELETE,
    (xds_uuids.ARCHIVED, xds_uuids.DELETED): Act.DELETE,
}


@pytest.mark.parametrize("before", STATUSES)
@pytest.mark.parametrize("after", STATUSES)
def test_of_all_transitions_four_exist(before: str, after: str) -> None:
    if (before, after) in ALLOWED:
        assert act_of_status(before, after) is ALLOWED[before, after]
        return
    with pytest.raises(MetadataRefused) as refused:
        act_of_status(before, after)
    assert refused.value.code == "XDSMetadataUpdateError"


@pytest.mark.parametrize(
    ("before", "after", "acts"),
    [
        ((N,), (N, MASKED), (Act.MASK,)),
        ((N, MASKED), (N,), (Act.UNMASK,)),
        ((N, HIDDEN), (N,), (Act.SHOW_PATIENT,)),
        ((N, HIDDEN_RL), (N,), (Act.SHOW_PATIENT,)),
        ((N, HIDDEN), (N, MASKED), (Act.MASK, Act.SHOW_PATIENT)),
        ((N, MASKED, HIDDEN_RL), (N,), (Act.UNMASK, Act.SHOW_PATIENT)),
        ((N,), (N, HIDDEN_RL), ()),
    ],
)
def test_a_change_of_confidentiality_is_named_in_acts(
    before: tuple[Code, ...], after: tuple[Code, ...], acts: tuple[Act, ...]
) -> None:
    entry = replace(ENTRY, confidentiality=before)
    assert acts_of_confidentiality(entry, after) == acts
    assert hides_from_representatives(entry, after) is (acts == ())


@pytest.mark.parametrize(
    ("entry", "after"),
    [
        (ENTRY, (N,)),
        (ENTRY, (Code("R", oids.CONFIDENTIALITY_HL7),)),
        (ENTRY, ()),
        (ENTRY, (N, HIDDEN)),
        (replace(ENTRY, status=xds_uuids.DELETED), (N, MASKED)),
        (replace(ENTRY, status=xds_uuids.DEPRECATED), (N, MASKED)),
    ],
)
def test_other_changes_of_confidentiality_are_refused(entry: DocumentEntry, after: tuple[Code, ...]) -> None:
    with pytest.raises(MetadataRefused) as refused:
        acts_of_confidentiality(entry, after)
    assert refused.value.code == "XDSMetadataUpdateError"


@pytest.mark.parametrize(
    "changes",
    [
        {"entry_uuid": "Document01", "confidentiality": (N, MASKED), "status": "", "version": 9},
        {"title": "Compte rendu "},
        {"type_code": Code("11488-4", oids.LOINC, "Un autre libellé")},
        {"patient_id": CX + "^^20100907"},
        {"hash": "", "size": None, "repository_unique_id": "", "logical_id": ""},
    ],
)
def test_what_a_registry_knows_itself_may_be_left_out_or_written_otherwise(changes: dict[str, object]) -> None:
    check_same(ENTRY, replace(ENTRY, **changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"title": ""}, "XDSMetadataUpdateError"),
        ({"size": 0}, "XDSMetadataUpdateError"),
        ({"hash": "1" * 40}, "XDSMetadataUpdateError"),
        ({"authors": ()}, "XDSMetadataUpdateError"),
        ({"event_codes": (N,)}, "XDSMetadataUpdateError"),
        ({"patient_id": CX.replace("4.10", "4.11")}, "XDSPatientIDReconciliationError"),
    ],
)
def test_anything_else_is_named(changes: dict[str, object], code: str) -> None:
    with pytest.raises(MetadataRefused) as refused:
        check_same(ENTRY, replace(ENTRY, **changes))  # type: ignore[arg-type]
    assert (refused.value.code, refused.value.field in ("patientId", *changes)) == (code, True)


def test_the_previous_version_counts_in_strict_mode_only() -> None:
    check_version(ENTRY, ENTRY, 7, strict=False)
    check_version(ENTRY, ENTRY, 1, strict=True)
    with pytest.raises(MetadataRefused) as refused:
        check_version(ENTRY, ENTRY, 7, strict=True)
    assert refused.value.code == "XDSMetadataVersionError"
    with pytest.raises(MetadataRefused) as refused:
        check_version(ENTRY, replace(ENTRY, logical_id="urn:uuid:2"), 1, strict=False)
    assert refused.value.code == "XDSMetadataUpdateError"


@pytest.mark.parametrize(
    ("entry", "own"),
    [
        (ENTRY, False),
        (replace(ENTRY, class_code=Code("90", "1.2")), True),
        (replace(ENTRY, type_code=Code("DOCPAT03", "1.2")), True),
        (replace(ENTRY, type_code=Code("EXPPAT_2", "1.2")), True),
        (replace(ENTRY, authors=(Author("2790^X^Y^^^^^^&1.2.250.1.213.1.4.10&ISO^D^^^NH"),)), True),
    ],
)
def test_a_document_of_the_patient_is_told_by_class_type_or_author(entry: DocumentEntry, own: bool) -> None:
    assert is_patients_own(entry) is own


@pytest.mark.parametrize(
    ("limit", "id_nat", "structure", "within"),
    [
        (None, "8999", "1Z", True),
        (Limit.OWN_DOCUMENTS, "8001", "1Z", True),
        (Limit.OWN_DOCUMENTS, "8002", "1Z", True),
        (Limit.OWN_DOCUMENTS, "8999", "1A", False),
        (Limit.STRUCTURES_DOCUMENTS, "8999", "1A", True),
        (Limit.STRUCTURES_DOCUMENTS, "8999", "1B", True),
        (Limit.STRUCTURES_DOCUMENTS, "8001", "1Z", False),
    ],
)
def test_own_documents_are_those_one_wrote_or_submitted(
    limit: Limit | None, id_nat: str, structure: str, within: bool
) -> None:
    fed_by = Source("8002", "1B")
    assert (outside(limit, ENTRY, fed_by, id_nat, structure.__eq__) == "") is within
    assert is_made_by(ENTRY, fed_by, structure.__eq__) is (structure in ("1A", "1B"))
