"""What the reference Proxy e-Santé reads and remembers, without a socket [PSC digest 1.17]."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from segur_psc.domain import proxy
from segur_psc.domain.providers import BACKENDS, PROVIDERS
from segur_psc.domain.proxy import ApiAccess, ProxySession

from segur.kernel.errors import SegurError

PARIS = timezone(timedelta(hours=1))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-24T08:00:00Z", datetime(2026, 11, 24, 8, tzinfo=UTC)),
        ("2026-11-24T08:00:00.250+01:00", datetime(2026, 11, 24, 8, 0, 0, 250_000, tzinfo=PARIS)),
        ("2026-11-24T08:00:00 01:00", datetime(2026, 11, 24, 8, tzinfo=PARIS)),
        ("2026-11-24 08:00:00+01:00", datetime(2026, 11, 24, 8, tzinfo=PARIS)),
    ],
)
def test_a_date_is_read_with_its_offset_even_when_the_plus_came_as_a_blank(text: str, expected: datetime) -> None:
    assert proxy.read_date("start", text) == expected


@pytest.mark.parametrize("text", ["", "hier", "2026-11-24", "2026-11-24T08:00:00", "2026-11-24 08:00", "9" * 5_000])
def test_a_date_without_an_offset_is_refused_by_its_name(text: str) -> None:
    with pytest.raises(SegurError, match="start: an ISO 8601 date-time with its offset expected"):
        proxy.read_date("start", text)


def test_a_token_is_renewed_after_half_of_the_shorter_lifetime() -> None:
    answer = {"access_token": "a", "expires_in": 3_600, "refresh_token": "r", "refresh_expires_in": 1_800}
    assert ApiAccess.of(answer, 1_000) == ApiAccess("a", 4_600, 1_900, "r")


def test_a_server_without_refresh_tokens_is_borne() -> None:
    assert ApiAccess.of({"access_token": "a", "expires_in": 600}, 0) == ApiAccess("a", 600, 300)


@pytest.mark.parametrize("body", [None, [], "x", 3, {"nationalId": 5, "channel": ["CARD"]}])
def test_a_body_that_is_no_connection_is_described_whole(body: object) -> None:
    with pytest.raises(SegurError, match="bindingMessage is missing, clientId is missing"):
        proxy.read_connection(body)
    assert proxy.metadata_of(body) == {}


def test_a_failed_connection_leaves_a_trace_without_a_session() -> None:
    row = proxy.trace(
        proxy.CONNECT_FAILURE,
        proxy.Origin("192.0.2.7", (4711,)),
        datetime(2026, 11, 24, 8, tzinfo=PARIS),
        "CN=proxy",
        client_id="lps",
        national_id="8",
    )
    assert row == {
        "type": "CONNECT_FAILURE",
        "clientId": "lps",
        "IdRPPS": "8",
        "ipAddress": "192.0.2.7",
        "ports": [4711],
        "proxy_id_session": None,
        "session_state": None,
        "dn": None,
        "timestamp": "2026-11-24T07:00:00.000Z",
    }


def test_one_providers_token_changes_and_the_others_stay() -> None:
    first, second = ApiAccess("a", 2, 1), ApiAccess("b", 4, 2)
    session = ProxySession("s", "lps", "8", "state", "id", 9, {"insi": first, "dmp": first})
    assert session.with_access("dmp", second).access == {"insi": first, "dmp": second}
    assert session.access["dmp"] == first


def test_every_backend_has_a_provider_and_a_place_at_the_edge() -> None:
    for backend in BACKENDS.values():
        assert PROVIDERS[backend.provider.realm] is backend.provider
        assert backend.path.startswith("/")
    assert all(set(provider.all_scopes) >= {"openid", "email", "profile"} for provider in PROVIDERS.values())
