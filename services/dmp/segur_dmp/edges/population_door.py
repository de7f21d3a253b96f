"""A crowd of documents to search among: ours, as no national DMP is filled this way.

    GET  /dmp/api/population
    {"documents": 1000000, "patients": 49751, "loading": false, "largest": "P58"}

    POST /dmp/api/population   {"documents": 1000000}
    202 and the same; 409 while another crowd of the sandbox is being filed

`largest` is the key of the patient of the country who has 5,000 of them.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from segur.kernel.background import Background
from segur.personas.country import Country
from segur_dmp.context import Context
from segur_dmp.domain.crowd import largest_of, patients_for
from segur_dmp.operations.load_documents import load_documents

PATH = "/dmp/api/population"
MOST = 5_000_000


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")

    documents: int = Field(ge=1, le=MOST)


class PopulationDoor:
    """The crowd of the sandbox of the call."""

    def __init__(self, context: Context, country: Country) -> None:
        self._context, self._country = context, country
        self.work = Background("crowd of documents")

    def routes(self) -> list[Route]:
        """The address of this door."""
        return [Route(PATH, self.read), Route(PATH, self.load, methods=["POST"])]

    async def read(self, request: Request) -> Response:
        """How far it is."""
        return JSONResponse(await self._shown())

    async def load(self, request: Request) -> Response:
        """Begin to file documents up to that number."""
        try:
            asked = _Asked.model_validate_json(await request.body())
        except ValidationError as error:
            found = error.errors(include_url=False, include_context=False, include_input=False)[0]
            return _refused(400, f"[{'.'.join(map(str, found['loc'])) or 'body'}] {found['msg']}")
        if not self.work.start(lambda: load_documents(self._context, self._country, asked.documents)):
            return _refused(409, "Un remplissage est déjà en cours pour ce bac à sable : attendez sa fin.")
        return JSONResponse(await self._shown(), 202)

    async def _shown(self) -> dict[str, object]:
        known = await self._context.records.crowds.known()
        return {
            "documents": known,
            "patients": 1 + patients_for(known) if known else 0,
            "loading": self.work.is_under_way(),
            "largest": largest_of(self._country).key,
        }


def _refused(status: int, detail: str) -> Response:
    problem = {"title": "Population de documents", "status": status, "detail": detail}
    return JSONResponse(problem, status, media_type="application/problem+json")
