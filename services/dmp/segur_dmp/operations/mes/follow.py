"""What a visitor follows: notifications with their preferences, and the access history [DMP digest 6.5]."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from segur.contracts.mes import PreferenceChosen
from segur_dmp import errors
from segur_dmp.context import Context
from segur_dmp.domain.mes.notices import MAJORITY_REPRESENTATIVE
from segur_dmp.domain.mes.spaces import Channel, Preference
from segur_dmp.domain.mes.traces import Group
from segur_dmp.domain.mes.visitors import Role, Visitor
from segur_dmp.domain.visibility import seen_by_patient, seen_by_representative
from segur_dmp.operations.mes.read_documents import documents_of
from segur_dmp.operations.mes.visit import of_holder, state_refused
from segur_dmp.store.notifications import Mail, Notification
from segur_dmp.store.traces import DatedTrace


async def notifications_of(context: Context, visitor: Visitor) -> list[Notification]:
    """What was told, newest first; a representative is not told of what a minor keeps from them."""
    found = await context.records.notifications.of(visitor.patient)
    if visitor.role is not Role.REPRESENTATIVE:
        return [one for one in found if one.notice.code != MAJORITY_REPRESENTATIVE]
    seen = {entry.unique_id for entry in await documents_of(context, visitor)}
    return [
        one
        for one in found
        if not one.notice.hidden_from_representatives and (not one.notice.document_id or one.notice.document_id in seen)
    ]


async def mark_read(context: Context, visitor: Visitor, number: str = "", *, read: bool = True) -> int:
    """Mark one notification, or all of them, as read (or not); give how many changed. Raise `errors.NOT_FOUND`."""
    found = [one for one in await notifications_of(context, visitor) if not number or one.id == number]
    if number and not found:
        raise errors.NOT_FOUND.error(field="notification")
    changed = [one for one in found if one.read is not read]
    if changed:
        await context.floor.store.commit([context.records.notifications.reading(one, read=read) for one in changed])
    return len(changed)


async def choose_channels(
    context: Context, visitor: Visitor, preference: Preference, channels: Sequence[Channel]
) -> None:
    """By which means a family of notifications is told as well; none is possible. An emergency is mailed whatever."""
    of_holder(visitor)
    space = await context.records.spaces.of(visitor.patient)
    if space is None:
        raise state_refused(None)
    names = [channel.value for channel in Channel if channel in channels]
    new = replace(space, channels={**space.channels, preference.value: names})
    fact = PreferenceChosen(patient=visitor.patient, preference=preference.value, channels=names)
    await context.floor.store.commit([context.records.spaces.replacement(new, was=space)], [fact])


async def history_of(
    context: Context, visitor: Visitor, *, group: Group | None = None, actor: str = "", own: bool = False
) -> list[DatedTrace]:
    """The lines of the history, newest first, of one group, one professional, or the own actions only.

    A line about a document the visitor may not see is left out, and so is a minor's secret connection for a
    representative. What was deleted since stays in the history.
    """
    found = await context.records.traces.of(visitor.patient)
    hidden = await _hidden(context, visitor, {one.trace.document_id for one in found if one.trace.document_id})
    return [
        one
        for one in found
        if (group is None or one.trace.group is group)
        and (not actor or one.trace.actor == actor)
        and (not own or one.trace.actor in ("patient", "carer", "representative"))
        and one.trace.document_id not in hidden
        and not (one.trace.secret and visitor.role is Role.REPRESENTATIVE)
    ]


async def personal_mail(context: Context, visitor: Visitor) -> list[Mail]:
    """The e-mails and SMS that left for the visitor: the personal mailbox and phone of the demo, newest first."""
    account = await context.records.accounts.of(visitor.id.partition("/")[0])
    if account is None:
        return []
    _, is_representative, rank = visitor.id.partition("/rl")
    person = account.representatives[int(rank)] if is_representative else account
    mails = [mail for to in (person.email, person.phone) if to for mail in await context.records.mails.to(to)]
    return sorted(mails, key=lambda mail: mail.id, reverse=True)


async def _hidden(context: Context, visitor: Visitor, unique_ids: set[str]) -> set[str]:
    """The documents among these that exist and are not for the visitor's eyes, deleted ones apart."""
    sees = seen_by_representative if visitor.role is Role.REPRESENTATIVE else seen_by_patient
    stored = await context.records.documents.of_unique_ids(unique_ids)
    return {name for name, one in stored.items() if not sees(one.entry)}
