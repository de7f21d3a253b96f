"""Signing in with a browser, and what a client gets for the code."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from datetime import timedelta

import pytest

from segur.contracts.psc import AuthenticationRefused, SessionClosed, SessionOpened, SessionRefreshed
from segur.kernel.request import DEFAULT_SANDBOX
from tests.contract.psc.conftest import (
    API,
    BASE,
    CALLBACK,
    CLIENT,
    PROTOCOL,
    RADIOLOGIST,
    REALM,
    Psc,
    payload,
    returned,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_login_gives_tokens_in_the_national_shape_and_is_told_as_a_fact(psc: Psc) -> None:
    page = await psc.ask()
    assert page.status_code == 200
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    back = await psc.submit(page, id_nat=RADIOLOGIST)
    answer = returned(back)
    assert (answer["state"], answer["iss"]) == ("s1", BASE + REALM)
    tokens = (await psc.exchange(answer["code"])).json()
    assert (tokens["expires_in"], tokens["token_type"], tokens["not-before-policy"]) == (120, "Bearer", 0)
    assert tokens["session_state"] == answer["session_state"]
    identity = payload(tokens["id_token"])
    assert identity["aud"] == CLIENT[0]
    assert (identity["nonce"], identity["acr"], identity["typ"]) == ("n1", "eidas1", "ID")
    assert identity["SubjectNameID"] == RADIOLOGIST
    half = hashlib.sha256(tokens["access_token"].encode()).digest()[:16]
    assert identity["at_hash"] == base64.urlsafe_b64encode(half).rstrip(b"=").decode()
    access = payload(tokens["access_token"])
    assert (access["azp"], access["authMode"], access["exp"] - access["iat"]) == (CLIENT[0], "CARD", 120)
    assert "aud" not in access
    assert payload(tokens["refresh_token"])["aud"] == BASE + REALM
    opened = [fact for fact in psc.facts if isinstance(fact, SessionOpened)]
    assert [(f.session_id, f.id_nat, f.means, f.flow) for f in opened] == [
        (answer["session_state"], RADIOLOGIST, "CARD", "code")
    ]


async def test_userinfo_gives_the_professionals_situations_with_thirty_fields_each(psc: Psc) -> None:
    tokens = await psc.signed_in(id_nat="899700010038")
    answer = (await psc.userinfo(tokens["access_token"])).json()
    assert answer["sub"] == payload(tokens["access_token"])["sub"]
    (exercise,) = answer["SubjectRefPro"]["exercices"]
    assert len(exercise["activities"]) == 2
    for activity in exercise["activities"]:
        assert len(activity) == 30
        assert all(isinstance(value, str) for value in activity.values())
    posted = await psc.http.post(f"{PROTOCOL}/userinfo", data={"access_token": tokens["access_token"]})
    assert posted.json() == answer


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({"client_id": "nobody"}, "Client not found."),
        ({"redirect_uri": CALLBACK + "/"}, "Invalid parameter: redirect_uri"),
        ({"redirect_uri": None}, "Invalid parameter: redirect_uri"),
    ],
)
async def test_an_unknown_client_or_address_is_shown_and_never_redirected_to(
    psc: Psc, changes: dict[str, str | None], shown: str
) -> None:
    answer = await psc.ask(**changes)
    assert answer.status_code == 400
    assert shown in answer.text
    assert "location" not in answer.headers


@pytest.mark.parametrize(
    ("changes", "error", "text"),
    [
        ({"response_type": None}, "invalid_request", "Missing parameter: response_type"),
        ({"response_type": "magic"}, "unsupported_response_type", "Unsupported response_type"),
        ({"response_type": "token"}, "unauthorized_client", None),
        ({"scope": "openid everything"}, "invalid_scope", "Invalid scopes: openid everything"),
        ({"code_challenge": "c" * 43}, "invalid_request", "Missing parameter: code_challenge_method"),
        ({"code_challenge_method": "S256"}, "invalid_request", "Missing parameter: code_challenge"),
        (
            {"code_challenge": "short", "code_challenge_method": "S256"},
            "invalid_request",
            "Invalid parameter: code_challenge",
        ),
        (
            {"code_challenge": "c" * 43, "code_challenge_method": "S512"},
            "invalid_request",
            "Invalid parameter: code_challenge_method",
        ),
        ({"prompt": "none"}, "login_required", None),
    ],
)
async def test_other_mistakes_travel_back_with_the_state(
    psc: Psc, changes: dict[str, str | None], error: str, text: str | None
) -> None:
    answer = await psc.ask(**changes)
    assert answer.status_code == 302
    assert answer.headers["location"].startswith(CALLBACK + "?")
    told = returned(answer)
    assert (told["error"], told["state"]) == (error, "s1")
    assert text is None or told["error_description"] == text


async def test_the_login_form_works_only_in_the_browser_that_was_shown_it(psc: Psc) -> None:
    page = await psc.ask()
    async with psc.browser() as stranger:
        answer = await psc.submit(page, stranger, id_nat=RADIOLOGIST)
    assert answer.status_code == 400
    assert "location" not in answer.headers
    assert not [fact for fact in psc.facts if isinstance(fact, SessionOpened)]


async def test_someone_without_a_means_of_login_stays_on_the_page(psc: Psc) -> None:
    answer = await psc.submit(await psc.ask(), id_nat="3990000119/GENERIQUE-ACCUEIL")
    assert answer.status_code == 400
    assert "Aucun professionnel de test" in answer.text
    assert [f.error for f in psc.facts if isinstance(f, AuthenticationRefused)] == ["access_denied"]


async def test_giving_up_comes_back_as_access_denied(psc: Psc) -> None:
    answer = await psc.submit(await psc.ask(), cancel="1", id_nat="")
    assert returned(answer)["error"] == "access_denied"


async def test_a_signed_in_browser_is_not_asked_again_unless_the_client_wants_it(psc: Psc) -> None:
    await psc.code()
    assert "code" in returned(await psc.ask(prompt="none"))
    assert (await psc.ask(prompt="login")).status_code == 200
    psc.service.floor.clock.set_offset(DEFAULT_SANDBOX, timedelta(seconds=30))
    assert (await psc.ask(max_age="10")).status_code == 200


async def test_pkce_is_proven_and_a_wrong_verifier_gets_nothing(psc: Psc) -> None:
    verifier = "v" * 50
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    good = {"code_challenge": challenge, "code_challenge_method": "S256", "prompt": "login"}
    missing = await psc.exchange(await psc.code(**good))
    assert missing.json()["error_description"] == "PKCE code verifier not specified"
    wrong = await psc.exchange(await psc.code(**good), code_verifier="w" * 50)
    assert wrong.json() == {"error": "invalid_grant", "error_description": "PKCE verification failed"}
    assert (await psc.exchange(await psc.code(**good), code_verifier=verifier)).status_code == 200
    plain = {"code_challenge": verifier, "code_challenge_method": "plain", "prompt": "login"}
    assert (await psc.exchange(await psc.code(**plain), code_verifier=verifier)).status_code == 200


async def test_a_code_used_twice_is_refused_and_ends_the_session(psc: Psc) -> None:
    code = await psc.code()
    tokens = (await psc.exchange(code)).json()
    assert (await psc.userinfo(tokens["access_token"])).status_code == 200
    again = await psc.exchange(code)
    assert (again.status_code, again.json()["error_description"]) == (400, "Code not valid")
    assert (await psc.userinfo(tokens["access_token"])).status_code == 401
    assert await psc.introspect(tokens["access_token"]) == {"active": False}
    assert [f.reason for f in psc.facts if isinstance(f, SessionClosed)] == ["code_reused"]


async def test_of_many_exchanges_at_once_at_most_one_gets_tokens(psc: Psc) -> None:
    code = await psc.code()
    answers = await asyncio.gather(*(psc.exchange(code) for _ in range(6)))
    assert sum(answer.status_code == 200 for answer in answers) <= 1
    assert {answer.status_code for answer in answers} <= {200, 400}


async def test_an_old_code_a_wrong_address_and_another_client_are_refused_in_keycloaks_words(psc: Psc) -> None:
    async def text(code: str, **form: str) -> str:
        answer = await psc.exchange(code, **form)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
        return str(answer.json()["error_description"])

    assert await text("nonsense") == "Code not valid"
    assert await text(await psc.code(prompt="login"), redirect_uri="http://127.0.0.1:9999/callback") == (
        "Incorrect redirect_uri"
    )
    code = await psc.code(prompt="login")
    other = await psc.token(API, grant_type="authorization_code", code=code, redirect_uri=CALLBACK)
    assert other.json()["error_description"] == "Auth error: Found different client_id in clientSession"
    code = await psc.code(prompt="login")
    psc.service.floor.clock.set_offset(DEFAULT_SANDBOX, timedelta(seconds=61))
    assert await text(code) == "Code is expired"


async def test_a_refresh_gives_new_tokens_and_never_outlives_the_session(psc: Psc) -> None:
    tokens = await psc.signed_in()
    clock = psc.service.floor.clock
    refreshes = 0
    for minutes in range(25, 240, 25):
        clock.set_offset(DEFAULT_SANDBOX, timedelta(minutes=minutes))
        answer = await psc.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"])
        assert answer.status_code == 200, answer.text
        tokens = answer.json()
        refreshes += 1
    assert tokens["refresh_expires_in"] <= 15 * 60
    assert len([f for f in psc.facts if isinstance(f, SessionRefreshed)]) == refreshes
    clock.set_offset(DEFAULT_SANDBOX, timedelta(minutes=241))
    late = await psc.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert late.json() == {"error": "invalid_grant", "error_description": "Token is not active"}


async def test_refreshes_of_one_session_at_once_are_all_answered_and_the_session_ends_them_all(psc: Psc) -> None:
    tokens = await psc.signed_in()
    asked = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    answers = await asyncio.gather(*(psc.token(**asked) for _ in range(12)))
    assert [answer.status_code for answer in answers] == [200] * 12
    form = {"refresh_token": tokens["refresh_token"]}
    assert (await psc.http.post(f"{PROTOCOL}/logout", data=form, auth=CLIENT)).status_code == 204
    late = [await psc.token(**asked | {"refresh_token": each.json()["refresh_token"]}) for each in answers[:3]]
    assert [answer.json()["error"] for answer in late] == ["invalid_grant"] * 3


async def test_an_access_token_dies_after_two_minutes(psc: Psc) -> None:
    tokens = await psc.signed_in()
    psc.service.floor.clock.set_offset(DEFAULT_SANDBOX, timedelta(seconds=121))
    answer = await psc.userinfo(tokens["access_token"])
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")
    assert answer.headers["www-authenticate"].startswith("Bearer ")
    assert await psc.introspect(tokens["access_token"]) == {"active": False}


@pytest.mark.parametrize("kind", ["access_token", "id_token"])
async def test_only_a_refresh_token_refreshes(psc: Psc, kind: str) -> None:
    tokens = await psc.signed_in()
    answer = await psc.token(grant_type="refresh_token", refresh_token=tokens[kind])
    assert answer.json() == {"error": "invalid_grant", "error_description": "Invalid refresh token"}


@pytest.mark.parametrize("told", [{"psc_rotate_refresh": True}])
async def test_with_rotation_a_replayed_refresh_token_bars_the_client(psc: Psc) -> None:
    first = await psc.signed_in()
    second = (await psc.token(grant_type="refresh_token", refresh_token=first["refresh_token"])).json()
    replay = await psc.token(grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert replay.json()["error_description"] == "Maximum allowed refresh token reuse exceeded"
    newer = await psc.token(grant_type="refresh_token", refresh_token=second["refresh_token"])
    assert newer.json()["error_description"] == "Session doesn't have required client"


@pytest.mark.parametrize("told", [{"psc_rotate_refresh": True}])
async def test_with_rotation_a_token_older_than_one_in_use_is_stale(psc: Psc) -> None:
    clock = psc.service.floor.clock
    tokens = [await psc.signed_in()]
    for seconds in (5, 10):
        clock.set_offset(DEFAULT_SANDBOX, timedelta(seconds=seconds))
        fresh = await psc.token(grant_type="refresh_token", refresh_token=tokens[-1]["refresh_token"])
        tokens.append(fresh.json())
    stale = await psc.token(grant_type="refresh_token", refresh_token=tokens[0]["refresh_token"])
    assert stale.json() == {"error": "invalid_grant", "error_description": "Stale token"}
    last = await psc.token(grant_type="refresh_token", refresh_token=tokens[-1]["refresh_token"])
    assert last.status_code == 200
