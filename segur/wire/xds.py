"""XDS metadata and messages: the one module to import.

Values are in `xds_values`, ebRIM in `xds_read` and `xds_write`, the messages of ITI-41, ITI-18 and ITI-57 in
`xds_messages`, of ITI-43 in `xds_retrieve`, required attributes in `xds_required`; stored queries are in `xds_query`.
[DMP digest 1.6-1.8, 3]
"""

from __future__ import annotations

from segur.wire.xds_datatypes import (
    InvalidDtm,
    Person,
    Structure,
    comparable,
    cx,
    cx_key,
    dtm,
    parse_dtm,
    reference_id,
    utc_dtm,
)
from segur.wire.xds_messages import (
    DocumentPart,
    ProvideAndRegister,
    QueryResponse,
    RegistryError,
    RegistryResponse,
    query_response_text,
    read_provide_and_register,
    read_query_response,
    read_registry_response,
    write_provide_and_register,
    write_query_response,
    write_registry_response,
)
from segur.wire.xds_read import read_submission
from segur.wire.xds_required import missing_attributes, missing_entry_attributes
from segur.wire.xds_retrieve import (
    DocumentRequest,
    RetrievedDocument,
    RetrieveResponse,
    read_retrieve_request,
    read_retrieve_response,
    write_retrieve_request,
    write_retrieve_response,
)
from segur.wire.xds_values import (
    NO_CODE,
    Association,
    Author,
    Code,
    DocumentEntry,
    MetadataRefused,
    Submission,
    SubmissionSet,
)
from segur.wire.xds_write import write_submission

__all__ = [
    "NO_CODE",
    "Association",
    "Author",
    "Code",
    "DocumentEntry",
    "DocumentPart",
    "DocumentRequest",
    "InvalidDtm",
    "MetadataRefused",
    "Person",
    "ProvideAndRegister",
    "QueryResponse",
    "RegistryError",
    "RegistryResponse",
    "RetrieveResponse",
    "RetrievedDocument",
    "Structure",
    "Submission",
    "SubmissionSet",
    "comparable",
    "cx",
    "cx_key",
    "dtm",
    "missing_attributes",
    "missing_entry_attributes",
    "parse_dtm",
    "query_response_text",
    "read_provide_and_register",
    "read_query_response",
    "read_registry_response",
    "read_retrieve_request",
    "read_retrieve_response",
    "read_submission",
    "reference_id",
    "utc_dtm",
    "write_provide_and_register",
    "write_query_response",
    "write_registry_response",
    "write_retrieve_request",
    "write_retrieve_response",
    "write_submission",
]
