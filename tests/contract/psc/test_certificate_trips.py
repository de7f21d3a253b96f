"""What integrators trip on with certificates [PSC digest 4.1, 4.2]: the exact answer of each trip."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest

from segur.kernel.pki import Authority
from tests.contract.psc.conftest import (
    CALLBACK,
    CLIENT,
    PROTOCOL,
    Psc,
    showing,
)
from tests.contract.psc.conftest import payload as claims_of
from tests.contract.psc.trips import arm

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize("point", ["psc.mtls.missing", "psc.mtls.wrong_ca", "psc.mtls.expired", "psc.mtls.dn_unknown"])
async def test_a_certificate_is_refused(psc: Psc, tmp_path: Path, point: str) -> None:
    own = Authority(tmp_path / "pki").issue("own", "org-auth", common_name="LOGICIEL", unit="1990000119")
    form = {"token": "x", "client_id": CLIENT[0]}
    arm(psc, point, count=1, actor=CLIENT[0])
    async with psc.browser(**showing(own)) as http:
        answer = await http.post(f"{PROTOCOL}/token/introspect", data=form)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, 'Basic realm="esante-wallet"')
        assert answer.json() == {
            "error": "unauthorized_client", "error_description": "Invalid client or Invalid client credentials",
        }  # fmt: skip
        assert (await http.post(f"{PROTOCOL}/token/introspect", data=form)).status_code == 200


@pytest.mark.parametrize("encoding", ["", "hex", "rfc8705"])
async def test_bound_tokens_name_the_certificate_in_either_encoding(psc: Psc, tmp_path: Path, encoding: str) -> None:
    authority = Authority(tmp_path / "pki")
    own, other = (authority.issue(name, "org-auth", common_name=name, unit="1990000119") for name in ("MOI", "AUTRUI"))
    await psc.change("clients", CLIENT[0], bound=True, cnf_encoding=encoding)
    form = {"grant_type": "authorization_code", "redirect_uri": CALLBACK, "client_id": CLIENT[0]}
    async with psc.browser(**showing(own)) as http:
        tokens = (await psc.token(None, http, **form, code=await psc.code(prompt="login"))).json()
        bearer = {"authorization": f"Bearer {tokens['access_token']}"}
        assert (await http.get(f"{PROTOCOL}/userinfo", headers=bearer)).status_code == 200
    bound = claims_of(tokens["access_token"])["cnf"]["x5t#S256"]
    if encoding == "rfc8705":
        assert len(base64.urlsafe_b64decode(bound + "=")) == 32
    else:
        assert re.fullmatch(r"[0-9a-f]{64}", base64.b64decode(bound, validate=True).decode())
        assert bound.endswith("==")
    assert (await psc.introspect(tokens["access_token"]))["cnf"] == {"x5t#S256": bound}
    async with psc.browser(**showing(other)) as http:
        answer = await http.get(f"{PROTOCOL}/userinfo", headers=bearer)
        assert (answer.status_code, answer.json()["error"]) == (401, "unauthorized_client")
        fresh = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"], "client_id": CLIENT[0]}
        assert (await psc.token(None, http, **fresh)).status_code == 401
