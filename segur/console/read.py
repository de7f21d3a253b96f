"""What callers send, read strictly: JSON bodies, query parameters, names. Nothing unread goes further."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, TypeVar

import orjson
from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from segur.console import errors
from segur.kernel.sandbox import NAME_RULE, is_name

M = TypeVar("M", bound=BaseModel)

MOST_ROWS = 1_000
_DEFAULT_ROWS = 100
_TRACE_ID = re.compile(r"[0-9a-f]{32}")


async def json_of(request: Request) -> Any:
    """The JSON body; raise `BAD_JSON`."""
    try:
        return orjson.loads(await request.body())
    except orjson.JSONDecodeError as error:
        raise errors.BAD_JSON.error(reason=str(error)) from error


async def model_of(request: Request, model: type[M], **defaults: object) -> M:
    """The body as a model, over defaults; raise `BAD_JSON`, or `BAD_FIELD` for the first field that is wrong."""
    wanted = await json_of(request)
    if not isinstance(wanted, dict):
        raise errors.BAD_JSON.error(reason="un objet est attendu")
    return as_model(model, {**defaults, **wanted})


def as_model(model: type[M], wanted: dict[str, Any]) -> M:
    """The values as a model; raise `BAD_FIELD` for the first one that is wrong."""
    try:
        return model.model_validate(wanted)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise errors.BAD_FIELD.error(field=field, reason=f"{field or 'corps'} : {first['msg']}") from error


def limit_of(request: Request) -> int:
    """`?limit=`, from 1 to 1,000."""
    text = request.query_params.get("limit", str(_DEFAULT_ROWS))
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= MOST_ROWS):
        raise errors.BAD_FIELD.error(field="limit", reason=f"limit va de 1 à {MOST_ROWS}")
    return int(text)


def filters_of(request: Request, *names: str) -> dict[str, str]:
    """The query parameters of these names that are there and not empty."""
    return {name: value for name in names if (value := request.query_params.get(name))}


def moment_of(request: Request, name: str) -> str | None:
    """A moment (`?since=2026-03-01T12:00:00Z`) in the form the store sorts by, None when it is absent."""
    text = request.query_params.get(name)
    if not text:
        return None
    try:
        return stamp(datetime.fromisoformat(text))
    except ValueError as error:
        raise errors.BAD_FIELD.error(field=name, reason=f"{name} est une date ISO 8601 avec fuseau") from error


def stamp(moment: datetime) -> str:
    """UTC, always to the microsecond, so that texts sort as times do; raise `ValueError` without a time zone."""
    if moment.tzinfo is None:
        raise ValueError("a moment has a time zone")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def sandbox_of(request: Request) -> str:
    """The sandbox in the path; one that cannot exist is unknown."""
    return _name(request.path_params["sandbox"])


def _name(sandbox: str) -> str:
    if not is_name(sandbox):
        raise errors.UNKNOWN_SANDBOX.error(sandbox=sandbox, field="sandbox", rule=NAME_RULE + ".")
    return sandbox


def trace_of(request: Request) -> str:
    """The trace id in the path."""
    trace_id = str(request.path_params["trace_id"]).lower()
    if not _TRACE_ID.fullmatch(trace_id):
        raise errors.UNKNOWN_TRACE.error(field="trace_id", rule="32 caractères hexadécimaux.")
    return trace_id
