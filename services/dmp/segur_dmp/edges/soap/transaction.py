"""What a transaction of the SOAP services is, what it gets to work with, and what it gives back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
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
    """Stands for the bytes of a blob until they are sent: empty itself, it knows their digest."""

    digest: str

    def __new__(cls, digest: str) -> Kept:
        """The stand-in for a blob."""
        made = super().__new__(cls)
        made.digest = digest
        return made


@dataclass(frozen=True, slots=True)
class Answer:
    """The element of the answer's body, and the documents that travel beside it, those `Kept` from `blobs`.

    `cut` ends it in the middle of the first document, by a fault.
    """

    body: etree._Element
    attachments: Sequence[mtom.Attachment] = ()
    blobs: Blobs | None = None
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
