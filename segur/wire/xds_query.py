"""ITI-18 stored queries: reading an AdhocQueryRequest and writing one; the table is `xds_stored_queries`.

[DMP digest 1.7]

A parameter is read as a tuple of groups: values of one slot are alternatives (OR), repeated slots must all hold (AND).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from lxml import etree
from lxml.etree import _Element

from segur.wire import xds_uuids as ids
from segur.wire import xml
from segur.wire.xds_datatypes import InvalidDtm, utc_dtm
from segur.wire.xds_filters import DocumentFilter, SubmissionSetFilter, TimeRange
from segur.wire.xds_stored_queries import QUERIES, QueryDefinition
from segur.wire.xds_values import Code, MetadataRefused

__all__ = [
    "QUERIES",
    "DocumentFilter",
    "Groups",
    "QueryDefinition",
    "StoredQuery",
    "SubmissionSetFilter",
    "TimeRange",
    "read_query",
    "write_query",
]

Groups = tuple[tuple[str, ...], ...]

LEAF_CLASS: Final = "LeafClass"
OBJECT_REF: Final = "ObjectRef"

_ENTRY: Final = "$XDSDocumentEntry"
_SET: Final = "$XDSSubmissionSet"
_FOLDER: Final = "$XDSFolder"
_MAX_VALUES: Final = 1_000
_TOKEN = re.compile(r"\s*(?:'((?:[^']|'')*)'|([0-9][0-9.]*))\s*")
_REPEATABLE = frozenset({_ENTRY + name for name in ("EventCodeList", "ConfidentialityCode", "ReferenceIdList")})
_MANY = _REPEATABLE | {
    *(
        _ENTRY + name
        for name in (
            "ClassCode", "TypeCode", "PracticeSettingCode", "HealthcareFacilityTypeCode", "FormatCode", "AuthorPerson",
            "Status", "Type", "EntryUUID", "UniqueId",
        )
    ),
    *(_SET + name for name in ("Status", "ContentType", "SourceId")),
    *(_FOLDER + name for name in ("Status", "CodeList")),
    "$uuid",
    "$AssociationTypes",
}  # fmt: skip

_BY_UUID = {query.uuid: query for query in QUERIES.values()}


@dataclass(frozen=True, slots=True)
class StoredQuery:
    """A stored query by name; `params` maps a parameter (`$XDSDocumentEntryStatus`) to its groups of values.

    `unknown` names parameters that the query does not have: they are ignored, and the caller can say so.
    """

    name: str
    params: Mapping[str, Groups]
    returns: str = LEAF_CLASS
    unknown: tuple[str, ...] = field(default=())

    def groups(self, parameter: str) -> Groups:
        """The groups of one parameter; empty when not given."""
        return self.params.get(parameter, ())

    def values(self, parameter: str) -> tuple[str, ...]:
        """All values of one parameter, groups joined."""
        return tuple(value for group in self.groups(parameter) for value in group)

    def value(self, parameter: str) -> str:
        """The single value of one parameter; empty when not given."""
        return next(iter(self.values(parameter)), "")

    def document_filter(self) -> DocumentFilter:
        """The criteria on document entries of FindDocuments, FindDocumentsByReferenceId or any Get query."""

        def codes(name: str) -> tuple[Code, ...]:
            return tuple(_code(value, _ENTRY + name) for value in self.values(_ENTRY + name))

        def code_groups(name: str) -> tuple[tuple[Code, ...], ...]:
            groups = self.groups(_ENTRY + name)
            return tuple(tuple(_code(value, _ENTRY + name) for value in group) for group in groups)

        return DocumentFilter(
            patient_id=self.value(_ENTRY + "PatientId") or self.value("$patientId"),
            statuses=self.values(_ENTRY + "Status"),
            class_codes=codes("ClassCode"),
            type_codes=codes("TypeCode"),
            format_codes=codes("FormatCode"),
            facility_types=codes("HealthcareFacilityTypeCode"),
            practice_settings=codes("PracticeSettingCode"),
            event_codes=code_groups("EventCodeList"),
            confidentiality=code_groups("ConfidentialityCode"),
            reference_ids=self.groups(_ENTRY + "ReferenceIdList"),
            creation=self._range(_ENTRY + "CreationTime"),
            service_start=self._range(_ENTRY + "ServiceStartTime"),
            service_stop=self._range(_ENTRY + "ServiceStopTime"),
            authors=self.values(_ENTRY + "AuthorPerson"),
            unique_ids=self.values(_ENTRY + "UniqueId"),
            entry_uuids=self.values(_ENTRY + "EntryUUID"),
            object_types=self.values(_ENTRY + "Type") or (ids.STABLE_DOCUMENT,),
        )

    def submission_set_filter(self) -> SubmissionSetFilter:
        """The criteria on submission sets of FindSubmissionSets or GetSubmissionSetAndContents."""
        return SubmissionSetFilter(
            patient_id=self.value(_SET + "PatientId") or self.value("$patientId"),
            statuses=self.values(_SET + "Status"),
            submission_time=self._range(_SET + "SubmissionTime"),
            source_ids=self.values(_SET + "SourceId"),
            author=self.value(_SET + "AuthorPerson"),
            content_types=tuple(_code(value, _SET + "ContentType") for value in self.values(_SET + "ContentType")),
            unique_ids=self.values(_SET + "UniqueId"),
            entry_uuids=self.values(_SET + "EntryUUID"),
        )

    def association_types(self) -> tuple[str, ...]:
        """The types of GetRelatedDocuments, short names (`RPLC`) written out."""
        return tuple(ids.ASSOCIATION_NAMES.get(name, name) for name in self.values("$AssociationTypes"))

    def _range(self, parameter: str) -> TimeRange:
        return TimeRange(self.value(parameter + "From"), self.value(parameter + "To"))


def read_query(element: _Element) -> StoredQuery:
    """Read an AdhocQueryRequest.

    Raise `MetadataRefused`: XDSUnknownStoredQuery for a query that is not in `QUERIES`, XDSStoredQueryMissingParam when
    a mandatory parameter is absent, XDSStoredQueryParamNumber when there are too many values or alternatives given
    together, XDSRegistryError for a value that cannot be read.
    """
    query = element.find("rim:AdhocQuery", xml.NS)
    if element.tag != xml.qname(xml.QUERY, "AdhocQueryRequest") or query is None:
        raise MetadataRefused("AdhocQueryRequest", "query:AdhocQueryRequest with one rim:AdhocQuery expected")
    definition = _definition(query.get("id", ""))
    option = element.find("query:ResponseOption", xml.NS)
    returns = LEAF_CLASS if option is None else option.get("returnType", LEAF_CLASS)
    if returns not in (LEAF_CLASS, OBJECT_REF):
        raise _unreadable("returnType", f"{returns!r}: {LEAF_CLASS} or {OBJECT_REF} expected")
    params: dict[str, Groups] = {}
    unknown: list[str] = []
    for slot in query.findall("rim:Slot", xml.NS):
        name = slot.get("name", "")
        if name not in definition.parameters:
            unknown.append(name)
            continue
        values: tuple[str, ...] = ()
        for value in slot.iter(xml.qname(xml.RIM, "Value")):
            values += _values(name, xml.text(value))
        if name in params and name not in _REPEATABLE:
            raise _number(name, "the slot is repeated; write the alternatives in one list")
        if len(values) > (_MAX_VALUES if name in _MANY else 1):
            raise _number(name, f"{len(values)} values are too many")
        if values:
            params[name] = (*params.get(name, ()), values)
    _check_required(definition, params)
    return StoredQuery(definition.name, MappingProxyType(params), returns, tuple(unknown))


def write_query(query: StoredQuery) -> _Element:
    """Write an AdhocQueryRequest; times stand bare, texts in quotes, lists in parentheses, each group in its slot."""
    definition = QUERIES[query.name]
    element = etree.Element(xml.qname(xml.QUERY, "AdhocQueryRequest"), nsmap={"query": xml.QUERY, "rim": xml.RIM})
    option = {"returnComposedObjects": "true", "returnType": query.returns}
    etree.SubElement(element, xml.qname(xml.QUERY, "ResponseOption"), option)
    holder = etree.SubElement(element, xml.qname(xml.RIM, "AdhocQuery"), {"id": definition.uuid})
    for name, groups in query.params.items():
        for group in groups:
            slot = etree.SubElement(holder, xml.qname(xml.RIM, "Slot"), {"name": name})
            values = etree.SubElement(slot, xml.qname(xml.RIM, "ValueList"))
            etree.SubElement(values, xml.qname(xml.RIM, "Value")).text = _literal(name, group)
    return element


def _definition(uuid: str) -> QueryDefinition:
    key = uuid.strip().lower()
    found = _BY_UUID.get(key if key.startswith("urn:uuid:") else f"urn:uuid:{key}")
    if found is None:
        context = f"no stored query {uuid!r} here; known: {', '.join(QUERIES)}"
        raise MetadataRefused("AdhocQuery", context, code="XDSUnknownStoredQuery")
    return found


def _check_required(definition: QueryDefinition, params: Mapping[str, Groups]) -> None:
    for group in definition.required:
        given = [name for name in group if name in params]
        if not given:
            context = f"mandatory in {definition.name}"
            raise MetadataRefused(" or ".join(group), context, code="XDSStoredQueryMissingParam")
        if len(given) > 1:
            raise _number(" and ".join(given), f"only one of them may be given in {definition.name}")


def _is_time(name: str) -> bool:
    return name.endswith(("TimeFrom", "TimeTo"))


def _values(name: str, text: str) -> tuple[str, ...]:
    """The values of `'a'`, `('a','b')` or a bare number; quotes inside a text are doubled."""
    body = text.strip()
    if body.startswith("(") and body.endswith(")"):
        body = body[1:-1]
    if not body.strip():
        return ()
    values: list[str] = []
    position = 0
    while True:
        token = _TOKEN.match(body, position)
        if token is None:
            raise _unreadable(
                name, f"cannot read {text[:80]!r}: write 'text' in quotes, lists as ('a','b'), dates bare"
            )
        values.append(token[1].replace("''", "'") if token[1] is not None else token[2])
        position = token.end()
        if position == len(body):
            break
        if body[position] != ",":
            raise _unreadable(name, f"comma expected in {text[:80]!r} at character {position + 1}")
        position += 1
    return tuple(_time(name, value) for value in values) if _is_time(name) else tuple(values)


def _time(name: str, value: str) -> str:
    try:
        return utc_dtm(value)
    except InvalidDtm as error:
        raise _unreadable(name, str(error)) from error


def _literal(name: str, group: tuple[str, ...]) -> str:
    if _is_time(name):
        return group[0]
    quoted = ["'" + value.replace("'", "''") + "'" for value in group]
    return f"({','.join(quoted)})" if name in _MANY else quoted[0]


def _code(value: str, parameter: str) -> Code:
    code, separator, scheme = value.partition("^^")
    if not code or not separator or not scheme:
        raise _unreadable(parameter, f"{value!r}: a code is written code^^scheme")
    return Code(code, scheme)


def _number(field_name: str, context: str) -> MetadataRefused:
    return MetadataRefused(field_name, context, code="XDSStoredQueryParamNumber")


def _unreadable(field_name: str, context: str) -> MetadataRefused:
    return MetadataRefused(field_name, context, code="XDSRegistryError")
