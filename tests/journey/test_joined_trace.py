"""One trace joins the journey: who is whose parent, as a table."""

from __future__ import annotations

import re
from typing import Any

import pytest

from segur.kernel.ports import SERVICES
from tests.journey.conftest import Platform

pytestmark = pytest.mark.timeout(170)

DMP = "/si-dmp-server/v2/services"
OIDC = "/auth/realms/esante-wallet/protocol/openid-connect"

EXPECTED = [
    # the editor's software → the edge → the service → the fact it published
    ("scenario step", "gateway GET /auth"),
    ("gateway GET /auth", "gateway publish gateway.request.refused"),
    (f"gateway POST {OIDC}/token", f"psc POST {OIDC}/token"),
    ("psc POST", "psc publish psc.session.opened"),
    ("gateway POST /insi/lps", "ins POST /insi/lps"),
    ("ins POST /insi/lps", "ins publish ins.identity.searched"),
    ("scenario step", "gateway GET /fhir/v2/Practitioner"),
    ("gateway GET /fhir/v2/Practitioner", "annuaire GET /fhir/v2/Practitioner"),
    ("scenario step", f"gateway POST {DMP}/repository"),
    (f"gateway POST {DMP}/repository", f"dmp POST {DMP}/repository"),
    (f"dmp POST {DMP}/repository", "dmp publish dmp.document.submitted"),
    (f"dmp POST {DMP}/repository", "dmp publish dmp.patient.notified"),
    (f"dmp POST {DMP}/repository", "dmp publish dmp.document.refused"),
    (f"dmp POST {DMP}/patients", "dmp publish dmp.record.tested"),
    (f"dmp POST {DMP}/registry", "dmp publish dmp.record.searched"),
    (f"dmp POST {DMP}/repository", "dmp publish dmp.document.consulted"),
    ("dmp POST /mes/api/patients/{ins}/documents/", "dmp publish dmp.document.masked"),
    # a report over MLLP has no place for a trace: the images' trace goes on, up to the KOS in the DMP
    ("gateway POST /drimbox/rs/studies", "drim POST /drimbox/rs/studies"),
    ("drim POST /drimbox/rs/studies", "drim publish drim.study.received"),
    ("drim POST /drimbox/rs/studies", "drim MLLP ORU^R01"),
    ("drim MLLP ORU^R01", "drim publish KOS"),
    ("drim publish KOS", f"drim POST {DMP}/repository"),
    (f"drim POST {DMP}/repository", f"gateway POST {DMP}/repository"),
    ("drim publish KOS", "drim publish drim.kos.published"),
    # each door that takes a token asks Pro Santé Connect, through the edge as anybody would
    ("drim GET /drimbox/rs/studies", f"drim POST {OIDC}/token/introspect"),
    (f"drim POST {OIDC}/token/introspect", f"gateway POST {OIDC}/token/introspect"),
    (f"gateway POST {OIDC}/token/introspect", f"psc POST {OIDC}/token/introspect"),
    ("drim GET /drimbox/rs/studies", "drim publish drim.images.retrieved"),
    ("mssante SMTP AUTH XOAUTH2", f"mssante POST {OIDC}/token/introspect"),
    ("mssante IMAP AUTHENTICATE XOAUTH2", f"mssante POST {OIDC}/token/introspect"),
    # a mail carries its trace: who reads it later reads within it
    ("scenario step", "mssante SMTP submit"),
    ("mssante SMTP submit", "mssante publish mssante.message.accepted"),
    ("mssante SMTP submit", "mssante IMAP read"),
    ("mssante IMAP read", "mssante publish mssante.message.read"),
]
"""Parent and child, each by the beginning of `<service> <span name>`."""


@pytest.fixture(scope="module")
def spans(platform: Platform) -> list[dict[str, Any]]:
    """The spans of one journey."""
    told = platform.json("demo")
    assert told["held"], [step for step in told["steps"] if not step["held"]]
    spans: list[dict[str, Any]] = platform.json("trace", "show", told["trace_id"])["spans"]
    return spans


def label(span: dict[str, Any]) -> str:
    """`<service> <name>`."""
    return f"{span['service']} {span['name']}"


@pytest.mark.parametrize(("parent", "child"), EXPECTED)
def test_a_span_is_the_child_of_what_caused_it(spans: list[dict[str, Any]], parent: str, child: str) -> None:
    by_id = {span["span_id"]: span for span in spans}
    children = [span for span in spans if label(span).startswith(child)]
    parents = {label(by_id[span["parent_id"]]) for span in children if span["parent_id"] in by_id}
    assert any(each.startswith(parent) for each in parents), f"{child}: its parents are {parents or 'not in the trace'}"


def test_every_service_has_a_part_and_no_span_hangs_in_the_air(spans: list[dict[str, Any]]) -> None:
    known = {span["span_id"] for span in spans}
    assert {span["service"] for span in spans} >= set(SERVICES)
    roots = [label(span) for span in spans if not span["parent_id"]]
    assert roots == ["scenario story E-00"]
    assert not [label(span) for span in spans if span["parent_id"] and span["parent_id"] not in known]


def test_no_matricule_stands_in_a_span(spans: list[dict[str, Any]]) -> None:
    matricule = re.compile(r"(?<!\d)[12378]\d{5}[\dAB]\d{8}(?!\d)")
    told = [f"{span['name']} {span['attributes']}" for span in spans]
    assert not [text for text in told if matricule.search(text)]
