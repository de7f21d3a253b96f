"""Which refusals are the software's fault is decided for each of them, and each has a way out."""

from __future__ import annotations

import pytest
from segur_psc import errors
from segur_psc.operations.integration_advice import advise
from segur_psc.store.repeats import Repeats

from segur.kernel.errors import Kind, Refusal

ROWS = {row.name: row for row in vars(errors).values() if isinstance(row, Refusal)}
NOT_THE_SOFTWARE = {
    # the professional, or somebody else's page
    "gave_up", "unknown_professional", "stale_login", "login_refused", "foreign_form", "wrong_pin", "phone_refused",
    "phone_silent", "weak_proof", "ciba_denied", "ciba_user", "user_disabled", "logout_twice",
    # time: what was right a while ago
    "login_required", "code_not_valid", "code_expired", "session_not_active", "refresh_expired",
    "client_not_in_session", "bad_token", "no_session", "ciba_unknown", "ciba_expired", "ciba_pending",
    "pushed_expired", "edc_subject_token", "edc_no_api_token", "edc_api_token",
    # doors of ours, and addresses: no client of PSC speaks there
    "bad_registration", "bad_registered_uri", "no_such_client", "bad_identity", "edc_no_realm", "conformity_body",
    "proxy_bad_request", "proxy_not_found", "proxy_not_authenticated", "proxy_no_session", "proxy_no_session_id",
    "proxy_no_backend", "proxy_bad_date",
}  # fmt: skip


def test_every_refusal_is_the_softwares_or_is_said_not_to_be() -> None:
    advised = {name for name, row in ROWS.items() if advise(row.error()) is not None}
    busy = {name for name, row in ROWS.items() if row.kind in (Kind.BUSY, Kind.BROKEN)}
    assert advised & NOT_THE_SOFTWARE == set()
    assert advised | NOT_THE_SOFTWARE | busy == set(ROWS)
    assert not advised & busy


def test_the_rule_of_a_parameter_names_it() -> None:
    told = advise(errors.MISSING.error(name="code_challenge"))
    assert told is not None
    assert told.rule == "missing:code_challenge"


def test_an_unknown_client_is_one_rule_at_both_doors() -> None:
    told = {advice.rule for row in (errors.UNKNOWN_CLIENT, errors.CLIENT_NOT_KNOWN) if (advice := advise(row.error()))}
    assert told == {"unknown_client"}


def test_the_sum_of_what_is_told_is_what_happened() -> None:
    repeats = Repeats[str](60)
    told = [repeats.count(("s", "c", "r"), "x", now) for now in (0, 1, 59, 60, 61, 200)]
    assert told == [1, 0, 0, 3, 0, 2]
    assert sum(told) == 6
    assert repeats.due("s", 300) == []


def test_a_clock_set_back_hides_nothing() -> None:
    repeats = Repeats[str](60)
    assert [repeats.count(("s", "c", "r"), "x", now) for now in (1_000, 10)] == [1, 1]


@pytest.mark.parametrize("limit", [1, 3])
def test_no_more_kinds_are_remembered_than_allowed(limit: int) -> None:
    repeats = Repeats[int](60, limit)
    for number in range(10):
        repeats.count(("s", str(number), "r"), number, 0)
    assert [repeats.count(("s", str(number), "r"), number, 1) for number in range(10 - limit, 10)] == [0] * limit
