"""The life of an account, and the citizen's messages, by REST: acts that an open space is not needed for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from segur.vocab.ins import Ins
from segur_dmp.context import Context
from segur_dmp.domain.account import Closing
from segur_dmp.domain.mes.spaces import Channel
from segur_dmp.edges.mes import shapes
from segur_dmp.edges.mes.api_health import message_of
from segur_dmp.edges.mes.demands import Demand, choice, day, patient_of, person_of
from segur_dmp.operations.mes import close_space, open_space
from segur_dmp.operations.mes.visit import Profile, check_code, of_holder, profile_of
from segur_dmp.pipeline import attempt

Act = Callable[[Context, Request, Profile], Awaitable[Response]]


def account_routes(context: Context, root: str) -> list[Route]:
    """The routes, under the path of a patient."""
    table: tuple[tuple[str, str, Act], ...] = (
        ("GET", "", _space),
        ("POST", "/letter", _announce),
        ("POST", "/objection", _object),
        ("GET", "/objection/proof", _proof),
        ("POST", "/opening", _open),
        ("POST", "/activation", _ask_for_code),
        ("POST", "/activation/code", _activate),
        ("POST", "/closing", _close),
        ("POST", "/suspension", _suspend),
        ("DELETE", "/suspension", _restore),
        ("POST", "/erasure", _erase),
        ("GET", "/messages", _messages),
        ("POST", "/messages", _answer_message),
        ("GET", "/messages/{number}", _message),
    )
    return [Route(root + path, _door(context, act), methods=[method]) for method, path, act in table]


def _door(context: Context, act: Act) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        async with attempt(context, "MES", "mes"):
            check_code(context, request.headers.get("x-mes-code", ""))
            patient = await patient_of(context, request.path_params["ins"])
            person = await person_of(context, patient, request.headers.get("x-mes-as", ""))
            return await act(context, request, await profile_of(context, person, patient))

    return answer


async def _told(context: Context, profile: Profile, status: int = 200) -> Response:
    """The space as it is after the act."""
    now = await profile_of(context, profile.visitor.id, profile.visitor.patient)
    return JSONResponse(shapes.space(now, context.settings.mes_max_upload_bytes), status)


async def _space(context: Context, _: Request, profile: Profile) -> Response:
    return await _told(context, profile)


async def _announce(context: Context, _: Request, profile: Profile) -> Response:
    await open_space.announce_space(context, profile.visitor.patient)
    return await _told(context, profile, 201)


async def _object(context: Context, _: Request, profile: Profile) -> Response:
    of_holder(profile.visitor)
    await open_space.object_to_space(context, profile.visitor.patient)
    return await _told(context, profile, 201)


async def _proof(context: Context, _: Request, profile: Profile) -> Response:
    pdf = await open_space.proof_of_opposition(context, profile.visitor.patient)
    return Response(pdf, media_type="application/pdf")


async def _open(context: Context, _: Request, profile: Profile) -> Response:
    of_holder(profile.visitor)
    await open_space.open_space(context, profile.visitor.patient)
    return await _told(context, profile, 201)


async def _ask_for_code(context: Context, request: Request, profile: Profile) -> Response:
    of_holder(profile.visitor)
    told = await Demand.of(request)
    await open_space.ask_for_code(
        context,
        profile.visitor.patient,
        card=told.text("card"),
        nir=told.text("nir"),
        birth_date=day(told.text("birthDate"), "birthDate"),
        channel=choice(Channel, told.text("channel", optional=True) or "EMAIL", "channel"),
    )
    return JSONResponse({"codeMinutes": open_space.CODE_MINUTES}, 202)


async def _activate(context: Context, request: Request, profile: Profile) -> Response:
    of_holder(profile.visitor)
    told = await Demand.of(request)
    await open_space.activate_space(context, profile.visitor.patient, told.text("code"))
    return await _told(context, profile)


async def _close(context: Context, request: Request, profile: Profile) -> Response:
    of_holder(profile.visitor)
    told = await Demand.of(request)
    motive = choice(Closing, told.text("motif", optional=True) or Closing.PATIENT.value, "motif")
    reason = told.text("raison", optional=True) or "Le patient ne souhaite plus de DMP."
    await close_space.close_space(
        context, profile.visitor.patient, motive=motive, reason=reason[:300], by=profile.visitor.by
    )
    return await _told(context, profile)


async def _suspend(context: Context, request: Request, profile: Profile) -> Response:
    told = await Demand.of(request)
    await close_space.suspend_space(context, profile.visitor.patient, told.text("motif")[:300])
    return await _told(context, profile)


async def _restore(context: Context, _: Request, profile: Profile) -> Response:
    await close_space.restore_space(context, profile.visitor.patient)
    return await _told(context, profile)


async def _erase(context: Context, _: Request, profile: Profile) -> Response:
    of_holder(profile.visitor)
    documents = await close_space.erase_archive(context, profile.visitor.patient, requested=True)
    return JSONResponse({"documents": documents})


async def _messages(context: Context, _: Request, profile: Profile) -> Response:
    found = await context.messaging.messages(_matricule(profile))
    return JSONResponse({"messages": found or []})


async def _message(context: Context, request: Request, profile: Profile) -> Response:
    return JSONResponse(await message_of(context, profile, request.path_params["number"]))


async def _answer_message(context: Context, request: Request, profile: Profile) -> Response:
    told = await Demand.of(request)
    number = await context.messaging.answer(_matricule(profile), told.text("inReplyTo"), told.text("content"))
    return JSONResponse({"id": number}, 201)


def _matricule(profile: Profile) -> str:
    return Ins.from_cx(profile.account.ins).matricule
