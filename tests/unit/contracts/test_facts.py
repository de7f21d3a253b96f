"""Facts on the wire and in the catalogue."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from segur.contracts import CATALOGUE, Envelope, asyncapi, cloudevents, topic_of
from segur.contracts.psc import SessionClosed

ENVELOPE = Envelope(
    id="01J",
    source="/psc",
    sandbox="equipe-1",
    subject="s1",
    time=datetime(2026, 11, 24, 8, 0, tzinfo=UTC),
    fact=SessionClosed(session_id="s1", id_nat="899700000001", reason="logout"),
    correlation="01H",
    cause="01I",
    traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
)


def test_a_fact_survives_the_wire() -> None:
    assert cloudevents.read(cloudevents.headers_of(ENVELOPE), cloudevents.body_of(ENVELOPE)) == ENVELOPE


def test_a_reader_of_version_1_ignores_fields_added_later() -> None:
    body = cloudevents.body_of(ENVELOPE).replace(b"{", b'{"added_later":1,', 1)
    assert cloudevents.read(cloudevents.headers_of(ENVELOPE), body).fact == ENVELOPE.fact


@pytest.mark.parametrize("missing", ["ce_id", "ce_type", "ce_time", "ce_sandbox", "ce_source"])
def test_a_message_without_an_attribute_is_refused_by_its_name(missing: str) -> None:
    headers = [(name, value) for name, value in cloudevents.headers_of(ENVELOPE) if name != missing]
    with pytest.raises(cloudevents.UnknownFact, match=missing):
        cloudevents.read(headers, cloudevents.body_of(ENVELOPE))


def test_an_unknown_type_is_named() -> None:
    headers = [(n, b"psc.session.teleported" if n == "ce_type" else v) for n, v in cloudevents.headers_of(ENVELOPE)]
    with pytest.raises(cloudevents.UnknownFact, match=r"psc\.session\.teleported"):
        cloudevents.read(headers, b"{}")


@pytest.mark.parametrize("type_", sorted(CATALOGUE))
def test_every_fact_names_its_subject_and_says_what_it_means(type_: str) -> None:
    cls = CATALOGUE[type_]
    assert cls.subject_field in cls.model_fields
    assert cls.__doc__
    assert topic_of(type_).endswith(".v1")


def test_the_committed_asyncapi_document_is_the_generated_one() -> None:
    committed = Path(__file__).parents[3] / "docs" / "asyncapi.json"
    assert committed.read_text(encoding="utf-8") == asyncapi.text(), "run: python -m segur.contracts.asyncapi"
