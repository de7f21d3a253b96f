"""The realm's keys: encrypted where they lie, replaced with an overlap, shared by replicas."""

from __future__ import annotations

import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from segur_psc.service import build
from segur_psc.store import keys as store_keys
from segur_psc.store.key_file import Key, make_key
from segur_psc.store.keys import KeyRing

from tests.conftest import Servers
from tests.contract.psc.conftest import PROTOCOL, RADIOLOGIST, Fleet, Psc

pytestmark = pytest.mark.asyncio(loop_scope="session")
DAY = 86_400.0


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def fleet(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Fleet]:
    """PSCs of this module's own: it replaces the keys they sign with."""
    fleet = Fleet(servers.mongo_url, tmp_path_factory.mktemp("keys"))
    yield fleet
    await fleet.close()


@pytest.fixture
def ring(tmp_path: Path) -> KeyRing:
    return KeyRing.of_home(tmp_path, token_s=120, session_s=14_400)


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Add seconds to the one entry: keys live in real time."""
    shift = [0.0]
    real = store_keys.time.time
    monkeypatch.setattr(store_keys.time, "time", lambda: real() + shift[0])
    return shift


def signers(ring: KeyRing) -> list[str]:
    return [key["kid"] for key in ring.public["keys"] if key["use"] == "sig"]


def verifies(ring: KeyRing, token: str) -> bool:
    try:
        jwt.decode(token, KeySet.import_key_set(ring.public), algorithms=["RS256"])
    except Exception:
        return False
    return True


async def test_no_private_key_lies_in_clear(ring: KeyRing, tmp_path: Path) -> None:
    ring.rotate()
    files = [path for path in (tmp_path / "secrets").iterdir() if path.suffix in (".json", ".secret")]
    assert {path.name for path in files} == {"psc-keys.json", "psc-tokens.secret"}
    for path in files:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    text = (tmp_path / "secrets" / "psc-keys.json").read_text()
    assert '"sealed"' in text
    assert "PRIVATE" not in text


def plain_key(use: str, folder: Path) -> Key:
    """A key as it lay before keys were encrypted: in clear, its certificate behind it."""
    key = make_key(use)
    certificate = x509.load_der_x509_certificate(key.certificate).public_bytes(Encoding.PEM)
    folder.mkdir(exist_ok=True)
    (folder / f"psc-{use}.pem").write_bytes(key.private_pem + certificate)
    return key


async def test_keys_that_lay_in_clear_are_taken_over_and_deleted(tmp_path: Path) -> None:
    old = {use: plain_key(use, tmp_path / "secrets") for use in ("enc", "sig")}
    token = jwt.encode(
        {"alg": "RS256", "kid": old["sig"].kid}, {"typ": "ID", "sub": "x"}, RSAKey.import_key(old["sig"].private_pem)
    )
    ring = KeyRing.of_home(tmp_path)
    assert {key["use"]: key["kid"] for key in ring.public["keys"]} == {use: key.kid for use, key in old.items()}
    assert ring.read(token) == {"typ": "ID", "sub": "x"}
    assert list((tmp_path / "secrets").glob("*.pem")) == []
    assert signers(KeyRing.of_home(tmp_path)) == [old["sig"].kid]


async def test_a_key_in_clear_beside_the_encrypted_ones_is_deleted(ring: KeyRing, tmp_path: Path) -> None:
    plain_key("sig", tmp_path / "secrets")
    assert signers(KeyRing.of_home(tmp_path)) == signers(ring)
    assert list((tmp_path / "secrets").glob("*.pem")) == []


async def test_a_copy_of_the_key_file_is_worth_nothing_without_the_secret(ring: KeyRing, tmp_path: Path) -> None:
    from cryptography.exceptions import InvalidTag

    thief = tmp_path / "elsewhere"
    (thief / "secrets").mkdir(parents=True)
    (thief / "secrets" / "psc-keys.json").write_bytes((tmp_path / "secrets" / "psc-keys.json").read_bytes())
    with pytest.raises(InvalidTag):
        KeyRing.of_home(thief)


async def test_an_old_key_stays_published_with_the_new_one(ring: KeyRing, later: list[float]) -> None:
    (first,) = signers(ring)
    old_token = ring.sign({"typ": "ID", "sub": "x"})
    second = ring.rotate()
    assert signers(ring) == [first, second]
    new_token = ring.sign({"typ": "ID", "sub": "x"})
    assert verifies(ring, old_token)
    assert verifies(ring, new_token)
    later[0] = 119
    assert verifies(ring, old_token)
    later[0] = 200  # its last token has expired
    assert signers(ring) == [second]
    assert not verifies(ring, old_token)
    assert ring.read(old_token) is not None  # an id_token_hint at logout is taken for as long as sessions last
    later[0] = 14_500
    ring.rotate()
    assert ring.read(old_token) is None
    assert ring.read(new_token) is not None


async def test_keys_are_replaced_by_age_once(ring: KeyRing, later: list[float], tmp_path: Path) -> None:
    (first,) = signers(ring)
    assert ring.rotate(older_than_s=DAY) == first
    later[0] = DAY + 1
    replica = KeyRing.of_home(tmp_path)
    second = ring.rotate(older_than_s=DAY)
    assert second != first
    assert replica.rotate(older_than_s=DAY) == second


@pytest_asyncio.fixture(loop_scope="session")
async def second(psc: Psc) -> Psc:
    """Another process's PSC over the same store and home."""
    service = build(psc.settings)
    await service.floor.store.open()
    other = Psc(service, psc.settings, psc.http)
    other.http = other.browser()
    return other


async def test_a_rotation_at_one_replica_is_known_at_the_other_at_once(psc: Psc, second: Psc) -> None:
    tokens = await psc.signed_in()
    before = (await second.http.get(f"{PROTOCOL}/certs")).json()
    told = (await psc.http.post("/psc/keys/rotation")).json()
    after = (await second.http.get(f"{PROTOCOL}/certs")).json()
    assert told["kid"] in [key["kid"] for key in after["keys"]]
    assert {key["kid"] for key in before["keys"]} < {key["kid"] for key in after["keys"]}
    fresh = (await psc.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"])).json()
    assert (await second.introspect(fresh["access_token"]))["username"] == RADIOLOGIST
    assert (await second.introspect(tokens["access_token"]))["username"] == RADIOLOGIST
    jwt.decode(fresh["id_token"], KeySet.import_key_set(after), algorithms=["RS256"])
    signing = [key for key in (await second.http.get("/psc/keys")).json()["keys"] if key["retired"] is None]
    assert told["kid"] in [key["kid"] for key in signing]
    await second.http.aclose()
    await second.service.floor.store.close()


async def test_another_sites_page_cannot_rotate_keys(psc: Psc) -> None:
    async with psc.browser(origin="https://evil.example") as http:
        answer = await http.post("/psc/keys/rotation")
        assert (answer.status_code, answer.json()["error"]) == (403, "access_denied")
