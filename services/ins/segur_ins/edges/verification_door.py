"""The verification door: one INS as JSON, many as a file. The contract is SégurStack's, and every answer says so.

The national contract (lot 2, mass verification) is not public; this one does what integrators need from it: OK or KO,
nothing disclosed. Errors are problem documents. [INS digest 2.4]
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, Final

import orjson
from pydantic import BaseModel, Field, ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from segur.kernel import request as call_context
from segur.kernel.ids import new_id
from segur.kernel.store import Document
from segur_ins import errors
from segur_ins.context import Context
from segur_ins.domain.claims_file import write_results
from segur_ins.domain.verification import claim_of
from segur_ins.edges.body import read_body
from segur_ins.operations.identify_by_token import identify_by_token
from segur_ins.operations.verify_file import OPERATION, deposit_file, fetch_batch, fetch_verdicts
from segur_ins.operations.verify_identity import verify_identity
from segur_ins.pipeline import Call, Mode, known, told

ONE, MANY = "/insi/verification", "/insi/verifications"
CONTRACT: Final = "SégurStack : le contrat national de vérification n'est pas public"
_UNIT_OPERATION = "verificationUnitaire"
_BYTES_PER_LINE = 300


class Claimed(BaseModel, extra="forbid", frozen=True):
    """One INS to verify; the traits as INSi gave them, `listePrenom` one first name or the whole list."""

    matricule: str = Field(max_length=20)
    oid: str = Field(max_length=64)
    nomNaissance: str = Field(max_length=200)
    listePrenom: str = Field(max_length=500)
    sexe: str = Field(max_length=1)
    dateNaissance: str = Field(max_length=10)
    lieuNaissance: str = Field(default="", max_length=5)


class VerificationDoor:
    """Reads claims, calls the acts, writes verdicts."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def routes(self) -> list[Route]:
        """The routes."""
        return [
            Route(ONE, self._one, methods=["POST"]),
            Route(MANY, self._deposit, methods=["POST"]),
            Route(f"{MANY}/{{batch}}", self._state),
            Route(f"{MANY}/{{batch}}/resultat", self._verdicts),
        ]

    async def _one(self, request: Request) -> Response:
        async def act(call: Call) -> Response:
            body = await read_body(request, self._context.settings.ins_max_message_bytes)
            try:
                read = Claimed.model_validate_json(body)
            except ValidationError as error:
                wrong = error.errors()[0]
                raise errors.BAD_CLAIM.error(
                    field=".".join(map(str, wrong["loc"])) or "corps",
                    rule=f"{wrong['msg']}.",
                    fix=f"Envoyer un objet JSON avec {', '.join(Claimed.model_fields)}.",
                ) from error
            claim = claim_of(
                read.matricule,
                read.oid,
                read.nomNaissance,
                read.listePrenom,
                read.sexe,
                read.dateNaissance,
                read.lieuNaissance,
            )
            verdict = await verify_identity(self._context, call, claim)
            return _json({"resultat": verdict.result})

        return await self._admitted(_UNIT_OPERATION, request, act)

    async def _deposit(self, request: Request) -> Response:
        async def act(call: Call) -> Response:
            limit = self._context.settings.ins_batch_lines * _BYTES_PER_LINE
            row = await deposit_file(self._context, call, await read_body(request, limit))
            location = f"{call_context.current().base}{MANY}/{row['_id']}"
            return _json(_shown(row), 202, {"location": location, "retry-after": "1"})

        return await self._admitted(OPERATION, request, act)

    async def _state(self, request: Request) -> Response:
        async def act(call: Call) -> Response:
            return _json(_shown(await fetch_batch(self._context, call, request.path_params["batch"])))

        return await self._admitted(OPERATION, request, act)

    async def _verdicts(self, request: Request) -> Response:
        async def act(call: Call) -> Response:
            verdicts = await fetch_verdicts(self._context, call, request.path_params["batch"])
            return Response(write_results(verdicts), media_type="text/csv; charset=utf-8")

        return await self._admitted(OPERATION, request, act)

    async def _admitted(self, operation: str, request: Request, act: Callable[[Call], Awaitable[Response]]) -> Response:
        """Act for a structure, known by its certificate, or a professional, by the API token of a Proxy e-Santé."""
        call = Call(new_id(), operation)

        async def admitted() -> Response:
            issuer = await identify_by_token(self._context, request.headers.get("authorization", ""))
            issuer, mode = (issuer, Mode.TOKEN) if issuer else known(self._context, call)
            call_context.note(actor=issuer)
            return await act(replace(call, issuer=issuer, mode=mode))

        return await told(self._context, call, admitted)


def _shown(row: Document) -> dict[str, Any]:
    shown = {
        "lot": row["_id"],
        "etat": row["state"],
        "lignes": row["lines"],
        "deposeLe": row["deposited_at"].isoformat(),
    }
    if "counts" in row:
        shown |= {"resultats": row["counts"], "termineLe": row["finished_at"].isoformat()}
    return shown


def _json(value: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None) -> Response:
    body = orjson.dumps({**value, "contrat": CONTRACT})
    return Response(body, status, headers, "application/json")
