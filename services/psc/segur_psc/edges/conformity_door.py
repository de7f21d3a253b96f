"""`signsessiondata`, the API Pro Santé Connectée of ANS by which a proxy shows that it conforms [PSC digest 1.17]."""

from __future__ import annotations

from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from segur.kernel import request as present
from segur.kernel.errors import SegurError
from segur_psc import errors
from segur_psc.context import TrustSpace
from segur_psc.domain.providers import CONFORMITY
from segur_psc.edges.answers import answered, refused_bearer
from segur_psc.edges.forms import read_body
from segur_psc.operations.keep_api_session import use_api_token

_FIELDS = ("nationalId", "clientID", "proxy_session_id", "session_state")
_CLAIMS = {"nationalId": "SubjectNameID", "clientID": "azp"}
"""Fields that must say what the API token says."""


class ConformityDoor:
    """One call: what the proxy says of its session, with a signature."""

    def __init__(self, space: TrustSpace) -> None:
        self._space = space

    def routes(self) -> list[Route]:
        """Where the proxy's backend `signsessiondata` leads."""
        return [Route("/psc/mockservice/apipsc/signsessiondata", self.sign, methods=["POST"])]

    async def sign(self, request: Request) -> Response:
        """Give the data back, signed (a JWS); the token must be alive and bound to the connection's certificate."""
        present.note(operation="signsessiondata")
        try:
            claims = await use_api_token(self._space, CONFORMITY, request.headers.get("authorization", ""))
            data = _read(await read_body(request))
            for name, claim in _CLAIMS.items():
                if data[name] != claims[claim]:
                    raise errors.CONFORMITY_BODY.error(problem=f"{name}: not the {claim} of the API token")
        except SegurError as error:
            return refused_bearer(error)
        return answered(data | {"signature": self._space.keys.sign(data)})


def _read(body: bytes) -> dict[str, Any]:
    """The four fields; raise `CONFORMITY_BODY` naming the one that is missing."""
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise errors.CONFORMITY_BODY.error(problem=f"the body is not JSON: {error}") from error
    if not isinstance(told, dict):
        raise errors.CONFORMITY_BODY.error(problem="the body is not a JSON object")
    for name in _FIELDS:
        if not isinstance(told.get(name), str):
            raise errors.CONFORMITY_BODY.error(problem=f"{name}: missing, or not a text")
    return {name: told[name] for name in _FIELDS}
