"""Folders of documents: made, renamed, deleted, and a document moved."""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from segur_dmp.edges.mes.visit import Door, Visit
from segur_dmp.operations.mes import sort_documents


def folder_routes(door: Door) -> list[Route]:
    """The routes; folders are shown among the documents."""
    return [
        door.route("/dossiers", create, method="POST"),
        door.route("/dossiers/{number}/renommer", rename, method="POST"),
        door.route("/dossiers/{number}/supprimer", delete, method="POST"),
        door.route("/documents/{unique_id}/dossier", move, method="POST"),
    ]


async def create(visit: Visit) -> Response:
    """Make a folder."""
    one = await sort_documents.create_folder(visit.context, visit.profile.visitor, visit.field("nom"))
    return visit.go("/documents", "dossier", dossier=one.id)


async def rename(visit: Visit) -> Response:
    """Give it another name."""
    number = visit.request.path_params["number"]
    await sort_documents.rename_folder(visit.context, visit.profile.visitor, number, visit.field("nom"))
    return visit.go("/documents", "choix", dossier=number)


async def delete(visit: Visit) -> Response:
    """Delete it; its documents stay."""
    await sort_documents.delete_folder(visit.context, visit.profile.visitor, visit.request.path_params["number"])
    return visit.go("/documents", "sans_dossier")


async def move(visit: Visit) -> Response:
    """Put a document into a folder, or take it out."""
    unique_id = visit.request.path_params["unique_id"]
    await sort_documents.file_document(visit.context, visit.profile.visitor, unique_id, visit.field("dossier"))
    return visit.go(f"/documents/{unique_id}", "range")
