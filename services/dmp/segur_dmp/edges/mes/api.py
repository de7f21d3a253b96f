"""Mon espace santé by REST, for scenarios: a JSON door of SégurStack's own; no national interface is published for it.

The caller shows the header `x-mes-code`, equal to the demo code `000000` (`Settings.mes_code`): it stands for the
citizen login and proves nothing. `{ins}` in the paths is the matricule of a synthetic patient; `x-mes-as` says who acts
when it is not the holder. Refusals are problem+json. `openapi.json` beside this module describes it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from segur.kernel.openapi import openapi_route
from segur.wire import xds_uuids
from segur_dmp.context import Context
from segur_dmp.domain.mes.categories import Category
from segur_dmp.domain.mes.own_documents import Upload
from segur_dmp.domain.mes.spaces import Channel, Preference
from segur_dmp.domain.mes.traces import Group
from segur_dmp.edges.mes import shapes
from segur_dmp.edges.mes.api_account import account_routes
from segur_dmp.edges.mes.api_choices import Choices
from segur_dmp.edges.mes.api_health import Health
from segur_dmp.edges.mes.demands import Demand, choice, day, patient_of, person_of
from segur_dmp.operations.change_visibility import change_status, change_visibility
from segur_dmp.operations.mes import arrange_documents, follow
from segur_dmp.operations.mes.add_document import add_document
from segur_dmp.operations.mes.read_documents import document_of, documents_of, read_document
from segur_dmp.operations.mes.visit import Profile, check_code, inside
from segur_dmp.pipeline import attempt

PATIENT = "/mes/api/patients/{ins}"
_DOCUMENT = PATIENT + "/documents/{unique_id}"
Answering = Callable[[Request, Profile], Awaitable[Response]]


class MesApi:
    """What a visitor may do in an open space."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def routes(self) -> list[Route]:
        """The routes under `/mes/api`."""
        choices, health = Choices(self._context), Health(self._context)
        table: tuple[tuple[str, str, Answering], ...] = (
            ("GET", PATIENT + "/documents", self.documents),
            ("POST", PATIENT + "/documents", self.add),
            ("GET", _DOCUMENT, self.document),
            ("PATCH", _DOCUMENT, self.edit),
            ("DELETE", _DOCUMENT, self.delete),
            ("GET", _DOCUMENT + "/content", self.content),
            ("PUT", _DOCUMENT + "/confidentiality", self.confidentiality),
            ("PUT", _DOCUMENT + "/pin", self.pin),
            ("POST", PATIENT + "/reports", self.report),
            ("GET", PATIENT + "/notifications", self.notifications),
            ("POST", PATIENT + "/notifications/read", self.mark_read),
            ("PUT", PATIENT + "/preferences", self.prefer),
            ("GET", PATIENT + "/history", self.history),
            ("GET", PATIENT + "/mails", self.mails),
            ("GET", PATIENT + "/consents", choices.consents),
            ("POST", PATIENT + "/consents", choices.change_consent),
            ("PUT", PATIENT + "/emergency", choices.emergency),
            ("PUT", PATIENT + "/masking", choices.masking),
            ("GET", PATIENT + "/delegations", choices.delegations),
            ("POST", PATIENT + "/delegations", choices.invite),
            ("POST", PATIENT + "/delegations/{number}", choices.answer),
            ("GET", PATIENT + "/appointments", choices.appointments),
            ("POST", PATIENT + "/appointments", choices.note),
            ("DELETE", PATIENT + "/appointments/{number}", choices.cancel),
            ("GET", PATIENT + "/services", choices.services),
            ("PUT", PATIENT + "/services", choices.choose_service),
            ("GET", PATIENT + "/folders", health.folders),
            ("POST", PATIENT + "/folders", health.create_folder),
            ("PATCH", PATIENT + "/folders/{number}", health.rename_folder),
            ("DELETE", PATIENT + "/folders/{number}", health.delete_folder),
            ("PUT", _DOCUMENT + "/folder", health.file_document),
            ("GET", PATIENT + "/messages/{number}/files/{file_id}", health.attachment),
            ("POST", PATIENT + "/messages/{number}/files/{file_id}/document", health.keep),
            ("GET", PATIENT + "/measures", health.measures),
            ("POST", PATIENT + "/measures", health.note_measure),
            ("DELETE", PATIENT + "/measures/{number}", health.remove_measure),
            ("GET", PATIENT + "/profile", health.profile),
            ("POST", PATIENT + "/profile/lines", health.write_line),
            ("DELETE", PATIENT + "/profile/lines/{number}", health.remove_line),
            ("GET", PATIENT + "/profile/summary", health.summary),
            ("POST", PATIENT + "/profile/summary", health.keep_summary),
            ("GET", PATIENT + "/preventions", health.preventions),
            ("PUT", PATIENT + "/preventions", health.answer_prevention),
        )
        by_path: dict[str, list[tuple[str, Answering]]] = {}
        for method, path, act in table:
            by_path.setdefault(path, []).append((method, act))
        return [
            openapi_route("/mes/api/openapi.json", "segur_dmp.edges.mes"),
            Route(_DOCUMENT + "/mask", self._door(self.mask), methods=["POST"]),
            Route(_DOCUMENT + "/unmask", self._door(self.unmask), methods=["POST"]),
            *account_routes(self._context, PATIENT),
            *(Route(path, self._door(act), methods=[method]) for path, acts in by_path.items() for method, act in acts),
        ]

    def _door(self, act: Answering) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            async with attempt(self._context, "MES", "mes"):
                check_code(self._context, request.headers.get("x-mes-code", ""))
                patient = await patient_of(self._context, request.path_params["ins"])
                person = await person_of(self._context, patient, request.headers.get("x-mes-as", ""))
                return await act(request, await inside(self._context, person, patient))

        return answer

    async def documents(self, request: Request, profile: Profile) -> Response:
        """All documents the visitor may see, whatever their status but deleted; `category` narrows it."""
        found = await documents_of(self._context, profile.visitor)
        listed = [shapes.document(entry, _pins(profile)) for entry in found]
        if wanted := request.query_params.get("category"):
            category = choice(Category, wanted, "category")
            listed = [one for one in listed if one["category"] == category.value]
        return JSONResponse({"documents": listed})

    async def document(self, request: Request, profile: Profile) -> Response:
        """The properties of a document."""
        stored = await document_of(self._context, profile.visitor, request.path_params["unique_id"])
        return JSONResponse(shapes.document(stored.entry, _pins(profile)))

    async def content(self, request: Request, profile: Profile) -> Response:
        """The bytes of a document, as professionals get them."""
        stored = await read_document(self._context, profile.visitor, request.path_params["unique_id"])
        return StreamingResponse(
            self._context.floor.blobs.stream(stored.digest),
            media_type=stored.entry.mime_type,
            headers={"content-length": str(stored.entry.size)},
        )

    async def add(self, request: Request, profile: Profile) -> Response:
        """Add a document; `content` is base64."""
        told = await Demand.of(request)
        upload = Upload(
            choice(Category, told.text("category"), "category"),
            told.text("title"),
            day(told.text("date"), "date"),
            told.text("confidentiality", optional=True) or "N",
            told.text("filename"),
            told.content("content"),
        )
        entry = await add_document(self._context, profile.visitor, profile.account, upload)
        return JSONResponse(shapes.document(entry), 201)

    async def edit(self, request: Request, profile: Profile) -> Response:
        """Change properties of an own document."""
        told = await Demand.of(request)
        category, on = told.text("category", optional=True), told.text("date", optional=True)
        entry = await arrange_documents.edit_document(
            self._context,
            profile.visitor,
            request.path_params["unique_id"],
            title=told.text("title", optional=True),
            category=choice(Category, category, "category") if category else None,
            day=day(on, "date") if on else None,
        )
        return JSONResponse(shapes.document(entry, _pins(profile)))

    async def delete(self, request: Request, profile: Profile) -> Response:
        """Delete an own document."""
        stored = await document_of(self._context, profile.visitor, request.path_params["unique_id"])
        await change_status(self._context, stored, xds_uuids.DELETED, by=profile.visitor.by)
        return Response(status_code=204)

    async def mask(self, request: Request, profile: Profile) -> Response:
        """Hide a document from professionals."""
        return await self._masked(request, profile, masked=True)

    async def unmask(self, request: Request, profile: Profile) -> Response:
        """Show a document to professionals again."""
        return await self._masked(request, profile, masked=False)

    async def _masked(self, request: Request, profile: Profile, *, masked: bool) -> Response:
        stored = await document_of(self._context, profile.visitor, request.path_params["unique_id"])
        entry = await change_visibility(self._context, stored, masked=masked, by=profile.visitor.by)
        return JSONResponse(shapes.document(entry, _pins(profile)))

    async def confidentiality(self, request: Request, profile: Profile) -> Response:
        """Say whom a document is hidden from: `hidden` lists MASQUE_PS, INVISIBLE_REPRESENTANTS_LEGAUX, or nothing."""
        told = await Demand.of(request)
        entry = await arrange_documents.set_confidentiality(
            self._context, profile.visitor, request.path_params["unique_id"], told.texts("hidden")
        )
        return JSONResponse(shapes.document(entry, _pins(profile)))

    async def pin(self, request: Request, profile: Profile) -> Response:
        """Keep a document at hand, or no longer."""
        pinned = (await Demand.of(request)).flag("pinned")
        await arrange_documents.pin_document(
            self._context, profile.visitor, request.path_params["unique_id"], pinned=pinned
        )
        return Response(status_code=204)

    async def report(self, request: Request, profile: Profile) -> Response:
        """Report a document, a service or a professional."""
        told = await Demand.of(request)
        number = await arrange_documents.report(
            self._context, profile.visitor, told.text("type"), told.text("about"), told.text("reason")
        )
        return JSONResponse({"id": number}, 201)

    async def notifications(self, request: Request, profile: Profile) -> Response:
        """What was told, newest first; `code` is one of Mon espace santé's."""
        found = await follow.notifications_of(self._context, profile.visitor)
        return JSONResponse({"notifications": [shapes.notification(one) for one in found]})

    async def mark_read(self, request: Request, profile: Profile) -> Response:
        """Mark one notification (`id`), or all, as read."""
        told = await Demand.of(request)
        changed = await follow.mark_read(self._context, profile.visitor, told.text("id", optional=True))
        return JSONResponse({"changed": changed})

    async def prefer(self, request: Request, profile: Profile) -> Response:
        """Choose the means of a family of notifications."""
        told = await Demand.of(request)
        preference = choice(Preference, told.text("preference"), "preference")
        channels = [choice(Channel, one, "channels") for one in told.texts("channels")]
        await follow.choose_channels(self._context, profile.visitor, preference, channels)
        return Response(status_code=204)

    async def history(self, request: Request, profile: Profile) -> Response:
        """The access history; `group`, `actor` and `own=true` narrow it."""
        told = request.query_params
        group = choice(Group, told["group"], "group") if told.get("group") else None
        found = await follow.history_of(
            self._context, profile.visitor, group=group, actor=told.get("actor", ""), own=told.get("own") == "true"
        )
        return JSONResponse({"traces": [shapes.trace(one) for one in found]})

    async def mails(self, request: Request, profile: Profile) -> Response:
        """The e-mails and SMS that left for the visitor."""
        found = await follow.personal_mail(self._context, profile.visitor)
        return JSONResponse({"mails": [shapes.mail(one) for one in found]})


def _pins(profile: Profile) -> tuple[str, ...]:
    return profile.space.pinned if profile.space is not None else ()
