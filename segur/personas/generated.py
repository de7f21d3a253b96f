"""People beyond the fixtures, one after the other: a stream of any length in constant time and little memory.

Names are drawn by Faker, then marked (`PAT-…`, `…-TEST`) so that nobody takes them for real people. Two streams of
the same seed are equal as far as the shorter one goes.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from segur.personas.fixture_professionals import card_number, registered
from segur.personas.fixture_structures import fixture_structures, pharmacy, practice
from segur.personas.identities import BIRTH_PLACES, home, ins_of_birth, mobile_phone, register_spelling
from segur.personas.mailboxes import mail_local_part
from segur.personas.model import LegalRepresentative, Patient, Professional, Situation
from segur.personas.states import DmpState, IdentityStatus, MesState
from segur.vocab.professional_ids import Rpps

if TYPE_CHECKING:
    from faker import Faker

REFERENCE_DATE = date(2026, 1, 1)
"""The day on which generated ages are reckoned: the population must not change from one day to the next."""
FIRST_PATIENT_RANK = 13
"""Generated patients are P13, P14 …"""
FIRST_PROFESSIONAL_RANK = 15
"""Generated professionals are PS15, PS16 …"""

_OLDEST_BIRTH = date(1930, 1, 1)
_BIRTH_DAYS = (REFERENCE_DATE - _OLDEST_BIRTH).days
_LOWEST_ORDER, _ORDERS = 900, 75
_RPPS_SERIAL = 1_000_000
_STATUSES = (IdentityStatus.RECUPEREE, IdentityStatus.VALIDEE, IdentityStatus.PROVISOIRE)
_PROFESSION_CYCLE = ("10", "60", "10", "70", "21", "10", "40", "60", "50", "80", "10", "91", "92")
_SPECIALITIES = ("SM54", "SM54", "SM26", "SM53", "SM04", "SM44", "SM40", "SM38", "SM15", "SM42", "SM20", "SM18")
_HOSPITAL_SHARE = 0.25
_PRACTICE_NAMES = {
    "10": "CABINET MEDICAL",
    "40": "CABINET DENTAIRE",
    "50": "CABINET DE SAGE-FEMME",
    "60": "CABINET INFIRMIER",
    "70": "CABINET DE KINESITHERAPIE",
    "80": "CABINET DE PODOLOGIE",
    "91": "CABINET D ORTHOPHONIE",
    "92": "CABINET D ORTHOPTIE",
}


class CountryFull(OverflowError):
    """A stream of patients ran out of matricules; this takes some millions of people."""


def stream_patients(
    seed: int, count: int, *, first_rank: int = FIRST_PATIENT_RANK, treating_doctors: Sequence[str] = ()
) -> Iterator[Patient]:
    """`count` patients, keys `P<first_rank>` onwards; about one in seven has something special.

    `treating_doctors` are the keys to draw the médecin traitant from (none when empty). Only matricules are kept in
    memory, to keep them unique; raise `CountryFull` when a month of births has none left (past two millions).
    """
    if count <= 0:
        return
    names, dice = _names_and_dice(seed, "patients")
    taken: set[str] = set()
    for rank in range(first_rank, first_rank + count):
        yield _patient(rank, names, dice, taken, treating_doctors)


def stream_professionals(seed: int, count: int, *, first_rank: int = FIRST_PROFESSIONAL_RANK) -> Iterator[Professional]:
    """`count` professionals, keys `PS<first_rank>` onwards, over the nine professions, doctors and nurses first.

    One doctor in four works at the hospital ST1, everyone else in a practice or pharmacy of their own.
    """
    if count <= 0:
        return
    names, dice = _names_and_dice(seed, "professionals")
    hospital = fixture_structures()["ST1"]
    for rank in range(first_rank, first_rank + count):
        profession = _PROFESSION_CYCLE[(rank - first_rank) % len(_PROFESSION_CYCLE)]
        civility = dice.choice(("M", "MME"))
        given = register_spelling(names.first_name_male() if civility == "M" else names.first_name_female())
        family = f"{register_spelling(names.last_name())}-TEST"
        speciality = dice.choice(_SPECIALITIES) if profession == "10" else ""
        at_hospital = profession == "10" and dice.random() < _HOSPITAL_SHARE
        rpps = Rpps.of_test(_RPPS_SERIAL + rank)
        key, label = f"PS{rank}", f"1099{rank:07d}"
        if at_hospital:
            post = Situation(hospital, label, "S", "FON-33")
        elif profession == "21":
            place = pharmacy(f"ST-{key}", f"PHARMACIE {family}", rank, home(rank))
            post = Situation(place, label, "L", "FON-03", section="A")
        else:
            name = f"{_PRACTICE_NAMES[profession]} {family}"
            post = Situation(practice(rpps, f"ST-{key}", name, "SA07", rank, home(rank)), label, "L", "FON-01")
        yield registered(
            key,
            rpps,
            family,
            given,
            civility,
            profession,
            speciality,
            (post,),
            card=card_number(_RPPS_SERIAL + rank),
            # namesakes happen: the rank keeps addresses apart
            mail_suffix=str(rank),
        )


def _names_and_dice(seed: int, stream: str) -> tuple[Faker, random.Random]:
    """Faker limited to names (its other providers are slow to load) and dice, both seeded for this stream."""
    from faker import Faker  # a tenth of a second: loaded by those who generate people only

    names = Faker("fr_FR", providers=["faker.providers.person"], use_weighting=False)
    names.seed_instance(f"{seed}/{stream}/names")
    return names, random.Random(f"{seed}/{stream}/dice")  # noqa: S311 - a repeatable cast, no secret


def _patient(rank: int, names: Faker, dice: random.Random, taken: set[str], treating_doctors: Sequence[str]) -> Patient:
    """The patient of this rank; every draw happens in the same order, whatever the outcome of the others."""
    sex = dice.choice("MF")
    draw = names.first_name_male if sex == "M" else names.first_name_female
    given = tuple(dict.fromkeys(register_spelling(draw()) for _ in range(dice.choice((1, 2, 2, 3)))))
    family = f"PAT-{register_spelling(names.last_name())}"
    other_family = f"PAT-{register_spelling(names.last_name())}"
    born = _OLDEST_BIRTH + timedelta(days=dice.randrange(_BIRTH_DAYS))
    place, city = dice.choice(BIRTH_PLACES)
    order = dice.randrange(_ORDERS)
    ins = ins_of_birth(sex, born, place, _LOWEST_ORDER + order)
    tries = 1
    while ins.matricule in taken:
        if tries == _ORDERS:
            raise CountryFull(f"patients: no matricule left for births of {born:%m/%Y} at {city}, at rank {rank}")
        tries += 1
        order = (order + 1) % _ORDERS
        ins = ins_of_birth(sex, born, place, _LOWEST_ORDER + order)
    taken.add(ins.matricule)
    age = REFERENCE_DATE.year - born.year - ((born.month, born.day) > (REFERENCE_DATE.month, REFERENCE_DATE.day))
    doctor = treating_doctors[rank % len(treating_doctors)] if treating_doctors else None
    # one draw per trait, in a fixed order
    status, dmp, mes, feed, consult, married, death = (dice.random() for _ in range(7))
    more: dict[str, Any] = {}
    if age < 18:
        mother = LegalRepresentative(
            other_family,
            register_spelling(names.first_name_female()),
            "MTH",
            f"parent.{rank}@exemple.test",
            mobile_phone(rank + 5000),
        )
        more = {"is_minor": True, "legal_representatives": (mother,)}
    elif married < 0.3:
        more = {"used_name": other_family}
    return Patient(
        key=f"P{rank}",
        ins=ins,
        birth_name=family,
        given_names=given,
        sex=sex,
        birth_date=born,
        birth_place=place,
        birth_city=city,
        address=home(rank),
        email=f"{mail_local_part(given[0], family)}.{rank}@exemple.test",
        phone=mobile_phone(rank),
        status=IdentityStatus.QUALIFIEE if status < 0.88 else _STATUSES[int((status - 0.88) / 0.0401)],
        dmp=DmpState.ACTIF if dmp < 0.9 else DmpState.CLOSED if dmp < 0.95 else DmpState.NONE,
        mes=_mes_state(dmp, mes),
        opposed_to_feeding=feed < 0.02,
        opposed_to_consultation=consult < 0.02,
        died_on=REFERENCE_DATE - timedelta(days=1 + rank % 300) if age > 60 and death < 0.03 else None,
        treating_doctor=doctor,
        authorised=(doctor,) if doctor else (),
        **more,
    )


def _mes_state(dmp: float, mes: float) -> MesState:
    """The citizen space opens and closes with the DMP [DMP digest 6.5]."""
    if dmp >= 0.9:
        return MesState.CLOSED if dmp < 0.95 else MesState.UNKNOWN
    return MesState.ACTIVE if mes < 0.65 else MesState.NOT_ACTIVATED
