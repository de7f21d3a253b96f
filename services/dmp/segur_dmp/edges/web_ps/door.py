"""The pages of the Web-PS site under `/AccesDirect/` [DMP digest 1.9]."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from segur.kernel import request as present
from segur.kernel.errors import SegurError
from segur.wire.xds import MetadataRefused
from segur_dmp import errors
from segur_dmp.context import Context
from segur_dmp.domain.rights import Act
from segur_dmp.edges.web_ps import views
from segur_dmp.edges.web_ps.login import RETURN, Login
from segur_dmp.edges.web_ps.pages import page
from segur_dmp.edges.web_ps.session import EMERGENCY, SIGNED_IN, Cookies, check_origin, path_of
from segur_dmp.edges.web_ps.visit import DOOR, Subject, Who, subject_of, visitor_to
from segur_dmp.operations.set_authorization import declare_authorization
from segur_dmp.pipeline import attempt, authorize, enter

View = Callable[[Context, Who, Subject], Awaitable[Response]]


class WebPsDoor:
    """Finds out who comes and about whom, and shows the page."""

    def __init__(self, context: Context) -> None:
        self._context, self._cookies = context, Cookies(context)
        self._login = Login(context, self._cookies)

    async def close(self) -> None:
        """Let the connections go."""
        await self._login.close()

    def routes(self) -> list[Route]:
        """The addresses of the site; `INS` is the matricule."""
        of_patient: dict[str, View] = {
            "TableauDeBord": views.record,
            "DossierPatient": views.record,
            "GestionDMPPatient": views.management,
            "Documents": views.documents,
            "ParcoursDeSoins": views.pathway,
            "HistoriqueAcces": views.history,
            "VolontesEtDroits": views.rights,
            "CarnetVaccination": views.vaccination,
        }
        site = "/AccesDirect"
        return [
            Route(RETURN, self._returned),
            Route(f"{site}/quitter", self._leave, methods=["POST"]),
            Route(site, self._dashboard),
            Route(f"{site}/TableauDeBord", self._dashboard),
            Route(f"{site}/Parametrages", self._settings),
            Route(f"{site}/Autorisation/{{ins}}", self._authorize, methods=["POST"]),
            Route(f"{site}/Urgence/{{ins}}", self._begin_emergency, methods=["POST"]),
            Route(f"{site}/Urgence/{{ins}}/fin", self._end_emergency, methods=["POST"]),
            *(Route(f"{site}/{name}/{{ins}}", self._page(view)) for name, view in of_patient.items()),
            Route(f"{site}/Documents/{{ins}}/{{entry}}", self._document),
            Route(f"{site}/{{rest:path}}", self._unknown),
        ]

    def _page(self, view: View) -> Callable[[Request], Awaitable[Response]]:
        async def show(request: Request) -> Response:
            async def shown(who: Who, subject: Subject) -> Response:
                return await view(self._context, who, subject)

            return await self._about(request, shown)

        return show

    async def _about(self, request: Request, act: Callable[[Who, Subject], Awaitable[Response]]) -> Response:
        """A page about a patient: signed in, right checked, an open DMP; a refusal is a page that says why."""

        async def about(who: Who) -> Response:
            async with attempt(self._context, who.transaction, DOOR) as trial:
                subject = await subject_of(self._context, self._cookies, request, trial, who)
                authorize(subject.caller, Act.WEB)
                account = subject.account
                if account is None or not account.exists:
                    return views.absent(who, subject, creating=request.url.path.startswith("/AccesDirect/GestionDMP"))
                if not account.active:
                    return views.closed(who, account, subject.ins)
                try:
                    return await act(who, subject)
                except MetadataRefused as refusal:
                    raise errors.NOT_FOUND.error(rule=refusal.context) from refusal

        return await self._signed_in(request, about)

    async def _signed_in(self, request: Request, act: Callable[[Who], Awaitable[Response]]) -> Response:
        who: Who | None = None
        try:
            if request.method == "POST":
                check_origin(request)
            who = await visitor_to(self._context, self._cookies, request)
            if who is None:
                if request.method != "GET":
                    raise errors.CONTEXT_EXPIRED.error(fix="Reconnectez-vous, puis recommencez.")
                prefix = path_of().removesuffix("/AccesDirect")
                return await self._login.leave(prefix + request.url.path)
            present.note(actor=who.id_nat, operation=who.transaction)
            return await act(who)
        except SegurError as refusal:
            return views.refused(refusal, who, ins=request.path_params.get("ins", ""))

    async def _dashboard(self, request: Request) -> Response:
        async def show(who: Who) -> Response:
            return await views.dashboard(self._context, who)

        return await self._signed_in(request, show)

    async def _settings(self, request: Request) -> Response:
        async def show(who: Who) -> Response:
            return await views.settings(self._context, who)

        return await self._signed_in(request, show)

    async def _document(self, request: Request) -> Response:
        async def show(who: Who, subject: Subject) -> Response:
            return await views.document(self._context, subject, request.path_params["entry"])

        return await self._about(request, show)

    async def _authorize(self, request: Request) -> Response:
        async def declare(who: Who, subject: Subject) -> Response:
            await declare_authorization(self._context, subject.caller)
            return RedirectResponse(f"{path_of()}/DossierPatient/{subject.ins}", 303)

        return await self._about(request, declare)

    async def _begin_emergency(self, request: Request) -> Response:
        reason = str((await request.form()).get("raison", "")).strip()[:200]

        async def begin(who: Who, subject: Subject) -> Response:
            if not reason:
                raise errors.MISSING_REASON.error(field="raison")
            urgent = views.in_emergency(subject.caller, reason)
            await enter(self._context, urgent, Act.SEARCH)
            answer = RedirectResponse(f"{path_of()}/DossierPatient/{subject.ins}", 303)
            told = {"patient": urgent.patient, "reader": urgent.id_nat, "mode": urgent.purpose, "reason": reason}
            self._cookies.write(answer, EMERGENCY, **told)
            return answer

        return await self._about(request, begin)

    async def _end_emergency(self, request: Request) -> Response:
        async def end(who: Who) -> Response:
            answer = RedirectResponse(f"{path_of()}/TableauDeBord", 303)
            self._cookies.forget(answer, EMERGENCY)
            return answer

        return await self._signed_in(request, end)

    async def _returned(self, request: Request) -> Response:
        try:
            async with attempt(self._context, "TD0.10", DOOR):
                return await self._login.come_back(request)
        except SegurError as refusal:
            return views.refused(refusal, None)

    async def _leave(self, request: Request) -> Response:
        try:
            check_origin(request)
        except SegurError as refusal:
            return views.refused(refusal, None)
        answer = page("notice", title="Au revoir", text="Vous avez quitté le site.", code="", link=None)
        for name in (SIGNED_IN, EMERGENCY):
            self._cookies.forget(answer, name)
        return answer

    async def _unknown(self, request: Request) -> Response:
        text = "Cette adresse n'est pas de celles que le DMP ouvre aux logiciels."
        return page("notice", 404, title="Page inconnue", text=text, code="", link=None)
