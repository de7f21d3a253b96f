"""The patient's messaging in Mon espace santé, as a small REST door of our own [MSSanté digest 4.4].

The real application talks GraphQL to a back end of the CNAM; operations and words here are those of that contract. The
patient authenticates with the header `x-mes-code`, as at the DMP's door.
"""

from __future__ import annotations

import hmac
from typing import Any
from urllib.parse import quote

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from segur.kernel import request as present
from segur.kernel.store import Document
from segur.personas.mailboxes import CITIZEN_DOMAIN
from segur_mssante import errors
from segur_mssante.context import Context
from segur_mssante.domain.conversations import reply_option
from segur_mssante.operations.answer_as_citizen import Answer, answer_as_citizen, exchanges
from segur_mssante.operations.read_as_citizen import AttachedFile, file_as_citizen, read_as_citizen

_PATH = "/mssante/api/citizens/{ins}/messages"


class CitizenDoor:
    """List, read, answer."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def routes(self) -> list[Route]:
        """Under `/mssante/api/citizens`."""
        return [
            Route(_PATH, self.listing, methods=["GET"]),
            Route(_PATH, self.answer, methods=["POST"]),
            Route(_PATH + "/{message_id}", self.message, methods=["GET"]),
            Route(_PATH + "/{message_id}/files/{file_id}", self.file, methods=["GET"]),
        ]

    async def listing(self, request: Request) -> Response:
        """What lies in the mailbox, oldest first."""
        box = await self._box(request)
        mails = await exchanges(self._context, box)
        mailbox = [mail for _, mail in mails]
        messages = [
            {
                "id": row["message_id"],
                "messageId": mail.envelope.message_id,
                "sender": row["sender"],
                "received": row["received"].isoformat(),
                "size": row["size"],
                "subject": mail.envelope.subject,
                "read": row["read"],
                "replyOptions": [reply_option(mail, mailbox)],
            }
            for row, mail in mails
        ]
        return JSONResponse({"userMail": box["address"], "messages": messages})

    async def message(self, request: Request) -> Response:
        """One message; opening it is reading it, and sends the read receipt the professional asked for."""
        box = await self._box(request)
        found = await read_as_citizen(self._context, box, request.path_params["message_id"])
        mails = await exchanges(self._context, box)
        mine = next(mail for _, mail in mails if mail.uid == found.row["uid"])
        return JSONResponse(
            {
                "id": found.row["message_id"],
                "sender": found.row["sender"],
                "subject": found.subject,
                "content": found.text,
                "files": [_shown(one) for one in found.files],
                "replyOptions": [reply_option(mine, [mail for _, mail in mails])],
            }
        )

    async def file(self, request: Request) -> Response:
        """The bytes of a file of a message, under its name."""
        box = await self._box(request)
        told = request.path_params
        found = await file_as_citizen(self._context, box, told["message_id"], told["file_id"])
        return Response(
            found.content,
            media_type=found.media_type,
            headers={
                "content-disposition": f"attachment; filename*=UTF-8''{quote(found.name, safe='')}",
                "x-content-type-options": "nosniff",
            },
        )

    async def answer(self, request: Request) -> Response:
        """Answer a professional who wrote, or write to a pharmacy."""
        box = await self._box(request)
        try:
            told: Any = orjson.loads(await request.body())
        except orjson.JSONDecodeError as error:
            raise errors.BAD_REPLY.error(fix=str(error)) from error
        known = ("inReplyTo", "to", "subject", "content")
        if not isinstance(told, dict) or not all(isinstance(told.get(name, ""), str) for name in known):
            raise errors.BAD_REPLY.error()
        if not told.get("content") or bool(told.get("inReplyTo")) == bool(told.get("to")):
            raise errors.BAD_REPLY.error(field="content, inReplyTo | to")
        answer = Answer(told.get("inReplyTo", ""), told.get("to", ""), told.get("subject", ""), told["content"])
        number = await answer_as_citizen(self._context, box, answer)
        return JSONResponse({"id": number}, 201)

    async def _box(self, request: Request) -> Document:
        given = request.headers.get("x-mes-code", "").encode()
        if not hmac.compare_digest(given, self._context.settings.mes_code.encode()):
            raise errors.WRONG_CODE.error(field="x-mes-code", fix="Envoyez l'en-tête x-mes-code: 000000.")
        box = await self._context.store.mailbox(f"{request.path_params['ins']}@{CITIZEN_DOMAIN}")
        if box is None or not box["open"]:
            raise errors.NO_CITIZEN_BOX.error()
        present.note(patient=box["shown"], operation="messagerie citoyenne", actor="patient")
        return box


def _shown(one: AttachedFile) -> Document:
    return {"id": one.id, "name": one.name, "mimeType": one.media_type, "size": len(one.content)}
