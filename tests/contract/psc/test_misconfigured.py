"""A client's integration errors are facts with the way out: `psc.client.misconfigured`."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from segur_psc import faults
from segur_psc.settings import Settings

from segur.contracts.psc import AuthenticationRefused, ClientMisconfigured
from segur.kernel.faults import FaultRule
from segur.kernel.pki import Authority
from segur.kernel.service import Service
from tests.contract.psc.conftest import CALLBACK, CLIENT, PROTOCOL, RADIOLOGIST, Fleet, Psc, returned, showing

pytestmark = pytest.mark.asyncio(loop_scope="session")
WRONG = "un-secret-qui-ne-doit-pas-sortir"
MTLS = ("client-mtls", "")


def found(psc: Psc) -> list[ClientMisconfigured]:
    """The facts of this kind so far."""
    return [fact for fact in psc.facts if isinstance(fact, ClientMisconfigured)]


class Time:
    """The sandbox's clock, which only goes on: what one test was told, the next has not been told a moment ago."""

    passed = timedelta()

    def __init__(self, psc: Psc) -> None:
        self._clock = psc.service.floor.clock

    def passes(self, **much: float) -> None:
        """Let time pass."""
        Time.passed += timedelta(**much)
        self._clock.set_offset("default", Time.passed)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def usual(fleet: Fleet) -> tuple[Service, Settings]:
    """A PSC of this module's own, since it counts what goes wrong in others' tests too."""
    return await fleet.of({"professionals": 16})


@pytest.fixture(autouse=True)
def time(psc: Psc) -> Time:
    """The clock, days after the last test."""
    found = Time(psc)
    found.passes(days=2)
    return found


@pytest.mark.parametrize(
    ("changes", "rule", "words"),
    [
        ({"client_id": "inconnu"}, "unknown_client", "n'est pas inscrit"),
        ({"redirect_uri": "https://ailleurs.test/"}, "bad_redirect_uri", CALLBACK),
        ({"acr_values": None}, "bad_acr", "eidas1"),
        ({"acr_values": "eidas2"}, "bad_acr", "eidas1"),
        ({"scope": "openid profil"}, "invalid_scopes", "openid scope_all"),
        ({"response_type": None}, "missing:response_type", "Ajouter"),
        ({"response_type": "token"}, "flow_disabled", "response_type=code"),
        ({"code_challenge": "x" * 43}, "missing:code_challenge_method", "S256"),
        ({"prompt": "none login"}, "invalid:prompt", "Corriger"),
        ({"request_uri": "https://ailleurs.test/r"}, "bad_request_uri", "PAR"),
    ],
)
async def test_a_wrong_authorization_request_names_client_rule_and_fix(
    psc: Psc, changes: dict[str, str | None], rule: str, words: str
) -> None:
    await psc.ask(**changes)
    (fact,) = found(psc)
    assert (fact.client_id, fact.rule, fact.count) == (changes.get("client_id", CLIENT[0]), rule, 1)
    assert words in fact.fix
    (refused,) = (fact for fact in psc.facts if isinstance(fact, AuthenticationRefused))
    assert refused.error == fact.error


@pytest.mark.parametrize(
    ("auth", "form", "who", "rule"),
    [
        ((CLIENT[0], WRONG), {"grant_type": "refresh_token"}, CLIENT[0], "wrong_secret"),
        (("inconnu", WRONG), {"grant_type": "refresh_token"}, "inconnu", "unknown_client"),
        (None, {"grant_type": "refresh_token"}, "-", "no_client_id"),
        (None, {"grant_type": "refresh_token", "client_id": CLIENT[0]}, CLIENT[0], "no_proof"),
        (CLIENT, {"grant_type": "refresh_token", "client_id": "autre"}, "-", "invalid_client"),
        (CLIENT, {"grant_type": "refresh_token", "client_assertion": "x"}, CLIENT[0], "no_assertions"),
        (CLIENT, {"grant_type": "refresh_token"}, CLIENT[0], "no_refresh_token"),
        (CLIENT, {"grant_type": "refresh_token", "refresh_token": "x"}, CLIENT[0], "not_a_refresh_token"),
        (CLIENT, {"grant_type": "password"}, CLIENT[0], "no_passwords"),
        (CLIENT, {"grant_type": "rien"}, CLIENT[0], "unsupported_grant"),
        (CLIENT, {"code": "x"}, CLIENT[0], "no_grant"),
    ],
)
async def test_a_wrong_token_request_names_its_rule_and_no_secret(
    psc: Psc, auth: tuple[str, str] | None, form: dict[str, str], who: str, rule: str
) -> None:
    assert (await psc.token(auth, **form)).status_code in (400, 401)
    (fact,) = found(psc)
    assert (fact.client_id, fact.rule) == (who, rule)
    assert WRONG not in fact.model_dump_json()


async def test_the_answers_to_an_unknown_client_and_a_wrong_secret_give_nothing_away(psc: Psc) -> None:
    told = [await psc.token(auth, grant_type="refresh_token") for auth in (("inconnu", WRONG), (CLIENT[0], WRONG))]
    assert [answer.json()["error_description"] for answer in told] == [
        "Invalid client or Invalid client credentials"
    ] * 2
    assert [fact.rule for fact in found(psc)] == ["unknown_client", "wrong_secret"]


