"""Messages, agenda, services."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from starlette.responses import Response
from starlette.routing import Route

from segur.personas.mailboxes import CITIZEN_DOMAIN
from segur.vocab.ins import Ins
from segur_dmp import errors
from segur_dmp.domain.mes.services import CATALOGUE
from segur_dmp.edges.mes.demands import moment
from segur_dmp.edges.mes.visit import Door, Visit
from segur_dmp.operations.mes import plan

_PARIS = ZoneInfo("Europe/Paris")


def life_routes(door: Door) -> list[Route]:
    """The routes."""
    return [
        door.route("/messages", messages),
        door.route("/messages/{number}", message),
        door.route("/messages/{number}", answer, method="POST"),
        door.route("/agenda", agenda),
        door.route("/agenda", note, method="POST"),
        door.route("/agenda/annuler", cancel, method="POST"),
        door.route("/services", services),
        door.route("/services", choose_service, method="POST"),
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
    return await visit.page("message", message=found)


async def answer(visit: Visit) -> Response:
    """Answer a professional."""
    if not visit.field("texte").strip():
        raise errors.BAD_DEMAND.error(reason=visit.t("écrivez un texte", "write a text"), field="texte")
    number = visit.request.path_params["number"]
    await visit.context.messaging.answer(matricule_of(visit), number, visit.field("texte"))
    return visit.go("/messages", "envoye")


async def agenda(visit: Visit) -> Response:
    """The appointments."""
    found = await visit.context.records.agenda.of(visit.profile.visitor.patient)
    return await visit.page("agenda", appointments=found)


async def note(visit: Visit) -> Response:
    """Write one; the form's time is that of Paris."""
    at = moment(visit.field("quand"), "quand").replace(tzinfo=_PARIS)
    await plan.note_appointment(
        visit.context,
        visit.profile.visitor,
        at,
        visit.field("titre"),
        professional=visit.field("professionnel"),
        place=visit.field("lieu"),
    )
    return visit.go("/agenda", "note")


async def cancel(visit: Visit) -> Response:
    """Take one out."""
    await plan.cancel_appointment(visit.context, visit.profile.visitor, visit.field("numero"))
    return visit.go("/agenda", "annule")


async def services(visit: Visit) -> Response:
    """The catalogue with the consents given."""
    given = await visit.context.records.service_consents.of(visit.profile.visitor.patient)
    return await visit.page("services", catalogue=CATALOGUE, given=given)


async def choose_service(visit: Visit) -> Response:
    """Consent to one purpose, or no longer."""
    await plan.choose_service(
        visit.context,
        visit.profile.visitor,
        visit.field("service"),
        visit.field("finalite"),
        given=visit.field("oui") == "1",
    )
    return visit.go("/services", "choix")


def matricule_of(visit: Visit) -> str:
    """The matricule of whose space it is."""
    return Ins.from_cx(visit.profile.account.ins).matricule
