"""Reading requests of the FHIR door: bodies, parameters, what a submission names [DMP digest 4]."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl, urlencode

import orjson
from starlette.requests import Request

from segur.kernel.ids import new_oid, new_urn_uuid
from segur.vocab.ins import Ins, InvalidIns
from segur.wire import xds_uuids
from segur.wire.fhir_json import FhirRefused, Resource
from segur.wire.fhir_pdsm import entry_from_document_reference, inline_content
from segur.wire.xds import Association, Code, Submission, SubmissionSet
from segur_dmp.edges.fhir.negotiate import FORM, check_format, content_type

_MOST_PARAMETERS: Final = 200
_DEFAULT_COUNT, _LARGEST_COUNT = 50, 200
UNDIFFERENTIATED: Final = Code("97", "1.2.250.1.213.2.2", "Indifférencié")
"""Content type of the set that a single DocumentReference makes: nothing in it names a better one [DMP digest 3.2]."""

SUMMARIES: Final = ("", "true", "false", "text", "data", "count")
_OF_THE_ANSWER: Final = ("_count", "_format", "_summary", "_elements", "_pretty", "_total")
_RANGE: Final = re.compile(r"bytes=(\d{0,12})-(\d{0,12})", re.ASCII)

Pairs = list[tuple[str, str]]
T = TypeVar("T")


def read_json(body: bytes) -> Resource:
    """The resource in a body; raise `FhirRefused` 400."""
    resource = read_body(body)
    if not isinstance(resource, dict):
        raise FhirRefused("body", "a resource (JSON object) is expected", issue="structure", status=400)
    return resource


def read_body(body: bytes) -> object:
    """Whatever JSON is in a body; raise `FhirRefused` 400."""
    try:
        found: object = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise FhirRefused("body", f"not JSON: {error}", issue="structure", status=400) from error
    return found


@dataclass(frozen=True, slots=True)
class Search:
    """A search: its parameters, the page that is wanted, and how much of each resource (`_summary`, `_elements`)."""

    pairs: Pairs
    offset: int = 0
    count: int = _DEFAULT_COUNT
    summary: str = ""
    elements: tuple[str, ...] = ()

    def page(self, found: Sequence[T]) -> Sequence[T]:
        """The part of what was found that is shown."""
        return found[self.offset : self.offset + self.count]

    def query(self, ignored: Sequence[str] = ()) -> str:
        """The search as it was done, without what was `ignored`, for the link to itself."""
        more = [("_count", str(self.count)), ("_summary", self.summary), ("_elements", ",".join(self.elements))]
        done = []
        for name, value in self.pairs:
            kept = [part for part in value.split(",") if f"{name}={part}" not in ignored]
            if kept and name not in ignored:
                done.append((name, ",".join(kept)))
        return urlencode([*done, *(pair for pair in more if pair[1])])

    def token(self, offset: int) -> str:
        """The page at `offset` of this search, to be handed back as `_page`."""
        told = [self.pairs, offset, self.count, self.summary, self.elements]
        return base64.urlsafe_b64encode(orjson.dumps(told)).decode().rstrip("=")


async def read_search(request: Request) -> Search:
    """A search by GET or by POST, or one of its pages; raise `FhirRefused` 400."""
    pairs: Pairs = list(request.query_params.multi_items())
    if request.method == "POST":
        sent = content_type(request)
        if sent != FORM and (sent or await request.body()):
            raise FhirRefused("Content-Type", f"{sent[:60]!r}: {FORM} is expected", issue="not-supported", status=415)
        try:
            pairs += parse_qsl((await request.body()).decode(), max_num_fields=_MOST_PARAMETERS)
        except ValueError as error:
            raise FhirRefused("body", f"not a form: {error}", issue="structure", status=400) from error
    if len(pairs) > _MOST_PARAMETERS:
        raise FhirRefused("parameters", f"at most {_MOST_PARAMETERS} are read", issue="too-long", status=400)
    for name, value in pairs:
        if name == "_format" and value:
            check_format(value)
    token = next((value for name, value in pairs if name == "_page"), None)
    if token is not None:
        return _page_of(token)
    part = read_part(pairs)
    return replace(
        part,
        pairs=[pair for pair in pairs if pair[0] not in _OF_THE_ANSWER],
        count=min(_whole(pairs, "_count", _DEFAULT_COUNT), _LARGEST_COUNT),
    )


def read_part(pairs: Pairs) -> Search:
    """How much of each resource is wanted, of a read too: `_summary`, `_elements`; raise `FhirRefused` 400."""
    summary = next((value for name, value in pairs if name == "_summary"), "")
    if summary not in SUMMARIES:
        rule = f"{', '.join(filter(None, SUMMARIES))}: one of them is expected"
        raise FhirRefused("_summary", rule, issue="value", status=400)
    names = next((value for name, value in pairs if name == "_elements"), "")
    return Search([], summary=summary, elements=tuple(name for name in names.split(",") if name))


def _page_of(token: str) -> Search:
    try:
        told = orjson.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        pairs, offset, count, summary, elements = told
        search = Search([(str(name), str(value)) for name, value in pairs], int(offset), int(count), str(summary))
        search = replace(search, elements=tuple(str(name) for name in elements))
    except (ValueError, TypeError) as error:
        raise FhirRefused("_page", "not a link that this server gave", issue="value", status=400) from error
    if not (0 <= search.offset < 10**6 and 0 <= search.count <= _LARGEST_COUNT):
        raise FhirRefused("_page", "not a link that this server gave", issue="value", status=400)
    return search


def read_range(request: Request, size: int, tag: str) -> tuple[int, int] | None:
    """(first, last) byte wanted of `size`, first beyond last where they are not there; None for all of them.

    Several ranges, other units and a range of another version (If-Range) give all, as RFC 9110 has it.
    """
    if request.headers.get("if-range", tag) != tag:
        return None
    found = _RANGE.fullmatch(request.headers.get("range", "").strip())
    if found is None or not any(found.groups()):
        return None
    start, end = found.groups()
    if not start:
        return max(0, size - int(end)), size - 1 if int(end) else -1
    first, last = int(start), min(int(end), size - 1) if end else size - 1
    if end and int(end) < first:
        return None
    return (first, last) if first < size else (size, -1)


def _whole(pairs: Pairs, name: str, default: int) -> int:
    given = [value for key, value in pairs if key == name and value]
    if not given:
        return default
    if len(given) > 1 or not (given[0].isascii() and given[0].isdigit() and len(given[0]) <= 6):
        raise FhirRefused(name, "one whole number is expected", issue="value", status=400)
    return int(given[0])


def ins_of(cx: str, path: str) -> Ins:
    """The patient of a request; raise `FhirRefused` naming the element."""
    try:
        return Ins.from_cx(cx)
    except InvalidIns as error:
        raise FhirRefused(path, str(error), issue="value", status=400) from error


def single(resource: Resource, submitted_at: str) -> tuple[Submission, bytes]:
    """A simplified publish (ITI-105) as a submission of one document, with its bytes; raise `FhirRefused`."""
    if resource.get("id"):
        resource = {name: value for name, value in resource.items() if name != "id"}  # the server gives ids
    data = inline_content(resource)
    entry, replaced = entry_from_document_reference(resource, entry_uuid=new_urn_uuid())
    lot = SubmissionSet(
        entry_uuid=new_urn_uuid(),
        unique_id=new_oid(3),
        patient_id=entry.patient_id,
        source_id=new_oid(4),
        submission_time=submitted_at,
        content_type=UNDIFFERENTIATED,
        authors=entry.authors[:1],
        title=entry.title,
    )
    links = [Association("member1", xds_uuids.HAS_MEMBER, lot.entry_uuid, entry.entry_uuid, "Original")]
    links += [Association("replace1", xds_uuids.REPLACES, entry.entry_uuid, target) for target in replaced]
    return Submission(lot, (entry,), tuple(links)), data


def documents_named(body: bytes) -> Sequence[tuple[str, str]]:
    """(uniqueId, type code) of the DocumentReferences in a body, however broken the rest is."""
    try:
        root = orjson.loads(body)
    except orjson.JSONDecodeError:
        return []
    parts = _list(_dict(root).get("entry")) or [{"resource": root}]
    resources = [_dict(_dict(part).get("resource")) for part in parts]
    named = []
    for resource in resources:
        if resource.get("resourceType") == "DocumentReference":
            unique = str(_dict(resource.get("masterIdentifier")).get("value", ""))
            codings = _list(_dict(resource.get("type")).get("coding"))
            kind = str(_dict(codings[0]).get("code", "")) if codings else ""
            named.append((unique.removeprefix("urn:oid:"), kind))
    return named


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
