"""Facts of the edge and the control plane."""

from __future__ import annotations

from segur.contracts.fact import Fact, fact


@fact("gateway.request.refused", subject="request_id")
class RequestRefused(Fact):
    """The edge refused a call before any service saw it: unknown sandbox, production host, oversize."""

    request_id: str
    host: str
    path: str
    code: str
    reason: str
