"""A multipart message cut into parts while it arrives, so that one part is held and never the whole. RFC 2046 5.1.

For messages that fit into memory use `segur.wire.multipart`, which copies nothing.
"""

from __future__ import annotations

import re
from typing import Final

from segur.wire.multipart import MAX_BOUNDARY, HeaderValue, MultipartRefused, Part, read_part

_MAX_PREAMBLE: Final = 64 * 1024
_AFTER = re.compile(rb"[ \t]*\r\n")


class MultipartDecoder:
    """Feed it what arrives; it gives the parts that are complete. Call `finish` at the end of the message."""

    def __init__(self, content_type: str, *, max_part_bytes: int) -> None:
        """Raise `MultipartRefused` when the type is not multipart or has no usable boundary."""
        header = HeaderValue.parse(content_type)
        boundary = header.parameters.get("boundary", "")
        if not header.value.startswith("multipart/"):
            raise MultipartRefused(f"Content-Type: multipart is expected, got {header.value[:80]!r}")
        if not boundary or len(boundary) > MAX_BOUNDARY or not boundary.isascii():
            raise MultipartRefused(f"boundary: 1 to {MAX_BOUNDARY} ASCII characters are required")
        self._mark = b"\r\n--" + boundary.encode("ascii")
        self._buffer = bytearray(b"\r\n")  # so that the first delimiter looks like the others
        self._searched = 0
        self._max = max_part_bytes
        self._parts = -1  # -1: the preamble is still being read
        self._ended = False

    def feed(self, data: bytes) -> list[Part]:
        """Take received bytes; raise `MultipartRefused` for a part over the limit or with unreadable headers."""
        if self._ended:
            return []  # the epilogue is for nobody
        self._buffer += data
        found: list[Part] = []
        while (at := self._buffer.find(self._mark, self._searched)) >= 0:
            after = at + len(self._mark)
            if len(self._buffer) < after + 2:
                self._searched = at
                break
            closing = self._buffer[after : after + 2] == b"--"
            line = None if closing else _AFTER.match(self._buffer, after)
            if line is None and not closing:
                if self._buffer.find(b"\r\n", after, after + 80) < 0 and len(self._buffer) < after + 80:
                    self._searched = at
                    break  # spaces may still be followed by the line break
                self._searched = after
                continue
            if self._parts >= 0:
                found.append(read_part(bytes(self._buffer[:at]), self._parts + 1))
            self._parts += 1
            if closing or line is None:
                self._ended = True
                self._buffer.clear()
                return found
            # The line break stays: it ends the (empty) headers of a part that begins with a blank line.
            del self._buffer[: line.end()]
            self._searched = 0
        else:
            self._searched = max(len(self._buffer) - len(self._mark), 0)
        limit = self._max if self._parts >= 0 else _MAX_PREAMBLE
        if len(self._buffer) > limit:
            what = f"part {self._parts + 1}" if self._parts >= 0 else "preamble"
            raise MultipartRefused(f"{what}: more than {limit} bytes")
        return found

    def finish(self) -> None:
        """Raise `MultipartRefused` when the message has no part or lacks its closing delimiter."""
        if self._parts < 0:
            raise MultipartRefused("the boundary of the Content-Type does not occur in the body")
        if not self._ended:
            raise MultipartRefused("the closing delimiter is missing: the message is truncated")
        if self._parts == 0:
            raise MultipartRefused("the message has no part")
