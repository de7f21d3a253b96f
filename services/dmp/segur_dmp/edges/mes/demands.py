"""Reading what callers send: JSON bodies, identities, dates; whatever is wrong is named."""

from __future__ import annotations

import base64
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, TypeVar

import orjson
from starlette.requests import Request

from segur.vocab import oids
from segur.vocab.ins import Ins, InvalidIns
from segur_dmp import errors
from segur_dmp.context import Context
from segur_dmp.operations.mes.visit import representative_id

C = TypeVar("C", bound=StrEnum)


class Demand:
    """The JSON object of a request, read field by field; every method raises `errors.BAD_DEMAND` naming the field."""

    def __init__(self, values: dict[str, Any]) -> None:
        self._values = values

    @classmethod
    async def of(cls, request: Request) -> Demand:
        """The body; an empty one is an empty object."""
        body = await request.body()
        try:
            found = orjson.loads(body) if body else {}
        except orjson.JSONDecodeError as error:
            raise errors.BAD_DEMAND.error(reason=f"JSON illisible ({error})", field="body") from error
        if not isinstance(found, dict):
            raise errors.BAD_DEMAND.error(reason="un objet JSON est attendu", field="body")
        return cls(found)

    def text(self, name: str, *, optional: bool = False) -> str:
        """A text."""
        found = self._values.get(name, "" if optional else None)
        if not isinstance(found, str) or (not found and not optional):
            raise errors.BAD_DEMAND.error(reason=f"{name} : un texte est attendu", field=name)
        return found

    def flag(self, name: str, *, otherwise: bool | None = None) -> bool:
        """True or false; `otherwise` is what an absent one says."""
        found = self._values.get(name, otherwise)
        if not isinstance(found, bool):
            raise errors.BAD_DEMAND.error(reason=f"{name} : true ou false est attendu", field=name)
        return found

    def texts(self, name: str) -> list[str]:
        """A list of texts."""
        found = self._values.get(name)
        if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
            raise errors.BAD_DEMAND.error(reason=f"{name} : une liste de textes est attendue", field=name)
        return found

    def numbers(self, name: str) -> dict[str, float]:
        """Numbers by name."""
        found = self._values.get(name)
        numeric = isinstance(found, dict) and all(
            isinstance(one, int | float) and not isinstance(one, bool) for one in found.values()
        )
        if not isinstance(found, dict) or not numeric:
            raise errors.BAD_DEMAND.error(reason=f"{name} : un objet de nombres est attendu", field=name)
        return {key: float(value) for key, value in found.items()}

    def content(self, name: str) -> bytes:
        """Bytes in base64."""
        try:
            return base64.b64decode(self.text(name), validate=True)
        except ValueError as error:
            raise errors.BAD_DEMAND.error(reason=f"{name} : du base64 est attendu", field=name) from error


def choice(kind: type[C], told: str, name: str) -> C:
    """A value of a list; raise `errors.BAD_DEMAND` naming the values."""
    try:
        return kind(told)
    except ValueError as error:
        known = ", ".join(one.value for one in kind)
        raise errors.BAD_DEMAND.error(reason=f"{name} : un de {known} est attendu", field=name) from error


def day(told: str, name: str) -> date:
    """A date as `2026-11-24`."""
    try:
        return date.fromisoformat(told)
    except ValueError as error:
        raise errors.BAD_DEMAND.error(reason=f"{name} : une date AAAA-MM-JJ est attendue", field=name) from error


def moment(told: str, name: str) -> datetime:
    """A moment in ISO 8601; without offset it is UTC."""
    try:
        found = datetime.fromisoformat(told)
    except ValueError as error:
        raise errors.BAD_DEMAND.error(
            reason=f"{name} : une date et une heure ISO 8601 attendues", field=name
        ) from error
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


async def patient_of(context: Context, matricule: str, field: str = "ins") -> str:
    """The pseudonym of the person with this matricule; raise `errors.NOT_FOUND` for somebody nobody knows."""
    real = sorted(oids.INS_PRODUCTION_AUTHORITIES) if context.settings.allow_production_identities else []
    for authority in (oids.INS_NIR_TEST, *sorted(oids.INS_TEST_AUTHORITIES - {oids.INS_NIR_TEST}), *real):
        try:
            patient = context.floor.pseudonyms.of(Ins.parse(matricule, authority))
        except InvalidIns:
            continue
        if await context.records.accounts.of(patient) is not None:
            return patient
    raise errors.NOT_FOUND.error(field=field)


async def person_of(context: Context, patient: str, told: str) -> str:
    """Who calls, by the header `x-mes-as`: empty for the holder, `rl0` a legal representative, else a carer's INS."""
    if not told:
        return patient
    if told.startswith("rl") and told[2:].isdecimal():
        return representative_id(patient, int(told[2:]))
    return await patient_of(context, told, "x-mes-as")
