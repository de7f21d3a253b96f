"""Where the DMP can break on purpose."""

from __future__ import annotations

from segur.kernel.faults import FaultPoint

SUBMIT_BUSY = "dmp.submit.busy"
SUBMIT_LOST_ANSWER = "dmp.submit.lost_answer"
SEARCH_UNAVAILABLE = "dmp.search.unavailable"

POINTS = (
    FaultPoint(SUBMIT_BUSY, "soap", "soap:Receiver XDSRepositoryBusy", "The repository is busy; nothing was stored."),
    FaultPoint(SUBMIT_LOST_ANSWER, "soap", "HTTP 504", "The document was stored, but the answer was lost on the way."),
    FaultPoint(SEARCH_UNAVAILABLE, "soap", "soap:Receiver XDSRegistryError", "The registry does not answer searches."),
)
