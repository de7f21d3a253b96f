"""What is asked over HTTP: the autoconfiguration, and what a citizen finds in Mon espace santé."""

from __future__ import annotations

from xml.sax.saxutils import escape

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from segur.kernel import request as present
from segur_mssante.context import Context
from segur_mssante.domain.attachments import read_headers

_CONFIGURATION = """<?xml version="1.0" encoding="UTF-8"?>
<clientConfig version="1.1">
  <emailProvider id="{host}">
    <domain>{domain}</domain>
    <displayName>SégurStack MSSanté</displayName>
    <incomingServer type="imap">
      <hostname>{host}</hostname><port>{imap}</port><socketType>STARTTLS</socketType>
      <username>%EMAILADDRESS%</username><authentication>OAuth2</authentication>
    </incomingServer>
    <outgoingServer type="smtp">
      <hostname>{host}</hostname><port>{smtp}</port><socketType>STARTTLS</socketType>
      <username>%EMAILADDRESS%</username><authentication>OAuth2</authentication>
    </outgoingServer>
  </emailProvider>
</clientConfig>
"""


class HttpDoor:
    """The HTTP surface."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def app(self) -> Starlette:
        """The routes."""
        return Starlette(
            routes=[
                Route("/mail/config-v1.1.xml", self.configuration),
                Route("/mssante/api/citizens/{ins}/messages", self.citizen_messages),
            ]
        )

    async def configuration(self, request: Request) -> Response:
        """Mozilla's autoconfiguration [MSSanté digest 2.5]."""
        told = self._context.settings
        host = (request.headers.get("host") or told.mail_host).partition(":")[0].removeprefix("autoconfig.")
        body = _CONFIGURATION.format(
            host=escape(told.mail_host), domain=escape(host), imap=told.imap_port, smtp=told.smtp_port
        )
        return Response(body, media_type="text/xml")

    async def citizen_messages(self, request: Request) -> Response:
        """The messages of a citizen mailbox; 404 when there is none."""
        box = await self._context.store.mailbox(f"{request.path_params['ins']}@patient.mssante.fr")
        if box is None:
            return JSONResponse(
                {"title": "Boîte inconnue", "detail": "Aucune messagerie citoyenne pour cette INS."}, status_code=404
            )
        present.note(patient=box["shown"], operation="citizen messages")
        messages = []
        for row in await self._context.store.listing(box["address"]):
            head = read_headers(await self._context.floor.blobs.get(row["blob"]))
            messages.append(
                {
                    "id": row["message_id"],
                    "messageId": head.message_id,
                    "sender": row["sender"],
                    "received": row["received"].isoformat(),
                    "size": row["size"],
                    "subject": head.subject,
                }
            )
        return JSONResponse({"messages": messages}, headers={"x-mes-code": "000000"})
