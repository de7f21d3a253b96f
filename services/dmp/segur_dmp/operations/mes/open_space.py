"""A space begins: information letter, six weeks to object, opening, activation [DMP digest 6.5]."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from segur.contracts.fact import Fact
from segur.contracts.mes import MailSent, SpaceActivated, SpaceAnnounced, SpaceObjected, SpaceOpened
from segur.kernel.ids import new_id
from segur.kernel.store import Insert, Update, Write
from segur.personas.report_pdf import report_pdf
from segur.personas.states import DmpState
from segur.vocab.ins import Ins
from segur_dmp import errors, faults
from segur_dmp.context import Context
from segur_dmp.domain.account import Account
from segur_dmp.domain.mes.letters import code_letter, information_letter
from segur_dmp.domain.mes.spaces import OBJECTION_DELAY, Channel, Space, SpaceState
from segur_dmp.operations.mes.prevent import due_of_prevention
from segur_dmp.operations.mes.visit import name_of, state_refused
from segur_dmp.store.diary import Deadline, Due
from segur_dmp.store.notifications import Mail

CODE_MINUTES: Final = 10
_CODE_TRIES: Final = 3
_BEGINS: Final = (None, SpaceState.OBJECTED, SpaceState.CLOSED)


async def announce_space(context: Context, patient: str) -> Space:
    """Send the information letter: the space opens six weeks later. Raise `errors.NOT_FOUND`, `errors.NO_SPACE`."""
    account, space = await _of(context, patient)
    if (space.state if space else None) not in _BEGINS:
        raise state_refused(space.state if space else None)
    now = context.floor.clock.now()
    new = Space(patient, SpaceState.ANNOUNCED, now, opens_at=now + OBJECTION_DELAY)
    opens_at = now + OBJECTION_DELAY
    title, text = information_letter(f"{opens_at:%d/%m/%Y}")
    letter, told = _mail(context, account, Channel.EMAIL, title, text)
    writes: list[Write] = [
        *_put(context, new, space),
        context.records.deadlines.setting(Due(Deadline.OPENING, patient, opens_at)),
    ]
    fact = SpaceAnnounced(patient=patient, opens_at=opens_at.isoformat())
    await context.floor.store.commit([*writes, *letter], [fact, *told])
    return new


async def object_to_space(context: Context, patient: str) -> Space:
    """Refuse the opening within the six weeks; the proof has a number from then on. Raise `errors.NO_SPACE`."""
    _, space = await _of(context, patient)
    if space is None or space.state is not SpaceState.ANNOUNCED:
        raise state_refused(space.state if space else None)
    now = context.floor.clock.now()
    new = Space(patient, SpaceState.OBJECTED, now, proof=new_id(), channels=space.channels)
    writes: list[Write] = [
        context.records.spaces.replacement(new, was=space),
        context.records.deadlines.lifting(Deadline.OPENING, patient),
    ]
    await context.floor.store.commit(writes, [SpaceObjected(patient=patient, proof=new.proof)])
    return new


async def proof_of_opposition(context: Context, patient: str) -> bytes:
    """The PDF that proves the opposition (`getProofOfOpposition`); raise `errors.NO_SPACE` when there is none."""
    account, space = await _of(context, patient)
    if space is None or space.state is not SpaceState.OBJECTED:
        raise state_refused(space.state if space else None)
    lines = (
        f"Numéro de preuve : {space.proof}",
        f"Personne : {name_of(account)}, matricule INS {Ins.from_cx(account.ins).matricule}",
        f"Opposition enregistrée le {space.since:%d/%m/%Y à %H:%M} (UTC)",
        "",
        "Cette personne s'est opposée à l'ouverture de son espace numérique de santé. Aucun espace n'a été ouvert.",
        "Elle peut changer d'avis à tout moment.",
        "",
        "Document fictif de l'émulateur SégurStack.",
    )
    return report_pdf("Preuve d'opposition à l'ouverture de Mon espace santé", "Mon espace santé", lines, space.since)


async def open_space(context: Context, patient: str) -> Space:
    """Open: the six weeks are over, or the person asks for it. Creates the DMP, attaches it, or takes an archive back.

    Raise `errors.NO_SPACE` for one that is open already.
    """
    account, space = await _of(context, patient)
    if space is not None and space.state not in (SpaceState.ANNOUNCED, SpaceState.OBJECTED, SpaceState.CLOSED):
        raise state_refused(space.state)
    new = Space(patient, SpaceState.OPEN, context.floor.clock.now(), channels=space.channels if space else {})
    opened = replace(
        account, state=DmpState.ACTIF.value, attached=True, web_account=False, closed_at=None, motif="", raison=""
    )
    records = context.records
    writes: list[Write] = [
        *_put(context, new, space),
        records.accounts.replacement(opened, was=account.state),
        records.deadlines.lifting(Deadline.OPENING, patient),
        records.deadlines.lifting(Deadline.ERASURE, patient),
    ]
    dues = due_of_prevention(patient, account.birth_date, account.sex, new.since)
    writes += [records.deadlines.setting(due) for due in dues]
    fact = SpaceOpened(patient=patient, attached=account.active, reopened=account.state == DmpState.CLOSED)
    await context.floor.store.commit(writes, [fact])
    return new


async def ask_for_code(
    context: Context, patient: str, *, card: str, nir: str, birth_date: date, channel: Channel
) -> Space:
    """First step of the activation: card, NIR and birth date fit, so a one-time code leaves by e-mail or SMS.

    NOTE: the number of a synthetic card is made of the matricule (`card_number`). Raise `errors.WRONG_IDENTITY`.
    """
    account, space = await _of(context, patient)
    if space is None or space.state is not SpaceState.OPEN:
        raise state_refused(space.state if space else None)
    matricule = Ins.from_cx(account.ins).matricule
    fits = (card.strip() == card_number(matricule), nir.replace(" ", "").upper() in (matricule, matricule[:13]))
    if not all(fits) or f"{birth_date:%Y%m%d}" != account.birth_date:
        raise errors.WRONG_IDENTITY.error(field="card, nir, birthDate")
    code = f"{secrets.randbelow(1_000_000):06d}"
    title, text = code_letter(code, CODE_MINUTES, channel)
    new = replace(
        space, code=code, code_until=context.floor.clock.now() + timedelta(minutes=CODE_MINUTES), code_tries=0
    )
    letter, told = _mail(context, account, channel, title, text)
    if context.floor.faults.strikes(faults.MES_CODE_LOST, patient=patient, actor="patient"):
        letter, told = [], []
    await context.floor.store.commit([context.records.spaces.replacement(new, was=space), *letter], told)
    return new


async def activate_space(context: Context, patient: str, code: str) -> Space:
    """Second step: the one-time code, and the holder is in. Raise `errors.WRONG_ONE_TIME_CODE` after a wrong one."""
    account, space = await _of(context, patient)
    if space is None or space.state is not SpaceState.OPEN:
        raise state_refused(space.state if space else None)
    now = context.floor.clock.now()
    usable = bool(space.code) and space.code_until is not None and now < space.code_until
    if not usable or space.code_tries >= _CODE_TRIES or not hmac.compare_digest(space.code, code.strip()):
        tried = replace(space, code_tries=space.code_tries + 1)
        await context.floor.store.commit([context.records.spaces.replacement(tried, was=space)])
        raise errors.WRONG_ONE_TIME_CODE.error(field="code")
    new = replace(space, state=SpaceState.ACTIVE, since=now, code="", code_until=None, code_tries=0)
    writes: list[Write] = [
        context.records.spaces.replacement(new, was=space),
        context.records.accounts.change(account.patient, web_account=True),
    ]
    await context.floor.store.commit(writes, [SpaceActivated(patient=patient)])
    return new


def card_number(matricule: str) -> str:
    """The visible serial number of a synthetic Vitale card: ten digits made of the matricule."""
    return f"80{sum(ord(c) * 7 ** (i % 9) for i, c in enumerate(matricule)) % 10**8:08d}"


async def _of(context: Context, patient: str) -> tuple[Account, Space | None]:
    account = await context.records.accounts.of(patient)
    if account is None:
        raise errors.NOT_FOUND.error(field="ins")
    return account, await context.records.spaces.of(patient)


def _put(context: Context, new: Space, old: Space | None) -> list[Insert | Update]:
    spaces = context.records.spaces
    return [spaces.insertion(new) if old is None else spaces.replacement(new, was=old)]


def _mail(
    context: Context, account: Account, channel: Channel, title: str, text: str
) -> tuple[list[Write], list[Fact]]:
    """A letter that no notification stands for; a minor's goes to the legal representatives."""
    people = account.representatives or (account,)
    to = [one.email if channel is Channel.EMAIL else one.phone for one in people]
    mails = [
        Mail(new_id(), account.patient, channel.value, one, title, text, context.floor.clock.now()) for one in to if one
    ]
    facts = [
        MailSent(mail_id=m.id, patient=m.patient, channel=m.channel, to=m.to, title=m.subject, text=m.text)
        for m in mails
    ]
    return [context.records.mails.insertion(mail) for mail in mails], list(facts)
