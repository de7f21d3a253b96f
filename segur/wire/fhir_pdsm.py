"""PDSm, the FHIR door of document sharing: the one module to import. [DMP digest 4]

Checked JSON access is in `fhir_json`, people in `fhir_people`, the two directions in `fhir_pdsm_write` and
`fhir_pdsm_read`, transactions in `fhir_bundle`, changes in `fhir_patch`, search parameters in `fhir_search`.
"""

from __future__ import annotations

from segur.wire.fhir_bundle import (
    PATCH,
    ReceivedBundle,
    conditional_urls,
    document_meant,
    submission_from_bundle,
)
from segur.wire.fhir_json import FhirRefused, Resource, operation_outcome, outcome_of
from segur.wire.fhir_patch import change_of, patched_by_fhirpath, patched_by_json
from segur.wire.fhir_pdsm_read import entry_from_document_reference, inline_content
from segur.wire.fhir_pdsm_write import (
    bundle_from_submission,
    document_reference,
    searchset,
    submission_set_list,
    transaction_response,
)
from segur.wire.fhir_search import (
    DocumentSearch,
    SubmissionSetSearch,
    document_search,
    documents_named,
    submission_set_search,
)

__all__ = [
    "PATCH",
    "DocumentSearch",
    "FhirRefused",
    "ReceivedBundle",
    "Resource",
    "SubmissionSetSearch",
    "bundle_from_submission",
    "change_of",
    "conditional_urls",
    "document_meant",
    "document_reference",
    "document_search",
    "documents_named",
    "entry_from_document_reference",
    "inline_content",
    "operation_outcome",
    "outcome_of",
    "patched_by_fhirpath",
    "patched_by_json",
    "searchset",
    "submission_from_bundle",
    "submission_set_list",
    "submission_set_search",
    "transaction_response",
]
