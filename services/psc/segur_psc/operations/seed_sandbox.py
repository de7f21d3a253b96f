"""Fill a new sandbox: the clients everyone may use at once, and the professionals of the synthetic country."""

from __future__ import annotations

from segur.personas.country import build_country
from segur_psc.context import Context
from segur_psc.domain.session import Client, secret_digest
from segur_psc.operations.follow_directory import person_of
from segur_psc.operations.register_client import read_clients_file

CLIENTS = (
    Client(
        id="editeur-demo-bas",
        secret_sha256=secret_digest("segur-demo-secret"),  # published: it opens synthetic people only
        redirect_uris=(
            "http://localhost:9999/callback",
            "http://127.0.0.1:9999/callback",
            "https://oidcdebugger.local/cb",
        ),
        logout_uris=("http://localhost:9999/", "http://127.0.0.1:9999/"),
        ciba=True,
        name="Logiciel de démonstration",
    ),
    Client(id="segur-api", secret_sha256=secret_digest("segur-api-secret"), name="API de SégurStack"),
)
"""A service that signs people in, and an API that only introspects."""


async def seed_sandbox(context: Context, sandbox: str) -> None:
    """Keep the default clients and everyone who could be in PSC."""
    settings = context.settings
    country = build_country(settings.seed, settings.population, settings.professionals)
    people = [person_of(context, professional) for professional in country.professionals]
    own = read_clients_file(settings.psc_clients_file) if settings.psc_clients_file is not None else ()
    await context.records.seed(sandbox, (*CLIENTS, *own), people)
