"""Fill a new sandbox: the clients everyone may use at once, and the professionals of the synthetic country."""

from __future__ import annotations

from segur.personas.country import build_country
from segur_psc.context import Context
from segur_psc.domain.session import APPROVE, ASK, Client, Person, secret_digest
from segur_psc.domain.userinfo import claims

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
    by_itself = set(settings.psc_ciba_auto_approve)
    people = [
        Person(
            id_nat=str(professional.id_nat),
            name=professional.display_name,
            profession=professional.profession_label,
            place=professional.structure.name,
            card=bool(professional.card),
            phone=professional.has_ecps,
            claims=claims(professional),
            speciality=professional.speciality_label,
            answers=APPROVE if by_itself & {"*", str(professional.id_nat)} else ASK,
        )
        for professional in country.professionals
    ]
    await context.records.seed(sandbox, CLIENTS, people)
