"""Signing in, choosing a profile, the home page."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace

from starlette.responses import Response
from starlette.routing import Route

from segur.personas.country import Country
from segur.personas.model import Patient
from segur_dmp import errors
from segur_dmp.domain.mes.notices import Notice
from segur_dmp.domain.mes.spaces import STATE_LABELS, SpaceState
from segur_dmp.edges.mes.session import Session
from segur_dmp.edges.mes.visit import STYLE, Door, Needs, Visit
from segur_dmp.operations.mes.follow import mark_read, notifications_of
from segur_dmp.operations.mes.privacy import professionals_named
from segur_dmp.operations.mes.read_documents import documents_of
from segur_dmp.operations.mes.visit import begin, check_code, name_of, profile_of, profiles_of, representative_id

_MOST_LISTED = 40
_MOST_NEWS = 12


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody to sign in as."""

    id: str
    name: str
    note: str


class Entry:
    """The pages before and at the beginning of a visit; `country` is who can be chosen."""

    def __init__(self, country: Country) -> None:
        self._country = country

    def routes(self, door: Door) -> list[Route]:
        """The routes."""
        free = Needs.NOTHING
        return [
            door.route("", self.start, free),
            door.route("/", self.start, free),
            door.route("/style.css", self.style, free),
            door.route("/connexion", self.people, free),
            door.route("/connexion", self.sign_in, free, "POST"),
            door.route("/deconnexion", self.sign_out, free, "POST"),
            door.route("/langue", self.language, free, "POST"),
            door.route("/profils", self.profiles, free),
            door.route("/profils", self.choose, free, "POST"),
            door.route("/accueil", self.home),
            door.route("/nouveautes", self.read_all, method="POST"),
            door.route("/nouveautes/{number}", self.follow_notice),
        ]

    async def start(self, visit: Visit) -> Response:
        """To where the visitor left off."""
        if not visit.session.person:
            return visit.go("/connexion")
        return visit.go("/accueil" if visit.session.patient else "/profils")

    async def style(self, visit: Visit) -> Response:
        """The one style sheet."""
        headers = {"cache-control": "max-age=300", "x-content-type-options": "nosniff"}
        return Response(STYLE, media_type="text/css", headers=headers)

    async def people(self, visit: Visit) -> Response:
        """Who can sign in."""
        asked = visit.request.query_params.get("q", "")[:60]
        fresh = not visit.session.nonce
        if fresh:  # the form token needs something of the browser's own
            visit.session = Session(language=visit.session.language, nonce=_nonce())
        people = self._people(visit, asked)
        answer = await visit.page("login", people=people, asked=asked, code=visit.context.settings.mes_code)
        if fresh:
            visit.sessions.write(answer, visit.session)
        return answer

    async def sign_in(self, visit: Visit) -> Response:
        """The demo code opens; one profile is entered at once."""
        check_code(visit.context, visit.field("code").strip())
        person = visit.field("personne")
        found = await profiles_of(visit.context, person)
        if not found:
            raise errors.NOT_FOUND.error(field="personne")
        session = Session(person, language=visit.session.language, nonce=_nonce())
        if len(found) == 1:
            session = replace(session, patient=found[0].visitor.patient)
            await begin(visit.context, found[0])
        answer = visit.go("/accueil" if session.patient else "/profils")
        visit.sessions.write(answer, session)
        return answer

    async def sign_out(self, visit: Visit) -> Response:
        """The browser forgets the visitor."""
        answer = visit.go("/connexion")
        visit.sessions.write(answer, Session(language=visit.session.language, nonce=_nonce()))
        return answer

    async def language(self, visit: Visit) -> Response:
        """French or English."""
        answer = visit.go("/")
        wanted = "en" if visit.field("vers") == "en" else "fr"
        visit.sessions.write(answer, replace(visit.session, language=wanted))
        return answer

    async def profiles(self, visit: Visit) -> Response:
        """The spaces the visitor may enter."""
        if not visit.session.person:
            return visit.go("/connexion")
        roles = {
            "TITULAIRE": visit.t("Mon espace", "My space"),
            "AIDANT": visit.t("Je suis aidant", "I am a carer"),
            "REPRESENTANT_LEGAL": visit.t("Je suis représentant légal", "I am legal representative"),
        }
        found = await profiles_of(visit.context, visit.session.person)
        return await visit.page("profiles", profiles=found, roles=roles, states=lambda state: state_label(visit, state))

    async def choose(self, visit: Visit) -> Response:
        """Enter one of them."""
        if not visit.session.person:
            return visit.go("/connexion")
        profile = await profile_of(visit.context, visit.session.person, visit.field("patient"))
        await begin(visit.context, profile)
        answer = visit.go("/accueil")
        visit.sessions.write(answer, replace(visit.session, patient=profile.visitor.patient))
        return answer

    async def home(self, visit: Visit) -> Response:
        """News, pinned documents, sections."""
        context, visitor = visit.context, visit.profile.visitor
        told = (await notifications_of(context, visitor))[:_MOST_NEWS]
        documents = await documents_of(context, visitor)
        titles = {entry.unique_id: entry.title for entry in documents}
        names = await professionals_named(context, [one.notice.actor for one in told if one.notice.actor])
        news = [
            {
                "to": f"/nouveautes/{one.id}",
                "read": one.read,
                "label": one.notice.label,
                "detail": " · ".join(
                    part
                    for part in (
                        titles.get(one.notice.document_id, ""),
                        names.get(one.notice.actor, ""),
                        visit.when(one.at),
                    )
                    if part
                ),
            }
            for one in told
        ]
        pins = visit.profile.space.pinned if visit.profile.space is not None else ()
        now = context.floor.clock.now()
        coming = [one for one in await context.records.agenda.of(visitor.patient) if one.at > now]
        return await visit.page(
            "home",
            first_name=name_of(visit.profile.account).partition(" ")[0],
            news=news,
            pinned=[entry for entry in documents if entry.unique_id in pins],
            documents=len(documents),
            next_appointment=visit.when(coming[0].at) if coming else "",
        )

    async def read_all(self, visit: Visit) -> Response:
        """Nothing is new any more."""
        await mark_read(visit.context, visit.profile.visitor)
        return visit.go("/accueil")

    async def follow_notice(self, visit: Visit) -> Response:
        """Read one notification: on to what it is about."""
        number = visit.request.path_params["number"]
        found = next((n for n in await notifications_of(visit.context, visit.profile.visitor) if n.id == number), None)
        if found is None:
            raise errors.NOT_FOUND.error(field="notification")
        await mark_read(visit.context, visit.profile.visitor, number)
        return visit.go(_place_of(found.notice))

    def _people(self, visit: Visit, asked: str) -> list[Person]:
        wanted = asked.strip().upper()
        found: list[Person] = []
        for patient in self._country.patients:
            pseudonym = visit.context.floor.pseudonyms.of(patient.ins)
            names = f"{patient.key} {patient.birth_name} {patient.used_name} {' '.join(patient.given_names)}".upper()
            representatives = patient.legal_representatives
            everybody = f"{names} {' '.join(f'{r.given_name} {r.family_name}' for r in representatives)}".upper()
            if wanted and wanted not in everybody and wanted != patient.key:
                continue
            found.append(Person(pseudonym, _shown(patient), _note(visit, patient)))
            child = visit.t("représente", "represents")
            found += [
                Person(representative_id(pseudonym, rank), f"{r.given_name.title()} {r.family_name}",
                       f"{child} {patient.given_name.title()} ({patient.key})")
                for rank, r in enumerate(representatives)
            ]  # fmt: skip
            if len(found) >= _MOST_LISTED:
                break
        return found


def state_label(visit: Visit, state: SpaceState | None) -> str:
    """Where a space stands, in words."""
    return visit.t(*STATE_LABELS[state]) if state is not None else visit.t("Pas d'espace", "No space")


def _place_of(notice: Notice) -> str:
    kind, _, about = notice.urn.removeprefix("urn:").partition(":")
    match kind:
        case "document":
            return f"/documents/{about}"
        case "message":
            return "/messages"
        case "rdv":
            return "/agenda"
        case "examen":
            return "/prevention"
        case "mesure":
            return "/mesures"
        case "professionnel_sante":
            return "/historique"
        case _:
            return "/compte"


def _shown(patient: Patient) -> str:
    return f"{(patient.used_given_name or patient.given_name).title()} {patient.used_name or patient.birth_name}"


def _note(visit: Visit, patient: Patient) -> str:
    return f"{patient.key}, {visit.t('mineur', 'minor')}" if patient.is_minor else patient.key


def _nonce() -> str:
    return secrets.token_urlsafe(12)
