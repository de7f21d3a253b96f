"""What the national API gateway checks before the FHIR server hears of a call: key and rate [PSC digest 3.1, 3.2]."""

from __future__ import annotations

import hmac
from collections import deque
from urllib.parse import urlsplit

from starlette.requests import Request

from segur.kernel import request as call
from segur_annuaire import errors, faults
from segur_annuaire.context import Context

HOST = "gateway.api.esante.gouv.fr"
_WINDOW_S = 1.0
_MOST_APPLICATIONS = 1_000


class NationalGateway:
    """Checks each call; remembers the last second of each application."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._seen: dict[tuple[str, str], deque[float]] = {}

    def check(self, request: Request) -> None:
        """Raise `UNAUTHORIZED` or `QUOTA`."""
        board, settings = self._context.floor.faults, self._context.settings
        key = request.headers.get("esante-api-key", "")
        if board.strikes(faults.KEY_REFUSED, actor=key):
            raise errors.UNAUTHORIZED.error()
        if board.strikes(faults.QUOTA_EXCEEDED, actor=key):
            raise errors.QUOTA.error()
        rules = settings.annuaire_gateway_rules
        if rules == "never" or (rules == "national-host" and urlsplit(call.current().base).hostname != HOST):
            return
        known = settings.annuaire_api_keys
        if not key or (known and not any(hmac.compare_digest(key.encode(), one.encode()) for one in known)):
            raise errors.UNAUTHORIZED.error()
        self._count(key)

    def _count(self, key: str) -> None:
        now = self._context.floor.clock.timestamp()
        if len(self._seen) >= _MOST_APPLICATIONS:
            self._seen = {who: times for who, times in self._seen.items() if times and times[-1] > now - _WINDOW_S}
        times = self._seen.setdefault((call.current_sandbox(), key), deque())
        while times and times[0] <= now - _WINDOW_S:
            times.popleft()
        if len(times) >= self._context.settings.annuaire_calls_per_second:
            raise errors.QUOTA.error()
        times.append(now)
