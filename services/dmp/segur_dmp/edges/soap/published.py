"""What the SOAP services publish: `?wsdl`, and `?xsd=…` for the schemas it imports [DMP digest 1.1, 1.2]."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from segur.kernel import request as present
from segur_dmp.edges.soap import contract


async def publish(request: Request) -> Response:
    """GET on a service: its contract, with the address the client came by."""
    present.note(operation="wsdl")
    asked = {name.lower(): value for name, value in request.query_params.items()}
    service, location = request.path_params["service"], present.current().base + request.url.path
    if "xsd" in asked:
        found = contract.schema(asked["xsd"], location)
    elif "wsdl" in asked:
        found = contract.wsdl(service, location)
    else:
        told = "Les services du DMP répondent en SOAP 1.2 par POST ; leur contrat est à ?wsdl.\n"
        return PlainTextResponse(told, 405, {"allow": "POST"})
    if found is None:
        offered = ", ".join(contract.SERVICES)
        return PlainTextResponse(f"Ce contrat n'existe pas. Services décrits : {offered}.\n", 404)
    return Response(found, media_type="text/xml; charset=utf-8")
