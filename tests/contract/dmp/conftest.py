"""A whole DMP on real sockets over the embedded store, in front of a stand-in for PSC's introspection.

The edge's headers (address, certificate, sandbox) are set as the gateway would. One DMP serves a module: tests use
documents of their own.
"""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx
import orjson
import pytest
import pytest_asyncio
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from segur_dmp.context import Context
from segur_dmp.service import build
from segur_dmp.settings import Settings
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from segur.kernel.http_server import HttpListener, Surface
from segur.kernel.ids import new_oid
from segur.kernel.pki import Authority, Identity
from segur.kernel.service import Service
from segur.personas import roles, samples_cda
from segur.personas.country import Country, build_country
from segur.personas.model import Patient
from segur.scenario.actors.fhir_lps import FhirSoftware
from segur.scenario.actors.lps import Software
from segur.wire.saml_signature import SigningKey
from tests.conftest import Servers, free_port
from tests.contract.dmp.published import keeps_to_contract

HTTPS = "https://localhost:8443"
CODE = {"x-mes-code": "000000"}


class Edge(httpx.AsyncHTTPTransport):
    """Stands where the gateway does: links under the public address lead to the service."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self._base = httpx.URL(base)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        request.url = request.url.copy_with(scheme="http", host=self._base.host, port=self._base.port)
        return await super().handle_async_request(request)


@dataclass
class Dmp:
    """The DMP under test and the ways to it."""

    service: Service
    settings: Settings
    base: str
    country: Country = field(default_factory=build_country)
    _clients: list[httpx.AsyncClient] = field(default_factory=list)

    @property
    def authority(self) -> Authority:
        return Authority.of_home(self.settings.home)

    @property
    def context(self) -> Context:
        """What the operations of the service work with."""
        app: Any = self.service.app
        doors = (getattr(route.endpoint, "__self__", None) for route in app.routes)
        found: Context = next(door._context for door in doors if door is not None)
        return found

    def client(self, identity: Identity | None = None, *, https: bool = False) -> httpx.AsyncClient:
        """A client as the gateway hands it on: over TLS with `identity`, else over plain http."""
        headers = {}
        if https or identity is not None:
            headers["x-segur-base"] = HTTPS
        if identity is not None:
            leaf = x509.load_pem_x509_certificate(identity.certificate.read_bytes())
            headers["x-segur-client-cert"] = base64.b64encode(leaf.public_bytes(Encoding.DER)).decode()
        hooks: dict[str, list[Any]] = {"response": [keeps_to_contract]}
        client = httpx.AsyncClient(headers=headers, transport=Edge(self.base), timeout=30, event_hooks=hooks)
        self._clients.append(client)
        return client

    def software(self, key: str = roles.RADIOLOGIST, *, tls: bool = True) -> Software:
        """A professional's SOAP software with the certificates of the structure."""
        user = self.country.professional(key)
        client, signer = Software.identities(self.authority, user)
        signing = SigningKey.load(signer.key.read_bytes(), signer.certificate.read_bytes())
        return Software(self.client(client if tls else None), self.base, user, signing)

    def fhir(self, key: str = roles.RADIOLOGIST, *, certificate: bool = True, token: bool = True) -> FhirSoftware:
        """A professional's FHIR software; without certificate it still comes over TLS."""
        user = self.country.professional(key)
        client = self.client(Software.identities(self.authority, user)[0] if certificate else None, https=True)
        return FhirSoftware(client, self.base, user, f"of-{user.id_nat}" if token else "")

    def patient(self, key: str = roles.PATIENT) -> Patient:
        return self.country.patient(key)

    def document(
        self, patient: str = roles.PATIENT, author: str = roles.RADIOLOGIST, type_code: str = "11488-4"
    ) -> bytes:
        """A fresh level 1 CDA."""
        user = self.country.professional(author)
        return samples_cda.clinical_document(
            type_code, self.patient(patient), user, user.structure, document_id=new_oid(1), at=datetime.now(UTC)
        )

    async def facts(self, type_: str, **expected: object) -> list[dict[str, Any]]:
        """The bodies of the facts of a type with these fields, oldest first."""
        rows = await self.service.floor.store.outbox.find({}, sort=("_id",))
        bodies = [orjson.loads(row["body"]) for row in rows if [b"ce_type", type_.encode()] in _pairs(row["headers"])]
        return [body for body in bodies if expected.items() <= body.items()]

    async def held(self) -> tuple[int, int, int]:
        """How many entries, sets and blobs there are: a refusal must not change it."""
        store = self.service.floor.store
        counts = [await store.database[name].count_documents({}) for name in ("entries", "submission_sets")]
        blobs = self.settings.home / "blobs" / "dmp"
        return counts[0], counts[1], sum(1 for path in blobs.rglob("*") if path.is_file())

    async def mes(self, path: str = "documents", patient: str = roles.PATIENT, method: str = "GET") -> httpx.Response:
        """A call of the patient to Mon espace santé."""
        matricule = self.patient(patient).ins.matricule
        url = f"{self.base}/mes/api/patients/{matricule}/{path}"
        return await self.client().request(method, url, headers=CODE)

    async def close(self) -> None:
        for client in self._clients:
            await client.aclose()


