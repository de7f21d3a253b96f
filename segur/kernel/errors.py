"""One error type with a kind inside; only a door turns it into a protocol's own form.

Each service keeps a table of its national refusals in `errors.py` as `Refusal` rows. What is not in a table is a bug
and looks like one (HTTP 500 with the trace id, nothing else).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """What went wrong, from the caller's point of view; the value is the HTTP status a plain door gives it."""

    MALFORMED = 400
    UNAUTHENTICATED = 401
    FORBIDDEN = 403
    NOT_FOUND = 404
    CONFLICT = 409
    BUSY = 503
    BROKEN = 500


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row of a service's table: the national code and text for one reason to say no.

    `text` is the national French wording and may hold `{placeholders}`; `source` cites the specification section.
    """

    name: str
    kind: Kind
    code: str
    text: str
    source: str = ""

    def error(self, *, field: str = "", rule: str = "", fix: str = "", **values: object) -> SegurError:
        """The exception to raise, with the placeholders of the text filled in."""
        return SegurError(
            self, text=self.text.format(**values) if values else self.text, field=field, rule=rule, fix=fix
        )


@dataclass(slots=True)
class SegurError(Exception):
    """A refusal on its way to the door: which row, in which words, about which field, by which rule, and the fix."""

    refusal: Refusal
    text: str = ""
    field: str = ""
    rule: str = ""
    fix: str = ""

    def __post_init__(self) -> None:
        Exception.__init__(self, self.text)

    @property
    def kind(self) -> Kind:
        """The kind of the row."""
        return self.refusal.kind

    @property
    def code(self) -> str:
        """The national code of the row."""
        return self.refusal.code

    @property
    def detail(self) -> str:
        """One sentence for a human: the text, then field, rule and fix where they are known."""
        parts = [self.text]
        if self.field:
            parts.append(f"[{self.field}]")
        parts.extend(part for part in (self.rule, self.fix) if part)
        return " ".join(parts)


PRODUCTION_IDENTITY = Refusal(
    "production_identity",
    Kind.FORBIDDEN,
    "SEGUR_PRODUCTION_IDENTITY",
    "Identité de production refusée : l'OID {oid} désigne des personnes réelles et SégurStack ne traite que des "
    "identités fictives (OID 1.2.250.1.213.1.4.10). Pour l'accepter malgré tout, démarrer la plateforme avec "
    "SEGUR_ALLOW_PRODUCTION_IDENTITIES=true.",
)
"""The guard against real people's data, the same words at every door."""

STORE_AWAY = Refusal(
    "store_away",
    Kind.BUSY,
    "SEGUR_STORE_AWAY",
    "La base de données du service ne répond pas. Réessayer dans un instant.",
)
"""Nothing was acknowledged: the caller may send the same again."""


class StoreAway(SegurError):
    """The store does not answer; doors show it as busy, consumers read the fact again later."""

    def __init__(self) -> None:
        super().__init__(STORE_AWAY, text=STORE_AWAY.text)
