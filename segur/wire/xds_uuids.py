"""Constants of XDS in ebRIM: classification schemes, identification schemes, association and status types.

Namespaces are in `segur.wire.xml`.
Sources: [DMP digest 1.6, 1.7, 1.8, 3.1, 3.2], [MSSanté digest 3.6].
"""

from __future__ import annotations

from typing import Final

STABLE_DOCUMENT: Final = "urn:uuid:7edca82f-054d-47f2-a032-9b2a5b5186c1"
"""objectType of a stable document entry, the only kind the DMP holds."""
SUBMISSION_SET_NODE: Final = "urn:uuid:a54d6aa5-d40d-43f9-88c5-b4633d873bdd"
ASSOCIATION_OBJECT: Final = "urn:oasis:names:tc:ebxml-regrep:ObjectType:RegistryObject:Association"
REGISTRY_PACKAGE_OBJECT: Final = "urn:oasis:names:tc:ebxml-regrep:ObjectType:RegistryObject:RegistryPackage"
CLASSIFICATION_OBJECT: Final = "urn:oasis:names:tc:ebxml-regrep:ObjectType:RegistryObject:Classification"
EXTERNAL_IDENTIFIER_OBJECT: Final = "urn:oasis:names:tc:ebxml-regrep:ObjectType:RegistryObject:ExternalIdentifier"

ENTRY_AUTHOR: Final = "urn:uuid:93606bcf-9494-43ec-9b4e-a7748d1a838d"
ENTRY_CLASS: Final = "urn:uuid:41a5887f-8865-4c09-adf7-e362475b143a"
ENTRY_TYPE: Final = "urn:uuid:f0306f51-975f-434e-a61c-c59651d33983"
ENTRY_FORMAT: Final = "urn:uuid:a09d5840-386c-46f2-b5ad-9c3699a4309d"
ENTRY_CONFIDENTIALITY: Final = "urn:uuid:f4f85eac-e6cb-4883-b524-f2705394840f"
ENTRY_EVENT: Final = "urn:uuid:2c6b8cb7-8b2a-4051-b291-b1ae6a575ef4"
ENTRY_FACILITY: Final = "urn:uuid:f33fb8ac-18af-42cc-ae0e-ed0b0bdb91e1"
ENTRY_PRACTICE: Final = "urn:uuid:cccf5598-8b07-4b77-a05e-ae952c785ead"
ENTRY_PATIENT_ID: Final = "urn:uuid:58a6f841-87b3-4a3e-92fd-a8ffeff98427"
ENTRY_UNIQUE_ID: Final = "urn:uuid:2e82c1f6-a085-4c72-9da3-8640a32e42ab"

SET_AUTHOR: Final = "urn:uuid:a7058bb9-b4e4-4307-ba5b-e3f0ab85e12d"
SET_CONTENT_TYPE: Final = "urn:uuid:aa543740-bdda-424e-8c96-df4873be8500"
SET_PATIENT_ID: Final = "urn:uuid:6b5aea1a-874d-4603-a4bc-96a0a7b38446"
SET_SOURCE_ID: Final = "urn:uuid:554ac39e-e3fe-47fe-b233-965d2a147832"
SET_UNIQUE_ID: Final = "urn:uuid:96fdda7c-d067-4183-912e-bf5ee74998a8"

ASSOCIATION_NAMES: Final = {
    "HasMember": "urn:oasis:names:tc:ebxml-regrep:AssociationType:HasMember",
    "RPLC": "urn:ihe:iti:2007:AssociationType:RPLC",
    "XFRM": "urn:ihe:iti:2007:AssociationType:XFRM",
    "APND": "urn:ihe:iti:2007:AssociationType:APND",
    "XFRM_RPLC": "urn:ihe:iti:2007:AssociationType:XFRM_RPLC",
    "signs": "urn:ihe:iti:2007:AssociationType:signs",
    "UpdateAvailabilityStatus": "urn:ihe:iti:2010:AssociationType:UpdateAvailabilityStatus",
    "SubmitAssociation": "urn:ihe:iti:2010:AssociationType:SubmitAssociation",
}
"""Short name -> association type; older senders write the short name alone."""
HAS_MEMBER: Final = ASSOCIATION_NAMES["HasMember"]
REPLACES: Final = ASSOCIATION_NAMES["RPLC"]
TRANSFORMS: Final = ASSOCIATION_NAMES["XFRM"]
APPENDS: Final = ASSOCIATION_NAMES["APND"]
TRANSFORMS_AND_REPLACES: Final = ASSOCIATION_NAMES["XFRM_RPLC"]
SIGNS: Final = ASSOCIATION_NAMES["signs"]
UPDATE_STATUS: Final = ASSOCIATION_NAMES["UpdateAvailabilityStatus"]

APPROVED: Final = "urn:oasis:names:tc:ebxml-regrep:StatusType:Approved"
DEPRECATED: Final = "urn:oasis:names:tc:ebxml-regrep:StatusType:Deprecated"
SUBMITTED: Final = "urn:oasis:names:tc:ebxml-regrep:StatusType:Submitted"
ARCHIVED: Final = "urn:asip:ci-sis:2010:StatusType:Archived"
DELETED: Final = "urn:asip:ci-sis:2010:StatusType:Deleted"

SUCCESS: Final = "urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:Success"
PARTIAL_SUCCESS: Final = "urn:ihe:iti:2007:ResponseStatusType:PartialSuccess"
PARTIAL_SUCCESS_EBXML: Final = "urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:PartialSuccess"
"""What the DMP digest shows for PartialSuccess (1.8); IHE's own URN is `PARTIAL_SUCCESS`. Both are read."""
FAILURE: Final = "urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:Failure"
SEVERITY_ERROR: Final = "urn:oasis:names:tc:ebxml-regrep:ErrorSeverityType:Error"
SEVERITY_WARNING: Final = "urn:oasis:names:tc:ebxml-regrep:ErrorSeverityType:Warning"

REFERENCE_IDS_SLOT: Final = "urn:ihe:iti:xds:2013:referenceIdList"
REFERENCE_ACCESSION: Final = "urn:ihe:iti:xds:2013:accession"
REFERENCE_ORDER: Final = "urn:ihe:iti:xds:2013:order"
REFERENCE_STUDY: Final = "urn:ihe:iti:xds:2016:studyInstanceUID"
STUDY_AUTHORITY: Final = "1.2.3.4.5.6"
"""Assigning authority that official samples put beside a study UID, which needs none. [DRIM digest 2.2]"""
