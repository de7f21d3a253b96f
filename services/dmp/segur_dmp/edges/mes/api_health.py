"""Folders, attachments, measures, medical profile and recommended examinations, by REST."""

from __future__ import annotations

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from segur.vocab.ins import Ins
from segur_dmp import errors
from segur_dmp.context import Context
from segur_dmp.domain.mes.categories import Category
from segur_dmp.domain.mes.measures import Kind
from segur_dmp.domain.mes.medical_profile import Section
from segur_dmp.domain.mes.own_documents import EXTENSIONS
from segur_dmp.domain.mes.prevention import Status
from segur_dmp.edges.mes import shapes_health as shapes
from segur_dmp.edges.mes.demands import Demand, choice, day, moment
from segur_dmp.edges.mes.shapes import document
from segur_dmp.operations.mes import keep_attachment, measure, prevent, sort_documents, tell_of_health
from segur_dmp.operations.mes.visit import Profile

_PDF = "application/pdf"
DOWNLOAD = {"x-content-type-options": "nosniff", "cache-control": "no-store", "content-security-policy": "sandbox"}


class Health:
    """What a visitor keeps of their health beside the documents."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def folders(self, request: Request, profile: Profile) -> Response:
        """The folders with their documents."""
        found = await sort_documents.folders_of(self._context, profile.visitor)
        return JSONResponse({"folders": [shapes.folder(one) for one in found]})

    async def create_folder(self, request: Request, profile: Profile) -> Response:
        """Make one."""
        told = await Demand.of(request)
        one = await sort_documents.create_folder(self._context, profile.visitor, told.text("folderName"))
        return JSONResponse(shapes.folder(one), 201)

    async def rename_folder(self, request: Request, profile: Profile) -> Response:
        """Give another name."""
        name, number = (await Demand.of(request)).text("folderName"), request.path_params["number"]
        one = await sort_documents.rename_folder(self._context, profile.visitor, number, name)
        return JSONResponse(shapes.folder(one))

    async def delete_folder(self, request: Request, profile: Profile) -> Response:
        """Delete one; the documents stay."""
        await sort_documents.delete_folder(self._context, profile.visitor, request.path_params["number"])
        return Response(status_code=204)

    async def file_document(self, request: Request, profile: Profile) -> Response:
        """Move a document into the folder `folderId`, or into none."""
        number = (await Demand.of(request)).text("folderId", optional=True)
        unique_id = request.path_params["unique_id"]
        changed = await sort_documents.file_document(self._context, profile.visitor, unique_id, number)
        return JSONResponse({"changed": changed})

    async def attachment(self, request: Request, profile: Profile) -> Response:
        """The bytes of a file of a message."""
        told = request.path_params
        found, content = await keep_attachment.read_attachment(self._context, profile, told["number"], told["file_id"])
        return attachment(found, content)

    async def keep(self, request: Request, profile: Profile) -> Response:
        """Add a file of a message to the documents."""
        told, path = await Demand.of(request), request.path_params
        on = told.text("date", optional=True)
        wish = keep_attachment.Wish(
            choice(Category, told.text("category"), "category"),
            day(on, "date") if on else self._context.floor.clock.now().date(),
            told.text("title", optional=True),
            told.text("confidentiality", optional=True) or "N",
        )
        entry = await keep_attachment.keep_attachment(self._context, profile, path["number"], path["file_id"], wish)
        return JSONResponse(document(entry), 201)

    async def measures(self, request: Request, profile: Profile) -> Response:
        """The measures, newest first; `code` narrows them to a kind."""
        found = await measure.measures_of(self._context, profile.visitor)
        if code := request.query_params.get("code"):
            kind = choice(Kind, code, "code")
            found = [one for one in found if one.kind is kind]
        return JSONResponse({"measures": [shapes.measure(one) for one in found]})

    async def note_measure(self, request: Request, profile: Profile) -> Response:
        """Write one down; `metrics` holds its numbers by code."""
        told = await Demand.of(request)
        at = told.text("effectiveDate", optional=True)
        one = await measure.note_measure(
            self._context,
            profile.visitor,
            choice(Kind, told.text("code"), "code"),
            told.numbers("metrics"),
            moment(at, "effectiveDate") if at else self._context.floor.clock.now(),
        )
        return JSONResponse(shapes.measure(one), 201)

    async def remove_measure(self, request: Request, profile: Profile) -> Response:
        """Take one out."""
        await measure.remove_measure(self._context, profile.visitor, request.path_params["number"])
        return Response(status_code=204)

    async def profile(self, request: Request, profile: Profile) -> Response:
        """The lines of the medical profile by section, and the summary among the documents."""
        lines = await self._context.records.medical_profiles.of(profile.visitor.patient)
        kept = await tell_of_health.kept_summary(self._context, profile.visitor)
        return JSONResponse(shapes.medical_profile(lines, kept))

    async def write_line(self, request: Request, profile: Profile) -> Response:
        """Add a line."""
        told = await Demand.of(request)
        section = choice(Section, told.text("section"), "section")
        one = await tell_of_health.write_line(self._context, profile.visitor, section, told.text("text"))
        return JSONResponse(shapes.line(one), 201)

    async def remove_line(self, request: Request, profile: Profile) -> Response:
        """Take one out."""
        await tell_of_health.remove_line(self._context, profile.visitor, request.path_params["number"])
        return Response(status_code=204)

    async def summary(self, request: Request, profile: Profile) -> Response:
        """The summary as PDF, kept nowhere."""
        return Response(await tell_of_health.summary_of(self._context, profile), media_type=_PDF, headers=DOWNLOAD)

    async def keep_summary(self, request: Request, profile: Profile) -> Response:
        """Put it among the documents, or in the place of the one that is there."""
        visible = (await Demand.of(request)).flag("visible", otherwise=False)
        entry = await tell_of_health.keep_summary(self._context, profile, visible=visible)
        return JSONResponse(document(entry), 201)

    async def preventions(self, request: Request, profile: Profile) -> Response:
        """What is recommended now and in the coming year."""
        found = await prevent.preventions_of(self._context, profile.account)
        return JSONResponse({"preventions": [shapes.prevention(one) for one in found]})

    async def answer_prevention(self, request: Request, profile: Profile) -> Response:
        """Say whether something recommended was done."""
        told = await Demand.of(request)
        on = told.text("executionDate", optional=True)
        one = await prevent.answer_prevention(
            self._context,
            profile.visitor,
            profile.account,
            told.text("code"),
            day(told.text("dateDebutPrevention"), "dateDebutPrevention"),
            choice(Status, told.text("statut"), "statut"),
            day(on, "executionDate") if on else None,
        )
        return JSONResponse(shapes.prevention(one))


def attachment(found: keep_attachment.Attachment, content: bytes) -> Response:
    """A file of a message as an answer: nothing of it runs in the browser."""
    known = found.media_type if found.media_type in EXTENSIONS.values() else "application/octet-stream"
    name = f"attachment; filename*=UTF-8''{quote(found.name[:120], safe='')}"
    return Response(content, media_type=known, headers={**DOWNLOAD, "content-disposition": name})


async def message_of(context: Context, profile: Profile, number: str) -> dict[str, object]:
    """A message, read by that, with what can be kept of it; raise `errors.NOT_FOUND`."""
    found = await context.messaging.message(Ins.from_cx(profile.account.ins).matricule, number)
    if found is None:
        raise errors.NOT_FOUND.error(field="message")
    files = keep_attachment.attachments_of(context, found)
    return {**found, "files": [shapes.attachment(one) for one in files]}
