"""FHIR search parameters of PDSm as the same criteria the stored queries give. [DMP digest 4.3]"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from segur.wire import xds_uuids as ids
from segur.wire.fhir_dates import bounds, intersection
from segur.wire.fhir_json import RFC3986, FhirRefused, scheme_of
from segur.wire.xds_datatypes import cx
from segur.wire.xds_filters import DocumentFilter, SubmissionSetFilter, TimeRange
from segur.wire.xds_values import Code

Pairs = Sequence[tuple[str, str]]

_RESULT: Final = frozenset({"_format", "_count", "_summary", "_elements", "_pretty", "_total"})
DOCUMENT_INCLUDES: Final = frozenset({"DocumentReference:relatesto", "List:item"})
"""What `_include` and, for the sets, `_revinclude` bring beside documents."""
SET_INCLUDES: Final = frozenset({"List:item"})
DOCUMENT_SORTS: Final = ("date", "creation", "period", "period-start", "type", "category", "title", "status")
SET_SORTS: Final = ("date", "title")
_NOBODY: Final = "urn:uuid:"


@dataclass(frozen=True, slots=True)
class DocumentSearch:
    """Criteria, and the parameters that were ignored: the answer must warn of them.

    `replacing` are the entryUUIDs of `relatesto`; `includes` the values of `_include` and `_revinclude` that are known;
    `sort` the keys of `_sort`, descending with a `-`. `named` are the entryUUIDs or logicalIds of `identifier`, which
    are among those of the criteria too: which of both they are, the registry knows.
    """

    criteria: DocumentFilter
    ignored: tuple[str, ...] = ()
    replacing: tuple[str, ...] = ()
    includes: frozenset[str] = frozenset()
    sort: tuple[str, ...] = ()
    named: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SubmissionSetSearch:
    """The same for submission sets; `folders` tells that folders were asked for."""

    criteria: SubmissionSetFilter
    ignored: tuple[str, ...] = ()
    includes: frozenset[str] = frozenset()
    sort: tuple[str, ...] = ()
    folders: bool = False


def document_search(parameters: Pairs) -> DocumentSearch:
    """Read the parameters of a DocumentReference search (names and values already URL-decoded).

    `patient` (or `patient.identifier`) and `status` are mandatory. Raise `FhirRefused` (400) naming the parameter.
    """
    asked = _Asked(parameters)
    found = DocumentFilter(
        patient_id=asked.patient(),
        statuses=asked.statuses(),
        type_codes=asked.codes("type"),
        class_codes=asked.codes("category"),
        format_codes=asked.codes("format"),
        facility_types=asked.codes("facility"),
        practice_settings=asked.codes("setting"),
        event_codes=asked.code_groups("event"),
        confidentiality=asked.code_groups("security-label"),
        reference_ids=asked.references("related"),
        creation=asked.range("date", "creation"),
        service_start=asked.range("period-start"),
        service_stop=asked.range("period-end"),
        period=asked.range("period"),
        author_family=asked.one("author.family"),
        author_given=asked.one("author.given"),
        authors=asked.authors("author"),
        unique_ids=asked.unique_ids(),
        entry_uuids=asked.entry_uuids(),
    )
    replacing = asked.documents("relatesto")
    includes, sort = asked.includes(DOCUMENT_INCLUDES), asked.sort(DOCUMENT_SORTS)
    return DocumentSearch(found, asked.left(), replacing, includes, sort, asked.named_uuids())


def submission_set_search(parameters: Pairs) -> SubmissionSetSearch:
    """Read the parameters of a List search; `patient`, `code` (submissionset, folder) and `status` are mandatory."""
    asked = _Asked(parameters)
    code = asked.one("code").rpartition("|")[2]
    if code not in ("submissionset", "folder"):
        raise _bad("code", "mandatory, submissionset or folder")
    found = SubmissionSetFilter(
        patient_id=asked.patient(),
        statuses=asked.statuses("retired"),
        submission_time=asked.range("date"),
        source_ids=tuple(scheme_of(value.rpartition("|")[2]) for value in asked.any_of("sourceId")),
        content_types=asked.codes("designationType"),
        unique_ids=asked.unique_ids(),
        entry_uuids=asked.entry_uuids(),
        title=asked.one("title"),
        author=next(iter(asked.authors("source")), ""),
        author_family=asked.one("source.family"),
        author_given=asked.one("source.given"),
        institutions=asked.institutions("authorOrg"),
    )
    includes, sort = asked.includes(SET_INCLUDES), asked.sort(SET_SORTS)
    return SubmissionSetSearch(found, asked.left(), includes, sort, code == "folder")


def documents_named(parameters: Pairs) -> DocumentFilter:
    """The document a conditional PATCH names by `identifier`; raise `FhirRefused` (400) without one."""
    asked = _Asked(parameters)
    unique_ids, entry_uuids = asked.unique_ids(), asked.entry_uuids()
    if len(unique_ids) + len(entry_uuids) != 1:
        raise _bad("identifier", "one is expected, as urn:ietf:rfc:3986|urn:oid:<uniqueId>")
    if asked.left():
        raise _bad(asked.left()[0], "identifier alone names the document")
    return DocumentFilter(unique_ids=unique_ids, entry_uuids=entry_uuids)


class _Asked:
    """The parameters not yet read, by name."""

    def __init__(self, parameters: Pairs) -> None:
        self._values: dict[str, list[str]] = {}
        self._known: set[str] = set()
        for name, value in parameters:
            if value:
                self._values.setdefault(name, []).append(value)
        self._identifiers = tuple(_identifier(value) for value in self.any_of("identifier"))
        if len({value.startswith("urn:uuid:") for value in self._identifiers}) > 1:
            raise _bad("identifier", "unique ids (OID) and entry ids (UUID) cannot be mixed in one search")

    def left(self) -> tuple[str, ...]:
        """What nobody read; a known parameter with a modifier that is not known is refused, as FHIR has it."""
        for name in self._values:
            base, colon, modifier = name.partition(":")
            if colon and "=" not in name and base in self._known:
                raise _bad(name[:80], f"the modifier :{modifier[:40]} is not supported for {base}")
        return tuple(name for name in self._values if name not in _RESULT)

    def groups(self, name: str) -> tuple[tuple[str, ...], ...]:
        """Repeated parameters are AND, commas inside one are OR; a comma in a value is written `\\,`."""
        self._known.add(name)
        return tuple(tuple(_split(value)) for value in self._values.pop(name, ()))

    def any_of(self, name: str) -> tuple[str, ...]:
        groups = self.groups(name)
        if len(groups) > 1:
            raise _bad(name, "may be given once; write alternatives with commas")
        return groups[0] if groups else ()

    def one(self, name: str) -> str:
        values = self.any_of(name)
        if len(values) > 1:
            raise _bad(name, "one value is expected")
        return values[0] if values else ""

    def codes(self, name: str) -> tuple[Code, ...]:
        return tuple(_token(value) for value in self.any_of(name))

    def code_groups(self, name: str) -> tuple[tuple[Code, ...], ...]:
        return tuple(tuple(_token(value) for value in group) for group in self.groups(name))

    def references(self, *names: str) -> tuple[tuple[str, ...], ...]:
        found: list[tuple[str, ...]] = []
        for name in (*names, *(f"{name}:identifier" for name in names), *(f"{name}.identifier" for name in names)):
            for group in self.groups(name):
                tokens = [_token(value) for value in group]
                found.append(tuple(cx(token.code, token.scheme) for token in tokens))
        return tuple(found)

    def authors(self, name: str) -> tuple[str, ...]:
        """Authors by their identifier, as patterns of the XCN."""
        found = []
        for value in (*self.any_of(name), *self.any_of(f"{name}:identifier"), *self.any_of(f"{name}.identifier")):
            identity = _token(value).code
            if not identity or any(sign in identity for sign in "%_^&"):
                raise _bad(name, "the identifier of a professional or device is expected, system|value")
            found.append(f"{identity}^%")
        return tuple(found)

    def institutions(self, name: str) -> tuple[str, ...]:
        """Structures by their identifier."""
        values = (*self.any_of(name), *self.any_of(f"{name}:identifier"), *self.any_of(f"{name}.identifier"))
        return tuple(_token(value).code for value in values)

    def documents(self, name: str) -> tuple[str, ...]:
        """DocumentReferences by reference, as entryUUIDs."""
        values = self.any_of(name)
        return tuple(f"urn:uuid:{value.rpartition('/')[2].removeprefix('urn:uuid:')}" for value in values)

    def includes(self, known: frozenset[str]) -> frozenset[str]:
        """The values of `_include` and `_revinclude` that are known; others count as ignored."""
        found = set()
        for name in ("_include", "_revinclude"):
            values = {value for group in self.groups(name) for value in group}
            found |= values & known
            for value in sorted(values - known):
                self._values[f"{name}={value}"] = [""]
        return frozenset(found)

    def sort(self, known: Sequence[str]) -> tuple[str, ...]:
        """The keys of `_sort` that are known; others count as ignored."""
        keys = self.any_of("_sort")
        for key in keys:
            if key.removeprefix("-") not in known:
                self._values[f"_sort={key}"] = [""]
        return tuple(key for key in keys if key.removeprefix("-") in known)

    def patient(self) -> str:
        forms = ("patient.identifier", "patient:identifier", "patient")
        name = next((form for form in forms if form in self._values), "patient")
        token = _token(self.one(name).removeprefix("Patient?identifier="))
        if not token.code or not token.scheme or any(separator in token.code for separator in "^&"):
            raise _bad("patient.identifier", "mandatory, as urn:oid:<authority of the INS>|<matricule>")
        return cx(token.code, token.scheme, "NH")

    def statuses(self, former: str = "superseded") -> tuple[str, ...]:
        """`former` is how the kind of resource calls what was replaced."""
        archived = self.one("isArchived")
        if archived not in ("", "true", "false"):
            raise _bad("isArchived", "true or false is expected")
        current = {"": (ids.APPROVED, ids.ARCHIVED), "true": (ids.ARCHIVED,), "false": (ids.APPROVED,)}[archived]
        known = {"current": current, former: (ids.DEPRECATED,), "entered-in-error": (ids.DELETED,)}
        asked = self.any_of("status")
        if not asked or any(value not in known for value in asked):
            raise _bad("status", f"mandatory, one or more of {', '.join(known)}")
        return tuple(status for value in asked for status in known[value])

    def range(self, *names: str) -> TimeRange:
        """All given bounds together; `eq` bounds both ends to the precision written."""
        found = TimeRange()
        for name in names:
            for group in self.groups(name):
                if len(group) != 1:
                    raise _bad(name, "one date for each parameter; repeat the parameter for an interval")
                found = intersection(found, bounds(name, group[0]))
        return found

    def unique_ids(self) -> tuple[str, ...]:
        return tuple(
            value.removeprefix("urn:oid:")
            for value in self._identifier_values(lambda value: not value.startswith("urn:uuid:"))
        )

    def entry_uuids(self) -> tuple[str, ...]:
        by_id = tuple(f"urn:uuid:{value.removeprefix('urn:uuid:')}" for value in self.any_of("_id"))
        named = self.named_uuids()
        if by_id and named:  # both together: what has the id and the identifier
            return tuple(uuid for uuid in by_id if uuid in named) or (_NOBODY,)
        return by_id or named

    def named_uuids(self) -> tuple[str, ...]:
        return self._identifier_values(lambda value: value.startswith("urn:uuid:"))

    def _identifier_values(self, wanted: Callable[[str], bool]) -> tuple[str, ...]:
        return tuple(value for value in self._identifiers if wanted(value))


def _identifier(value: str) -> str:
    system, bar, text = value.partition("|")
    if not bar:
        return value
    return text if system in ("", RFC3986) else f"{scheme_of(system)}^{text}"


def _split(value: str) -> Iterable[str]:
    parts = value.replace("\\,", "\x00").split(",")
    return (part.replace("\x00", ",") for part in parts if part)


def _token(value: str) -> Code:
    system, bar, code = value.rpartition("|")
    return Code(code, scheme_of(system) if bar else "")


def _bad(name: str, rule: str) -> FhirRefused:
    return FhirRefused(name, rule, issue="value", status=400)
