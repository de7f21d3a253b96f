"""Reading form bodies and queries, within bounds."""

from __future__ import annotations

from urllib.parse import parse_qsl

from starlette.requests import Request

from segur_psc import errors

_LIMIT = 64 * 1024
_FIELDS = 100


class Form(dict[str, str]):
    """Fields by name, the last value of each; `duplicated` tells whether one came twice, `listed` gives all values."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        super().__init__(pairs)
        self._pairs = pairs

    @property
    def duplicated(self) -> bool:
        """Whether a field came more than once."""
        return len(self._pairs) > len(self)

    def listed(self, name: str) -> list[str]:
        """Every value of a field."""
        return [value for key, value in self._pairs if key == name]


def _parse(text: str) -> Form:
    try:
        return Form(parse_qsl(text, keep_blank_values=True, max_num_fields=_FIELDS))
    except ValueError as error:
        raise errors.TOO_LARGE.error(limit=_LIMIT) from error


def read_query(request: Request) -> Form:
    """The query of a request; raise `TOO_LARGE`."""
    return _parse(request.url.query)


async def read_form(request: Request) -> Form:
    """The urlencoded body of a request, empty for a body of another type; raise `TOO_LARGE`."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LIMIT:
            raise errors.TOO_LARGE.error(limit=_LIMIT)
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        return _parse("")
    return _parse(body.decode("utf-8", "replace"))


async def read_params(request: Request) -> Form:
    """Query or body, by the method."""
    return await read_form(request) if request.method == "POST" else read_query(request)
