"""Someone else's FHIR model (fhir.resources, R4B) reads every answer of the directory, fetched over a real socket."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.capabilitystatement import CapabilityStatement
from fhir.resources.R4B.operationoutcome import OperationOutcome
from segur_annuaire.service import build
from segur_annuaire.settings import Settings

from segur.kernel.http_server import HttpListener, Surface
from segur.kernel.ids import new_id
from segur.personas.country import build_country
from segur.scenario.actors.directory_client import Refused, find_mailboxes, find_practitioners
from tests.conftest import Servers, free_port

COUNTRY = build_country()
GP, CARDIOLOGIST = COUNTRY.professional("PS3"), COUNTRY.professional("PS1")


@pytest.fixture
async def base(servers: Servers, tmp_path: Path) -> AsyncIterator[str]:
    """The address of a listening directory."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    service = build(Settings(home=tmp_path, namespace=f"t{new_id().lower()}", mongo_url=servers.mongo_url))
    store = service.floor.store
    await store.open()
    assert service.seed is not None
    await service.seed("default")
    listener = HttpListener(Surface(service.app, default_base=address, max_body_bytes=1 << 20), "127.0.0.1", port)
    await listener.start()
    yield address
    await listener.stop()
    await store.client.drop_database(store.database.name)
    await store.close()


async def test_every_answer_is_fhir_and_the_mailboxes_are_found_in_it(base: str) -> None:
    seen: set[str] = set()
    async with httpx.AsyncClient(trust_env=False) as http:
        for query in (
            "Practitioner?_count=40&_revinclude=PractitionerRole:practitioner",
            "PractitionerRole?_count=30&_include=*",
            "Organization?_count=60&_revinclude=PractitionerRole:organization",
            "Practitioner?_elements=name&_count=1",
            "Practitioner?active=false",
            "PractitionerRole?active=false",
            "Organization?_include=*&_count=20",
            "HealthcareService?_include=*",
            "Device?type=05602&_include=Device:organization",
            "Device?status=inactive",
            f"Organization?identifier={COUNTRY.structure('ST1').struct_id}&_revinclude=Device:organization"
            "&_revinclude=HealthcareService:organization",
        ):
            answer = await http.get(f"{base}/fhir/v2/{query}")
            assert answer.status_code == 200, query
            bundle = Bundle.model_validate_json(answer.content)
            assert bundle.type == "searchset"
            assert all(entry.resource is not None for entry in bundle.entry or ())
            seen |= {entry.resource.get_resource_type() for entry in bundle.entry or ()}
        assert seen == {"Practitioner", "PractitionerRole", "Organization", "HealthcareService", "Device"}
        statement = CapabilityStatement.model_validate_json((await http.get(f"{base}/fhir/v2/metadata")).content)
        assert statement.fhirVersion == "4.0.1"
        for wrong in (
            "Patient",
            "Practitioner?gender=male",
            "Practitioner?_sort=family",
            "Practitioner?_format=xml",
            "Practitioner?_include=Practitioner:organization",
            "Practitioner/003-0",
            "_page?id=x",
            "Practitioner/003-0/_history",
            "../v1/Practitioner",
        ):
            outcome = OperationOutcome.model_validate_json((await http.get(f"{base}/fhir/v2/{wrong}")).content)
            assert outcome.issue[0].severity == "error"

        [personal] = await find_mailboxes(http, base, str(GP.rpps))
        assert (personal.address, personal.kind, personal.preferred) == (GP.mailbox, "PER", True)
        boxes = await find_mailboxes(http, base, str(CARDIOLOGIST.rpps), structures=True)
        assert [box.address for box in boxes if box.kind == "PER"] == [CARDIOLOGIST.mailbox]
        assert {box.address for box in boxes if box.kind == "ORG"} >= {"cardiologie@ch-clairval.emulateur.mssante.fr"}
        assert not any(box.address.endswith("exemple.test") for box in boxes)
        [found] = await find_practitioners(http, base, family="généreux", given="paul", page=1)
        assert (found.rpps, found.profession, found.speciality) == (str(GP.rpps), "10", "SM54")
        everybody = await find_practitioners(http, base, page=7)
        assert len(everybody) == len({person.rpps for person in everybody}) == 39
        with pytest.raises(Refused, match="family"):
            await find_practitioners(http, base, family="x" * 300)
