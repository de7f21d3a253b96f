"""Measures, medical profile, recommended examinations."""

from __future__ import annotations

from datetime import datetime

from starlette.responses import Response
from starlette.routing import Route

from segur_dmp import errors
from segur_dmp.domain.mes.measures import ABOUT, Kind
from segur_dmp.domain.mes.medical_profile import BLOOD_GROUPS, LABELS, MAX_LINE, Section
from segur_dmp.domain.mes.prevention import FAMILIES, STATUSES, Status
from segur_dmp.edges.mes.api_health import DOWNLOAD
from segur_dmp.edges.mes.demands import choice, day, moment
from segur_dmp.edges.mes.visit import PARIS, Door, Visit
from segur_dmp.operations.mes import measure, prevent, tell_of_health
from segur_dmp.operations.mes.read_documents import documents_of


def health_routes(door: Door) -> list[Route]:
    """The routes."""
    return [
        door.route("/mesures", measures),
        door.route("/mesures", note, method="POST"),
        door.route("/mesures/supprimer", remove, method="POST"),
        door.route("/profil-medical", profile),
        door.route("/profil-medical", write, method="POST"),
        door.route("/profil-medical/retirer", take_out, method="POST"),
        door.route("/profil-medical/synthese", summary),
        door.route("/profil-medical/synthese", keep_summary, method="POST"),
        door.route("/prevention", preventions),
        door.route("/prevention", answer, method="POST"),
    ]


async def measures(visit: Visit) -> Response:
    """The latest of each kind, the history of one, and the form of a new one."""
    found = await measure.measures_of(visit.context, visit.profile.visitor)
    asked = visit.request.query_params.get("mesure", "")
    chosen = choice(Kind, asked, "mesure") if asked else None
    titles = {entry.unique_id: entry.title for entry in await documents_of(visit.context, visit.profile.visitor)}
    return await visit.page(
        "measures",
        about=ABOUT,
        latest=[next(one for one in found if one.kind is kind) for kind in ABOUT if any(m.kind is kind for m in found)],
        chosen=chosen,
        history=[one for one in found if one.kind is chosen],
        entered=[kind for kind, about in ABOUT.items() if about.entered],
        titles=titles,
        now=visit.context.floor.clock.now().astimezone(PARIS).strftime("%Y-%m-%dT%H:%M"),
    )


async def note(visit: Visit) -> Response:
    """Write a measure down."""
    kind = choice(Kind, visit.field("mesure"), "mesure")
    values = {metric.code: _number(visit, metric.code) for metric in ABOUT[kind].metrics}
    at = moment(visit.field("quand"), "quand").replace(tzinfo=PARIS)
    await measure.note_measure(visit.context, visit.profile.visitor, kind, values, at)
    return visit.go("/mesures", "mesure", mesure=kind.value)


async def remove(visit: Visit) -> Response:
    """Take one out."""
    await measure.remove_measure(visit.context, visit.profile.visitor, visit.field("numero"))
    return visit.go("/mesures", "mesure_retiree")


async def profile(visit: Visit) -> Response:
    """What the patient says of their health, section by section."""
    visitor = visit.profile.visitor
    lines = await visit.context.records.medical_profiles.of(visitor.patient)
    return await visit.page(
        "medical_profile",
        sections=LABELS,
        groups=BLOOD_GROUPS,
        lines={section: [one for one in lines if one.section is section] for section in Section},
        longest=MAX_LINE,
        kept=await tell_of_health.kept_summary(visit.context, visitor),
        masked=visit.profile.account.masked_by_default,
    )


async def write(visit: Visit) -> Response:
    """Add a line."""
    section = choice(Section, visit.field("rubrique"), "rubrique")
    await tell_of_health.write_line(visit.context, visit.profile.visitor, section, visit.field("texte"))
    return visit.go("/profil-medical", "choix")


async def take_out(visit: Visit) -> Response:
    """Take a line out."""
    await tell_of_health.remove_line(visit.context, visit.profile.visitor, visit.field("numero"))
    return visit.go("/profil-medical", "choix")


async def summary(visit: Visit) -> Response:
    """The summary as PDF."""
    content = await tell_of_health.summary_of(visit.context, visit.profile)
    name = 'attachment; filename="synthese-profil-medical.pdf"'
    return Response(content, media_type="application/pdf", headers={**DOWNLOAD, "content-disposition": name})


async def keep_summary(visit: Visit) -> Response:
    """Put it among the documents."""
    visible = visit.field("visible") == "1"
    entry = await tell_of_health.keep_summary(visit.context, visit.profile, visible=visible)
    return visit.go(f"/documents/{entry.unique_id}", "synthese")


async def preventions(visit: Visit) -> Response:
    """What is recommended."""
    now: datetime = visit.context.floor.clock.now()
    found = await prevent.preventions_of(visit.context, visit.profile.account)
    return await visit.page(
        "prevention",
        current=[one for one in found if one.window.start <= now],
        coming=[one for one in found if one.window.start > now],
        families=FAMILIES,
        statuses=STATUSES,
        today=now.date().isoformat(),
    )


async def answer(visit: Visit) -> Response:
    """Say whether it was done."""
    on = visit.field("date")
    await prevent.answer_prevention(
        visit.context,
        visit.profile.visitor,
        visit.profile.account,
        visit.field("code"),
        day(visit.field("debut"), "debut"),
        choice(Status, visit.field("statut"), "statut"),
        day(on, "date") if on else None,
    )
    return visit.go("/prevention", "choix")


def _number(visit: Visit, name: str) -> float:
    told = visit.field(name).strip().replace(",", ".")
    try:
        return float(told)
    except ValueError as error:
        reason = visit.t("un nombre est attendu", "a number is expected")
        raise errors.BAD_DEMAND.error(reason=reason, field=name) from error
