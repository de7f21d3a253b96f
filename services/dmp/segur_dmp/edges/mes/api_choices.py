"""What a visitor decides, by REST: access, carers, agenda, referenced services."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from segur_dmp import errors
from segur_dmp.context import Context
from segur_dmp.domain.account import Emergency
from segur_dmp.domain.mes.services import CATALOGUE
from segur_dmp.edges.mes import shapes
from segur_dmp.edges.mes.demands import Demand, choice, moment, patient_of
from segur_dmp.operations.mes import delegate, plan, privacy
from segur_dmp.operations.mes.visit import Profile


class Choices:
    """The answers; `MesApi` has the routes."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def consents(self, request: Request, profile: Profile) -> Response:
        """The professionals and structures let in or shut out."""
        found = await privacy.consents_of(self._context, profile.visitor.patient)
        return JSONResponse({"consents": [shapes.consent(one) for one in found]})

    async def change_consent(self, request: Request, profile: Profile) -> Response:
        """Block, unblock, withdraw, or name (no longer) administrator: `action` on `professional`."""
        told = await Demand.of(request)
        action, who = told.text("action"), told.text("professional")
        visitor = profile.visitor
        match action:
            case "block" | "unblock":
                changed = await privacy.set_block(self._context, visitor, who, blocked=action == "block")
            case "administrator" | "no_administrator":
                wanted = action == "administrator"
                changed = await privacy.set_admin(self._context, visitor, who, administrator=wanted)
            case "withdraw":
                changed = await privacy.withdraw(self._context, visitor, who)
            case _:
                known = "block, unblock, administrator, no_administrator, withdraw"
                raise errors.BAD_DEMAND.error(reason=f"action : un de {known} est attendu", field="action")
        return JSONResponse({"changed": changed})

    async def emergency(self, request: Request, profile: Profile) -> Response:
        """Permit or deny an emergency access: `purpose` is ETREAT, BTG or MASKED."""
        told = await Demand.of(request)
        purpose, permitted = choice(Emergency, told.text("purpose"), "purpose"), told.flag("permitted")
        changed = await privacy.set_emergency(
            self._context, profile.visitor, profile.account, purpose, permitted=permitted
        )
        return JSONResponse({"changed": changed})

    async def masking(self, request: Request, profile: Profile) -> Response:
        """Mask every new document, or no longer."""
        masked = (await Demand.of(request)).flag("documentsMaskedByDefault")
        changed = await privacy.mask_by_default(self._context, profile.visitor, profile.account, masked=masked)
        return JSONResponse({"changed": changed})

    async def delegations(self, request: Request, profile: Profile) -> Response:
        """The living delegations: those of the space, and those given to the visitor."""
        visitor = profile.visitor
        given = await delegate.ties_of(self._context, patient=visitor.patient)
        received = await delegate.ties_of(self._context, carer=visitor.id)
        return JSONResponse(
            {"given": [shapes.tie(one) for one in given], "received": [shapes.tie(one) for one in received]}
        )

    async def invite(self, request: Request, profile: Profile) -> Response:
        """Invite a carer, by INS."""
        told = await Demand.of(request)
        carer = await patient_of(self._context, told.text("carer"), "carer")
        one = await delegate.invite_carer(self._context, profile.visitor, carer)
        return JSONResponse({"id": one.id, "state": one.state}, 201)

    async def answer(self, request: Request, profile: Profile) -> Response:
        """Accept, decline or revoke a delegation: `action`."""
        action = (await Demand.of(request)).text("action")
        number, person = request.path_params["number"], profile.visitor.id
        if action == "revoke":
            await delegate.revoke_delegation(self._context, person, number)
        elif action in ("accept", "decline"):
            await delegate.answer_invitation(self._context, person, number, accepted=action == "accept")
        else:
            raise errors.BAD_DEMAND.error(reason="action : accept, decline ou revoke est attendu", field="action")
        return Response(status_code=204)

    async def appointments(self, request: Request, profile: Profile) -> Response:
        """The agenda."""
        found = await self._context.records.agenda.of(profile.visitor.patient)
        return JSONResponse({"appointments": [shapes.appointment(one) for one in found]})

    async def note(self, request: Request, profile: Profile) -> Response:
        """Write an appointment."""
        told = await Demand.of(request)
        one = await plan.note_appointment(
            self._context,
            profile.visitor,
            moment(told.text("at"), "at"),
            told.text("title"),
            professional=told.text("professional", optional=True),
            place=told.text("place", optional=True),
        )
        return JSONResponse(shapes.appointment(one), 201)

    async def cancel(self, request: Request, profile: Profile) -> Response:
        """Take an appointment out."""
        await plan.cancel_appointment(self._context, profile.visitor, request.path_params["number"])
        return Response(status_code=204)

    async def services(self, request: Request, profile: Profile) -> Response:
        """The catalogue of referenced services with the consents given."""
        given = await self._context.records.service_consents.of(profile.visitor.patient)
        listed = [
            {
                "code": one.code,
                "name": one.name,
                "finalites": [
                    {"codeFinalite": p.code, "label": p.label, "consenti": f"{one.code}/{p.code}" in given}
                    for p in one.purposes
                ],
            }
            for one in CATALOGUE
        ]
        return JSONResponse({"services": listed})

    async def choose_service(self, request: Request, profile: Profile) -> Response:
        """Consent to one purpose, or no longer."""
        told = await Demand.of(request)
        changed = await plan.choose_service(
            self._context,
            profile.visitor,
            told.text("service"),
            told.text("codeFinalite"),
            given=told.flag("consenti"),
        )
        return JSONResponse({"changed": changed})
