"""A DMP as the messages of the `patients` service show it [DMP digest 1.3, 1.4]."""

from __future__ import annotations

from typing import Final

from segur.vocab import oids
from segur.vocab.ins import Ins
from segur.wire.hl7v3_values import (
    ATTACHED_TO_ENS,
    INTERNET_ACCOUNT,
    MATCH,
    OPPOSED_TO_REGULATION,
    Closing,
    DmpRecord,
    Identifier,
    Observation,
    Telecom,
    format_ts,
)
from segur_dmp.domain.account import Account, Emergency

UNKNOWN_NAME: Final = "NON RENSEIGNE"


def record_of(account: Account) -> DmpRecord:
    """The administrative side of a DMP; a closed one says when and why."""
    return _record(
        account,
        (Observation(*INTERNET_ACCOUNT, account.web_account), Observation(*ATTACHED_TO_ENS, account.attached)),
    )


def candidate_of(account: Account, percent: int) -> DmpRecord:
    """A candidate of TD0.5, with its match and whether the patient objects to emergency access."""
    objects = not account.permits(Emergency.REGULATION)
    return _record(account, (Observation(*MATCH, percent), Observation(*OPPOSED_TO_REGULATION, objects)))


def _record(account: Account, observations: tuple[Observation, ...]) -> DmpRecord:
    ins = Ins.from_cx(account.ins)
    old = (Identifier(oids.INS_C, account.ins_c),) if account.ins_c else ()
    return DmpRecord(
        ids=(*old, Identifier(ins.oid, ins.matricule)),
        status="active" if account.active else "terminated",
        prefix=account.civility,
        given=(UNKNOWN_NAME,) if account.nameless else account.given,
        used_name="" if account.nameless else account.used_name,
        birth_name=UNKNOWN_NAME if account.nameless else account.birth_name,
        telecoms=_telecoms(account),
        gender=account.sex,
        birth_date=account.birth_date,
        observations=observations,
        closing=None if account.active else _closing(account),
    )


def _telecoms(account: Account) -> tuple[Telecom, ...]:
    found = []
    if account.email:
        found.append(Telecom(f"mailto:{account.email}"))
    if account.phone:
        found.append(Telecom(f"tel:{account.phone}", "MC"))
    return tuple(found)


def _closing(account: Account) -> Closing:
    at = format_ts(account.closed_at) if account.closed_at is not None else ""
    return Closing(account.motif, at, account.raison)
