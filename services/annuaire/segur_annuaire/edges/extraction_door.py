"""The public extraction as a download: a zip that is written while it is sent.

`GET /annuaire-sante-webservices/V300/services/extraction/PS_LibreAcces` is the path of the national web service; the
same under `/annuaire/extractions/PS_LibreAcces`. Names carry the moment: `PS_LibreAcces_202611240830.zip`. No key is
asked for: the extraction is public.
"""

from __future__ import annotations

import asyncio
import io
import zipfile
from collections.abc import AsyncIterator
from typing import Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from typing_extensions import Buffer

from segur.kernel import request as call
from segur_annuaire.context import Context
from segur_annuaire.domain import extraction
from segur_annuaire.operations import extract

PATHS: Final = (
    "/annuaire-sante-webservices/V300/services/extraction/PS_LibreAcces",
    "/annuaire/extractions/PS_LibreAcces",
)


class ExtractionDoor:
    """Sends the three files."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def routes(self) -> list[Route]:
        """Both addresses."""
        return [Route(path, self._send, methods=["GET"]) for path in PATHS]

    async def _send(self, _: Request) -> Response:
        call.note(operation="annuaire.extraction")
        moment = f"{self._context.floor.clock.now():%Y%m%d%H%M}"
        headers = {"content-disposition": f'attachment; filename="PS_LibreAcces_{moment}.zip"'}
        present = call.current()
        return StreamingResponse(self._zip(moment, present), 200, headers, "application/zip")

    async def _zip(self, moment: str, present: call.Request) -> AsyncIterator[bytes]:
        inside = call.enter(present)  # the body is sent after the door has returned
        try:
            context, out = self._context, _Pieces()
            files = (
                ("Personne_activite", extraction.ACTIVITY_COLUMNS, extract.activities(context)),
                ("Dipl_AutExerc", extraction.DIPLOMA_COLUMNS, extract.diplomas(context)),
                ("SavoirFaire", extraction.SKILL_COLUMNS, extract.skills(context)),
            )
            with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
                for name, columns, lines in files:
                    with archive.open(f"PS_LibreAcces_{name}_{moment}.txt", "w") as member:
                        member.write(("|".join(columns) + "\n").encode())
                        async for text in lines:
                            await asyncio.to_thread(member.write, text.encode())
                            yield out.taken()
            yield out.taken()
        finally:
            call.leave(inside)


class _Pieces(io.RawIOBase):
    """What the archive wrote since it was last asked; it cannot go back, so the zip carries its sizes behind."""

    def __init__(self) -> None:
        super().__init__()
        self._held: list[bytes] = []

    def writable(self) -> bool:
        """Yes, and nothing else."""
        return True

    def write(self, data: Buffer) -> int:
        """Keep what was written."""
        piece = bytes(data)
        self._held.append(piece)
        return len(piece)

    def taken(self) -> bytes:
        """What was written since; it is given once."""
        found = b"".join(self._held)
        self._held.clear()
        return found
