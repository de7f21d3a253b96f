"""Where the DMP can break on purpose."""

from __future__ import annotations

from segur.kernel.faults import FaultPoint

SUBMIT_BUSY = "dmp.submit.busy"
SUBMIT_LOST_ANSWER = "dmp.submit.lost_answer"
SEARCH_UNAVAILABLE = "dmp.search.unavailable"

POINTS = (
    FaultPoint(
        SUBMIT_BUSY,
        "soap, fhir",
        "soap:Receiver XDSRepositoryBusy, HTTP 503",
        "The repository is busy; nothing was stored.",
    ),
    FaultPoint(
        SUBMIT_LOST_ANSWER, "soap, fhir", "HTTP 504", "The document was stored, but the answer was lost on the way."
    ),
    FaultPoint(
        SEARCH_UNAVAILABLE,
        "soap, fhir",
        "soap:Receiver XDSRegistryError, HTTP 503",
        "The registry does not answer searches.",
    ),
)
