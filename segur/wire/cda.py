"""CDA R2 documents: the one module to import.

Values are in `cda_header`, reading in `cda_read`, metadata in `cda_entry`; the rules a document must meet are those of
`segur.cda`. [DMP digest 5]
"""

from __future__ import annotations

from segur.wire.cda_entry import (
    class_code,
    differences,
    doubts,
    entry_from_header,
    format_code,
    person_of,
)
from segur.wire.cda_header import (
    STRUCTURED,
    UNSTRUCTURED,
    Authorization,
    CdaHeader,
    CdaRefused,
    Encounter,
    InstanceId,
    Order,
    Organization,
    Participant,
    Party,
    Patient,
    RelatedDocument,
    ServiceEvent,
)
from segur.wire.cda_read import (
    EmbeddedFile,
    clinical_document,
    embedded_file_of,
    header_of,
    read_embedded_file,
    read_header,
)

__all__ = [
    "STRUCTURED",
    "UNSTRUCTURED",
    "Authorization",
    "CdaHeader",
    "CdaRefused",
    "EmbeddedFile",
    "Encounter",
    "InstanceId",
    "Order",
    "Organization",
    "Participant",
    "Party",
    "Patient",
    "RelatedDocument",
    "ServiceEvent",
    "class_code",
    "clinical_document",
    "differences",
    "doubts",
    "embedded_file_of",
    "entry_from_header",
    "format_code",
    "header_of",
    "person_of",
    "read_embedded_file",
    "read_header",
]
