"""What the gateway is made of."""

from __future__ import annotations

from starlette.applications import Starlette

from segur.kernel.http_server import HttpListener
from segur.kernel.pki import Authority
from segur.kernel.service import Floor, Service
from segur.kernel.tls import server_context
from segur_gateway import faults, routes
from segur_gateway.edge import Edge, EdgeProtocol
from segur_gateway.settings import Settings


def build(settings: Settings) -> Service:
    """The gateway, described. Its own surface is empty: the edge listens beside it, plain and with TLS."""
    floor = Floor.of("gateway", settings)
    floor.faults.declare(faults.POINTS)
    edge = Edge(floor, settings)
    authority = Authority.of_home(settings.home)
    identity = authority.issue("gateway", "server", common_name="localhost", dns=routes.CERTIFICATE_NAMES)
    context = server_context(identity, authority.bundle)
    return Service(
        floor,
        Starlette(),
        listeners=[
            HttpListener(edge, settings.door_host, settings.edge_http_port, http=EdgeProtocol, proxy_headers=False),
            HttpListener(
                edge,
                settings.door_host,
                settings.edge_tls_port,
                http=EdgeProtocol,
                proxy_headers=False,  # absolute links follow the address called, not what a caller claims
                ssl_context_factory=lambda _config, _default: context,
            ),
        ],
        closing=[edge.close],
    )
