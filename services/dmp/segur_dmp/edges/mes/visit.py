"""One request to the patient's page: who, where, in which language, and how a page is made of it.

Pages work without scripts and load nothing from elsewhere; the policy sent with them forbids both.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from importlib.resources import files
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from segur.kernel import request as present
from segur.kernel.errors import Kind, SegurError
from segur_dmp import errors
from segur_dmp.context import Context
from segur_dmp.domain.mes.spaces import SpaceState
from segur_dmp.edges.mes.session import Session, Sessions
from segur_dmp.edges.mes.texts import DONE, refusal_text
from segur_dmp.operations.mes.follow import notifications_of
from segur_dmp.operations.mes.visit import Profile, profile_of
from segur_dmp.pipeline import attempt

STYLE: Final = files("segur_dmp.edges.mes").joinpath("style.css").read_text("utf-8")
_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src data: 'self'; frame-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    # not `no-referrer`: forms would then hide the origin that is checked
    "referrer-policy": "same-origin",
    "cache-control": "no-store",
}
PARIS: Final = ZoneInfo("Europe/Paris")
_PAGES: Final = Environment(
    loader=PackageLoader("segur_dmp", "edges/mes"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


class Needs(Enum):
    """What a page asks of who comes: nothing, a chosen profile, or one whose space is active."""

    NOTHING = "nothing"
    PROFILE = "profile"
    ACTIVE = "active"


@dataclass(slots=True)
class Visit:
    """A request, its session, and the profile where one is chosen."""

    context: Context
    sessions: Sessions
    request: Request
    session: Session
    found: Profile | None = None
    form: FormData | None = None

    @property
    def profile(self) -> Profile:
        """The profile; pages that need one have one."""
        assert self.found is not None, "this page needs a profile"
        return self.found

    @property
    def root(self) -> str:
        """The path of the page, sandbox prefix included."""
        return f"{urlsplit(present.current().base).path.rstrip('/')}/mes"

    def t(self, french: str, english: str) -> str:
        """A text in the visitor's language."""
        return english if self.session.language == "en" else french

    def when(self, moment: datetime | None) -> str:
        """A moment as a French reader expects it, in the time of Paris."""
        return f"{moment.astimezone(PARIS):%d/%m/%Y %H:%M}" if moment is not None else ""

    def day(self, dtm: str) -> str:
        """The day of an HL7 time."""
        return f"{dtm[6:8]}/{dtm[4:6]}/{dtm[:4]}" if len(dtm) >= 8 else dtm

    def field(self, name: str) -> str:
        """A field of the form, empty when absent."""
        told = self.form.get(name, "") if self.form is not None else ""
        return told if isinstance(told, str) else ""

    def file(self, name: str) -> UploadFile:
        """A file of the form; raise `errors.BAD_UPLOAD` when none was chosen."""
        told = self.form.get(name) if self.form is not None else None
        if not isinstance(told, UploadFile) or not told.filename:
            raise errors.BAD_UPLOAD.error(reason=self.t("choisissez un fichier", "choose a file"), field=name)
        return told

    async def page(self, template: str, status: int = 200, **values: Any) -> Response:
        """A page of `<template>.html`."""
        unread = 0
        if self.found is not None and self.found.state is SpaceState.ACTIVE:
            unread = sum(1 for one in await notifications_of(self.context, self.found.visitor) if not one.read)
        done = DONE.get(self.request.query_params.get("fait", ""))
        token = self.sessions.form_token(self.session)
        body = _PAGES.get_template(f"{template}.html").render(
            v=self,
            t=self.t,
            root=self.root,
            path=self.request.url.path,
            unread=unread,
            done=self.t(*done) if done is not None else "",
            active=self.found is not None and self.found.state is SpaceState.ACTIVE,
            quote=lambda text: quote(text, safe=""),
            icon=_PAGES.get_template("icons.html").module.icon,  # type: ignore[attr-defined]  # a macro of the file
            csrf=lambda: Markup('<input type="hidden" name="csrf" value="{}">').format(token),
            **values,
        )
        return HTMLResponse(body, status, {**HEADERS, "content-language": self.session.language})

    def go(self, path: str, done: str = "", **more: str) -> Response:
        """Send the browser on to a page of ours, which says what was done; `more` are parameters of its address."""
        told = urlencode({**more, **({"fait": done} if done else {})})
        return RedirectResponse(f"{self.root}{path}{f'?{told}' if told else ''}", 303, {"cache-control": "no-store"})


Handler = Callable[[Visit], Awaitable[Response]]


class Door:
    """Turns handlers into routes: session, profile, form check, refusals as pages."""

    def __init__(self, context: Context, sessions: Sessions) -> None:
        self._context, self._sessions = context, sessions

    def route(self, path: str, handler: Handler, needs: Needs = Needs.ACTIVE, method: str = "GET") -> Route:
        """A route under /mes."""

        async def answer(request: Request) -> Response:
            visit = Visit(self._context, self._sessions, request, self._sessions.read(request))
            try:
                return await self._serve(visit, handler, needs)
            except SegurError as refusal:
                message = refusal_text(refusal, visit.session.language)
                return await visit.page("error", refusal.kind.value, message=message, technical=refusal.detail)

        return Route(f"/mes{path}", answer, methods=[method])

    async def _serve(self, visit: Visit, handler: Handler, needs: Needs) -> Response:
        session = visit.session
        if needs is not Needs.NOTHING and not session.person:
            return visit.go("/connexion")
        if needs is not Needs.NOTHING:
            if not session.patient:
                return visit.go("/profils")
            try:
                visit.found = await profile_of(visit.context, session.person, session.patient)
            except SegurError as refusal:
                if refusal.kind is Kind.BUSY:
                    raise
                return visit.go("/profils")  # a delegation that ended, a minor who came of age
            if needs is Needs.ACTIVE and visit.found.state is not SpaceState.ACTIVE:
                return visit.go("/compte")
        async with attempt(visit.context, "MES", "mes"):
            if visit.request.method == "POST":
                most = visit.context.settings.mes_max_upload_bytes
                try:
                    visit.form = await visit.request.form(max_files=1, max_fields=50, max_part_size=most + 1024)
                except HTTPException as error:
                    raise errors.BAD_DEMAND.error(reason=str(error.detail)[:200], field="form") from error
                visit.sessions.check_form(visit.request, session, visit.field("csrf"))
            try:
                return await handler(visit)
            finally:
                if visit.form is not None:
                    await visit.form.close()
