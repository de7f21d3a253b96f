"""The stored queries a French registry answers, with their parameters. [DMP digest 1.7]"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

_ENTRY: Final = "$XDSDocumentEntry"
_SET: Final = "$XDSSubmissionSet"
_FOLDER: Final = "$XDSFolder"


@dataclass(frozen=True, slots=True)
class QueryDefinition:
    """One stored query: `required` are groups of which exactly one parameter must be given."""

    name: str
    uuid: str
    required: tuple[tuple[str, ...], ...]
    optional: tuple[str, ...] = ()

    @property
    def parameters(self) -> frozenset[str]:
        """Every parameter the query knows."""
        return frozenset(name for group in self.required for name in group) | set(self.optional)


_FIND_CRITERIA = tuple(
    _ENTRY + name
    for name in (
        "ClassCode", "TypeCode", "PracticeSettingCode", "CreationTimeFrom", "CreationTimeTo", "ServiceStartTimeFrom",
        "ServiceStartTimeTo", "ServiceStopTimeFrom", "ServiceStopTimeTo", "HealthcareFacilityTypeCode",
        "EventCodeList", "ConfidentialityCode", "AuthorPerson", "FormatCode", "Type",
    )
)  # fmt: skip
_PATIENT_AND_STATUS = ((_ENTRY + "PatientId",), (_ENTRY + "Status",))
_ONE_DOCUMENT = ((_ENTRY + "EntryUUID", _ENTRY + "UniqueId"),)
_HOME = "$homeCommunityId"

QUERIES: Final[Mapping[str, QueryDefinition]] = MappingProxyType(
    {
        query.name: query
        for query in (
            QueryDefinition(
                "FindDocuments", "urn:uuid:14d4debf-8f97-4251-9a74-a90016b0af0d", _PATIENT_AND_STATUS, _FIND_CRITERIA
            ),
            QueryDefinition(
                "FindDocumentsByReferenceId",
                "urn:uuid:12941a89-e02e-4be5-967c-ce4bfc8fe492",
                (*_PATIENT_AND_STATUS, (_ENTRY + "ReferenceIdList",)),
                _FIND_CRITERIA,
            ),
            QueryDefinition(
                "FindSubmissionSets",
                "urn:uuid:f26abbcb-ac74-4422-8a30-edb644bbc1a9",
                ((_SET + "PatientId",), (_SET + "Status",)),
                tuple(
                    _SET + name
                    for name in ("SubmissionTimeFrom", "SubmissionTimeTo", "SourceId", "AuthorPerson", "ContentType")
                ),
            ),
            QueryDefinition("GetDocuments", "urn:uuid:5c4f972b-d56b-40ac-a5fc-c8ca9b40b9d4", _ONE_DOCUMENT, (_HOME,)),
            QueryDefinition(
                "GetAssociations", "urn:uuid:a7ae438b-4bc2-4642-93e9-be891f7bb155", (("$uuid",),), (_HOME,)
            ),
            QueryDefinition(
                "GetDocumentsAndAssociations",
                "urn:uuid:bab9529a-4a10-40b3-a01f-f68a615d247a",
                _ONE_DOCUMENT,
                (_HOME,),
            ),
            QueryDefinition(
                "GetSubmissionSets", "urn:uuid:51224314-5390-4169-9b91-b1980040715a", (("$uuid",),), (_HOME,)
            ),
            QueryDefinition(
                "GetSubmissionSetAndContents",
                "urn:uuid:e8e3cb2c-e39c-46b9-99e4-c12f57260b83",
                ((_SET + "EntryUUID", _SET + "UniqueId"),),
                (_ENTRY + "FormatCode", _ENTRY + "ConfidentialityCode", _ENTRY + "Type", _HOME),
            ),
            QueryDefinition(
                "GetRelatedDocuments",
                "urn:uuid:d90e5407-b356-4d91-a89f-873917b4b0e6",
                (*_ONE_DOCUMENT, ("$AssociationTypes",)),
                (_ENTRY + "Type", _HOME),
            ),
            QueryDefinition(
                "GetAll",
                "urn:uuid:10b545ea-725c-446d-9b95-8aeb444eddf3",
                (("$patientId",), (_ENTRY + "Status",), (_SET + "Status",), (_FOLDER + "Status",)),
                (_ENTRY + "FormatCode", _ENTRY + "ConfidentialityCode", _ENTRY + "Type"),
            ),
            QueryDefinition(
                "FindFolders",
                "urn:uuid:958f3006-baad-4929-a4de-ff1114824431",
                ((_FOLDER + "PatientId",), (_FOLDER + "Status",)),
                tuple(_FOLDER + name for name in ("LastUpdateTimeFrom", "LastUpdateTimeTo", "CodeList")),
            ),
        )
    }
)
"""Name -> definition of every stored query the registry answers."""
