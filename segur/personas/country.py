"""The whole cast of one country, and how it is built.

The fixtures come first and are the same for every seed; generated people follow, so that a longer country begins with
the shorter one (patients also depend on the professionals, among whom is their médecin traitant).
Source: wave 2 digest 3.0.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from segur.personas.dmp_patients import dmp_patients
from segur.personas.fixture_patients import fixture_patients
from segur.personas.fixture_professionals import fixture_professionals
from segur.personas.fixture_structures import fixture_structures
from segur.personas.generated import stream_patients, stream_professionals
from segur.personas.mailboxes import citizen_mailbox, personal_mailbox, structure_mailboxes
from segur.personas.model import Mailbox, Patient, Professional, Structure
from segur.personas.sector_structures import sector_structures
from segur.vocab.ins import Ins
from segur.vocab.professional_ids import IdNat
from segur.vocab.structures import StructId


class UnknownPersona(LookupError):
    """No persona answers to this key or identifier in this country."""


@dataclass(frozen=True, slots=True)
class Country:
    """Everyone, with look-ups in constant time. Equal countries hold equal people."""

    seed: int
    patients: tuple[Patient, ...]
    professionals: tuple[Professional, ...]
    structures: tuple[Structure, ...]
    mailboxes: tuple[Mailbox, ...]
    _people: Mapping[str, Patient | Professional | Structure] = field(init=False, repr=False, compare=False)
    _by_ins: Mapping[str, Patient] = field(init=False, repr=False, compare=False)
    _by_id_nat: Mapping[str, Professional] = field(init=False, repr=False, compare=False)
    _by_struct_id: Mapping[str, Structure] = field(init=False, repr=False, compare=False)
    _by_address: Mapping[str, Mailbox] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        people: dict[str, Patient | Professional | Structure] = {}
        people.update((p.key, p) for p in self.patients)
        people.update((p.key, p) for p in self.professionals)
        people.update((s.key, s) for s in self.structures)
        object.__setattr__(self, "_people", MappingProxyType(people))
        object.__setattr__(self, "_by_ins", MappingProxyType({p.ins.matricule: p for p in self.patients}))
        object.__setattr__(self, "_by_id_nat", MappingProxyType({p.id_nat.value: p for p in self.professionals}))
        object.__setattr__(self, "_by_struct_id", MappingProxyType({s.struct_id.value: s for s in self.structures}))
        object.__setattr__(self, "_by_address", MappingProxyType({m.address.lower(): m for m in self.mailboxes}))

    def patient(self, key: str) -> Patient:
        """The patient of this key (`P1`); raise `UnknownPersona`."""
        found = self._people.get(key)
        if not isinstance(found, Patient):
            raise UnknownPersona(f"patient: no {key!r} in this country")
        return found

    def professional(self, key: str) -> Professional:
        """The professional of this key (`PS4`); raise `UnknownPersona`."""
        found = self._people.get(key)
        if not isinstance(found, Professional):
            raise UnknownPersona(f"professional: no {key!r} in this country")
        return found

    def structure(self, key: str) -> Structure:
        """The structure of this key (`ST1`); raise `UnknownPersona`."""
        found = self._people.get(key)
        if not isinstance(found, Structure):
            raise UnknownPersona(f"structure: no {key!r} in this country")
        return found

    def patient_by_ins(self, ins: Ins | str) -> Patient | None:
        """The patient with this INS (or matricule on 15 characters), None when nobody has it."""
        return self._by_ins.get(ins if isinstance(ins, str) else ins.matricule)

    def professional_by_id_nat(self, id_nat: IdNat | str) -> Professional | None:
        """The professional with this PS_IdNat, None when nobody has it."""
        return self._by_id_nat.get(str(id_nat))

    def structure_by_id(self, struct_id: StructId | str) -> Structure | None:
        """The structure with this Struct_idNat, None when nobody has it."""
        return self._by_struct_id.get(str(struct_id))

    def mailbox(self, address: str) -> Mailbox | None:
        """The mailbox at this address, letters' case aside; None when there is none."""
        return self._by_address.get(address.strip().lower())

    def mailboxes_of(self, key: str) -> tuple[Mailbox, ...]:
        """The mailboxes owned by a persona, in the country's order."""
        return tuple(m for m in self.mailboxes if m.owner == key)


def named_patients() -> tuple[Patient, ...]:
    """The patients whom stories and conformity cases call by their key, the same in every country."""
    return (*fixture_patients(), *dmp_patients())


def treating_doctors(professionals: Iterable[Professional]) -> tuple[str, ...]:
    """The keys of those who may be somebody's médecin traitant."""
    return tuple(p.key for p in professionals if p.speciality in ("SM26", "SM53", "SM54"))


def build_country(seed: int = 1, patients: int = 60, professionals: int = 40) -> Country:
    """The country of this seed: equal arguments give equal countries, in any process.

    `patients` and `professionals` count the fixtures; a number below theirs still gives every fixture.
    """
    structures = fixture_structures()
    cast = fixture_professionals(structures)
    everyone: list[Professional] = list(cast)
    places: list[Structure] = [*structures.values(), *sector_structures(structures.values())]
    for newcomer in stream_professionals(seed, max(0, professionals - len(cast))):
        everyone.append(newcomer)
        if newcomer.structure.key not in structures:
            places.append(newcomer.structure)
    named = named_patients()
    doctors = treating_doctors(everyone)
    people = list(named)
    people.extend(stream_patients(seed, max(0, patients - len(named)), treating_doctors=doctors))
    boxes: list[Mailbox] = []
    for professional in everyone:
        box = personal_mailbox(professional)
        if box is not None:
            boxes.append(box)
    members: dict[str, list[str]] = {}
    for professional in everyone:
        for situation in professional.situations:
            if professional.rpps is not None:  # PSC opens mailboxes, and it knows only registered people
                members.setdefault(situation.structure.key, []).append(professional.key)
    for place in places:
        boxes.extend(structure_mailboxes(place, tuple(members.get(place.key, ()))))
    for patient in people:
        box = citizen_mailbox(patient)
        if box is not None:
            boxes.append(box)
    return Country(seed, tuple(people), tuple(everyone), tuple(places), tuple(boxes))
