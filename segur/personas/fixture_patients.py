"""P1 to P12 with their variants: each patient stands for one situation of the stories [wave 2 digest 3.0].

P1 is the published test identity; the others are ours. P5 comes in three shapes (`P5` retrieved, `P5-VALI` validated,
`P5-PROV` provisional), P9 in two (`P9` and `P9'`, who differ by the date of birth only).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from segur.personas import roles
from segur.personas.identities import home, ins_of_birth, mobile_phone
from segur.personas.mailboxes import mail_local_part
from segur.personas.model import LegalRepresentative, Patient
from segur.personas.states import DmpState, IdentityStatus, MesState
from segur.vocab.ins import Ins

_CARE_TEAM = (roles.OTHER_DOCTOR, roles.EMERGENCY_DOCTOR, roles.GENERAL_PRACTITIONER, roles.RADIOLOGIST)
_PARENTS = (
    LegalRepresentative("PAT-SEPT", "JEANNE", "MTH", "jeanne.pat-sept@exemple.test", "0639980071"),
    LegalRepresentative("PAT-HUIT", "MARCEL", "FTH", "marcel.pat-huit@exemple.test", "0639980072"),
)


def numbered(first: int) -> Callable[..., Patient]:
    """A maker of fixtures whose order of birth starts at `first` and grows by one."""
    rank = first - 1

    def make(key: str, family: str, given: str, sex: str, born: date, place: tuple[str, str], **more: Any) -> Patient:
        nonlocal rank
        rank += 1
        names = tuple(given.split())
        return Patient(
            key=key,
            ins=more.pop("ins", None) or ins_of_birth(sex, born, place[0], rank),
            birth_name=family,
            given_names=names,
            sex=sex,
            birth_date=born,
            birth_place=place[0],
            birth_city=place[1],
            address=home(rank),
            email=f"{mail_local_part(names[0], family)}.{rank}@exemple.test",
            phone=mobile_phone(rank),
            **more,
        )

    return make


def fixture_patients() -> tuple[Patient, ...]:
    """The patients of the stories, P1 first."""
    make = numbered(990 - 15)
    gp = roles.GENERAL_PRACTITIONER
    chartres, nevers, laon, auch, bastia = (
        ("28085", "CHARTRES"),
        ("58194", "NEVERS"),
        ("02408", "LAON"),
        ("32013", "AUCH"),
        ("2B033", "BASTIA"),
    )
    return (
        make(
            "P1",
            "PAT-TROIS",
            "DOMINIQUE MARIE-LOUISE",
            "F",
            date(1979, 3, 28),
            ("51215", "DOMPREMY"),
            ins=Ins("279035121518989"),
            used_name="PAT-TROIS",
            used_given_name="DOMINIQUE",
            treating_doctor=gp,
            authorised=_CARE_TEAM,
        ),
        make("P2", "PAT-DEUX", "ANSELME", "M", date(1962, 11, 5), chartres, treating_doctor=gp),
        make("P3", "PAT-SANSDMP", "ODETTE", "F", date(1950, 2, 14), nevers, dmp=DmpState.NONE, mes=MesState.UNKNOWN),
        make("P4", "PAT-FERME", "GASTON", "M", date(1971, 7, 30), laon, dmp=DmpState.CLOSED, mes=MesState.CLOSED),
        make("P5", "PAT-RECUPERE", "LUCIE", "F", date(1990, 9, 9), auch, status=IdentityStatus.RECUPEREE),
        make("P5-VALI", "PAT-VALIDE", "EMILE", "M", date(1991, 10, 10), auch, status=IdentityStatus.VALIDEE),
        make("P5-PROV", "PAT-PROVISOIRE", "ZELIE", "F", date(1992, 12, 12), auch, status=IdentityStatus.PROVISOIRE),
        make(
            "P6",
            "PAT-OPPOSE",
            "CONSTANT",
            "M",
            date(1984, 4, 4),
            nevers,
            opposed_to_consultation=True,
            opposed_to_feeding=True,
        ),
        make(
            "P7",
            "PAT-SEPT",
            "LILOU ROSE",
            "F",
            date(2014, 5, 17),
            chartres,
            is_minor=True,
            legal_representatives=_PARENTS,
            treating_doctor=gp,
            authorised=(gp,),
        ),
        make("P8", "PAT-DEFUNT", "HIPPOLYTE", "M", date(1931, 1, 21), laon, died_on=date(2025, 6, 2)),
        make("P9", "PAT-JUMELLE", "MARIE", "F", date(1968, 8, 18), bastia),
        make("P9'", "PAT-JUMELLE", "MARIE", "F", date(1968, 8, 19), bastia),
        make("P10", "PAT-CITOYEN", "SOLANGE", "F", date(1987, 6, 25), nevers, treating_doctor=gp, authorised=(gp,)),
        make("P11", "PAT-BOITECLOSE", "ROMUALD", "M", date(1975, 3, 3), laon, mes=MesState.CLOSED),
        make("P12", "PAT-INCONNU", "FELICIEN", "M", date(1959, 12, 1), auch, mes=MesState.UNKNOWN),
    )
