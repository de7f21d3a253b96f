"""The patient opens a message: it is read, and the receipt asked for goes back [MSSanté digest 4.4, 5.2].

The patient cannot refuse the receipt; the operator writes it.
"""

from __future__ import annotations

from dataclasses import dataclass

from segur.contracts.mssante import MessageAcknowledged
from segur.kernel import tracing
from segur.kernel.ids import new_id
from segur.kernel.store import Document
from segur.personas.mailboxes import split_sandbox
from segur_mssante import errors
from segur_mssante.context import Context
from segur_mssante.domain import mime_tree, receipts
from segur_mssante.domain.attachments import read_envelope
from segur_mssante.operations.read_message import SEEN, set_flags
from segur_mssante.store import Copy


@dataclass(frozen=True, slots=True)
class AttachedFile:
    """A file of a message; `id` counts the files of the message from 1."""

    id: str
    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class ReadMessage:
    """A message as the application shows it."""

    row: Document
    subject: str
    text: str
    files: tuple[AttachedFile, ...]


async def read_as_citizen(context: Context, box: Document, message_id: str) -> ReadMessage:
    """Open a message of a citizen mailbox; raise `NO_MESSAGE`."""
    row = await context.store.message_of_header(box["address"], message_id)
    if row is None:
        raise errors.NO_MESSAGE.error(field="id")
    content = await context.floor.blobs.get(row["blob"])
    first = not row["read"]
    await set_flags(context, box["address"], box["shown"], [row], [list(dict.fromkeys([*row["flags"], SEEN]))])
    if first:
        await _acknowledge(context, box, row, content)
    tree, _ = mime_tree.read(content)
    leaves = _leaves(tree)
    return ReadMessage(row, tree.text("Subject"), _text(leaves), _files(leaves))


async def file_as_citizen(context: Context, box: Document, message_id: str, file_id: str) -> AttachedFile:
    """One file of a message (`getMessageFile`), which is no reading of the message; raise `NO_MESSAGE`."""
    row = await context.store.message_of_header(box["address"], message_id)
    if row is None:
        raise errors.NO_MESSAGE.error(field="id")
    tree, _ = mime_tree.read(await context.floor.blobs.get(row["blob"]))
    found = next((one for one in _files(_leaves(tree)) if one.id == file_id), None)
    if found is None:
        raise errors.NO_MESSAGE.error(field="fileId")
    return found


async def _acknowledge(context: Context, box: Document, row: Document, content: bytes) -> None:
    envelope = read_envelope(content)
    _, address = split_sandbox(envelope.notify_to)
    wanted_by = await context.store.mailbox(address) if address else None
    # a receipt goes to who sent the mail, and to nobody else without being asked (RFC 8098, 2.1)
    if wanted_by is None or not wanted_by["open"] or wanted_by["address"] != row["sender"]:
        return
    own, now, head = new_id(), context.floor.clock.now(), mime_tree.head(content)
    mail = b"Return-Path: <>\r\n" + receipts.write(
        receipts.Receipt(box["address"], "displayed", "2.0.0", "le patient a ouvert le message"),
        head.raw[: head.body],
        to=wanted_by["address"],
        message_id=own,
        original_id=envelope.message_id,
        at=now,
    )
    domain = box["address"].rpartition("@")[2]
    copy = Copy(
        wanted_by["address"], own, f"<{own}@{domain}>", await context.floor.blobs.put(mail), len(mail), now, "",
        trace=tracing.current_traceparent(),
    )  # fmt: skip
    fact = MessageAcknowledged(message_id=row["message_id"], mailbox=box["shown"], receipt="MDN")
    await context.store.put([copy], [fact])


def _text(leaves: list[mime_tree.Part]) -> str:
    for part in leaves:
        if part.type == "text/plain" and not part.filename:
            try:
                return part.content().decode(str(part.about.get_content_charset("utf-8")), "replace")
            except (mime_tree.Undecodable, LookupError):
                return part.raw[part.body : part.end].decode("utf-8", "replace")
    return ""


def _leaves(tree: mime_tree.Part) -> list[mime_tree.Part]:
    return [part for part in tree.walk() if not part.type.startswith("multipart/")]


def _files(leaves: list[mime_tree.Part]) -> tuple[AttachedFile, ...]:
    named = [part for part in leaves if part.filename]
    return tuple(
        AttachedFile(str(number), part.filename, part.type, _bytes(part)) for number, part in enumerate(named, 1)
    )


def _bytes(part: mime_tree.Part) -> bytes:
    try:
        return part.content()
    except mime_tree.Undecodable:
        return part.raw[part.body : part.end]
