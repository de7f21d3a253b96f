"""Messages of professionals, and their files: read, downloaded, kept among the documents."""

from __future__ import annotations

from datetime import datetime

from starlette.responses import Response
from starlette.routing import Route

from segur.personas.mailboxes import CITIZEN_DOMAIN
from segur.vocab.ins import Ins
from segur_dmp import errors
from segur_dmp.domain.mes.categories import LABELS, OWN_TYPES, Category
from segur_dmp.edges.mes.api_health import attachment
from segur_dmp.edges.mes.demands import choice, day
from segur_dmp.edges.mes.visit import Door, Visit
from segur_dmp.operations.mes.keep_attachment import Wish, attachments_of, keep_attachment, read_attachment


def message_routes(door: Door) -> list[Route]:
    """The routes."""
    file = "/messages/{number}/fichiers/{file_id}"
    return [
        door.route("/messages", messages),
        door.route("/messages/{number}", message),
        door.route("/messages/{number}", answer, method="POST"),
        door.route(file, download),
        door.route(file + "/ajouter", keep_form),
        door.route(file + "/ajouter", keep, method="POST"),
    ]


async def messages(visit: Visit) -> Response:
    """What lies in the citizen's mailbox."""
    found = await visit.context.messaging.messages(matricule_of(visit)) or []
    shown = [{**one, "when": visit.when(datetime.fromisoformat(one["received"]))} for one in found]
    return await visit.page("messages", messages=shown, address=f"{matricule_of(visit)}@{CITIZEN_DOMAIN}")


async def message(visit: Visit) -> Response:
    """One message, which is read by that."""
    found = await visit.context.messaging.message(matricule_of(visit), visit.request.path_params["number"])
    if found is None:
        raise errors.NOT_FOUND.error(field="message")
    return await visit.page("message", message=found, files=attachments_of(visit.context, found))


async def answer(visit: Visit) -> Response:
    """Answer a professional."""
    if not visit.field("texte").strip():
        raise errors.BAD_DEMAND.error(reason=visit.t("écrivez un texte", "write a text"), field="texte")
    number = visit.request.path_params["number"]
    await visit.context.messaging.answer(matricule_of(visit), number, visit.field("texte"))
    return visit.go("/messages", "envoye")


async def download(visit: Visit) -> Response:
    """The bytes of a file."""
    return attachment(*await read_attachment(visit.context, visit.profile, *_file(visit)))


async def keep_form(visit: Visit) -> Response:
    """How a file is to be kept."""
    found, _ = await read_attachment(visit.context, visit.profile, *_file(visit))
    return await visit.page(
        "keep_attachment",
        file=found,
        number=visit.request.path_params["number"],
        categories=list(OWN_TYPES),
        labels=LABELS,
        today=visit.context.floor.clock.now().date().isoformat(),
        minor=bool(visit.profile.account.representatives),
    )


async def keep(visit: Visit) -> Response:
    """Add a file to the documents."""
    wish = Wish(
        choice(Category, visit.field("categorie"), "categorie"),
        day(visit.field("date"), "date"),
        visit.field("titre"),
        visit.field("confidentialite") or "N",
    )
    entry = await keep_attachment(visit.context, visit.profile, *_file(visit), wish)
    return visit.go(f"/documents/{entry.unique_id}", "ajoute")


def matricule_of(visit: Visit) -> str:
    """The matricule of whose space it is."""
    return Ins.from_cx(visit.profile.account.ins).matricule


def _file(visit: Visit) -> tuple[str, str]:
    told = visit.request.path_params
    return told["number"], told["file_id"]
