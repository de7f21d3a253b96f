"""A running box between real neighbours: the real DMP behind mutual TLS, and an introspection that knows `of-<key>`."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx
import msgspec
import orjson
import pydicom
import pytest_asyncio
from segur_dmp import service as dmp_service
from segur_dmp.settings import Settings as DmpSettings
from segur_dmp.store.documents import read_document
from segur_drim.service import build
from segur_drim.settings import Settings
from starlette.types import Receive, Scope, Send

from segur.kernel import request, tls
from segur.kernel.faults import FaultRule
from segur.kernel.http_server import HttpListener, Surface
from segur.kernel.ids import new_id, new_oid
from segur.kernel.pki import Authority
from segur.kernel.runner import running
from segur.kernel.service import Service
from segur.kernel.store import Document
from segur.personas import roles, samples_cda
from segur.personas.country import build_country
from segur.personas.model import Patient
from segur.personas.samples_dicom import Context as Where
from segur.personas.samples_dicom import ct_study
from segur.scenario.actors.ris import Ris
from tests.conftest import Servers, free_port

COUNTRY = build_country(1, 12, 16)
PATIENT = COUNTRY.patient(roles.PATIENT)
RADIOLOGIST = COUNTRY.professional(roles.RADIOLOGIST)
DOCTOR = COUNTRY.professional(roles.GENERAL_PRACTITIONER)
RANGE = 'multipart/related; type="application/dicom";transfer-syntax=1.2.840.10008.1.2.1'
TOKEN = f"of-{DOCTOR.id_nat}"
AT = datetime(2026, 2, 3, 10, 0, tzinfo=UTC)


class Edge:
    """Stands for the gateway: introspection, and the DMP with the caller's certificate handed on."""

    def __init__(self, dmp: Service) -> None:
        self._dmp = Surface(dmp.app, default_base="https://edge", max_body_bytes=1 << 26)
        self.dmp_is_up = True
        self.psc_is_up = True
        self.hanging = 0
        """So many calls of the DMP are answered a byte at a time, and never whole."""
        self.certificates: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"
        sandbox = scope["path"].split("/")[2] if scope["path"].startswith("/s/") else "default"
        scope["path"] = scope["path"].removeprefix(f"/s/{sandbox}")
        if scope["path"].endswith("/introspect"):
            await self._introspect(receive, send)
        elif self.hanging:
            self.hanging -= 1
            await self._drip(send)
        elif not self.dmp_is_up:
            await self._say(send, 503, {"title": "away"})
        else:
            der = scope.get("extensions", {}).get("tls", {}).get("client_cert_der")
            headers = [
                *scope["headers"], (request.BASE_HEADER, b"https://edge"), (request.SANDBOX_HEADER, sandbox.encode()),
            ]  # fmt: skip
            if der:
                headers.append((request.CERTIFICATE_HEADER, base64.b64encode(der)))
                self.certificates.append(request.from_headers(headers, "").certificate.kind)  # type: ignore[union-attr]
            await self._dmp({**scope, "headers": headers}, receive, send)

    async def _drip(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while True:
            await send({"type": "http.response.body", "body": b" ", "more_body": True})
            await asyncio.sleep(0.05)

    async def _introspect(self, receive: Receive, send: Send) -> None:
        token = parse_qs((await receive())["body"].decode())["token"][0]
        if not self.psc_is_up:
            await self._say(send, 503, {})
            return
        known = token.startswith("of-")
        who, _, login = token[3:].partition("~")
        found = {"active": True, "preferred_username": who, "sid": login} if known else {"active": False}
        await self._say(send, 200, found)

    async def _say(self, send: Send, status: int, body: object) -> None:
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": orjson.dumps(body)})


@dataclass
class Box:
    """The box under test with its clients."""

    service: Service
    settings: Settings
    dmp: Service
    edge: Edge
    http: httpx.AsyncClient
    ris: Ris

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.settings.port}"

    def study(self, patient: Patient = PATIENT, **more: Any) -> tuple[str, str, list[bytes]]:
        """A new exam: its UID, accession number and images."""
        uid, accession = new_oid(2), f"ACN{new_id()[-10:]}"
        where = Where(RADIOLOGIST.structure, DOCTOR, "OPN1")
        how = {"slices": 2, "series": 1, "size": 16, "context": where, **more}
        return uid, accession, ct_study(patient, study_uid=uid, accession=accession, at=AT, **how)

    def report(self, study: str, accession: str, patient: Patient = PATIENT, **more: Any) -> bytes:
        """The report of an exam."""
        told = {"document_id": new_oid(1), "order": "OPN1", "requester": DOCTOR, **more}
        return samples_cda.imaging_report(
            patient, RADIOLOGIST, RADIOLOGIST.structure, study_uid=study, accession=accession, at=AT, **told
        )

    async def published(self, patient: Patient = PATIENT, **more: Any) -> tuple[str, str, list[bytes]]:
        """A new exam whose KOS is in the DMP: study UID, KOS UID, images."""
        uid, accession, images = self.study(patient, **more)
        assert (await self.ris.store(images)).status_code == 200
        assert (await self.ris.send_report(self.report(uid, accession, patient), patient)).taken
        row = await self.settled(uid)
        assert row["state"] == "published", row
        return uid, str(row["kos_uid"]), images

    async def settled(self, study: str, count: int = 1, sandbox: str = "default") -> Document:
        """The last publication of a study, once `count` of them are settled."""
        publications = _collection(self.service, "publications")
        deadline = asyncio.get_running_loop().time() + 15
        while asyncio.get_running_loop().time() < deadline:
            found = await publications.find({"sandbox": sandbox, "study_uid": study}, sort=("_id",))
            if len(found) >= count and all(row["state"] != "waiting" for row in found):
                return found[-1]
            await asyncio.sleep(0.02)
        raise AssertionError(f"not settled: {found}")

    async def facts(self, type_: str, study: str) -> list[dict[str, Any]]:
        """The facts of one type about a study, in order."""
        rows = await self.service.floor.store.outbox.find({}, sort=("_id",))
        told = [row for row in rows if ["ce_type", type_.encode()] in [[n, bytes(v)] for n, v in row["headers"]]]
        bodies = [orjson.loads(bytes(row["body"])) for row in told]
        return [body for body in bodies if body.get("study_uid") == study]

    async def dmp_entries(self, unique_id: str = "") -> list[Document]:
        """What the DMP holds of that uniqueId, or all of it."""
        where = {"unique_id": unique_id} if unique_id else {}
        rows = await _collection(self.dmp, "entries").find(where)
        return [{**row, "entry": msgspec.to_builtins(read_document(row).entry)} for row in rows]

    def get(self, study: str, kos: str, *, token: str = TOKEN, path: str = "", **headers: str | None) -> Any:
        """A WADO-RS request of a well-behaved consumer, with changes (None leaves a header out)."""
        told: dict[str, str | None] = {
            "authorization": f"Bearer {token}",
            "kos-sopinstanceuid": kos,
            "accept": f"{RANGE};q=0.4;boundary=**",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        kept = {name: value for name, value in told.items() if value is not None}
        built = httpx.Request("GET", f"{self.base}/drimbox/rs/studies/{study}{path}", headers=kept)
        return self.http.send(built)

    def break_(self, point: str, **rule: Any) -> None:
        """Arm one rule at the box."""
        self.service.floor.faults.arm([FaultRule(id=new_id(), point=point, **{"count": 1, **rule})])


def written(image: bytes, **changes: Any) -> bytes:
    """An image with attributes changed."""
    dataset = pydicom.dcmread(BytesIO(image))
    for name, value in changes.items():
        setattr(dataset, name, value)
    out = BytesIO()
    dataset.save_as(out, enforce_file_format=True)
    return out.getvalue()


def _collection(service: Service, name: str) -> Any:
    return next(one for one in service.floor.store.collections if one.name == name)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def box(servers: Servers, tmp_path_factory: Any) -> AsyncIterator[Box]:
    """One box for all tests of a module; each test has exams of its own."""
    home: Path = tmp_path_factory.mktemp("drim-home")
    told = servers.settings(home, population=12, professionals=16).model_dump()
    dmp = dmp_service.build(DmpSettings(**told))
    await dmp.floor.store.open()
    assert dmp.seed is not None
    await dmp.seed("default")
    authority = Authority.of_home(home)
    identity = authority.issue("edge", "server", common_name="edge")
    edge = Edge(dmp)
    plain, secure = free_port(), free_port()
    context = tls.server_context(identity, authority.bundle)
    doors = [
        HttpListener(edge, "127.0.0.1", plain),
        HttpListener(
            edge, "127.0.0.1", secure, ssl_context_factory=lambda *_: context, http=tls.PeerCertificateProtocol
        ),
    ]
    for door in doors:
        await door.start()
    settings = Settings(
        **{**told, "max_body_bytes": 1 << 26, "port": free_port(), "admin_port": free_port()}
        | {"gateway_url": f"http://127.0.0.1:{plain}", "gateway_tls_url": f"https://127.0.0.1:{secure}"},
        mllp_port=free_port(),
        drim_retry_first_s=0.05,
        drim_retry_longest_s=0.2,
        drim_dmp_timeout_s=4.0,
        drim_max_instance_bytes=1 << 20,
    )  # fmt: skip
    service = build(settings)
    async with running(service), httpx.AsyncClient(trust_env=False, timeout=20) as http:
        ris = Ris(http, f"http://127.0.0.1:{settings.port}", ("127.0.0.1", settings.mllp_port), RADIOLOGIST.structure)
        yield Box(service, settings, dmp, edge, http, ris)
    for door in doors:
        await door.stop()
    await dmp.floor.store.close()
