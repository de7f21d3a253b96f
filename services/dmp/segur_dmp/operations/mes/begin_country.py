"""The spaces of the synthetic country, and the birthdays of its minors."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from segur.kernel.ids import Pseudonyms
from segur.kernel.store import Document
from segur.personas.model import Patient
from segur.personas.states import DmpState, MesState
from segur_dmp.domain.mes.spaces import MAJORITY_REMINDER, MAJORITY_YEARS, Space, SpaceState, years_later
from segur_dmp.store import Records
from segur_dmp.store.diary import Deadline, Due

_STATES = {
    MesState.ACTIVE: SpaceState.ACTIVE,
    MesState.NOT_ACTIVATED: SpaceState.OPEN,
    MesState.CLOSED: SpaceState.CLOSED,
}


def spaces_of(
    records: Records, sandbox: str, patients: Iterable[Patient], pseudonyms: Pseudonyms, now: datetime
) -> tuple[list[Document], list[Document]]:
    """The rows of spaces and deadlines a sandbox begins with."""
    spaces, deadlines = [], []
    for patient in patients:
        pseudonym = pseudonyms.of(patient.ins)
        state = _STATES.get(patient.mes)
        # NOTE: a DMP that outlived its space is one Mon espace santé does not know, like those of before 2022
        if state is not None and not (state is SpaceState.CLOSED and patient.dmp is DmpState.ACTIF):
            spaces.append(records.spaces.document(sandbox, Space(pseudonym, state, now)))
        if patient.is_minor:
            born = datetime(patient.birth_date.year, patient.birth_date.month, patient.birth_date.day, tzinfo=UTC)
            grown = years_later(born, MAJORITY_YEARS)
            for kind, due in ((Deadline.MAJORITY_NEAR, grown - MAJORITY_REMINDER), (Deadline.MAJORITY, grown)):
                deadlines.append(records.deadlines.document(sandbox, Due(kind, pseudonym, due)))
    return spaces, deadlines
