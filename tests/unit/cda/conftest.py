"""Documents of ours to judge, to show and to spoil."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Literal

import pytest

from segur.cda.make import Request, make
from segur.personas import Country, build_country, roles

AT = datetime(2026, 11, 20, 10, 15, tzinfo=timezone(timedelta(hours=1)))
AUTHORS = {"11502-2": roles.BIOLOGIST, "18748-4": roles.RADIOLOGIST, "11490-0": roles.EMERGENCY_DOCTOR}
LEVEL_3 = ("11490-0", "11502-2", "18748-4", "57833-6", "87273-9", "SYNTH")


@pytest.fixture(scope="session")
def country() -> Country:
    """The country of the stories."""
    return build_country()


def made(country: Country, type_code: str, level: Literal[1, 3] = 1, **more: object) -> bytes:
    """A document of the country, by the author of that kind of document."""
    author = country.professional(AUTHORS.get(type_code, roles.GENERAL_PRACTITIONER))
    return make(Request(type_code, country.patient(roles.PATIENT), author, AT, level=level, **more))  # type: ignore[arg-type]
