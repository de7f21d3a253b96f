"""What a transaction of the SOAP services is, what it gets to work with, and what it gives back."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass

from lxml import etree

from segur.kernel.blobs import Blobs
from segur.wire import mtom
from segur.wire.soap import Envelope
from segur.wire.xds import RegistryResponse
from segur_dmp.context import Context
from segur_dmp.pipeline import Caller, Named


@dataclass(frozen=True, slots=True)
class Call:
    """One accepted call: the envelope, the MIME parts that came with it, and who calls."""

    envelope: Envelope
    message: mtom.Message
    caller: Caller


class Kept(bytes):
    """Stands for the bytes of a blob until they are sent: empty itself, it knows where they are."""

    blobs: Blobs
    digest: str

    def __new__(cls, blobs: Blobs, digest: str) -> Kept:
        """The stand-in for a blob."""
        made = super().__new__(cls)
        made.blobs, made.digest = blobs, digest
        return made

    @property
    def size(self) -> int:
        """How many bytes will be sent; raise `FileNotFoundError` when they are gone."""
        return self.blobs.size(self.digest)

    async def read(self) -> bytes:
        """The bytes at once."""
        return await self.blobs.get(self.digest)

    def stream(self) -> AsyncIterator[bytes]:
        """The bytes piece by piece."""
        return self.blobs.stream(self.digest)


@dataclass(frozen=True, slots=True)
class Answer:
    """The element of the answer's body, and the documents that travel beside it, `Kept` until they are sent.

    `body` is bytes where it is written already. `cut` ends the answer in the middle of the first document, by a fault.
    """

    body: etree._Element | bytes
    attachments: Sequence[mtom.Attachment] = ()
    cut: bool = False


class AnswerLost(Exception):
    """What was asked is done, and a fault wants its answer to get lost on the way."""


@dataclass(frozen=True, slots=True)
class Transaction:
    """A transaction of the catalogue [DMP digest 1.1].

    `action` is the WS-Addressing Action of its answer. `refused` writes a failed registry answer the way this
    transaction shows it; without, a refusal is a fault. `packaged` answers travel as MTOM, faults included.
    `documents` names the documents of a request for the facts of a refusal, however broken the request is.
    `names_patient` is False where the VIHF need not name one.
    """

    name: str
    action: str
    perform: Callable[[Context, Call], Awaitable[Answer]]
    refused: Callable[[RegistryResponse], etree._Element] | None = None
    packaged: bool = False
    documents: Callable[[etree._Element], Named] | None = None
    names_patient: bool = True
