"""Property tests against an OpenAPI document: whatever is sent, no 5xx, and an answer the document foresees.

schemathesis makes the requests, good and bad, from the document; ours is the transport (one connection to a real
socket) and what is checked.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

_CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@dataclass
class Told:
    """What came of it: how many requests, and the statuses by operation."""

    requests: int = 0
    statuses: dict[str, set[int]] = field(default_factory=dict)


def probe(base: str, document: str, *, examples: int, headers: dict[str, str], skip: Iterable[str] = ()) -> Told:
    """Try every operation of the document at `base` + `document` but those of `skip` (operation ids).

    `examples` requests as the document has them and as many it forbids, the same in every run; raise what schemathesis
    raises for the first answer that breaks a check. To be run in a thread beside the loop that serves.
    """
    told = Told()
    with requests.Session() as session, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # generators warn about what they cannot draw from; the checks are ours
        session.trust_env = False
        schema = schemathesis.openapi.from_dict(session.get(base + document, timeout=20).json())
        for found in schema.get_all_operations():
            operation = found.ok()
            if operation.definition.raw.get("operationId") not in skip:
                for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                    _try(operation, mode, base, examples, headers, session, told)
    return told


def _try(
    operation: Any,
    mode: GenerationMode,
    base: str,
    examples: int,
    headers: dict[str, str],
    session: requests.Session,
    told: Told,
) -> None:
    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def check(case: Any) -> None:
        answer = case.call(base_url=base, session=session, headers=headers, timeout=20, allow_redirects=False)
        told.requests += 1
        told.statuses.setdefault(operation.label, set()).add(answer.status_code)
        case.validate_response(answer, checks=_CHECKS)

    try:
        check()
    except Unsatisfiable:
        if mode is not GenerationMode.NEGATIVE:  # where nothing is asked for, nothing can be forbidden
            raise
