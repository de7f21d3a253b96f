"""The spaces of the synthetic country, and the birthdays of its minors."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from segur.kernel.ids import Pseudonyms
from segur.kernel.store import Document
from segur.personas.model import Patient
from segur.personas.states import DmpState, MesState
from segur_dmp.domain.mes.spaces import Space, SpaceState
from segur_dmp.domain.parameters import Parameters
from segur_dmp.operations.mes.plan_majority import dues_of_majority
from segur_dmp.operations.mes.prevent import due_of_prevention
from segur_dmp.store import Records

_STATES = {
    MesState.ACTIVE: SpaceState.ACTIVE,
    MesState.NOT_ACTIVATED: SpaceState.OPEN,
    MesState.CLOSED: SpaceState.CLOSED,
}


def spaces_of(
    records: Records,
    sandbox: str,
    patients: Iterable[Patient],
    pseudonyms: Pseudonyms,
    now: datetime,
    parameters: Parameters,
) -> tuple[list[Document], list[Document]]:
    """The rows of spaces and deadlines a sandbox begins with."""
    spaces, deadlines = [], []
    for patient in patients:
        pseudonym = pseudonyms.of(patient.ins)
        state = _STATES.get(patient.mes)
        # NOTE: a DMP that outlived its space is one Mon espace santé does not know, like those of before 2022
        if state is not None and not (state is SpaceState.CLOSED and patient.dmp is DmpState.ACTIF):
            spaces.append(records.spaces.document(sandbox, Space(pseudonym, state, now)))
            born = f"{patient.birth_date:%Y%m%d}"
            dues = due_of_prevention(pseudonym, born, patient.sex, now)
            deadlines += [records.deadlines.document(sandbox, due) for due in dues]
        if patient.legal_representatives:
            dues = dues_of_majority(pseudonym, f"{patient.birth_date:%Y%m%d}", parameters, now)
            deadlines += [records.deadlines.document(sandbox, due) for due in dues]
    return spaces, deadlines
