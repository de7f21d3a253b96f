"""Small promises of the kernel."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from segur.kernel import errors, request
from segur.kernel.blobs import Blobs
from segur.kernel.certificates import ClientCertificate
from segur.kernel.clock import Clock
from segur.kernel.http_server import Surface
from segur.kernel.ids import Pseudonyms, installation_secret, new_id, new_oid
from segur.kernel.pki import Authority
from segur.kernel.ports import Ports
from segur.kernel.settings import KernelSettings
from segur.vocab.ins import Ins


def test_a_sandbox_lives_at_its_own_time() -> None:
    clock = Clock()
    clock.set_offset("demain", timedelta(days=1))
    here = clock.now()
    token = request.enter(request.Request(sandbox="demain", notes={}))
    try:
        assert timedelta(hours=23) < clock.now() - here < timedelta(hours=25)
    finally:
        request.leave(token)


async def test_bytes_are_kept_once_under_their_digest(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    first, second = await blobs.put(b"report"), await blobs.put(b"report")
    assert first == second
    assert await blobs.get(first) == b"report"
    assert len([file for file in tmp_path.rglob("*") if file.is_file()]) == 1
    with pytest.raises(ValueError, match="digest"):
        blobs.path("../../etc/passwd")


def test_a_pseudonym_is_stable_in_an_installation_and_unlinkable_across(tmp_path: Path) -> None:
    ins = Ins("279035121518989")
    here = Pseudonyms.of_home(tmp_path / "a").of(ins)
    assert here == Pseudonyms.of_home(tmp_path / "a").of(ins)
    assert here != Pseudonyms.of_home(tmp_path / "b").of(ins)
    assert "279035121518989" not in here
    assert (tmp_path / "a" / "secrets" / "pseudonym.salt").stat().st_mode & 0o777 == 0o600
    assert len(installation_secret(tmp_path / "a", "other")) == 32


def test_ids_sort_in_the_order_they_were_made_and_oids_fit_xds() -> None:
    ids = [new_id() for _ in range(2_000)]
    assert len(set(ids)) == 2_000
    assert ids == sorted(ids)
    assert {len(id_) for id_ in ids} == {26}
    assert len(new_oid(1, 2)) <= 64


def test_the_authority_issues_what_the_certificate_reader_understands(tmp_path: Path) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    authority = Authority.of_home(tmp_path)
    identity = authority.issue("lps", "org-auth", common_name="LPS", organisation="CH DE TEST", unit="1990000014")
    der = x509.load_pem_x509_certificate(identity.certificate.read_bytes()).public_bytes(Encoding.DER)
    read = ClientCertificate.from_der(der)
    assert (read.kind, read.structure, read.organisation) == ("org-auth", "1990000014", "CH DE TEST")
    assert identity.key.stat().st_mode & 0o777 == 0o600
    again = authority.issue("lps", "org-auth", common_name="LPS", unit="1990000014")
    assert again.certificate.read_bytes() == identity.certificate.read_bytes()
    with pytest.raises(ValueError, match="kind"):
        authority.issue("x", "wizard", common_name="x")


def test_the_authority_knows_its_own_certificates_from_those_of_another(tmp_path: Path) -> None:
    from cryptography import x509

    ours, theirs = Authority.of_home(tmp_path / "a"), Authority.of_home(tmp_path / "b")
    leaf = x509.load_pem_x509_certificate(ours.issue("lps", "ps-auth", common_name="x").certificate.read_bytes())
    assert ours.issued(leaf)
    assert not theirs.issued(leaf)


def test_a_port_base_gives_every_door_its_own_port() -> None:
    ports = Ports.from_base(20_000)
    numbers = [
        *ports.doors().values(),
        *(ports.internal(r) for r in ("psc", "dmp")),
        *(ports.admin(r) for r in ("psc", "dmp")),
    ]
    assert len(set(numbers)) == len(numbers)
    with pytest.raises(ValueError, match="between"):
        Ports.from_base(80)


async def _surface(path: str, **options: object) -> httpx.Response:
    async def bug(_: Request) -> Response:
        raise ZeroDivisionError("secret detail")

    async def refused(_: Request) -> Response:
        raise errors.PRODUCTION_IDENTITY.error(field="patientId", oid="1.2.250.1.213.1.4.8")

    async def echo(asked: Request) -> Response:
        return JSONResponse({"n": len(await asked.body())})

    routes = [Route("/bug", bug), Route("/refused", refused), Route("/echo", echo, methods=["POST"])]
    app = Surface(Starlette(routes=routes), default_base="http://x", max_body_bytes=10)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as client:
        method = "POST" if path == "/echo" else "GET"
        return await client.request(method, path, **options)  # type: ignore[arg-type]


async def test_a_bug_becomes_a_problem_without_its_secrets() -> None:
    answer = await _surface("/bug")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert "secret detail" not in answer.text


async def test_a_production_identity_is_refused_with_the_reason_and_the_way_out() -> None:
    answer = await _surface("/refused")
    assert answer.status_code == 403
    assert "1.2.250.1.213.1.4.8" in answer.json()["detail"]
    assert "SEGUR_ALLOW_PRODUCTION_IDENTITIES" in answer.json()["detail"]


async def test_a_body_past_the_limit_is_refused_declared_or_not() -> None:
    async def pieces():  # type: ignore[no-untyped-def]
        for _ in range(3):
            yield b"12345"

    assert (await _surface("/echo", content=b"12345")).json() == {"n": 5}
    assert (await _surface("/echo", content=b"x" * 11)).status_code == 413
    assert (await _surface("/echo", content=pieces())).status_code == 413


def test_a_server_certificate_that_lacks_a_name_is_issued_anew_and_a_complete_one_is_kept(tmp_path: Path) -> None:
    authority = Authority.of_home(tmp_path)
    first = authority.issue("gateway", "server", common_name="localhost", dns=("a.test",)).chain.read_bytes()
    same = authority.issue("gateway", "server", common_name="localhost", dns=("a.test",)).chain.read_bytes()
    more = authority.issue("gateway", "server", common_name="localhost", dns=("a.test", "b.test")).chain.read_bytes()
    assert same == first
    assert more != first


def test_only_the_outside_doors_leave_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    assert KernelSettings().door_host == KernelSettings().host == "127.0.0.1"
    monkeypatch.setenv("SEGUR_PUBLIC_HOST", "0.0.0.0")
    assert (KernelSettings().door_host, KernelSettings().host) == ("0.0.0.0", "127.0.0.1")
