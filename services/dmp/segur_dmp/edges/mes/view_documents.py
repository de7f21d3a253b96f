"""Documents: by category, one of them with its viewer, adding, arranging."""

from __future__ import annotations

import asyncio
from urllib.parse import quote

from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from segur.cda.render import CONTENT_SECURITY_POLICY, render
from segur.wire import cda, xds_uuids
from segur.wire.xds import DocumentEntry
from segur_dmp import errors
from segur_dmp.domain.lifecycle import is_patients_own
from segur_dmp.domain.mes.categories import LABELS, OWN_TYPES, Category, category_of
from segur_dmp.domain.mes.folders import MAX_NAME, folder_of
from segur_dmp.domain.mes.own_documents import EXTENSIONS, Upload
from segur_dmp.domain.submission import DICOM
from segur_dmp.domain.visibility import HIDDEN_FROM_REPRESENTATIVES, MASKED, has, is_masked
from segur_dmp.edges.mes.demands import choice, day
from segur_dmp.edges.mes.visit import HEADERS, Door, Visit
from segur_dmp.operations.change_visibility import can_delete, change_status
from segur_dmp.operations.mes import arrange_documents
from segur_dmp.operations.mes.add_document import add_document
from segur_dmp.operations.mes.read_documents import by_category, document_of, documents_of, read_document
from segur_dmp.operations.mes.sort_documents import folders_of

_DOWNLOAD = {"x-content-type-options": "nosniff", "cache-control": "no-store", "content-security-policy": "sandbox"}


def document_routes(door: Door) -> list[Route]:
    """The routes."""
    one = "/documents/{unique_id}"
    return [
        door.route("/documents", listing),
        door.route("/documents/ajouter", add_form),
        door.route("/documents/ajouter", add, method="POST"),
        door.route(one, show),
        door.route(one + "/apercu", preview),
        door.route(one + "/cda", original),
        door.route(one + "/fichier", file),
        door.route(one + "/visibilite", visibility, method="POST"),
        door.route(one + "/modifier", edit, method="POST"),
        door.route(one + "/supprimer", delete, method="POST"),
        door.route(one + "/epingler", pin, method="POST"),
        door.route(one + "/signaler", report, method="POST"),
    ]


async def listing(visit: Visit) -> Response:
    """The documents under their categories."""
    found, told = await documents_of(visit.context, visit.profile.visitor), visit.request.query_params
    folders = await folders_of(visit.context, visit.profile.visitor)
    folder = next((one for one in folders if one.id == told.get("dossier")), None)
    shown = [entry for entry in found if entry.unique_id in folder.documents] if folder is not None else found
    groups = by_category(shown)
    asked = told.get("categorie", "")
    return await visit.page(
        "documents",
        groups=groups,
        chosen=choice(Category, asked, "categorie") if asked else None,
        total=sum(map(len, groups.values())),
        folders=folders,
        folder=folder,
        longest=MAX_NAME,
        labels=LABELS,
        authors=authors_of,
        badges=lambda entry: badges_of(visit, entry),
    )


async def show(visit: Visit) -> Response:
    """One document with all that can be done to it."""
    stored = await document_of(visit.context, visit.profile.visitor, visit.request.path_params["unique_id"])
    entry, account = stored.entry, visit.profile.account
    pins = visit.profile.space.pinned if visit.profile.space is not None else ()
    is_cda = entry.mime_type != DICOM
    start = entry.service_start
    folders = await folders_of(visit.context, visit.profile.visitor)
    return await visit.page(
        "document",
        entry=entry,
        here=f"{visit.root}/documents/{entry.unique_id}",
        category=category_of(entry.type_code.code),
        categories=list(OWN_TYPES),
        labels=LABELS,
        authors=authors_of(entry),
        badges=badges_of(visit, entry),
        viewer=is_cda,
        file=is_cda and await _has_file(visit, stored.digest),
        pinned=entry.unique_id in pins,
        folders=folders,
        folder=folder_of(folders, entry.unique_id),
        masked=is_masked(entry),
        hidden=has(entry, HIDDEN_FROM_REPRESENTATIVES),
        minor=bool(account.representatives),
        own=is_patients_own(entry) and entry.status == xds_uuids.APPROVED,
        deletable=can_delete(entry),
        iso_day=f"{start[:4]}-{start[4:6]}-{start[6:8]}" if len(start) >= 8 else "",
        today=visit.context.floor.clock.now().date().isoformat(),
    )


async def preview(visit: Visit) -> Response:
    """The document as a page of its own, which the page frames: it can run nothing."""
    stored = await read_document(visit.context, visit.profile.visitor, visit.request.path_params["unique_id"])
    content = await visit.context.floor.blobs.get(stored.digest)
    try:
        page = await asyncio.to_thread(render, content)
    except cda.CdaRefused as error:
        raise errors.NOT_FOUND.error(field="document") from error
    policy = f"{CONTENT_SECURITY_POLICY}; frame-ancestors 'self'"
    return Response(page, media_type="text/html", headers={**HEADERS, "content-security-policy": policy})


async def original(visit: Visit) -> Response:
    """The bytes as they lie in the DMP."""
    stored = await read_document(visit.context, visit.profile.visitor, visit.request.path_params["unique_id"])
    end = "xml" if stored.entry.mime_type != DICOM else "dcm"
    return StreamingResponse(
        visit.context.floor.blobs.stream(stored.digest),
        media_type=stored.entry.mime_type,
        headers={
            **_DOWNLOAD,
            "content-length": str(stored.entry.size),
            "content-disposition": _named(stored.entry, end),
        },
    )


