"""What the administrator of the box asks of it: to resynchronise its KOS with the DMP [DB/SO.28].

    POST /drimbox/api/resynchronisations
    202 {"id": "01…", "asked": "2026-…", "due": "2026-…", "state": "waiting"}

    GET  /drimbox/api/resynchronisations
    {"resynchronisations": [{"id": …, "state": "done", "walked": 12, "changed": 1, …}]}

`due` is later than `asked` in the hours of `SEGUR_DRIM_RESYNC_PAUSES`. The form of the command is ours.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from segur.kernel import request as call
from segur.kernel.store import Document
from segur_drim.context import Context
from segur_drim.operations.resynchronise import ask_resynchronisation

PATH = "/drimbox/api/resynchronisations"
_HIDDEN = ("_id", "sandbox")


class Administration:
    """The resynchronisations of the sandbox of the call."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def routes(self) -> list[Route]:
        """The address of this door."""
        return [Route(PATH, self.ask, methods=["POST"]), Route(PATH, self.show)]

    async def ask(self, request: Request) -> Response:
        """Ask for one."""
        call.note(operation="drim.resync")
        return JSONResponse(_shown(await ask_resynchronisation(self._context)), 202)

    async def show(self, request: Request) -> Response:
        """The last ones, newest first."""
        rows = await self._context.resyncs.latest()
        return JSONResponse({"resynchronisations": [_shown(row) for row in rows]})


def _shown(row: Document) -> dict[str, Any]:
    told = {name: value for name, value in row.items() if name not in _HIDDEN}
    dates = {name: value.isoformat() for name, value in told.items() if isinstance(value, datetime)}
    return {"id": str(row["_id"]).rpartition(":")[2], **told, **dates}
