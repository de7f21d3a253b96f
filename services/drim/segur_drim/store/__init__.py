"""What the box remembers, a module for each kind of record.

`archive` holds the images, `reports` what the RIS sent and what the DMP said of it since, `publications` the KOS to
bring to the DMP and those in force there, `resyncs` the resynchronisations asked for.
"""

from segur_drim.store.archive import LONGEST_PSC_SESSION, Archive, StoredObject
from segur_drim.store.publications import (
    FOLLOW,
    PUBLISHED,
    REFUSED,
    REMOVED,
    UNCHANGED,
    WAITING,
    Publications,
)
from segur_drim.store.reports import Reports, confidentiality_of
from segur_drim.store.resyncs import Resyncs

__all__ = [
    "FOLLOW",
    "LONGEST_PSC_SESSION",
    "PUBLISHED",
    "REFUSED",
    "REMOVED",
    "UNCHANGED",
    "WAITING",
    "Archive",
    "Publications",
    "Reports",
    "Resyncs",
    "StoredObject",
    "confidentiality_of",
]
