"""Uvicorn's HTTP/1.1 protocol, as our doors need it."""

from __future__ import annotations

import re

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_OFFER = re.compile(rb"(?<=\n)upgrade(?=[ \t]*:[ \t]*h2c\b)", re.IGNORECASE)


class HttpProtocol(HttpToolsProtocol):
    """Stays at HTTP/1.1 where a client offers HTTP/2 in the clear.

    Java's HTTP client makes this offer with each request, and RFC 9110 7.8 lets a server pass it over. httptools takes
    what follows the head for the other protocol instead: the body of a POST would be lost. So the offer is renamed
    before it is read.
    """

    _in_head = True

    def data_received(self, data: bytes) -> None:
        """Take a segment; only what stands before a body is looked at."""
        super().data_received(without_offer(data) if self._in_head else data)

    def on_headers_complete(self) -> None:
        """The rest of the message is body."""
        self._in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """What follows is the head of the next message."""
        self._in_head = True
        super().on_message_complete()


def without_offer(data: bytes) -> bytes:
    """The segment with `Upgrade: h2c` in its head under a name nobody reads; the length is kept."""
    end = data.find(b"\r\n\r\n")
    head = data if end < 0 else data[:end]
    return data if b"h2c" not in head else _OFFER.sub(b"X-Offer", head) + data[len(head) :]
