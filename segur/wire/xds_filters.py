"""What a search asks of documents and submission sets, whichever door it came through (ITI-18, ITI-66, ITI-67).

Meaning of the criteria: IHE stored queries as the DMP uses them. [DMP digest 1.7, 4.3]
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from segur.wire import xds_uuids as ids
from segur.wire.xds_datatypes import comparable, cx_key
from segur.wire.xds_values import Author, Code, DocumentEntry, SubmissionSet


@dataclass(frozen=True, slots=True)
class TimeRange:
    """From `start` (included) to `end` (excluded), DTM in UTC; an empty bound does not bound."""

    start: str = ""
    end: str = ""

    def __bool__(self) -> bool:
        return bool(self.start or self.end)

    def holds(self, value: str) -> bool:
        """True when the time lies in the range; an absent time lies in no range."""
        if not self:
            return True
        if not value:
            return False
        moment = comparable(value)
        return (not self.start or moment >= comparable(self.start)) and (not self.end or moment < comparable(self.end))


@dataclass(frozen=True, slots=True)
class DocumentFilter:
    """Criteria on document entries. All given criteria must hold; an empty criterion is no criterion.

    A tuple of codes or texts means any of them; a tuple of tuples means, for every inner tuple, any of it (the repeated
    slots of `EventCodeList`, `ConfidentialityCode`, `ReferenceIdList`). A code with an empty scheme matches any scheme.
    `authors` are LIKE patterns (`%`, `_`) on the XCN; `period` is the span of the service, tested for overlap.
    """

    patient_id: str = ""
    statuses: tuple[str, ...] = ()
    class_codes: tuple[Code, ...] = ()
    type_codes: tuple[Code, ...] = ()
    format_codes: tuple[Code, ...] = ()
    facility_types: tuple[Code, ...] = ()
    practice_settings: tuple[Code, ...] = ()
    event_codes: tuple[tuple[Code, ...], ...] = ()
    confidentiality: tuple[tuple[Code, ...], ...] = ()
    reference_ids: tuple[tuple[str, ...], ...] = ()
    creation: TimeRange = TimeRange()
    service_start: TimeRange = TimeRange()
    service_stop: TimeRange = TimeRange()
    period: TimeRange = TimeRange()
    authors: tuple[str, ...] = ()
    author_family: str = ""
    author_given: str = ""
    unique_ids: tuple[str, ...] = ()
    entry_uuids: tuple[str, ...] = ()
    object_types: tuple[str, ...] = (ids.STABLE_DOCUMENT,)

    def matches(self, entry: DocumentEntry) -> bool:
        """True when the entry meets every criterion; patients are compared on identifier and OID only."""
        return (
            (not self.patient_id or cx_key(self.patient_id) == cx_key(entry.patient_id))
            and _is_one_of(entry.status, self.statuses)
            and _is_one_of(entry.unique_id, self.unique_ids)
            and _is_one_of(entry.entry_uuid, self.entry_uuids)
            and _is_one_of(entry.object_type, self.object_types)
            and _coded((entry.class_code,), self.class_codes)
            and _coded((entry.type_code,), self.type_codes)
            and _coded((entry.format_code,), self.format_codes)
            and _coded((entry.facility_type,), self.facility_types)
            and _coded((entry.practice_setting,), self.practice_settings)
            and all(_coded(entry.event_codes, group) for group in self.event_codes)
            and all(_coded(entry.confidentiality, group) for group in self.confidentiality)
            and all(_referenced(entry.reference_ids, group) for group in self.reference_ids)
            and self.creation.holds(entry.creation_time)
            and self.service_start.holds(entry.service_start)
            and self.service_stop.holds(entry.service_stop)
            and self._overlaps(entry)
            and self._written_by(entry.authors)
        )

    def _overlaps(self, entry: DocumentEntry) -> bool:
        if not self.period:
            return True
        if not entry.service_start:
            return False
        # A service without end goes on: only its beginning bounds it.
        begins_in_time = not self.period.end or comparable(entry.service_start) < comparable(self.period.end)
        stop = comparable(entry.service_stop) if entry.service_stop else "9" * 14
        return begins_in_time and (not self.period.start or stop >= comparable(self.period.start))

    def _written_by(self, authors: Iterable[Author]) -> bool:
        if not (self.authors or self.author_family or self.author_given):
            return True
        return any(
            (not self.authors or any(like(pattern, author.person) for pattern in self.authors))
            and author.who.family.casefold().startswith(self.author_family.casefold())
            and author.who.given.casefold().startswith(self.author_given.casefold())
            for author in authors
        )


@dataclass(frozen=True, slots=True)
class SubmissionSetFilter:
    """Criteria on submission sets, read as those of `DocumentFilter`; `institutions` are ids of authors' structures."""

    patient_id: str = ""
    statuses: tuple[str, ...] = ()
    submission_time: TimeRange = TimeRange()
    source_ids: tuple[str, ...] = ()
    author: str = ""
    content_types: tuple[Code, ...] = ()
    unique_ids: tuple[str, ...] = ()
    entry_uuids: tuple[str, ...] = ()
    title: str = ""
    author_family: str = ""
    author_given: str = ""
    institutions: tuple[str, ...] = ()

    def matches(self, submission_set: SubmissionSet) -> bool:
        """True when the set meets every criterion; the title is a beginning, whatever the case."""
        return (
            (not self.patient_id or cx_key(self.patient_id) == cx_key(submission_set.patient_id))
            and _is_one_of(submission_set.status, self.statuses)
            and _is_one_of(submission_set.source_id, self.source_ids)
            and _is_one_of(submission_set.unique_id, self.unique_ids)
            and _is_one_of(submission_set.entry_uuid, self.entry_uuids)
            and _coded((submission_set.content_type,), self.content_types)
            and self.submission_time.holds(submission_set.submission_time)
            and self._sent_by(submission_set.authors)
            and submission_set.title.casefold().startswith(self.title.casefold())
        )

    def _sent_by(self, authors: Iterable[Author]) -> bool:
        if not (self.author or self.author_family or self.author_given or self.institutions):
            return True
        return any(
            (not self.author or like(self.author, author.person))
            and author.who.family.casefold().startswith(self.author_family.casefold())
            and author.who.given.casefold().startswith(self.author_given.casefold())
            and (not self.institutions or any(one.id in self.institutions for one in author.structures))
            for author in authors
        )