def _pairs(headers: list[list[Any]]) -> list[list[bytes]]:
    return [[name.encode() if isinstance(name, str) else name, bytes(value)] for name, value in headers]


async def introspection(request: Request) -> JSONResponse:
    """A token `of-<idNat>` (or `of-<idNat>~<login>`) lives and is that professional's; `bound-<idNat>` is bound."""
    form = (await request.body()).decode()
    token = form.partition("token=")[2]
    kind, _, id_nat = token.partition("-")
    id_nat, _, login = id_nat.partition("~")
    if kind not in ("of", "bound"):
        return JSONResponse({"active": False})
    bound = {"cnf": {"x5t#S256": "another"}} if kind == "bound" else {}
    return JSONResponse({"active": True, "SubjectNameID": id_nat.replace("%2F", "/"), "sid": login, **bound})


async def registration(request: Request) -> JSONResponse:
    """Any client is taken."""
    return JSONResponse(orjson.loads(await request.body()), 201)


async def token(request: Request) -> JSONResponse:
    """The code is the idNat of who signed in, `refused` nobody's."""
    code = parse_qs((await request.body()).decode())["code"][0]
    return (
        JSONResponse({"error": "invalid_grant"}, 400)
        if code == "refused"
        else JSONResponse({"access_token": f"of-{code}~web"})
    )


async def citizen_mail(request: Request) -> Response:
    """The operator of the citizens' mail: one message lies there; `[FIN]` may not be answered, `[PANNE]` breaks it."""
    message = {
        "id": "01MAIL", "sender": "paul@medecin.emulateur.mssante.fr", "received": "2026-11-24T08:00:00+00:00",
        "subject": "Vos <résultats>", "read": False, "replyOptions": ["REPLY"], "content": "Tout va bien.", "files": [
            {"id": "1", "name": "Résultats d'été.pdf", "mimeType": "application/pdf", "size": 15},
            {"id": "2", "name": "IHE_XDM.ZIP", "mimeType": "application/zip", "size": 4},
        ],
    }  # fmt: skip
    if file := request.path_params.get("file_id"):
        return Response(b"%PDF-1.4 fictif" if file == "1" else b"PK\3\4")
    if request.method == "POST":
        told = orjson.loads(await request.body())
        if told["content"] == "[PANNE]":
            return JSONResponse({}, 503)
        if told["content"] == "[FIN]":
            return JSONResponse({"title": "x", "detail": "L'échange est terminé."}, 403)
        return JSONResponse({"id": f"answer to {told['inReplyTo']}"}, 201)
    number = request.path_params.get("number")
    if number is None:
        return JSONResponse({"messages": [message]})
    return JSONResponse(message if number == "01MAIL" else {"title": "x"}, 200 if number == "01MAIL" else 404)


async def _running(servers: Servers, home: Path, **more: object) -> AsyncIterator[Dmp]:
    psc_port, port = free_port(), free_port()
    path = "/auth/realms/esante-wallet/protocol/openid-connect/token/introspect"
    realm = "/auth/realms/esante-wallet"
    routes = [
        Route(path, introspection, methods=["POST"]),
        Route(f"{realm}/clients-registrations/openid-connect", registration, methods=["POST"]),
        Route(f"{realm}/protocol/openid-connect/token", token, methods=["POST"]),
        Route("/mssante/api/citizens/{ins}/messages", citizen_mail, methods=["GET", "POST"]),
        Route("/mssante/api/citizens/{ins}/messages/{number}", citizen_mail),
        Route("/mssante/api/citizens/{ins}/messages/{number}/files/{file_id}", citizen_mail),
    ]
    psc = HttpListener(Starlette(routes=routes), "127.0.0.1", psc_port)
    told = servers.settings(home, gateway_url=f"http://127.0.0.1:{psc_port}").model_dump()
    settings = Settings(**{**told, **more})
    service = build(settings)
    await service.floor.store.open()
    assert service.seed is not None
    await service.seed("default")
    base = f"http://127.0.0.1:{port}"
    surface = Surface(service.app, default_base=base, max_body_bytes=settings.max_body_bytes)
    dmp_listener = HttpListener(surface, "127.0.0.1", port)
    await psc.start()
    await dmp_listener.start()
    dmp = Dmp(service, settings, base)
    try:
        yield dmp
    finally:
        await dmp.close()
        await dmp_listener.stop()
        await psc.stop()
        for closing in service.closing:
            await closing()
        await service.floor.store.client.drop_database(service.floor.store.database.name)
        await service.floor.store.close()


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One installation for all modules: its certificates take long to make."""
    return tmp_path_factory.mktemp("dmp")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def dmp(servers: Servers, home: Path) -> AsyncIterator[Dmp]:
    """The DMP of a module."""
    async for running in _running(servers, home):
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def open_dmp(servers: Servers, home: Path) -> AsyncIterator[Dmp]:
    """A DMP with other settings: production identities, known structures only, spellings of one's own …"""
    told: dict[str, object] = {
        "allow_production_identities": True,
        "dmp_known_structures_only": True,
        "dmp_authorization_spelling": {"EXPIREE": "PERIMEE"},
        "dmp_absent_acknowledgement": "AE",
        "dmp_structure_authorization": False,
    }
    async for running in _running(servers, home, **told):
        yield running
