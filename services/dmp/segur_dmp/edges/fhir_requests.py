"""Reading requests of the FHIR door: bodies, parameters, what a submission names [DMP digest 4]."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import parse_qsl

import orjson
from starlette.requests import Request

from segur.kernel.ids import new_oid, new_urn_uuid
from segur.vocab.ins import Ins, InvalidIns
from segur.wire import xds_uuids
from segur.wire.fhir_json import FhirRefused, Resource
from segur.wire.fhir_pdsm import entry_from_document_reference, inline_content
from segur.wire.xds import Association, Code, Submission, SubmissionSet

_JSON: Final = ("application/fhir+json", "application/json", "json", "text/json")
_MOST_PARAMETERS: Final = 200
_DEFAULT_COUNT, _LARGEST_COUNT = 50, 200
UNDIFFERENTIATED: Final = Code("97", "1.2.250.1.213.2.2", "Indifférencié")
"""Content type of the set that a single DocumentReference makes: nothing in it names a better one [DMP digest 3.2]."""

Pairs = list[tuple[str, str]]


def check_media_types(request: Request, *, with_body: bool) -> None:
    """Only JSON is spoken; raise `FhirRefused` 415 or 406."""
    sent = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if with_body and sent not in _JSON:
        raise FhirRefused("Content-Type", f"{sent[:60]!r}: {_JSON[0]} is expected", issue="not-supported", status=415)
    wanted = request.query_params.get("_format", "") or request.headers.get("accept", "*/*")
    if "xml" in wanted and "json" not in wanted and "*/*" not in wanted:
        raise FhirRefused("Accept", f"{wanted[:60]!r}: only {_JSON[0]} is given", issue="not-supported", status=406)


def read_json(body: bytes) -> Resource:
    """The resource in a body; raise `FhirRefused` 400."""
    try:
        resource = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise FhirRefused("body", f"not JSON: {error}", issue="structure", status=400) from error
    if not isinstance(resource, dict):
        raise FhirRefused("body", "a resource (JSON object) is expected", issue="structure", status=400)
    return resource


async def read_parameters(request: Request) -> tuple[Pairs, int, int]:
    """(search parameters, offset, count) of a search by GET or by POST; raise `FhirRefused` 400."""
    pairs: Pairs = list(request.query_params.multi_items())
    if request.method == "POST":
        try:
            pairs += parse_qsl((await request.body()).decode(), max_num_fields=_MOST_PARAMETERS)
        except ValueError as error:
            raise FhirRefused("body", f"not a form: {error}", issue="structure", status=400) from error
    if len(pairs) > _MOST_PARAMETERS:
        raise FhirRefused("parameters", f"at most {_MOST_PARAMETERS} are read", issue="too-long", status=400)
    count = min(_whole(pairs, "_count", _DEFAULT_COUNT), _LARGEST_COUNT)
    offset = _whole(pairs, "_offset", 0)
    return [pair for pair in pairs if pair[0] not in ("_count", "_offset", "_format")], offset, count


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


def contents_of(bundle: Resource) -> dict[str, str]:
    """fullUrl of each Binary → fullUrl of the DocumentReference whose content it is; for a bundle already read."""
    found = {}
    for part in bundle["entry"]:
        resource = part["resource"]
        if resource["resourceType"] == "DocumentReference":
            url = resource["content"][0]["attachment"].get("url", "")
            found[str(url)] = str(part["fullUrl"])
    return found


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
