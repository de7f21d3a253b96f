"""CDA R2 documents: the one module to import.

Values are in `cda_header`, reading in `cda_read`, metadata and checks in `cda_entry`. [DMP digest 5]
"""

from __future__ import annotations

from segur.wire.cda_entry import check_header, class_code, differences, entry_from_header, format_code, person_of
from segur.wire.cda_header import (
    STRUCTURED,
    UNSTRUCTURED,
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
from segur.wire.cda_read import EmbeddedFile, read_embedded_file, read_header

__all__ = [
    "STRUCTURED",
    "UNSTRUCTURED",
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
    "check_header",
    "class_code",
    "differences",
    "entry_from_header",
    "format_code",
    "person_of",
    "read_embedded_file",
    "read_header",
]