async def file(visit: Visit) -> Response:
    """The file inside the document: the PDF of most."""
    stored = await read_document(visit.context, visit.profile.visitor, visit.request.path_params["unique_id"])
    content = await visit.context.floor.blobs.get(stored.digest)
    try:
        found = await asyncio.to_thread(cda.read_embedded_file, content)
    except cda.CdaRefused as error:
        raise errors.NOT_FOUND.error(field="document") from error
    if found is None:
        raise errors.NOT_FOUND.error(field="document")
    end = next((name for name, kind in EXTENSIONS.items() if kind == found.media_type), "bin")
    known = found.media_type if found.media_type in EXTENSIONS.values() else "application/octet-stream"
    headers = {**_DOWNLOAD, "content-disposition": _named(stored.entry, end)}
    return Response(found.content, media_type=known, headers=headers)


async def add_form(visit: Visit) -> Response:
    """The form of a new document."""
    return await visit.page(
        "add_document",
        accepted=",".join(f".{name}" for name in EXTENSIONS),
        extensions=", ".join(EXTENSIONS),
        megabytes=visit.context.settings.mes_max_upload_bytes // (1024 * 1024),
        categories=list(OWN_TYPES),
        labels=LABELS,
        today=visit.context.floor.clock.now().date().isoformat(),
        minor=bool(visit.profile.account.representatives),
    )


async def add(visit: Visit) -> Response:
    """Add it."""
    sent = visit.file("fichier")
    upload = Upload(
        choice(Category, visit.field("categorie"), "categorie"),
        visit.field("titre"),
        day(visit.field("date"), "date"),
        visit.field("confidentialite") or "N",
        sent.filename or "",
        await sent.read(),
    )
    entry = await add_document(visit.context, visit.profile.visitor, visit.profile.account, upload)
    return visit.go(f"/documents/{entry.unique_id}", "ajoute")


async def visibility(visit: Visit) -> Response:
    """Say whom the document is hidden from."""
    wanted = {MASKED.code: visit.field("masque"), HIDDEN_FROM_REPRESENTATIVES: visit.field("cache")}
    hidden = [name for name, told in wanted.items() if told]
    await arrange_documents.set_confidentiality(visit.context, visit.profile.visitor, _id(visit), hidden)
    return visit.go(f"/documents/{_id(visit)}", "visible")


async def edit(visit: Visit) -> Response:
    """Change properties of an own document."""
    on = visit.field("date")
    await arrange_documents.edit_document(
        visit.context,
        visit.profile.visitor,
        _id(visit),
        title=visit.field("titre"),
        category=choice(Category, visit.field("categorie"), "categorie"),
        day=day(on, "date") if on else None,
    )
    return visit.go(f"/documents/{_id(visit)}", "modifie")


async def delete(visit: Visit) -> Response:
    """Delete an own document."""
    stored = await document_of(visit.context, visit.profile.visitor, _id(visit))
    await change_status(visit.context, stored, xds_uuids.DELETED, by=visit.profile.visitor.by)
    return visit.go("/documents", "supprime")


async def pin(visit: Visit) -> Response:
    """Keep it at hand, or no longer."""
    await arrange_documents.pin_document(
        visit.context, visit.profile.visitor, _id(visit), pinned=visit.field("oui") == "1"
    )
    return visit.go(f"/documents/{_id(visit)}", "choix")


async def report(visit: Visit) -> Response:
    """Report an error in it."""
    visitor = visit.profile.visitor
    await arrange_documents.report(visit.context, visitor, "SIGNALEMENT_DOC", _id(visit), visit.field("motif"))
    return visit.go(f"/documents/{_id(visit)}", "signale")


def authors_of(entry: DocumentEntry) -> str:
    """The authors' names."""
    people = [author.who for author in entry.authors]
    return ", ".join(f"{one.given.title()} {one.family}".strip() for one in people if one.family)


def badges_of(visit: Visit, entry: DocumentEntry) -> list[tuple[str, str]]:
    """What is special about a document, with the colour it is said in."""
    found = []
    if is_patients_own(entry):
        found.append((visit.t("Ajouté par moi", "Added by me"), "teal"))
    if is_masked(entry):
        found.append((visit.t("Masqué", "Hidden"), "hid"))
    if has(entry, HIDDEN_FROM_REPRESENTATIVES):
        found.append((visit.t("Caché à mes représentants", "Hidden from representatives"), "hid"))
    if entry.status == xds_uuids.ARCHIVED:
        found.append((visit.t("Archivé", "Archived"), ""))
    if entry.status == xds_uuids.DEPRECATED:
        found.append((visit.t("Remplacé", "Replaced"), ""))
    return found


async def _has_file(visit: Visit, digest: str) -> bool:
    content = await visit.context.floor.blobs.get(digest)
    try:
        return await asyncio.to_thread(cda.read_embedded_file, content) is not None
    except cda.CdaRefused:
        return False


def _id(visit: Visit) -> str:
    return str(visit.request.path_params["unique_id"])


def _named(entry: DocumentEntry, end: str) -> str:
    return f"attachment; filename*=UTF-8''{quote(entry.title[:80] or 'document', safe='')}.{end}"
