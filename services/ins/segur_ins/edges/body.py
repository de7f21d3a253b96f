"""Reading a body up to a limit."""

from __future__ import annotations

from starlette.requests import Request

from segur.kernel.http_server import BodyTooLarge
from segur_ins import errors


async def read_body(request: Request, limit: int) -> bytes:
    """The body; raise `TOO_LARGE` past `limit` bytes."""
    body = bytearray()
    try:
        # read to the end even when it is too large: a caller still sending would not see the answer
        async for piece in request.stream():
            if len(body) <= limit:
                body += piece
    except BodyTooLarge:
        raise errors.TOO_LARGE.error(limit=limit) from None
    if len(body) > limit:
        raise errors.TOO_LARGE.error(limit=limit)
    return bytes(body)
