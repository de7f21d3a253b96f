"""Reading an ITI-65 transaction: a Bundle becomes one XDS submission. [DMP digest 4.4]

One submission-set List, its DocumentReferences, their Binaries, and a PATCH for each document that is replaced. Old
documents are named by id or, as FHIR R4 allows in a transaction, by a conditional URL
(`DocumentReference?identifier=…`), which whoever knows the registry resolves: `conditional_urls`, `document_meant`.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import parse_qsl

from segur.wire import xds_uuids as ids
from segur.wire.fhir_json import FhirRefused, Node, Resource
from segur.wire.fhir_patch import JSON_PATCH, patched_by_fhirpath, patched_by_json
from segur.wire.fhir_pdsm_read import check_new, content_of, read_entry, read_submission_set
from segur.wire.fhir_search import documents_named
from segur.wire.xds_filters import DocumentFilter
from segur.wire.xds_values import Association, DocumentEntry, Submission

_MAX_ENTRIES: Final = 500
_KINDS: Final = ("List", "DocumentReference", "Binary")
_BY_ID: Final = re.compile(r"(?:^|/)DocumentReference/([A-Za-z0-9.-]{1,64})$")
_CONDITIONAL: Final = re.compile(r"(?:^|/)DocumentReference\?(.*)$")
_BEFORE: Final = {"resourceType": "DocumentReference", "status": "current"}
_AFTER: Final = {**_BEFORE, "status": "superseded"}
PATCH: Final = "PATCH"
"""Stands for the resource type of a PATCH entry in `request_order`."""


@dataclass(frozen=True, slots=True)
class ReceivedBundle:
    """An ITI-65 transaction as a submission.

    `documents` are the bytes by `entry_uuid` (the fullUrl); `request_order` is (resource type, fullUrl) of each entry,
    (`PATCH`, DocumentReference/<id>) of a patch, which the answer must follow; `owners` is the fullUrl of the
    DocumentReference of each Binary. Replaced documents are RPLC associations of the submission.
    """

    submission: Submission
    documents: Mapping[str, bytes]
    request_order: tuple[tuple[str, str], ...]
    owners: Mapping[str, str]


@dataclass(slots=True)
class _Parts:
    """The entries of a Bundle by what they are: fullUrl of each List, DocumentReference and Binary; the patches."""

    by_url: dict[str, Node] = field(default_factory=dict)
    urls: dict[str, list[str]] = field(default_factory=lambda: {kind: [] for kind in _KINDS})
    patches: list[Node] = field(default_factory=list)
    order: list[tuple[str, str]] = field(default_factory=list)


def conditional_urls(bundle: Resource) -> tuple[str, ...]:
    """The conditional URLs that name old documents in a Bundle, each once, however broken the rest is."""
    found = (url for url in _named(bundle) if isinstance(url, str) and _CONDITIONAL.search(url))
    return tuple(dict.fromkeys(found))[:_MAX_ENTRIES]


def document_meant(url: str) -> DocumentFilter:
    """The document of a conditional URL, by `identifier`; raise `FhirRefused` (400)."""
    match = _CONDITIONAL.search(url)
    return documents_named(parse_qsl(match[1] if match else "", max_num_fields=20))


def submission_from_bundle(bundle: Resource, known: Mapping[str, str] = MappingProxyType({})) -> ReceivedBundle:
    """Read an ITI-65 transaction; `known` is the entryUUID of each conditional URL that names a document.

    Raise `FhirRefused` naming the element and the rule, 404 for a conditional URL that names none.
    """
    root = Node(bundle, "Bundle")
    if root.text("resourceType") != "Bundle" or root.text("type") != "transaction":
        raise FhirRefused("Bundle.type", "a Bundle of type transaction is expected", status=400)
    parts = _sorted_out(root)
    set_url = parts.urls["List"][0]
    lot = parts.by_url[set_url]
    submission_set = read_submission_set(lot, set_url, parts.by_url)
    entries: list[DocumentEntry] = []
    links: list[Association] = []
    documents: dict[str, bytes] = {}
    owners: dict[str, str] = {}
    for number, url in enumerate(parts.urls["DocumentReference"], start=1):
        node = parts.by_url[url]
        entry, replaced = read_entry(node, url, parts.by_url)
        check_new(node)
        # Within a transaction an id of the client's means nothing: the fullUrl is the name, the server gives the id.
        entries.append(replace(entry, entry_uuid=url, status=""))
        attachment = node.first("content").get("attachment")
        for name in ("size", "hash"):
            if not attachment.get(name):
                raise FhirRefused(f"{attachment.path}.{name}", "required", issue="required")
        documents[url] = content_of(attachment, parts.by_url)
        owners[attachment.text("url")] = url
        links.append(Association(f"member{number}", ids.HAS_MEMBER, set_url, url, submission_set_status="Original"))
        where = f"{node.path}.relatesTo.target.reference"
        targets = [_resolved(target, known, where) for target in replaced]
        links += [Association(f"replace{number}", ids.REPLACES, url, target) for target in targets]
    _check_members(lot, parts.urls["DocumentReference"])
    for url in parts.urls["Binary"]:
        if url not in owners:
            rule = "no DocumentReference of this Bundle has it as its content.attachment.url"
            raise FhirRefused(f"{parts.by_url[url].path}", rule, issue="business-rule")
    patched = _patched(parts.patches, {link.target for link in links if link.type == ids.REPLACES}, known)
    order = tuple((kind, patched.get(target, target)) for kind, target in parts.order)
    submission = Submission(submission_set, tuple(entries), tuple(links))
    return ReceivedBundle(submission, MappingProxyType(documents), order, MappingProxyType(owners))


def _named(bundle: Any) -> Iterator[Any]:
    """The references of relatesTo and the addresses of patches, as far as they can be read."""
    for part in _list(_dict(bundle).get("entry")):
        request = _dict(_dict(part).get("request"))
        if request.get("method") == "PATCH":
            yield request.get("url")
        for relation in _list(_dict(_dict(part).get("resource")).get("relatesTo")):
            yield _dict(_dict(relation).get("target")).get("reference")


def _sorted_out(root: Node) -> _Parts:
    entries = list(root.items("entry"))
    if len(entries) > _MAX_ENTRIES:
        raise FhirRefused("Bundle.entry", f"{len(entries)} entries, at most {_MAX_ENTRIES} are read", issue="too-long")
    parts = _Parts()
    for part in entries:
        resource, request = part.get("resource"), part.get("request")
        kind, method = resource.text("resourceType", required=True), request.text("method", required=True)
        if method == "PATCH" and kind in ("Parameters", "Binary"):
            parts.patches.append(part)
            parts.order.append((PATCH, f"{part.path}"))
            continue
        url = part.text("fullUrl", required=True)
        if method != "POST" or kind not in _KINDS:
            raise FhirRefused(part.path, f"{method} of {kind} is not part of this transaction", issue="not-supported")
        place = request.text("url", required=True)
        if place.rpartition("/")[2] != kind:
            raise FhirRefused(f"{part.path}.request.url", f"{place[:80]!r}: a {kind} is created at {kind}")
        if url in parts.by_url:
            raise FhirRefused(f"{part.path}.fullUrl", f"{url} occurs twice")
        if kind == "List":
            _check_list(resource, first=not parts.urls["List"])
        parts.by_url[url] = resource
        parts.urls[kind].append(url)
        parts.order.append((kind, url))
    for kind in ("List", "DocumentReference"):
        if not parts.urls[kind]:
            what = "one submission-set List (MHDlistTypes|submissionset)" if kind == "List" else f"at least one {kind}"
            raise FhirRefused("Bundle.entry", f"{what} is required, none is there", issue="required")
    return parts


def _check_list(node: Node, *, first: bool) -> None:
    code = node.get("code").code().code
    if code == "folder":
        rule = (
            "folder: the DMP holds no folders (pdsm-folder-comprehensive); leave this List out, and tell by "
            "DocumentReference.context.related (referenceIdList) which documents belong together"
        )
        raise FhirRefused(f"{node.path}.code", rule, issue="not-supported")
    if code != "submissionset":
        rule = f"{code[:40]!r}: MHDlistTypes|submissionset is expected"
        raise FhirRefused(f"{node.path}.code", rule, issue="value" if code else "required")
    if not first:
        rule = "a second submission-set List: a transaction is one submission set, send each in its own"
        raise FhirRefused(node.path, rule, issue="business-rule")


def _check_members(node: Node, urls: list[str]) -> None:
    listed = [item.get("item").text("reference", required=True) for item in node.items("entry")]
    if sorted(listed) != sorted(urls):
        raise FhirRefused(f"{node.path}.entry", "must list each DocumentReference of the Bundle, once, by its fullUrl")


def _resolved(target: str, known: Mapping[str, str], path: str) -> str:
    """The entryUUID a reference to an old document leads to."""
    if not _CONDITIONAL.search(target):
        return target
    if target not in known:
        raise FhirRefused(path, f"{target[:120]}: no document has this identifier", issue="not-found", status=404)
    return known[target]


def _patched(patches: Sequence[Node], replaced: set[str], known: Mapping[str, str]) -> dict[str, str]:
    """DocumentReference/<id> by the path of each PATCH entry, which may only supersede a replaced document."""
    found: dict[str, str] = {}
    for part in patches:
        request, path = part.get("request"), f"{part.path}.request.url"
        url = request.text("url", required=True)
        by_id = _BY_ID.search(url)
        uuid = f"urn:uuid:{by_id[1]}" if by_id else _resolved(url, known, path)
        if uuid not in replaced:
            rule = (
                f"{url[:120]} is not a document that one of this Bundle replaces (relatesTo.code = replaces); labels, "
                "archiving and deletion are changed by a PATCH of its own, outside a transaction"
            )
            raise FhirRefused(path, rule)
        for name in ("ifMatch", "ifNoneMatch"):
            if request.get(name):
                rule = "not supported in a transaction: the replaced document must be current, whatever its version"
                raise FhirRefused(f"{part.path}.request.{name}", rule, issue="not-supported")
        _check_supersedes(part.get("resource"))
        found[part.path] = f"DocumentReference/{uuid.removeprefix('urn:uuid:')}"
    return found


def _check_supersedes(resource: Node) -> None:
    """The patch, a FHIRPath Patch or a JSON Patch in a Binary, makes superseded of current, and nothing else."""
    if resource.text("resourceType") == "Parameters":
        after = patched_by_fhirpath(_BEFORE, resource.value)
    else:
        after = patched_by_json(_BEFORE, _json_patch(resource))
    if after != _AFTER:
        rule = "only the replacement of DocumentReference.status by superseded is allowed in a transaction"
        raise FhirRefused(resource.path, rule, issue="not-supported", status=405)


def _json_patch(binary: Node) -> object:
    kind = binary.text("contentType", required=True).partition(";")[0].strip().lower()
    if kind != JSON_PATCH:
        rule = f"{kind[:60]!r}: {JSON_PATCH} in a Binary, or a FHIRPath Patch as Parameters, is expected"
        raise FhirRefused(f"{binary.path}.contentType", rule, issue="not-supported")
    try:
        found: object = json.loads(base64.b64decode(binary.text("data", required=True), validate=True))
    except (binascii.Error, ValueError, RecursionError) as error:
        rule = "base64 of a JSON Patch (RFC 6902) is expected"
        raise FhirRefused(f"{binary.path}.data", rule, issue="value", status=400) from error
    return found


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
