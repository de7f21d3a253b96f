"""The reference software's own accounts: what is refused, when it locks, what opens it again."""

from __future__ import annotations

import pytest

from segur.scenario.actors.local_accounts import (
    IDLE_S,
    LOCKED_S,
    ONE_FACTOR_S,
    TRIES,
    LocalAccounts,
    NotOpened,
    strength,
    weakness,
)

LOGIN, GOOD = "c.durand", "Vélo-Lune-37"


@pytest.fixture
def desk() -> LocalAccounts:
    """An account whose user signed in with both factors at 0."""
    accounts = LocalAccounts()
    accounts.choose(LOGIN, GOOD, 0)
    accounts.both_factors(LOGIN, 0)
    return accounts


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("", "trop faible"),
        ("aaaaaaaaaa", "trop faible"),
        ("20261124", "trop faible"),
        ("Durand-le-Grand-9", "identifiant"),
        ("MonMotDePasse-2026", "courant"),
    ],
)
def test_a_weak_password_is_refused_with_its_reason(password: str, reason: str) -> None:
    assert reason in weakness(LOGIN, password)


def test_strength_counts_the_kinds_of_characters() -> None:
    assert strength("aaaaaaaaaaaa") == pytest.approx(56.4, abs=0.1)
    assert strength("aA0-aA0-aA0-") == pytest.approx(79.6, abs=0.1)
    assert weakness(LOGIN, GOOD) == ""


def test_a_new_password_is_not_the_old_one(desk: LocalAccounts) -> None:
    with pytest.raises(NotOpened, match="est l'ancien"):
        desk.choose(LOGIN, GOOD, 1)
    digest = desk.accounts[LOGIN].digest
    desk.choose(LOGIN, GOOD + "!", 1)
    assert desk.accounts[LOGIN].digest != digest


def test_too_many_wrong_passwords_lock_the_account_for_a_while(desk: LocalAccounts) -> None:
    for _ in range(TRIES):
        with pytest.raises(NotOpened) as refused:
            desk.reopen(LOGIN, "faux", 10)
        assert refused.value.rule == "wrong"
    with pytest.raises(NotOpened) as refused:
        desk.reopen(LOGIN, GOOD, 10 + LOCKED_S - 1)
    assert refused.value.rule == "locked"
    desk.reopen(LOGIN, GOOD, 10 + LOCKED_S)


def test_a_right_password_forgets_the_wrong_ones(desk: LocalAccounts) -> None:
    for _ in range(3):
        for _ in range(TRIES - 1):
            with pytest.raises(NotOpened):
                desk.reopen(LOGIN, "faux", 10)
        desk.reopen(LOGIN, GOOD, 10)


def test_a_session_locks_itself_when_nobody_uses_it_and_one_factor_opens_it(desk: LocalAccounts) -> None:
    desk.use(LOGIN, IDLE_S)
    desk.use(LOGIN, 2 * IDLE_S)
    with pytest.raises(NotOpened) as refused:
        desk.use(LOGIN, 3 * IDLE_S + 1)
    assert refused.value.rule == "idle"
    desk.both_factors(LOGIN, 0)
    desk.reopen(LOGIN, GOOD, ONE_FACTOR_S)
    desk.use(LOGIN, ONE_FACTOR_S + 1)


def test_one_factor_does_not_do_after_the_limit_and_before_any_login_with_both() -> None:
    accounts = LocalAccounts()
    accounts.choose(LOGIN, GOOD, 0)
    with pytest.raises(NotOpened) as refused:
        accounts.reopen(LOGIN, GOOD, 0)
    assert refused.value.rule == "limit"
    accounts.both_factors(LOGIN, 0)
    with pytest.raises(NotOpened) as refused:
        accounts.reopen(LOGIN, GOOD, ONE_FACTOR_S + 1)
    assert refused.value.rule == "limit"


def test_every_act_leaves_a_trace_and_no_password(desk: LocalAccounts) -> None:
    with pytest.raises(NotOpened):
        desk.reopen(LOGIN, "faux", 5)
    desk.reopen(LOGIN, GOOD, 6)
    told = desk.accounts[LOGIN].traces
    assert told == [
        (0, "mot de passe choisi"),
        (0, "ouverture par deux facteurs"),
        (5, "refus : wrong"),
        (6, "réouverture par un facteur"),
    ]
    assert GOOD not in repr(desk.accounts[LOGIN])


def test_rights_are_given_used_taken_and_exported(desk: LocalAccounts) -> None:
    desk.grant(LOGIN, "prescrire", 1)
    desk.allowed(LOGIN, "prescrire", 2)
    desk.choose(LOGIN, GOOD + "!", 3)
    desk.allowed(LOGIN, "prescrire", 4)  # a new password changes no right
    desk.withdraw(LOGIN, "prescrire", 5)
    with pytest.raises(NotOpened, match="non permise"):
        desk.allowed(LOGIN, "prescrire", 6)
    rows = desk.export()
    assert rows[-1] == {
        "date": "1970-01-01T00:00:06+00:00",
        "utilisateur": LOGIN,
        "objet": "droit absent : prescrire",
        "résultat": "refusé",
    }
    assert [row["date"] for row in rows] == sorted(row["date"] for row in rows)
    assert {row["résultat"] for row in rows[:-1]} == {"fait"}
