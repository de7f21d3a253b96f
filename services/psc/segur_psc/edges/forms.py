"""Reading form bodies and queries, within bounds."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

from starlette.requests import Request

from segur.kernel import request as present
from segur_psc import errors

_LIMIT = 64 * 1024
_FIELDS = 100
_FORM = "application/x-www-form-urlencoded"


class Form(dict[str, str]):
    """Fields by name, the last value of each; `duplicated` tells whether one came twice."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        super().__init__(pairs)
        self.duplicated = len(pairs) > len(self)


def _parse(text: str) -> Form:
    try:
        return Form(parse_qsl(text, keep_blank_values=True, max_num_fields=_FIELDS))
    except ValueError as error:
        raise errors.TOO_LARGE.error(limit=_LIMIT) from error


def read_query(request: Request) -> Form:
    """The query of a request; raise `TOO_LARGE`."""
    return _parse(request.url.query)


async def read_body(request: Request) -> bytes:
    """The body; raise `TOO_LARGE`."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LIMIT:
            raise errors.TOO_LARGE.error(limit=_LIMIT)
    return bytes(body)


async def read_form(request: Request) -> Form:
    """The urlencoded body of a request, empty when there is none; raise `TOO_LARGE` or `NOT_A_FORM`."""
    body = await read_body(request)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if body and kind != _FORM:
        raise errors.NOT_A_FORM.error(got=kind[:60] or "none")
    return _parse(body.decode("utf-8", "replace"))


async def read_params(request: Request) -> Form:
    """Query or body, by the method."""
    return await read_form(request) if request.method == "POST" else read_query(request)


def check_own_page(request: Request) -> None:
    """Raise `FOREIGN_FORM` when a browser says that a page of another origin sent this form.

    Programs say nothing and may pass: there is no password whose holder could be abused, only a browser's user.
    """
    site = request.headers.get("sec-fetch-site", "")
    origin = request.headers.get("origin", "")
    whole = urlsplit(present.current().base)
    if site:
        foreign = site not in ("same-origin", "none")
    else:
        foreign = bool(origin) and origin != f"{whole.scheme}://{whole.netloc}"
    if foreign:
        raise errors.FOREIGN_FORM.error()
