"""What the DMP is made of."""

from __future__ import annotations

from dataclasses import replace

from starlette.applications import Starlette
from starlette.routing import Route

from segur.cda import official
from segur.kernel.service import Floor, Service
from segur.personas.country import build_country
from segur_dmp import faults
from segur_dmp.clients import Messaging, TokenCheck
from segur_dmp.context import Context
from segur_dmp.domain.directory import Directory
from segur_dmp.domain.parameters import Control, Parameters
from segur_dmp.domain.rights import matrix_of
from segur_dmp.edges.api_door import ApiDoor
from segur_dmp.edges.fhir.door import FhirDoor
from segur_dmp.edges.mes.api import MesApi
from segur_dmp.edges.mes.pages import page_routes
from segur_dmp.edges.population_door import PopulationDoor
from segur_dmp.edges.soap.door import SoapDoor
from segur_dmp.edges.soap.published import publish
from segur_dmp.edges.web_ps.door import WebPsDoor
from segur_dmp.jobs import jobs
from segur_dmp.listeners import handlers
from segur_dmp.operations.mes.begin_country import spaces_of
from segur_dmp.operations.seed_accounts import accounts_of, authorizations_of
from segur_dmp.settings import Settings
from segur_dmp.store import Records
from segur_dmp.store.telling import TellingStore


def build(settings: Settings) -> Service:
    """The DMP and Mon espace santé, described."""
    floor = Floor.of("dmp", settings)
    store = TellingStore(settings, floor.clock, settings.mes_reveal_after, settings.mes_letter_pause)
    floor = replace(floor, store=store)
    floor.faults.declare(faults.POINTS)
    country = build_country(settings.seed, settings.population, settings.professionals)
    records = store.records = Records(store, _parameters(settings))
    context = Context(
        floor, settings, records, Directory.of(country), TokenCheck(settings), Messaging(settings), _court(settings)
    )
    soap, web = SoapDoor(context), WebPsDoor(context)
    population = PopulationDoor(context, country)
    app = Starlette(
        routes=[
            Route("/si-dmp-server/v2/services/{service:path}", soap.__call__, methods=["POST"]),
            Route("/si-dmp-server/v2/services/{service:path}", publish, methods=["GET"]),
            *ApiDoor(context).routes(),
            *population.routes(),
            *web.routes(),
            *FhirDoor(context).routes(),
            *MesApi(context).routes(),
            *page_routes(context, country),
        ]
    )

    async def seed(sandbox: str) -> None:
        now = floor.clock.now()
        accounts = accounts_of(records, sandbox, country, floor.pseudonyms, now)
        lifetime = settings.dmp_authorization_lifetime
        authorizations = authorizations_of(records, sandbox, country, floor.pseudonyms, now, lifetime)
        if accounts:
            await records.accounts.table.insert(*accounts)
        if authorizations:
            await records.authorizations.table.insert(*authorizations)
        usual = _parameters(settings)
        spaces, deadlines = spaces_of(records, sandbox, country.patients, floor.pseudonyms, now, usual)
        if spaces:
            await records.spaces.table.insert(*spaces)
        if deadlines:
            await records.deadlines.table.insert(*deadlines)

    return Service(
        floor,
        app,
        handlers=handlers(context),
        jobs=jobs(context),
        seed=seed,
        closing=[
            population.work.stop,
            web.close,
            context.tokens.close,
            context.messaging.close,
            *([context.court.close] if context.court is not None else []),
        ],
    )


def _court(settings: Settings) -> official.Court | None:
    """The official rules plugged in; raise `RulesRefused` for a folder without rules, or when XSLT 2 is missing."""
    if not settings.dmp_rules_dirs:
        return None
    engine = official.Engine(settings.home / "cache" / "rules")
    engine.start()
    court = official.Court(official.editions(settings.dmp_rules_dirs), engine)
    court.prepare()
    return court


def _parameters(settings: Settings) -> Parameters:
    """What a sandbox begins with; raise `MatrixRefused` for a table of one's own that cannot be read."""
    own = settings.dmp_document_matrix
    text = own.read_text(encoding="utf-8") if own is not None else ""
    matrix_of(text)
    return Parameters(
        minors_managed=settings.dmp_minors_managed,
        majority_age=settings.dmp_majority_age,
        hidden_and_masked=settings.dmp_allow_hidden_and_masked,
        strict=settings.dmp_strict,
        document_matrix=text,
        minimal_structure=settings.dmp_minimal_structure,
        official_rules=settings.dmp_official_rules,
        unchecked=tuple(
            str(control)
            for on, controls in (
                (settings.dmp_check_value_sets, (Control.VALUE_SETS, Control.CLASS_OF_TYPE, Control.FORMATS)),
                (settings.dmp_check_documents, (Control.DOCUMENT, Control.VACCINATION_NOTE)),
                (settings.dmp_check_author_institution, (Control.AUTHOR_INSTITUTION,)),
            )
            if not on
            for control in controls
        ),
    )
