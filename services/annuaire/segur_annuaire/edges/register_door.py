"""The register's door, `/annuaire/api/…`: create, change and withdraw what the directory shows.

It is ours: the national directory is fed by the professional orders and by FINESS, and has no such API. JSON both ways;
refusals are problem+json (RFC 9457) with a code, a field and a way on.

    GET    /annuaire/api/professionals[?after=ID_NAT&count=50]     POST /annuaire/api/professionals
    GET    PATCH DELETE   /annuaire/api/professionals/{id}         (id: PS_IdNat, RPPS, or a key such as PS3)
    POST   /annuaire/api/professionals/{id}/situations             PATCH DELETE …/situations/{number}
    POST   /annuaire/api/professionals/{id}/mailboxes              DELETE /annuaire/api/mailboxes/{address}
    GET    POST   /annuaire/api/population
    POST   /annuaire/api/structures       GET PATCH /annuaire/api/structures/{id}   POST …/{id}/mailboxes
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from segur.kernel.errors import SegurError
from segur.kernel.request import current_sandbox
from segur.personas.mailboxes import in_sandbox
from segur.personas.model import Mailbox
from segur_annuaire.context import Context
from segur_annuaire.domain.entries import Person, Place
from segur_annuaire.domain.organizations import organization_id
from segur_annuaire.domain.resources import practitioner_id, role_id
from segur_annuaire.edges.register_requests import (
    MailboxBody,
    PopulationBody,
    PostBody,
    PostChanges,
    ProfessionalBody,
    ProfessionalChanges,
    StructureBody,
    StructureChanges,
    read_body,
)
from segur_annuaire.operations import change_professional as change
from segur_annuaire.operations.change_structure import NewPlace, change_structure, register_structure
from segur_annuaire.operations.load_population import Loader, known
from segur_annuaire.operations.publish_mailbox import publish_for_person, publish_for_place, withdraw_mailbox
from segur_annuaire.operations.register_professional import find_place, register_professional

PREFIX = "/annuaire/api"
_MOST_LISTED = 500

Act = Callable[[Request], Awaitable[tuple[Any, int]]]


class RegisterDoor:
    """Reads bodies, calls the operations, shows entries."""

    def __init__(self, context: Context, loader: Loader) -> None:
        self._context, self._loader = context, loader

    def routes(self) -> list[Route]:
        """Every address of this door."""
        one, place = f"{PREFIX}/professionals/{{id}}", f"{PREFIX}/structures/{{id}}"
        table: tuple[tuple[str, str, Act], ...] = (
            ("GET", f"{PREFIX}/professionals", self._list),
            ("POST", f"{PREFIX}/professionals", self._register),
            ("POST", f"{one}/situations", self._add_situation),
            ("PATCH", f"{one}/situations/{{number}}", self._change_situation),
            ("DELETE", f"{one}/situations/{{number}}", self._end_situation),
            ("POST", f"{one}/mailboxes", self._publish),
            ("GET", one, self._read),
            ("PATCH", one, self._change),
            ("DELETE", one, self._withdraw),
            ("GET", f"{PREFIX}/population", self._population),
            ("POST", f"{PREFIX}/population", self._load),
            ("DELETE", f"{PREFIX}/mailboxes/{{address}}", self._close),
            ("POST", f"{PREFIX}/structures", self._register_place),
            ("POST", f"{place}/mailboxes", self._publish_place),
            ("GET", place, self._read_place),
            ("PATCH", place, self._change_place),
        )
        return [Route(path, _entered(act), methods=[method]) for method, path, act in table]

    async def _list(self, request: Request) -> tuple[Any, int]:
        asked = request.query_params.get("count", "50")
        count = min(int(asked), _MOST_LISTED) if asked.isdecimal() else 50
        people = await self._context.register.people(request.query_params.get("after", ""), count)
        return {"professionals": [_shown(one) for one in people]}, 200

    async def _register(self, request: Request) -> tuple[Any, int]:
        asked = read_body(ProfessionalBody, await request.body()).newcomer()
        return _shown(await register_professional(self._context, asked)), 201

    async def _read(self, request: Request) -> tuple[Any, int]:
        return _shown(await change.find_person(self._context, request.path_params["id"])), 200

    async def _change(self, request: Request) -> tuple[Any, int]:
        fields = read_body(ProfessionalChanges, await request.body()).model_dump(exclude_none=True)
        return _shown(await change.change_professional(self._context, request.path_params["id"], fields)), 200

    async def _withdraw(self, request: Request) -> tuple[Any, int]:
        return _shown(await change.withdraw_professional(self._context, request.path_params["id"])), 200

    async def _add_situation(self, request: Request) -> tuple[Any, int]:
        post = read_body(PostBody, await request.body()).post()
        return _shown(await change.add_situation(self._context, request.path_params["id"], post)), 201

    async def _change_situation(self, request: Request) -> tuple[Any, int]:
        fields = read_body(PostChanges, await request.body()).model_dump(exclude_none=True)
        told = request.path_params
        return _shown(await change.change_situation(self._context, told["id"], told["number"], fields)), 200

    async def _end_situation(self, request: Request) -> tuple[Any, int]:
        told = request.path_params
        return _shown(await change.end_situation(self._context, told["id"], told["number"])), 200

    async def _publish(self, request: Request) -> tuple[Any, int]:
        asked = read_body(MailboxBody, await request.body()).declared(("PER", "CAB"))
        return _shown(await publish_for_person(self._context, request.path_params["id"], asked)), 201

    async def _close(self, request: Request) -> tuple[Any, int]:
        return _box(await withdraw_mailbox(self._context, request.path_params["address"])), 200

    async def _population(self, request: Request) -> tuple[Any, int]:
        wanted = self._loader.wanted(current_sandbox())
        return {"professionals": await known(self._context), "loading": bool(wanted), "wanted": wanted}, 200

    async def _load(self, request: Request) -> tuple[Any, int]:
        await self._loader.start(read_body(PopulationBody, await request.body()).professionals)
        return (await self._population(request))[0], 202

    async def _register_place(self, request: Request) -> tuple[Any, int]:
        body = read_body(StructureBody, await request.body())
        asked = NewPlace(body.name, body.sector, body.address.given(), body.mail_domain, body.phone)
        return _shown_place(await register_structure(self._context, asked)), 201

    async def _read_place(self, request: Request) -> tuple[Any, int]:
        return _shown_place(await find_place(self._context, request.path_params["id"])), 200

    async def _change_place(self, request: Request) -> tuple[Any, int]:
        body = read_body(StructureChanges, await request.body())
        fields = body.model_dump(exclude_none=True, exclude={"address"})
        name = request.path_params["id"]
        return _shown_place(await change_structure(self._context, name, fields, body.address.given())), 200

    async def _publish_place(self, request: Request) -> tuple[Any, int]:
        asked = read_body(MailboxBody, await request.body()).declared(("ORG", "APP"))
        return _shown_place(await publish_for_place(self._context, request.path_params["id"], asked)), 201


def _shown(person: Person) -> dict[str, Any]:
    """An entry as the API gives it: the record, its mailboxes as the outside names them, its FHIR ids."""
    professional = person.record.persona()
    return {
        **person.record.model_dump(mode="json", exclude={"mailbox"}),
        "active": person.active,
        "updated": person.updated,
        "mailboxes": [_box(box) for box in person.boxes],
        "fhir": {
            "practitioner": f"Practitioner/{practitioner_id(professional)}",
            "roles": [f"PractitionerRole/{role_id(professional, post)}" for post in professional.situations],
        },
    }


def _shown_place(place: Place) -> dict[str, Any]:
    return {
        **place.record.model_dump(mode="json"),
        "updated": place.updated,
        "mailboxes": [_box(box) for box in place.boxes],
        "fhir": {"organization": f"Organization/{organization_id(place.record.persona())}"},
    }


def _box(box: Mailbox) -> dict[str, Any]:
    return {
        "address": in_sandbox(box.address, current_sandbox()),
        "kind": str(box.kind),
        "description": box.description,
        "service": box.service,
        "red_listed": box.red_listed,
        "open": box.is_open,
    }


def _entered(act: Act) -> Callable[[Request], Awaitable[Response]]:
    async def enter(request: Request) -> Response:
        try:
            body, status = await act(request)
        except SegurError as refusal:
            problem = {
                "type": "about:blank",
                "title": refusal.code,
                "status": refusal.kind.value,
                "detail": refusal.detail,
                "field": refusal.field,
            }
            return Response(orjson.dumps(problem), refusal.kind.value, media_type="application/problem+json")
        return Response(orjson.dumps(body), status, media_type="application/json")

    return enter
