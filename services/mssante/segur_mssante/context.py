"""What every act of the operator needs."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass

from segur.kernel import request, tracing
from segur.kernel.introspection import TokenCheck
from segur.kernel.service import Floor
from segur_mssante.settings import Settings
from segur_mssante.store import MailStore, PscSessions


@dataclass(frozen=True, slots=True)
class Context:
    """Floor, settings, store, the token check, and the sessions that hang on Pro Santé Connect."""

    floor: Floor
    settings: Settings
    store: MailStore
    tokens: TokenCheck
    psc_sessions: PscSessions

    def journal(self, door: str, method: str, path: str, status: str, begun: float, **more: str) -> None:
        """One exchange of a mail door for the console; `begun` is of `time.perf_counter`, nothing may hold an INS."""
        present = request.current()
        number = re.search(r"\d{3}", status)
        self.floor.journal.record(
            {
                "door": door,
                "sandbox": present.sandbox,
                "service": "mssante",
                "method": method,
                "path": path,
                "status": 200 if status.startswith("OK") or number is None else int(number[0]),
                "ms": round((time.perf_counter() - begun) * 1000, 1),
                "trace_id": tracing.current_trace_id(),
                "request": {"headers": [], "body": "", "bytes": 0},
                "response": {"headers": [], "body": status, "bytes": len(status)},
                **present.notes,
                **more,
            }
        )