def like(pattern: str, value: str) -> bool:
    """SQL LIKE, whole value, case-sensitive: `%` is any run of characters, `_` any one.

    Written without regular expressions: a pattern from a client must not be able to backtrack without end.
    """
    position, anchor, resume = 0, -1, 0
    index = 0
    while position < len(value):
        if index < len(pattern) and pattern[index] == "%":
            anchor, resume = index, position
            index += 1
        elif index < len(pattern) and pattern[index] in ("_", value[position]):
            index += 1
            position += 1
        elif anchor >= 0:
            resume += 1
            index, position = anchor + 1, resume
        else:
            return False
    return pattern[index:].strip("%") == ""


def _is_one_of(value: str, wanted: tuple[str, ...]) -> bool:
    return not wanted or value in wanted


def _referenced(references: Iterable[str], wanted: tuple[str, ...]) -> bool:
    """A wanted reference without kind (CX component 5) matches any kind, without authority any authority."""

    def same(criterion: str, reference: str) -> bool:
        if criterion == reference or criterion.count("^") >= 4:
            return criterion == reference
        value, authority = cx_key(criterion)
        return (value, authority or cx_key(reference)[1]) == cx_key(reference)

    return any(same(criterion, reference) for reference in references for criterion in wanted)


def _coded(codes: Iterable[Code], wanted: tuple[Code, ...]) -> bool:
    if not wanted:
        return True
    return any(
        code.code == criterion.code and criterion.scheme in ("", code.scheme) for code in codes for criterion in wanted
    )
