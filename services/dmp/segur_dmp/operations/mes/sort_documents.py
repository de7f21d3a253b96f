"""Folders: made, renamed, deleted, and documents moved between them [DMP digest 6.5]."""

from __future__ import annotations

from segur.contracts.mes import DocumentFiled, FolderCreated, FolderDeleted, FolderRenamed
from segur.kernel.errors import SegurError
from segur.kernel.ids import new_id
from segur.kernel.store import Conflict, Duplicate, Write
from segur_dmp import errors
from segur_dmp.context import Context
from segur_dmp.domain.mes.folders import MOST, Folder, checked_name, folder_of
from segur_dmp.domain.mes.own_documents import NotTaken
from segur_dmp.domain.mes.visitors import Visitor
from segur_dmp.operations.mes.read_documents import document_of, documents_of


async def folders_of(context: Context, visitor: Visitor) -> list[Folder]:
    """The folders, each with the documents the visitor may see."""
    seen = {entry.unique_id for entry in await documents_of(context, visitor)}
    found = await context.records.folders.of(visitor.patient)
    return [Folder(one.id, one.patient, one.name, tuple(d for d in one.documents if d in seen)) for one in found]


async def create_folder(context: Context, visitor: Visitor, name: str) -> Folder:
    """Make an empty folder. Raise `errors.BAD_DEMAND` for a name that cannot be, or is taken."""
    one = Folder(new_id(), visitor.patient, _checked(name))
    if len(await context.records.folders.of(visitor.patient)) >= MOST:
        raise errors.BAD_DEMAND.error(reason=f"{MOST} dossiers au plus", field="name")
    fact = FolderCreated(patient=visitor.patient, folder_id=one.id, by=visitor.by)
    try:
        await context.floor.store.commit([context.records.folders.insertion(one)], [fact])
    except Duplicate as error:
        raise _taken() from error
    return one


async def rename_folder(context: Context, visitor: Visitor, number: str, name: str) -> Folder:
    """Give a folder another name. Raise `errors.BAD_DEMAND`, `errors.NOT_FOUND`."""
    one, name = await _one(context, visitor, number), _checked(name)
    if name == one.name:
        return one
    fact = FolderRenamed(patient=visitor.patient, folder_id=one.id, by=visitor.by)
    try:
        await context.floor.store.commit([context.records.folders.renaming(one, name)], [fact])
    except Duplicate as error:
        raise _taken() from error
    except Conflict as error:
        raise errors.NOT_FOUND.error(field="folder") from error
    return Folder(one.id, one.patient, name, one.documents)


async def delete_folder(context: Context, visitor: Visitor, number: str) -> None:
    """Delete a folder; its documents stay among the documents. Raise `errors.NOT_FOUND`."""
    one = await _one(context, visitor, number)
    fact = FolderDeleted(patient=visitor.patient, folder_id=one.id, by=visitor.by)
    try:
        await context.floor.store.commit([context.records.folders.removal(one)], [fact])
    except Conflict as error:
        raise errors.NOT_FOUND.error(field="folder") from error


async def file_document(context: Context, visitor: Visitor, unique_id: str, number: str) -> bool:
    """Move a document into a folder, or (`number` empty) into none; False when it is there. Raise `NOT_FOUND`."""
    await document_of(context, visitor, unique_id)
    now = folder_of(await context.records.folders.of(visitor.patient), unique_id)
    if number == (now.id if now is not None else ""):
        return False
    writes: list[Write] = []
    if number:
        writes.append(context.records.folders.filing(await _one(context, visitor, number), unique_id))
    if now is not None:
        writes.append(context.records.folders.taking_out(now, unique_id))
    fact = DocumentFiled(patient=visitor.patient, document_id=unique_id, folder_id=number, by=visitor.by)
    try:
        await context.floor.store.commit(writes, [fact])
    except Conflict as error:
        raise errors.CHANGED_MEANWHILE.error(field="folder") from error
    return True


async def _one(context: Context, visitor: Visitor, number: str) -> Folder:
    found = next((one for one in await context.records.folders.of(visitor.patient) if one.id == number), None)
    if found is None:
        raise errors.NOT_FOUND.error(field="folder")
    return found


def _checked(name: str) -> str:
    try:
        return checked_name(name)
    except NotTaken as error:
        raise errors.BAD_DEMAND.error(reason=str(error), field=error.field) from error


def _taken() -> SegurError:
    return errors.BAD_DEMAND.error(reason="ce nom de dossier est déjà utilisé", field="name")
