"""Agenda, services."""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from segur_dmp.domain.mes.services import CATALOGUE
from segur_dmp.edges.mes.demands import moment
from segur_dmp.edges.mes.visit import PARIS, Door, Visit
from segur_dmp.operations.mes import plan


def life_routes(door: Door) -> list[Route]:
    """The routes."""
    return [
        door.route("/agenda", agenda),
        door.route("/agenda", note, method="POST"),
        door.route("/agenda/annuler", cancel, method="POST"),
        door.route("/services", services),
        door.route("/services", choose_service, method="POST"),
    ]


async def agenda(visit: Visit) -> Response:
    """The appointments."""
    found = await visit.context.records.agenda.of(visit.profile.visitor.patient)
    return await visit.page("agenda", appointments=found)


async def note(visit: Visit) -> Response:
    """Write one; the form's time is that of Paris."""
    at = moment(visit.field("quand"), "quand").replace(tzinfo=PARIS)
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
