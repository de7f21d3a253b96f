"""Files of a professional's message: read, and kept among the patient's documents [MSSanté digest 4.4].

`canAddToDMP` tells which can be kept: those a patient could add from a disk, by extension and size [confirmed: S13].
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from segur.contracts.mes import AttachmentKept
from segur.vocab.ins import Ins
from segur.wire.cda_entry import MAX_TITLE
from segur.wire.xds import DocumentEntry
from segur_dmp import errors, faults
from segur_dmp.context import Context
from segur_dmp.domain.mes.categories import Category
from segur_dmp.domain.mes.own_documents import EXTENSIONS, Upload
from segur_dmp.operations.mes.add_document import add_document
from segur_dmp.operations.mes.visit import Profile


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a message, without its bytes; `keepable` is `canAddToDMP`."""

    id: str
    name: str
    media_type: str
    size: int
    keepable: bool

    @property
    def title(self) -> str:
        """The title proposed for the document: the name without its extension."""
        return self.name.rpartition(".")[0][:MAX_TITLE] or self.name[:MAX_TITLE]


@dataclass(frozen=True, slots=True)
class Wish:
    """How the patient wants a file kept; an empty `title` is that of the file."""

    category: Category
    day: date
    title: str = ""
    confidentiality: str = "N"


def attachments_of(context: Context, message: Mapping[str, Any]) -> list[Attachment]:
    """The files of a message as the messaging tells it."""
    return [
        Attachment(one["id"], one["name"], one["mimeType"], one["size"], _keepable(context, one["name"], one["size"]))
        for one in message["files"]
    ]


async def read_attachment(context: Context, profile: Profile, number: str, file_id: str) -> tuple[Attachment, bytes]:
    """One file with its bytes; raise `errors.NOT_FOUND`, `errors.MESSAGING_AWAY`."""
    visitor, matricule = profile.visitor, Ins.from_cx(profile.account.ins).matricule
    if context.floor.faults.strikes(faults.MES_ATTACHMENT, patient=visitor.patient, actor="patient"):
        raise errors.MESSAGING_AWAY.error(field="file")
    message = await context.messaging.message(matricule, number)
    found = next((one for one in attachments_of(context, message or {"files": []}) if one.id == file_id), None)
    content = await context.messaging.file(matricule, number, file_id) if found is not None else None
    if found is None or content is None:
        raise errors.NOT_FOUND.error(field="file")
    return found, content


async def keep_attachment(context: Context, profile: Profile, number: str, file_id: str, wish: Wish) -> DocumentEntry:
    """Add the file to the documents, as one the patient adds; raise `errors.BAD_UPLOAD` for one that cannot be kept."""
    found, content = await read_attachment(context, profile, number, file_id)
    if not found.keepable:
        raise errors.BAD_UPLOAD.error(reason="la pièce jointe est trop lourde ou de type non supporté", field="file")
    upload = Upload(wish.category, wish.title or found.title, wish.day, wish.confidentiality, found.name, content)

    def kept(document_id: str) -> AttachmentKept:
        return AttachmentKept(patient=profile.visitor.patient, message_id=number, document_id=document_id)

    return await add_document(context, profile.visitor, profile.account, upload, because=kept)


def _keepable(context: Context, name: str, size: int) -> bool:
    return name.rpartition(".")[2].lower() in EXTENSIONS and 0 < size <= context.settings.mes_max_upload_bytes