async def test_pkce_at_the_exchange_is_told_apart(psc: Psc) -> None:
    challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    for changes, rule in (({}, "no_verifier"), ({"code_verifier": "y" * 43}, "bad_verifier")):
        async with psc.browser() as http:
            code = await psc.code(http, code_challenge=challenge, code_challenge_method="S256")
        assert (await psc.exchange(code, **changes)).status_code == 400
        assert found(psc)[-1].rule == rule
    code = await psc.code()
    assert (await psc.exchange(code, redirect_uri="https://ailleurs.test/")).status_code == 400
    assert found(psc)[-1].rule == "other_redirect_uri"


async def test_a_client_that_must_send_pkce_and_does_not_is_told(psc: Psc) -> None:
    await psc.change("clients", CLIENT[0], pkce="S256")
    came = returned(await psc.ask())
    assert came["error_description"] == "Missing parameter: code_challenge"
    assert [fact.rule for fact in found(psc)] == ["missing:code_challenge"]


async def test_each_trouble_with_a_certificate_has_its_rule(psc: Psc, time: Time, tmp_path: Path) -> None:
    authority = Authority.of_home(tmp_path)
    mine = authority.issue("lps", "org-auth", common_name="LPS")
    personal = authority.issue("ps", "ps-auth", common_name="PS")
    await psc.change("clients", CLIENT[0], policy="BOTH")
    asked: dict[str, Any] = {"grant_type": "refresh_token", "client_id": CLIENT[0]}
    async with psc.browser(**showing(personal)) as http:
        await psc.token(None, http, **asked)
    async with psc.browser(**showing(mine)) as http:
        for point in (faults.MTLS_EXPIRED, faults.MTLS_WRONG_CA):
            psc.service.floor.faults.arm([FaultRule(id="r", point=point, actor=CLIENT[0])])
            time.passes(seconds=61)
            await psc.token(None, http, **asked)
        psc.service.floor.faults.arm([])
        await psc.change("clients", CLIENT[0], certificate_subject="CN=AUTRE")
        await psc.token(None, http, **asked)
        await psc.change("clients", CLIENT[0], certificate_subject="", policy="SECRET")
        await psc.token(None, http, **asked)
        await psc.change("clients", CLIENT[0], policy="MTLS")
        await psc.token(CLIENT, http, grant_type="refresh_token")
    assert [fact.rule for fact in found(psc)] == [
        "certificate_not_trusted",
        "certificate_expired",
        "certificate_not_trusted",
        "certificate_not_mapped",
        "certificate_not_accepted",
        "secret_not_accepted",
    ]


async def test_a_loop_of_wrong_requests_is_told_once_and_its_count_when_the_window_is_over(
    psc: Psc, time: Time
) -> None:
    for _ in range(4):
        await psc.token((CLIENT[0], WRONG), grant_type="refresh_token")
    assert [fact.count for fact in found(psc)] == [1]
    time.passes(seconds=61)
    await psc.service.floor.store.sandboxes.put({"_id": "default"})
    (job,) = (job for job in psc.service.jobs if job.name == "tell of errors that went on")
    await job.run()
    assert [fact.count for fact in found(psc)] == [1, 3]
    await job.run()
    assert [fact.count for fact in found(psc)] == [1, 3]
    await psc.token((CLIENT[0], WRONG), grant_type="refresh_token")
    await psc.token((CLIENT[0], WRONG), grant_type="refresh_token")
    time.passes(seconds=61)
    await psc.token((CLIENT[0], WRONG), grant_type="refresh_token")
    assert [fact.count for fact in found(psc)] == [1, 3, 1, 2]


async def test_each_sandbox_and_each_rule_is_counted_by_itself(psc: Psc) -> None:
    await psc.token((CLIENT[0], WRONG), grant_type="refresh_token")
    await psc.token((CLIENT[0], ""), grant_type="refresh_token")
    async with psc.browser(x_segur_sandbox="other", x_segur_base="https://localhost:8443/s/other") as http:
        await psc.token((CLIENT[0], WRONG), http, grant_type="refresh_token")
    assert [(fact.rule, fact.count) for fact in found(psc)] == [
        ("wrong_secret", 1),
        ("no_proof", 1),
        ("wrong_secret", 1),
    ]


async def test_polling_too_fast_is_an_error_of_the_software_though_no_refusal(psc: Psc) -> None:
    form = {"scope": "openid scope_all", "acr_values": "eidas1", "login_hint": RADIOLOGIST, "binding_message": "42"}
    asked = await psc.http.post(f"{PROTOCOL}/ext/ciba/auth", data=form, auth=CLIENT)
    poll = {"grant_type": "urn:openid:params:grant-type:ciba", "auth_req_id": asked.json()["auth_req_id"]}
    told = [(await psc.token(**poll)).json()["error"] for _ in range(2)]
    assert told == ["authorization_pending", "slow_down"]
    assert [fact.rule for fact in found(psc)] == ["ciba_slow_down"]
    assert not [fact for fact in psc.facts if isinstance(fact, AuthenticationRefused)]


async def test_what_a_user_or_time_did_is_no_error_of_the_software(psc: Psc, time: Time) -> None:
    page = await psc.ask()
    await psc.submit(page, cancel="1")
    tokens = await psc.signed_in()
    await psc.token(grant_type="authorization_code", code="vieux.code.x", redirect_uri=CALLBACK)
    time.passes(hours=1)
    await psc.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert found(psc) == []


async def test_a_client_id_with_line_breaks_and_no_end_is_made_harmless(psc: Psc) -> None:
    await psc.ask(client_id="a\r\nb" + "c" * 500)
    (fact,) = found(psc)
    assert (fact.client_id[:5], len(fact.client_id)) == ("a??bc", 100)
