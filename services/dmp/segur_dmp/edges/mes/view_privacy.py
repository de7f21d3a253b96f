"""Privacy and access, and the history."""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from segur_dmp import errors
from segur_dmp.domain.account import Emergency
from segur_dmp.domain.mes.traces import ACTIONS, SUBJECTS, Group
from segur_dmp.edges.mes.visit import Door, Visit
from segur_dmp.operations.mes import privacy
from segur_dmp.operations.mes.follow import history_of
from segur_dmp.operations.mes.read_documents import documents_of


def privacy_routes(door: Door) -> list[Route]:
    """The routes."""
    return [
        door.route("/confidentialite", show),
        door.route("/confidentialite/urgence", emergency, method="POST"),
        door.route("/confidentialite/defaut", masking, method="POST"),
        door.route("/confidentialite/professionnel", professional, method="POST"),
        door.route("/historique", history),
    ]


async def show(visit: Visit) -> Response:
    """Emergencies, new documents, professionals."""
    emergencies = (
        (Emergency.REGULATION, visit.t("Le SAMU (centre 15) peut consulter mon dossier", "The SAMU (15) may look")),
        (
            Emergency.BREAK_GLASS,
            visit.t("Un professionnel peut le consulter en bris de glace", "A professional may break the glass"),
        ),
        (
            Emergency.MASKED,
            visit.t("Mes documents masqués sont alors lisibles", "My hidden documents may be read then"),
        ),
    )
    consents = await privacy.consents_of(visit.context, visit.profile.visitor.patient)
    return await visit.page("privacy", emergencies=emergencies, consents=consents)


async def emergency(visit: Visit) -> Response:
    """Permit or deny each emergency access."""
    for purpose in Emergency:
        account = await visit.context.records.accounts.of(visit.profile.visitor.patient)
        if account is not None:
            permitted = bool(visit.field(purpose.value))
            await privacy.set_emergency(visit.context, visit.profile.visitor, account, purpose, permitted=permitted)
    return visit.go("/confidentialite", "choix")


async def masking(visit: Visit) -> Response:
    """Mask every new document, or no longer."""
    profile, masked = visit.profile, bool(visit.field("masque"))
    await privacy.mask_by_default(visit.context, profile.visitor, profile.account, masked=masked)
    return visit.go("/confidentialite", "choix")


async def professional(visit: Visit) -> Response:
    """Block, unblock, withdraw, name administrator."""
    who, what, visitor = visit.field("qui").strip(), visit.field("quoi"), visit.profile.visitor
    match what:
        case "block" | "unblock":
            await privacy.set_block(visit.context, visitor, who, blocked=what == "block")
        case "administrator" | "no_administrator":
            await privacy.set_admin(visit.context, visitor, who, administrator=what == "administrator")
        case "withdraw":
            await privacy.withdraw(visit.context, visitor, who)
        case _:
            raise errors.BAD_DEMAND.error(reason="action inconnue", field="quoi")
    return visit.go("/confidentialite", "choix")


async def history(visit: Visit) -> Response:
    """Who did what, newest first."""
    context, visitor, told = visit.context, visit.profile.visitor, visit.request.query_params
    group = next((one for one in Group if one.value == told.get("groupe")), None)
    own, actor = told.get("moi") == "1", told.get("ps", "")[:60]
    found = await history_of(context, visitor, group=group, actor=actor, own=own)
    titles = {entry.unique_id: entry.title for entry in await documents_of(context, visitor)}
    ids = [name for one in found for name in (one.trace.actor, one.trace.about) if name[:1].isdigit()]
    names = await privacy.professionals_named(context, [*ids, actor])
    own_names = {
        "": visit.t("Automatique", "Automatic"),
        "patient": visit.t("Titulaire", "Holder"),
        "carer": visit.t("Aidant", "Carer"),
        "representative": visit.t("Représentant légal", "Legal representative"),
        "dmp": visit.t("Automatique", "Automatic"),
    }
    lines = []
    for one in found:
        line = one.trace
        about = names.get(line.about, "" if line.about.startswith("pat-") else line.about)
        about = visit.t(*SUBJECTS[about]) if about in SUBJECTS else about
        lines.append(
            {
                "action": visit.t(*ACTIONS[line.action]),
                "actor": own_names.get(line.actor) or names.get(line.actor, line.actor),
                "document": line.document_id if line.document_id in titles else "",
                "title": titles.get(line.document_id, "" if line.about == line.actor else about),
                "when": visit.when(one.at),
            }
        )
    filters = (
        ("", visit.t("Tout", "All")),
        ("groupe=MEDICAL_DOCUMENT", visit.t("Documents", "Documents")),
        ("groupe=GENERAL", visit.t("Accès et réglages", "Access and settings")),
        ("groupe=SERVICE_TIERS", visit.t("Services", "Services")),
        ("moi=1", visit.t("Mes actions", "My actions")),
    )
    chosen = "moi=1" if own else f"groupe={group.value}" if group else "" if not actor else "-"
    name = names.get(actor, actor)
    return await visit.page("history", lines=lines, filters=filters, chosen=chosen, actor=name)
