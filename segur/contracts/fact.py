"""What a fact is: a frozen model registered under its CloudEvents type, and the envelope it travels in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict

CATALOGUE: dict[str, type[Fact]] = {}
"""Every known fact by its type, e.g. `dmp.document.submitted`."""


class Fact(BaseModel):
    """Something that happened. Inside version 1 only optional fields may be added."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    type: ClassVar[str]
    subject_field: ClassVar[str]

    @property
    def subject(self) -> str:
        """The id of the aggregate it happened to; facts about one aggregate stay in order."""
        return str(getattr(self, type(self).subject_field))


F = TypeVar("F", bound=Fact)


def fact(type_: str, *, subject: str) -> Callable[[type[F]], type[F]]:
    """Register a fact class under `service.aggregate.verb`; `subject` names the field with the aggregate's id."""
    if type_.count(".") != 2:
        raise ValueError(f"{type_}: a fact's type is service.aggregate.past-participle")

    def register(cls: type[F]) -> type[F]:
        if type_ in CATALOGUE:
            raise ValueError(f"{type_} is already the type of {CATALOGUE[type_].__name__}")
        cls.type, cls.subject_field = type_, subject
        CATALOGUE[type_] = cls
        return cls

    return register


def topic_of(type_: str, namespace: str = "segur") -> str:
    """`dmp.document.submitted` travels on `segur.dmp.document.v1`."""
    service, aggregate, _ = type_.split(".")
    return f"{namespace}.{service}.{aggregate}.v1"


def dead_topic(topic: str, service: str) -> str:
    """Where a service sets aside what it could not handle."""
    return f"{topic}.dead.{service}"


@dataclass(frozen=True, slots=True)
class Envelope:
    """A fact with its circumstances (CloudEvents 1.0 attributes and two of ours).

    `correlation` is the id of the first fact of the chain, `cause` the id of the fact that led to this one.
    """

    id: str
    source: str
    sandbox: str
    subject: str
    time: datetime
    fact: Fact
    correlation: str = ""
    cause: str = ""
    traceparent: str = ""

    @property
    def type(self) -> str:
        """The fact's CloudEvents type."""
        return type(self.fact).type

    @property
    def key(self) -> str:
        """The Kafka key: `<sandbox>:<aggregate id>`."""
        return f"{self.sandbox}:{self.subject}"
