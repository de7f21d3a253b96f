"""The patient's page, put together."""

from __future__ import annotations

from starlette.routing import Route

from segur.personas.country import Country
from segur_dmp.context import Context
from segur_dmp.edges.mes.session import Sessions
from segur_dmp.edges.mes.view_account import account_page_routes
from segur_dmp.edges.mes.view_documents import document_routes
from segur_dmp.edges.mes.view_entry import Entry
from segur_dmp.edges.mes.view_folders import folder_routes
from segur_dmp.edges.mes.view_health import health_routes
from segur_dmp.edges.mes.view_life import life_routes
from segur_dmp.edges.mes.view_messages import message_routes
from segur_dmp.edges.mes.view_privacy import privacy_routes
from segur_dmp.edges.mes.visit import Door


def page_routes(context: Context, country: Country) -> list[Route]:
    """All pages under /mes/; `country` is who can sign in."""
    door = Door(context, Sessions(context))
    return [
        *Entry(country).routes(door),
        *document_routes(door),
        *privacy_routes(door),
        *folder_routes(door),
        *message_routes(door),
        *health_routes(door),
        *life_routes(door),
        *account_page_routes(door),
    ]
