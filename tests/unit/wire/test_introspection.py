"""What an answer of introspection tells of a token's holder."""

from __future__ import annotations

from typing import Any

import pytest

from segur.wire.confirmation import HEX, thumbprint
from segur.wire.introspection import Holder, read_holder

DOCTOR = "810000000001"
SHA256 = "ab" * 32


@pytest.mark.parametrize(
    "answer",
    [
        {"active": False, "SubjectNameID": DOCTOR},
        {"active": "true", "SubjectNameID": DOCTOR},
        {"SubjectNameID": DOCTOR},
        {"active": True},
        {"active": True, "SubjectNameID": ""},
        [],
        None,
    ],
)
def test_a_token_that_does_not_live_or_names_nobody_has_no_holder(answer: Any) -> None:
    assert read_holder(answer) is None


def test_the_holder_is_the_national_id_whichever_claim_bears_it() -> None:
    assert read_holder({"active": True, "preferred_username": DOCTOR}) == Holder(DOCTOR)
    assert read_holder({"active": True, "SubjectNameID": DOCTOR, "preferred_username": "other"}) == Holder(DOCTOR)


def test_session_and_scopes_are_told() -> None:
    told = {"active": True, "SubjectNameID": DOCTOR, "scope": "openid scope_all"}
    assert read_holder(told | {"sid": "s1", "session_state": "s2"}) == Holder(
        DOCTOR, "s1", frozenset({"openid", "scope_all"})
    )
    assert read_holder({"active": True, "SubjectNameID": DOCTOR, "session_state": "s2"}) == Holder(DOCTOR, "s2")


def test_a_token_bound_to_a_certificate_serves_with_that_one_only() -> None:
    bound = read_holder({"active": True, "SubjectNameID": DOCTOR, "cnf": {"x5t#S256": thumbprint(SHA256, HEX)}})
    assert bound is not None
    assert bound.may_use(SHA256)
    assert not bound.may_use("cd" * 32)
    assert not bound.may_use("")
    assert Holder(DOCTOR).may_use("")
