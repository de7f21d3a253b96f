"""The patient adds a document: at once a CDA level 1 of the DMP, for professionals to find [DMP digest 6.5]."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from dataclasses import replace

from segur.contracts.dmp import DocumentSubmitted
from segur.contracts.fact import Fact
from segur.kernel.ids import new_oid, new_urn_uuid
from segur.kernel.store import Conflict, Write
from segur.vocab import oids
from segur.wire import cda, xds_uuids
from segur.wire.xds import Association, Code, DocumentEntry, MetadataRefused, Submission, SubmissionSet, dtm
from segur_dmp import errors, faults
from segur_dmp.context import Context
from segur_dmp.domain.account import Account
from segur_dmp.domain.mes.own_documents import ORIGIN, NotTaken, Upload, check, own_document
from segur_dmp.domain.mes.visitors import Visitor
from segur_dmp.domain.parameters import Control
from segur_dmp.domain.submission import Policy, sha1
from segur_dmp.domain.submission import check as check_submission
from segur_dmp.domain.visibility import HIDDEN_FROM_REPRESENTATIVES, MASKED, has
from segur_dmp.store import StoredDocument, StoredSet

_CONTENT_TYPE = Code(*ORIGIN)


async def add_document(
    context: Context,
    visitor: Visitor,
    account: Account,
    upload: Upload,
    *,
    because: Callable[[str], Fact] | None = None,
    masks: Collection[str] | None = None,
    replaces: StoredDocument | None = None,
) -> DocumentEntry:
    """Make the document and register it; give its entry. Raise `errors.BAD_UPLOAD` naming what is wrong.

    `because` makes the fact told beside, of the uniqueId; `masks` says whom it is hidden from, where that is not what
    the upload and the patient's usual choice say; `replaces` is an own document that this one takes the place of.
    """
    settings, now = context.settings, context.floor.clock.now()
    if context.floor.faults.strikes(faults.MES_UPLOAD, patient=visitor.patient, actor="patient"):
        raise errors.BAD_UPLOAD.error(reason="le contrôle antivirus n'a pas abouti", field="file")
    try:
        media_type = check(
            upload, today=now.date(), max_bytes=settings.mes_max_upload_bytes, minor=bool(account.representatives)
        )
    except NotTaken as error:
        raise errors.BAD_UPLOAD.error(reason=str(error), field=error.field) from error
    unique_id = new_oid(8)
    content = await asyncio.to_thread(own_document, account, upload, media_type, document_id=unique_id, at=now)
    if masks is None:
        usual = {MASKED.code} if account.masked_by_default else set()
        masks = usual | ({upload.confidentiality} - {"N"})
    asked = cda.entry_from_header(cda.read_header(content), content=content, masks=tuple(sorted(masks)))
    lot = SubmissionSet(
        entry_uuid=new_urn_uuid(),
        unique_id=new_oid(9),
        patient_id=asked.patient_id,
        source_id=oids.DMP,
        submission_time=dtm(now),
        content_type=_CONTENT_TYPE,
        authors=asked.authors,
        title=asked.title,
        status=xds_uuids.APPROVED,
    )
    entry = _registered(context, asked, content)
    link = Association(
        new_urn_uuid(), xds_uuids.HAS_MEMBER, lot.entry_uuid, entry.entry_uuid, submission_set_status="Original"
    )
    policy = Policy(
        same_entity=lambda _: True,
        unchecked=(Control.AUTHOR_INSTITUTION,),  # a patient has none
        max_bytes=settings.dmp_max_document_bytes,
    )
    try:  # what the patient puts obeys the rules professionals' documents do
        check_submission(Submission(lot, (entry,), (link,)), {entry.entry_uuid: content}, policy)
    except MetadataRefused as error:
        raise errors.BAD_UPLOAD.error(reason=error.context, field=error.field) from error
    digest = await context.floor.blobs.put(content)
    records = context.records
    writes: list[Write] = [records.documents.insertion(visitor.patient, entry, digest, lot=lot.entry_uuid)]
    links, members = [link], [(entry.entry_uuid, unique_id)]
    if replaces is not None:
        old = replaces.entry
        links.append(Association(new_urn_uuid(), xds_uuids.REPLACES, entry.entry_uuid, old.entry_uuid))
        members.append((old.entry_uuid, old.unique_id))
        writes.append(records.documents.change(old, replace(old, status=xds_uuids.DEPRECATED), lot=lot.entry_uuid))
    writes.append(records.sets.insertion(StoredSet(lot, visitor.patient, tuple(links), tuple(members))))
    facts: list[Fact] = [_submitted(visitor, entry, digest, replaces)]
    if because is not None:
        facts.append(because(unique_id))
    try:
        await context.floor.store.commit(writes, facts)
    except Conflict as error:
        raise errors.CHANGED_MEANWHILE.error() from error
    return entry


def _registered(context: Context, asked: DocumentEntry, content: bytes) -> DocumentEntry:
    uuid = new_urn_uuid()
    return replace(
        asked,
        entry_uuid=uuid,
        logical_id=uuid,
        version=1,
        status=xds_uuids.APPROVED,
        hash=sha1(content),
        size=len(content),
        repository_unique_id=context.settings.dmp_repository_id,
    )


def _submitted(
    visitor: Visitor, entry: DocumentEntry, digest: str, replaces: StoredDocument | None
) -> DocumentSubmitted:
    return DocumentSubmitted(
        document_id=entry.unique_id,
        patient=visitor.patient,
        type_code=entry.type_code.code,
        entry_uuid=entry.entry_uuid,
        author=visitor.by,
        structure="",
        digest=digest,
        size=entry.size or 0,
        door="mes",
        hidden_from_representatives=has(entry, HIDDEN_FROM_REPRESENTATIVES),
        replaces=replaces.entry.unique_id if replaces is not None else None,
    )
