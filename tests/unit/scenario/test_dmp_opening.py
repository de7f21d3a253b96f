"""What the screen shows of a DMP, and when the authorization goes by itself."""

from __future__ import annotations

import pytest

from segur.personas.country import build_country
from segur.scenario.actors.dmp_opening import Icon, Opening, icon_of, should_declare
from segur.wire import hl7v3
from segur.wire.hl7v3_values import DmpRecord, Identifier

P1 = build_country().patient("P1")


def answer(authorization: str, status: str | None = "active") -> hl7v3.DemographicsAnswer:
    """A TD0.2 answer; without status there is no DMP."""
    record = DmpRecord((Identifier("1", "2"),), status) if status else None
    device = hl7v3.Device("1", "x")
    return hl7v3.DemographicsAnswer(
        Identifier("1"), Identifier("1"), Identifier("1"), device, authorization=authorization, record=record
    )


@pytest.mark.parametrize(
    ("authorization", "status", "icon"),
    [
        ("VALIDE", "active", Icon.OPEN),
        ("INEXISTANTE", "active", Icon.NOT_AUTHORIZED),
        ("EXPIREE", "active", Icon.NOT_AUTHORIZED),
        ("INTERDITE", "active", Icon.BLOCKED),
        ("INEXISTANTE", "terminated", Icon.CLOSED),
        ("", None, Icon.NONE),
    ],
)
def test_each_answer_has_its_icon(authorization: str, status: str | None, icon: Icon) -> None:
    assert icon_of(answer(authorization, status)) is icon


@pytest.mark.parametrize(
    ("icon", "authorization", "consents", "declares"),
    [
        (Icon.NOT_AUTHORIZED, "INEXISTANTE", True, True),
        (Icon.NOT_AUTHORIZED, "EXPIREE", True, True),
        (Icon.NOT_AUTHORIZED, "INEXISTANTE", False, False),
        (Icon.OPEN, "VALIDE", True, False),
        (Icon.BLOCKED, "INTERDITE", True, False),
        (Icon.CLOSED, "INEXISTANTE", True, False),
    ],
)
def test_the_authorization_is_declared_only_when_it_is_missing_and_the_patient_consents(
    icon: Icon, authorization: str, consents: bool, declares: bool
) -> None:
    opening = Opening(P1.status, icon, authorization=authorization)
    assert should_declare(opening, consents=consents) is declares
