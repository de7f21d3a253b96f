"""What is asked over HTTP: the autoconfiguration of a mail domain, and Mon espace santé's messaging."""

from __future__ import annotations

from xml.sax.saxutils import escape  # only escapes text: nothing is parsed with it

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from segur.personas.mailboxes import PROFESSIONAL_PARENT, split_sandbox
from segur_mssante import faults
from segur_mssante.context import Context
from segur_mssante.edges.citizen import CitizenDoor

_CONFIGURATION = """<?xml version="1.0" encoding="UTF-8"?>
<clientConfig version="1.1">
  <emailProvider id="{domain}">
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
_AUTOCONFIG = "autoconfig."


class HttpDoor:
    """The HTTP surface."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def app(self) -> Starlette:
        """The routes."""
        return Starlette(
            routes=[Route("/mail/config-v1.1.xml", self.configuration), *CitizenDoor(self._context).routes()]
        )

    async def configuration(self, request: Request) -> Response:
        """Mozilla's autoconfiguration [MSSanté digest 2.5]; 404 for a domain that is not served.

        The domain is that of the host `autoconfig.<domain>`, else of the parameter `emailaddress` Thunderbird sends.
        """
        told, board = self._context.settings, self._context.floor.faults
        host = (request.headers.get("host") or "").partition(":")[0].lower()
        domain = request.query_params.get("emailaddress", "").rpartition("@")[2] or PROFESSIONAL_PARENT
        if host.startswith(_AUTOCONFIG):
            domain = host.removeprefix(_AUTOCONFIG)
            _, plain = split_sandbox(f"x@{domain}")
            served = await self._context.store.has_domain(plain.rpartition("@")[2])
        else:
            served = True
        if not served or await board.delayed(faults.AUTOCONFIG_MISSING):
            title = {
                "title": "Domaine inconnu",
                "detail": f"Aucune autoconfiguration pour {domain[:200]}.",
                "status": 404,
            }
            return JSONResponse(title, 404, media_type="application/problem+json")
        name = "imap.hote-inexistant.invalid" if await board.delayed(faults.AUTOCONFIG_WRONG_HOST) else told.mail_host
        body = _CONFIGURATION.format(
            host=escape(name), domain=escape(domain, {'"': "&quot;"}), imap=told.imap_port, smtp=told.smtp_port
        )
        if await board.delayed(faults.AUTOCONFIG_BAD_XML):
            body = body[: len(body) // 2]
        return Response(body, media_type="text/xml")
