"""The DMPs and authorizations a country begins with [DMP digest 6.6]."""

from __future__ import annotations

from datetime import datetime, timedelta

from segur.kernel.ids import Pseudonyms
from segur.kernel.store import Document
from segur.personas.country import Country
from segur.personas.model import Patient
from segur_dmp.domain.account import Account
from segur_dmp.domain.rights import Grant
from segur_dmp.store import Records


def accounts_of(
    records: Records, sandbox: str, country: Country, pseudonyms: Pseudonyms, now: datetime
) -> list[Document]:
    """A row for each patient, also for those without DMP."""
    return [
        records.accounts.document(sandbox, Account.of_persona(patient, pseudonyms.of(patient.ins), now))
        for patient in country.patients
    ]


def authorizations_of(
    records: Records, sandbox: str, country: Country, pseudonyms: Pseudonyms, now: datetime, lifetime: timedelta
) -> list[Document]:
    """A row for each authorization that was declared before, lapsed or not, and for each block."""
    return [
        records.authorizations.document(
            sandbox, pseudonyms.of(patient.ins), str(country.professional(key).id_nat), grant
        )
        for patient in country.patients
        for key, grant in _grants(patient, now, lifetime).items()
    ]


def _grants(patient: Patient, now: datetime, lifetime: timedelta) -> dict[str, Grant]:
    """By key of the professional; a block wins over everything."""
    treating, case = patient.treating_doctor, patient.dmp_case
    grants = {key: Grant(now) for key in patient.authorised}
    if treating is not None:
        grants[treating] = Grant(now, treating=True)
    grants |= {key: Grant(now - lifetime - timedelta(days=1)) for key in case.lapsed}
    return grants | {key: Grant(now, blocked=True) for key in case.blocked}
