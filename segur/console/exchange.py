"""A journal entry as services send it: one exchange with the outside, already masked where it was recorded."""

from __future__ import annotations

import json
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from segur.console.read import stamp

MOST_ENTRIES = 1_000
_LONGEST_BODY = 65_536
_LONGEST = 4_000

Text = Annotated[str, Field(max_length=_LONGEST)]


class Side(BaseModel):
    """What was asked, or what was answered; `bytes` is the size of the whole body, `body` its beginning."""

    headers: list[tuple[Text, Annotated[str, Field(max_length=16_384)]]] = Field(default=[], max_length=200)
    body: str = Field(default="", max_length=_LONGEST_BODY)
    bytes: int = Field(default=0, ge=0, le=2**62)


class Exchange(BaseModel):
    """An entry; a service may add remarks of its own, as plain values."""

    model_config = ConfigDict(extra="allow")

    id: str = Field(alias="_id", pattern=r"^[0-9A-HJKMNP-TV-Z]{26}$", description="ULID")
    at: AwareDatetime
    door: Text = ""
    sandbox: Text = "default"
    service: Text = ""
    method: Text = ""
    path: Text = ""
    query: Text = ""
    status: int = Field(default=0, ge=0, le=999)
    ms: float = Field(default=0, ge=0, le=1e9)
    trace_id: str = Field(default="", pattern=r"^([0-9a-f]{32})?$")
    certificate: Text = ""
    request: Side = Side()
    response: Side = Side()

    def as_row(self) -> dict[str, Any]:
        """The row to keep."""
        remarks = {name: _plain(value) for name, value in (self.__pydantic_extra__ or {}).items()}
        told = self.model_dump(exclude={"id", "at", *remarks})
        at = stamp(self.at)
        return {**remarks, **told, "_id": self.id, "at": at, "cursor": f"{at}|{self.id}"}


def read_entries(value: list[Any]) -> tuple[list[dict[str, Any]], list[str]]:
    """Rows of the entries that are sound, and for each of the others where and why it is not."""
    rows: list[dict[str, Any]] = []
    refused: list[str] = []
    for number, entry in enumerate(value):
        try:
            rows.append(Exchange.model_validate(entry).as_row())
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            refused.append(f"[{number}].{'.'.join(str(part) for part in first['loc'])}: {first['msg']}")
    return rows, refused


def _plain(value: Any) -> str | int | float | bool | None:
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int) and -(2**63) <= value < 2**63:
        return value
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text[:_LONGEST]
