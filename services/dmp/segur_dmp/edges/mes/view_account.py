"""The account: its life, notification preferences, carers, own mail."""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from segur_dmp.domain.account import Closing
from segur_dmp.domain.mes.spaces import Channel, Preference
from segur_dmp.edges.mes.demands import choice, day, patient_of
from segur_dmp.edges.mes.view_entry import state_label
from segur_dmp.edges.mes.view_messages import matricule_of
from segur_dmp.edges.mes.visit import Door, Needs, Visit
from segur_dmp.operations.mes import close_space, delegate, open_space
from segur_dmp.operations.mes.follow import choose_channels, personal_mail
from segur_dmp.operations.mes.visit import name_of, of_holder


def account_page_routes(door: Door) -> list[Route]:
    """The routes: most are open before the space is."""
    known = Needs.PROFILE
    return [
        door.route("/compte", show, known),
        door.route("/courrier", mails, known),
        door.route("/compte/preuve", proof, known),
        door.route("/compte/courrier", announce, known, "POST"),
        door.route("/compte/opposition", objection, known, "POST"),
        door.route("/compte/ouvrir", opening, known, "POST"),
        door.route("/compte/code", ask_for_code, known, "POST"),
        door.route("/compte/activer", activate, known, "POST"),
        door.route("/compte/fermer", close, known, "POST"),
        door.route("/compte/retablir", restore, known, "POST"),
        door.route("/compte/partage", answer, known, "POST"),
        door.route("/compte/notifications", preferences, method="POST"),
        door.route("/compte/inviter", invite, method="POST"),
    ]


async def show(visit: Visit) -> Response:
    """Everything about the account."""
    visitor, account = visit.profile.visitor, visit.profile.account
    labels = (
        (Preference.DOCUMENT, visit.t("Documents", "Documents")),
        (Preference.MESSAGE, visit.t("Messages", "Messages")),
        (Preference.APPOINTMENT, visit.t("Rendez-vous", "Appointments")),
        (Preference.SERVICE, visit.t("Services synchronisés", "Synchronized services")),
        (Preference.SCREENING, visit.t("Dépistages", "Screenings")),
    )
    born = account.birth_date
    return await visit.page(
        "account",
        name=name_of(account),
        matricule=matricule_of(visit),
        state_label=state_label(visit, visit.profile.state),
        preferences=labels,
        channels=list(Channel),
        given=await delegate.ties_of(visit.context, patient=visitor.patient),
        received=await delegate.ties_of(visit.context, carer=visitor.id),
        card=open_space.card_number(matricule_of(visit)),
        born=f"{born[6:8]}/{born[4:6]}/{born[:4]}",
    )


async def mails(visit: Visit) -> Response:
    """The e-mails and SMS of the visitor."""
    return await visit.page("mails", mails=await personal_mail(visit.context, visit.profile.visitor))


async def proof(visit: Visit) -> Response:
    """The proof of opposition, as PDF."""
    content = await open_space.proof_of_opposition(visit.context, visit.profile.visitor.patient)
    headers = {"content-disposition": 'attachment; filename="preuve-opposition.pdf"', "cache-control": "no-store"}
    return Response(content, media_type="application/pdf", headers=headers)


async def announce(visit: Visit) -> Response:
    """Have the information letter sent."""
    await open_space.announce_space(visit.context, visit.profile.visitor.patient)
    return visit.go("/compte", "choix")


async def objection(visit: Visit) -> Response:
    """Object to the opening."""
    of_holder(visit.profile.visitor)
    await open_space.object_to_space(visit.context, visit.profile.visitor.patient)
    return visit.go("/compte", "oppose")


async def opening(visit: Visit) -> Response:
    """Open the space, or open it again."""
    of_holder(visit.profile.visitor)
    await open_space.open_space(visit.context, visit.profile.visitor.patient)
    return visit.go("/compte", "ouvert")


async def ask_for_code(visit: Visit) -> Response:
    """First step of the activation."""
    of_holder(visit.profile.visitor)
    await open_space.ask_for_code(
        visit.context,
        visit.profile.visitor.patient,
        card=visit.field("carte"),
        nir=visit.field("nir"),
        birth_date=day(visit.field("naissance"), "naissance"),
        channel=choice(Channel, visit.field("moyen"), "moyen"),
    )
    return visit.go("/compte", "code")


async def activate(visit: Visit) -> Response:
    """Second step."""
    of_holder(visit.profile.visitor)
    await open_space.activate_space(visit.context, visit.profile.visitor.patient, visit.field("code"))
    return visit.go("/accueil", "active")


async def close(visit: Visit) -> Response:
    """Close the space."""
    of_holder(visit.profile.visitor)
    reason = visit.field("motif").strip()[:200] or "Le patient ne souhaite plus de DMP."
    visitor = visit.profile.visitor
    await close_space.close_space(visit.context, visitor.patient, motive=Closing.PATIENT, reason=reason, by=visitor.by)
    return visit.go("/compte", "ferme")


async def restore(visit: Visit) -> Response:
    """Object to the closing of a suspended space."""
    of_holder(visit.profile.visitor)
    await close_space.restore_space(visit.context, visit.profile.visitor.patient)
    return visit.go("/compte", "choix")


async def preferences(visit: Visit) -> Response:
    """Choose the means of each family of notifications."""
    for preference in Preference:
        told = visit.form.getlist(preference.value) if visit.form is not None else []
        channels = [channel for channel in Channel if channel.value in told]
        space = await visit.context.records.spaces.of(visit.profile.visitor.patient)
        if space is not None and tuple(channels) != space.wants(preference):
            await choose_channels(visit.context, visit.profile.visitor, preference, channels)
    return visit.go("/compte", "choix")


async def invite(visit: Visit) -> Response:
    """Invite a carer."""
    carer = await patient_of(visit.context, visit.field("aidant").replace(" ", ""), "aidant")
    await delegate.invite_carer(visit.context, visit.profile.visitor, carer)
    return visit.go("/compte", "invite")


async def answer(visit: Visit) -> Response:
    """Accept, decline or end a delegation."""
    person, number, what = visit.profile.visitor.id, visit.field("numero"), visit.field("quoi")
    if what == "revoke":
        await delegate.revoke_delegation(visit.context, person, number)
    else:
        await delegate.answer_invitation(visit.context, person, number, accepted=what == "accept")
    return visit.go("/compte", "partage")
