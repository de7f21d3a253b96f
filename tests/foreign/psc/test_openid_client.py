"""openid-client for Node.js, an OpenID-certified relying party, drives PSC over TLS, by secret and by certificate.

`node/run.mjs` is the software; npm installs what `node/package-lock.json` pins into a folder of its own. Where node or
npm is absent, or the registry does not answer, the tests skip and say so.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.foreign.node import PATIENCE_S, installed
from tests.foreign.psc.conftest import AFTER_LOGOUT, CALLBACK, RADIOLOGIST, Edge

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program with its packages beside it."""
    return installed(Path(__file__).parent / "node", tmp_path_factory.mktemp("node"))


async def run(program: Path, edge: Edge, **told: str) -> subprocess.CompletedProcess[str]:
    """Run it; `told` is its environment."""
    environment = {
        "PATH": os.environ["PATH"],
        "ISSUER": edge.issuer,
        "CA": str(edge.ca),
        "CALLBACK": CALLBACK,
        "AFTER_LOGOUT": AFTER_LOGOUT,
        "ID_NAT": RADIOLOGIST,
        **told,
    }
    return await asyncio.to_thread(
        subprocess.run,
        ["node", str(program)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )


@pytest.mark.parametrize("proof", ["client_secret", "mtls"])
async def test_it_signs_in_refreshes_reads_userinfo_and_signs_out(program: Path, edge: Edge, proof: str) -> None:
    if proof == "client_secret":
        told = {"CLIENT_ID": "editeur-demo-bas", "CLIENT_SECRET": "segur-demo-secret"}
    else:
        registered = await edge.register(
            token_endpoint_auth_method="tls_client_auth", tls_client_certificate_bound_access_tokens=True
        )
        told = {
            "CLIENT_ID": registered["client_id"],
            "CERT": str(edge.organisation.chain),
            "KEY": str(edge.organisation.key),
        }
    done = await run(program, edge, **told)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    assert found.pop("dead"), "userinfo after logout"
    assert found == {
        "issuer": edge.issuer,
        "acr": "eidas1",
        "idNat": RADIOLOGIST,
        "name": "RAYONNET",
        "refreshed": True,
        "left": f"{AFTER_LOGOUT}?state=gone",
    }


async def test_it_would_refuse_a_nonce_that_is_not_its_own(program: Path, edge: Edge) -> None:
    told = {"CLIENT_ID": "editeur-demo-bas", "CLIENT_SECRET": "segur-demo-secret", "WRONG_NONCE": "1"}
    done = await run(program, edge, **told)
    assert done.returncode != 0
    assert "nonce" in done.stderr
