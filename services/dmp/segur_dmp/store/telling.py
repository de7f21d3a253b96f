"""The DMP's store: whatever is committed, the patient's history, notices and letters are committed with it.

One place derives them from the facts of the act, so that no act can forget the patient [DMP digest 6.5].
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from segur.contracts.dmp import DocumentShown, DocumentSubmitted, PatientNotified
from segur.contracts.fact import Envelope, Fact
from segur.contracts.mes import MailSent
from segur.kernel import request
from segur.kernel.clock import Clock
from segur.kernel.ids import new_id
from segur.kernel.settings import KernelSettings
from segur.kernel.store import Store, Write
from segur_dmp.domain.account import Account
from segur_dmp.domain.mes.letters import letter_of
from segur_dmp.domain.mes.notices import Notice, notices_of
from segur_dmp.domain.mes.spaces import Channel, Space, SpaceState
from segur_dmp.domain.mes.traces import trace_of
from segur_dmp.store import Records
from segur_dmp.store.diary import Deadline, Due
from segur_dmp.store.notifications import Mail

_SPEAKING: Final = (SpaceState.OPEN, SpaceState.ACTIVE)


class TellingStore(Store):
    """A store that tells patients.

    `reveal_after` is how long a document may wait for its announcement, `letter_pause` how long one kind of news is not
    mailed again to the same patient.
    """

    def __init__(
        self, settings: KernelSettings, clock: Clock, reveal_after: timedelta, letter_pause: timedelta
    ) -> None:
        super().__init__(settings, "dmp")
        self._clock, self._reveal_after, self._letter_pause = clock, reveal_after, letter_pause
        self._records: Records | None = None

    @property
    def records(self) -> Records:
        """The records kept here; set once, when the service is built."""
        assert self._records is not None, "the records of the store are set when the service is built"
        return self._records

    @records.setter
    def records(self, records: Records) -> None:
        self._records = records

    async def commit(self, writes: Sequence[Write], facts: Sequence[Fact] = ()) -> list[Envelope]:
        """As `Store.commit`, with what the facts mean to patients in the same transaction."""
        more, told = await self.consequences(facts)
        return await super().commit([*writes, *more], [*facts, *told])

    async def consequences(self, facts: Iterable[Fact]) -> tuple[list[Write], list[Fact]]:
        """The writes and facts that follow from facts: lines of the history, deadlines, notices and letters."""
        now = self._clock.now()
        writes: list[Write] = []
        told: list[Fact] = []
        for fact in facts:
            if trace := trace_of(fact):
                writes.append(self.records.traces.insertion(trace, now))
            if isinstance(fact, DocumentSubmitted) and fact.hidden_from_patient:
                due = Due(Deadline.REVEALING, fact.patient, now + self._reveal_after, fact.document_id)
                writes.append(self.records.deadlines.setting(due))
            if isinstance(fact, DocumentShown) and fact.to == "patient":
                writes.append(self.records.deadlines.lifting(Deadline.REVEALING, fact.patient, fact.document_id))
            for notice in notices_of(fact):
                await self._tell(notice, now, writes, told)
        return writes, told

    async def tell(self, notices: Iterable[Notice]) -> tuple[list[Write], list[Fact]]:
        """The writes and facts that tell something no fact stands for, e.g. that an appointment is near."""
        writes: list[Write] = []
        told: list[Fact] = []
        for notice in notices:
            await self._tell(notice, self._clock.now(), writes, told)
        return writes, told

    async def _tell(self, notice: Notice, now: datetime, writes: list[Write], told: list[Fact]) -> None:
        if await self.records.notifications.was_told(notice):
            return
        space = await self.records.spaces.of(notice.patient)
        if space is not None and space.state not in _SPEAKING and not notice.always_mailed:
            return  # a closed, suspended or not yet opened space has no news
        key = new_id()
        writes.append(self.records.notifications.telling(key, notice, now))
        told.append(
            PatientNotified(
                notification_id=key,
                patient=notice.patient,
                document_id=notice.document_id,
                reason=notice.reason,
                code=notice.code,
                urn=notice.urn,
            )
        )
        channels = _channels(notice, space)
        if not channels or not await self._may_write(notice, now):
            return
        ways = _ways(notice, channels, await self.records.accounts.of(notice.patient))
        if not ways:
            return
        if self._letter_pause and not notice.always_mailed:
            writes.append(self.records.mails.marking(notice, now))
        for channel, to in ways:
            subject, text = letter_of(notice, request.current().base, channel)
            mail = Mail(new_id(), notice.patient, channel.value, to, subject, text, now)
            writes.append(self.records.mails.insertion(mail))
            told.append(
                MailSent(mail_id=mail.id, patient=mail.patient, channel=mail.channel, to=to, title=subject, text=text)
            )

    async def _may_write(self, notice: Notice, now: datetime) -> bool:
        """Whether a letter may leave: of ten documents in a row the patient gets one letter, and ten notifications."""
        if notice.always_mailed or not self._letter_pause:
            return True
        last = await self.records.mails.last(notice)
        return last is None or not timedelta() <= now - last < self._letter_pause


def _channels(notice: Notice, space: Space | None) -> tuple[Channel, ...]:
    """By which means the patient wants to hear of it; of what is always mailed, by e-mail in any case."""
    wanted = space.wants(notice.preference) if space is not None and space.state is SpaceState.ACTIVE else ()
    return tuple(dict.fromkeys((Channel.EMAIL, *wanted))) if notice.always_mailed else tuple(wanted)


def _ways(notice: Notice, channels: Iterable[Channel], account: Account | None) -> list[tuple[Channel, str]]:
    """By which means to whom: the patient, or a minor's legal representatives where they may know of it."""
    if account is None:
        return []
    if account.representatives:
        people = () if notice.hidden_from_representatives else account.representatives
        addresses = [(one.email, one.phone) for one in people]
    else:
        addresses = [(account.email, account.phone)]
    return [
        (channel, to)
        for channel in channels
        for email, phone in addresses
        if (to := email if channel is Channel.EMAIL else phone)
    ]
