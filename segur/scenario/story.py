"""What a story is, and what is remembered of one telling."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from segur.scenario.stage import Stage

PILLARS = ("psc", "dmp", "mssante", "drim", "cross")

Telling = Callable[["Stage"], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Story:
    """A story: `requirements` are the ids of the Ségur requirements it exercises."""

    id: str
    title: str
    pillar: str
    requirements: tuple[str, ...]
    tell: Telling


STORIES: dict[str, Story] = {}


def story(id_: str, title: str, *, pillar: str, requirements: tuple[str, ...] = ()) -> Callable[[Telling], Telling]:
    """Register a function as a story; raise `ValueError` for an unknown pillar or an id told twice."""
    if pillar not in PILLARS:
        raise ValueError(f"{id_}: pillar {pillar} is none of {', '.join(PILLARS)}")
    if id_ in STORIES:
        raise ValueError(f"story {id_} exists already")

    def register(tell: Telling) -> Telling:
        STORIES[id_] = Story(id_, title, pillar, requirements, tell)
        return tell

    return register


def load_all() -> dict[str, Story]:
    """All stories under `segur.scenario.stories`, by id."""
    package = importlib.import_module("segur.scenario.stories")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")
    return dict(sorted(STORIES.items()))


class NotHeld(Exception):
    """A check of a step did not hold; the text says what was expected and what was found."""


@dataclass(slots=True)
class Exchange:
    """One request and its answer, shortened, as the report shows it; `status` is the protocol's (250, AA …)."""

    method: str
    url: str
    status: int | str
    request: str
    response: str


@dataclass(slots=True)
class Step:
    """One step of one telling."""

    name: str
    actor: str
    requirements: tuple[str, ...] = ()
    held: bool = False
    detail: str = ""
    seconds: float = 0.0
    exchanges: list[Exchange] = field(default_factory=list)
    facts: list[str] = field(default_factory=list)

    def check(self, condition: object, expected: str, found: object = "") -> None:
        """Raise `NotHeld` unless the condition is true."""
        if not condition:
            raise NotHeld(f"attendu : {expected}" + (f" ; trouvé : {found}" if found != "" else ""))

    def say(self, detail: str) -> None:
        """What the step shows for its detail."""
        self.detail = detail

    def show(self, exchange: Exchange) -> None:
        """Add an exchange over another protocol than HTTP (which the stage watches)."""
        self.exchanges.append(exchange)


@dataclass(slots=True)
class Result:
    """One telling of a story."""

    story: Story
    trace_id: str
    steps: list[Step]
    begun: datetime = field(default_factory=lambda: datetime.now(UTC))
    facts: list[dict[str, Any]] = field(default_factory=list)
    services: list[str] = field(default_factory=list)
    clues: list[str] = field(default_factory=list)
    """What may explain why it did not hold, a line each; empty when it held."""

    @property
    def held(self) -> bool:
        """Whether every step held."""
        return bool(self.steps) and all(step.held for step in self.steps)

    def as_json(self) -> dict[str, Any]:
        """The shape scripts read: id, title, pillar, held, steps, trace_id."""
        return {
            "id": self.story.id,
            "title": self.story.title,
            "pillar": self.story.pillar,
            "held": self.held,
            "trace_id": self.trace_id,
            "services": self.services,
            "clues": self.clues,
            "steps": [
                {
                    "name": step.name,
                    "actor": step.actor,
                    "held": step.held,
                    "detail": step.detail,
                    "seconds": round(step.seconds, 3),
                    "facts": step.facts,
                    "requirements": list(step.requirements),
                }
                for step in self.steps
            ],
        }
