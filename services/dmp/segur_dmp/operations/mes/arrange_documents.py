"""The patient arranges documents: properties of own ones, confidentiality, pins, reports [DMP digest 6.3, 6.5]."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import date
from typing import Final

from segur.contracts.mes import DocumentEdited, DocumentPinned, ReportMade
from segur.kernel.ids import new_id, new_oid, new_urn_uuid
from segur.kernel.store import Conflict, Duplicate, Write
from segur.vocab import oids
from segur.vocab.document_types import TYPE_LABELS, type_scheme
from segur.wire import cda, xds_uuids
from segur.wire.xds import Association, Code, DocumentEntry, SubmissionSet, dtm
from segur_dmp import errors
from segur_dmp.context import Context
from segur_dmp.domain.lifecycle import is_patients_own
from segur_dmp.domain.mes.categories import OWN_TYPES, Category
from segur_dmp.domain.mes.own_documents import ORIGIN, NotTaken, check_title
from segur_dmp.domain.mes.visitors import Role, Visitor
from segur_dmp.domain.visibility import HIDDEN_FROM_REPRESENTATIVES, MASKED
from segur_dmp.operations.change_visibility import change_confidentiality
from segur_dmp.operations.mes.read_documents import document_of
from segur_dmp.store import StoredSet

REPORTS: Final = ("SIGNALEMENT_DOC", "SIGNALEMENT_SNR", "SIGNALEMENT_PS")
_MINE: Final = {
    MASKED.code: MASKED,
    HIDDEN_FROM_REPRESENTATIVES: Code(
        HIDDEN_FROM_REPRESENTATIVES, oids.CONFIDENTIALITY_FR, "Non visible par les représentants légaux du patient"
    ),
}


async def set_confidentiality(
    context: Context, visitor: Visitor, unique_id: str, hidden: Collection[str]
) -> DocumentEntry:
    """Hide a document from professionals (`MASQUE_PS`), representatives, or nobody; a new version of its metadata.

    A legal representative cannot touch what a minor keeps from them, nor keep something from themselves. Raise
    `errors.BAD_DEMAND`, `errors.NOT_FOUND`, `errors.CHANGED_MEANWHILE`.
    """
    if unknown := set(hidden) - set(_MINE):
        raise errors.BAD_DEMAND.error(reason=f"{', '.join(sorted(unknown))[:80]} inconnu", field="confidentiality")
    stored = await document_of(context, visitor, unique_id)
    if HIDDEN_FROM_REPRESENTATIVES in hidden:
        account = await context.records.accounts.of(visitor.patient)
        if visitor.role is Role.REPRESENTATIVE or account is None or not account.representatives:
            raise errors.BAD_DEMAND.error(reason="seul un mineur cache à ses représentants", field="confidentiality")
    kept = tuple(code for code in stored.entry.confidentiality if code.code not in _MINE)
    wanted = (*kept, *(_MINE[name] for name in _MINE if name in hidden))
    return await change_confidentiality(context, stored, wanted, by=visitor.by)


async def edit_document(
    context: Context,
    visitor: Visitor,
    unique_id: str,
    *,
    title: str = "",
    category: Category | None = None,
    day: date | None = None,
) -> DocumentEntry:
    """Change properties of an own document, as a new version of its metadata; what is empty stays.

    NOTE: the file itself keeps its title and date, as after a metadata update (ITI-57). Raise `errors.BAD_UPLOAD`.
    """
    stored = await document_of(context, visitor, unique_id)
    old = stored.entry
    if not is_patients_own(old) or old.status not in (xds_uuids.APPROVED, xds_uuids.ARCHIVED):
        raise errors.BAD_UPLOAD.error(reason="seul un document que vous avez ajouté se modifie", field="uniqueId")
    new = old
    if title:
        try:
            check_title(title)
        except NotTaken as error:
            raise errors.BAD_UPLOAD.error(reason=str(error), field=error.field) from error
        new = replace(new, title=title.strip())
    if category is not None and OWN_TYPES.get(category) != old.type_code.code:
        new = _in_category(new, category)
    if day is not None:
        if day > context.floor.clock.now().date():
            raise errors.BAD_UPLOAD.error(reason="la date du document est dans le futur", field="date")
        new = replace(new, service_start=f"{day:%Y%m%d}")
    fields = [name for name in ("title", "type_code", "service_start") if getattr(new, name) != getattr(old, name)]
    if not fields:
        return old
    lot = SubmissionSet(
        entry_uuid=new_urn_uuid(),
        unique_id=new_oid(9),
        patient_id=old.patient_id,
        source_id=oids.DMP,
        submission_time=dtm(context.floor.clock.now()),
        content_type=Code(*ORIGIN),
        authors=old.authors,
        title=new.title,
        status=xds_uuids.APPROVED,
    )
    new = replace(new, entry_uuid=new_urn_uuid(), version=(old.version or 1) + 1)
    link = Association(
        new_urn_uuid(), xds_uuids.HAS_MEMBER, lot.entry_uuid, new.entry_uuid,
        submission_set_status="Original", previous_version=old.version,
    )  # fmt: skip
    writes: list[Write] = [
        *context.records.documents.new_version(stored, new, lot=lot.entry_uuid),
        context.records.sets.insertion(StoredSet(lot, visitor.patient, (link,), ((new.entry_uuid, unique_id),))),
    ]
    fact = DocumentEdited(patient=visitor.patient, document_id=unique_id, fields=fields, by=visitor.by)
    try:
        await context.floor.store.commit(writes, [fact])
    except (Conflict, Duplicate) as error:
        raise errors.CHANGED_MEANWHILE.error() from error
    return new


async def pin_document(context: Context, visitor: Visitor, unique_id: str, *, pinned: bool) -> None:
    """Keep a document at hand, or no longer; twice the same changes nothing."""
    await document_of(context, visitor, unique_id)
    space = await context.records.spaces.of(visitor.patient)
    if space is None or (unique_id in space.pinned) is pinned:
        return
    pins = (*space.pinned, unique_id) if pinned else tuple(one for one in space.pinned if one != unique_id)
    fact = DocumentPinned(patient=visitor.patient, document_id=unique_id, pinned=pinned)
    write = context.records.spaces.replacement(replace(space, pinned=pins), was=space)
    await context.floor.store.commit([write], [fact])


async def report(context: Context, visitor: Visitor, kind: str, about: str, reason: str) -> str:
    """Report a document, a service or a professional; give the number of the report. Raise `errors.BAD_DEMAND`."""
    if kind not in REPORTS or not reason.strip() or not about:
        raise errors.BAD_DEMAND.error(reason=f"un motif et un des types {', '.join(REPORTS)} sont attendus")
    if kind == "SIGNALEMENT_DOC":
        await document_of(context, visitor, about)
    number = new_id()
    fact = ReportMade(patient=visitor.patient, report_id=number, kind=kind, about=about[:120], reason=reason[:500])
    await context.floor.store.commit([], [fact])
    return number


def _in_category(entry: DocumentEntry, category: Category) -> DocumentEntry:
    code = OWN_TYPES.get(category)
    if code is None:
        raise errors.BAD_UPLOAD.error(reason="cette catégorie n'est pas remplie par les patients", field="category")
    return replace(entry, type_code=Code(code, type_scheme(code), TYPE_LABELS[code]), class_code=cda.class_code(code))
