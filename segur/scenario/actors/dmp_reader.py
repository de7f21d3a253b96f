"""The optimised reading flow of wave 2: one bounded search first, then only what changed since [DMP digest 8.1]."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from segur.personas.model import Patient
from segur.scenario.actors.dmp_lps import Lps
from segur.scenario.actors.dmp_store import Known, Local, LocalStore, is_living
from segur.vocab.document_types import type_scheme
from segur.wire import xds, xds_uuids

TWO_YEARS = timedelta(days=731)
BATCH = 20


@dataclass(slots=True)
class News:
    """What an opening told: `third` are others' new documents; the lists of the second kind speak of local copies."""

    third: list[xds.DocumentEntry] = field(default_factory=list)
    own: list[xds.DocumentEntry] = field(default_factory=list)
    newer: list[tuple[Local, xds.DocumentEntry]] = field(default_factory=list)
    changed: list[xds.DocumentEntry] = field(default_factory=list)
    deleted: list[Local] = field(default_factory=list)
    calls: int = 0

    @property
    def counts(self) -> dict[str, int]:
        """Others' new documents by typeCode: what the screen announces."""
        return dict(Counter(entry.type_code.code for entry in self.third))


@dataclass(slots=True)
class Reader:
    """A software's memory of one patient: `last_call` is `dateAppelDMP` in UTC, `types` the preferred typeCodes."""

    lps: Lps
    patient: Patient
    types: tuple[str, ...] = ()
    store: LocalStore = field(default_factory=LocalStore)
    last_call: datetime | None = None
    _listed: dict[str, xds.DocumentEntry] = field(default_factory=dict)

    async def open(self, now: datetime) -> News:
        """First or next opening. Raise `Refused`."""
        since, self.last_call = self.last_call, now
        if since is None:
            return await self._first(now)
        return await self._next(since)

    async def read(self, *unique_ids: str) -> dict[str, Known]:
        """Retrieve and integrate listed documents; what each was. Raise `Refused` or `Altered`."""
        retrieved = await self.lps.retrieve_all(self.patient, unique_ids)
        by_id = {entry.unique_id: entry for entry in self._listed.values()}
        return {one: self.store.keep(by_id[one], content) for one, content in retrieved.contents.items()}

    async def _first(self, now: datetime) -> News:
        bound = f"{(now - TWO_YEARS).astimezone(UTC):%Y%m%d%H%M%S}"
        wanted: dict[str, Sequence[str]] = {"TypeCode": typed(self.types)} if self.types else {}
        entries = await self.lps.search(self.patient, ServiceStartTimeFrom=bound, **wanted)
        news = News(calls=1)
        for entry in entries:
            self._notice(news, entry)
        return news

    async def _next(self, since: datetime) -> News:
        news = News(calls=1)
        ask = self.lps.query
        sets = await ask(
            self.patient,
            "FindSubmissionSets",
            XDSSubmissionSetPatientId=self.patient.ins.cx,
            XDSSubmissionSetStatus=(xds_uuids.APPROVED,),
            XDSSubmissionSetSubmissionTimeFrom=f"{since.astimezone(UTC):%Y%m%d%H%M%S}",
        )
        if not sets.submission_sets:
            return news
        news.calls += 1
        links = (
            await ask(self.patient, "GetAssociations", uuid=[one.entry_uuid for one in sets.submission_sets])
        ).associations
        gone = [link.target for link in links if link.new_status == xds_uuids.DELETED]
        news.deleted = self.store.mark_deleted(gone)
        members = list(dict.fromkeys(link.target for link in links if link.type == xds_uuids.HAS_MEMBER))
        fresh: list[xds.DocumentEntry] = []
        for at in range(0, len(members), BATCH):
            news.calls += 1
            answer = await ask(
                self.patient, "GetDocumentsAndAssociations", XDSDocumentEntryEntryUUID=members[at : at + BATCH]
            )
            self.store.note_replacements(replacements(answer.associations))
            fresh += [entry for entry in answer.entries if is_living(entry)]
        for entry in fresh:
            self._notice(news, entry)
        news.newer = self.store.mark_replaced(self._listed.values())
        return news

    def _notice(self, news: News, entry: xds.DocumentEntry) -> None:
        seen = self._listed.get(entry.logical_id or entry.unique_id)
        self._listed[entry.logical_id or entry.unique_id] = entry
        if self.store.judge(entry) is Known.CHANGED:
            self.store.remember(entry)
            news.changed.append(entry)
        elif seen is not None and seen.entry_uuid != entry.entry_uuid:
            news.changed.append(entry)
        elif seen is None and (not self.types or entry.type_code.code in self.types):
            (news.own if self.is_own(entry) else news.third).append(entry)

    def is_own(self, entry: xds.DocumentEntry) -> bool:
        """Whether this installation's structure wrote the document."""
        mine = str(self.lps.user.structure.struct_id)
        return any(structure.id == mine for author in entry.authors for structure in author.structures)


def replacements(links: Sequence[xds.Association]) -> dict[str, str]:
    """RPLC associations as replaced entryUUID to new one."""
    return {link.target: link.source for link in links if link.type == xds_uuids.REPLACES}


def typed(codes: Sequence[str]) -> tuple[str, ...]:
    """typeCodes as a query writes them; LOINC unless the code is one of the French nomenclature."""
    return tuple(f"{code}^^{type_scheme(code)}" for code in codes)
