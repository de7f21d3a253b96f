"""The peer: a handler that answers a small JSON at once. `python -m segur.load.bare PORT [starlette|fastapi]`."""

from __future__ import annotations

import sys

import orjson
import uvicorn
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_BODY = orjson.dumps({"active": True})


async def _answer(request: Request) -> Response:
    await request.body()
    return Response(_BODY, media_type="application/json")


app = Starlette(routes=[Route("/", _answer, methods=["POST"])])


def _fastapi() -> FastAPI:
    """The same, as a FastAPI path operation."""
    made = FastAPI(openapi_url=None)
    made.post("/", response_model=None)(_answer)
    return made


if __name__ == "__main__":
    served = _fastapi() if "fastapi" in sys.argv[2:] else app
    uvicorn.run(served, host="127.0.0.1", port=int(sys.argv[1]), log_level="critical", access_log=False)
