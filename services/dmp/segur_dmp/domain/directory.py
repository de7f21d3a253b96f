"""Who works where, as the DMP checks it against the national directory [DMP digest 2.3, 9]."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from segur.personas.country import Country
from segur.personas.model import Professional, Structure
from segur.vocab.structures import StructId


@dataclass(frozen=True, slots=True)
class Known:
    """A professional as the DMP's messages show one: profession (TRE_G15), speciality or pharmacy section, names."""

    profession: str = ""
    speciality: str = ""
    family_name: str = ""
    given_name: str = ""
    specialty_code: str = ""
    """`G15_10/SM26`, as authors of documents have it."""
    specialty_label: str = ""

    @classmethod
    def of(cls, person: Professional) -> Known:
        """A professional of the register."""
        section = person.situations[0].section if person.situations else ""
        code, label = person.author_specialty if person.situations else ("", "")
        names = (person.family_name, person.given_name)
        return cls(person.profession, person.speciality or section, *names, code, label)


@dataclass(frozen=True, slots=True)
class News:
    """What the national directory told since: of a professional (`posts`, `withdrawn`) or of a structure.

    `entities` are groups of Struct_idNat that name one legal entity each.
    """

    id: str
    entities: tuple[tuple[str, ...], ...] = ()
    posts: tuple[str, ...] = ()
    known: Known = Known()
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Directory:
    """`entities` gives, for each Struct_idNat, every identifier of the same legal entity; `posts` and `people`
    are by PS_IdNat, the usual post first; `withdrawn` have left the registers;
    `names` of structures are those of the beginning."""

    entities: Mapping[str, frozenset[str]]
    posts: Mapping[str, tuple[str, ...]]
    people: Mapping[str, Known]
    withdrawn: frozenset[str] = frozenset()
    names: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, country: Country) -> Directory:
        """The directory of a country."""
        legal: dict[str, set[str]] = {}
        for structure in country.structures:
            legal.setdefault(structure.finess_legal or structure.key, set()).update(identifiers_of(structure))
        entities = {one: frozenset(group) for group in legal.values() for one in group}
        posts = {
            str(person.id_nat): tuple(str(post.structure.struct_id) for post in person.situations)
            for person in country.professionals
        }
        people = {str(person.id_nat): Known.of(person) for person in country.professionals}
        names = {str(structure.struct_id): structure.name for structure in country.structures}
        return cls(entities, posts, people, names=names)

    def amended(self, news: Iterable[News]) -> Directory:
        """The directory with what changed since the country began."""
        entities = dict(self.entities)
        posts: dict[str, tuple[str, ...]] = {}
        people: dict[str, Known] = {}
        gone: set[str] = set()
        for one in news:
            for group in one.entities:
                # NOTE: a site learnt later joins the legal entity that is known, and the other way round.
                whole = frozenset(group).union(*(entities[name] for name in group if name in entities))
                entities.update((name, whole) for name in whole)
            if one.withdrawn:
                gone.add(one.id)
            elif one.posts:
                posts[one.id], people[one.id] = one.posts, one.known
        return Directory(
            entities,
            {**self.posts, **posts},
            {**self.people, **people},
            self.withdrawn | gone,
            self.names,
        )

    def knows(self, structure: str) -> bool:
        """True when the structure exists."""
        return structure in self.entities

    def same_entity(self, one: str, other: str) -> bool:
        """True for one identifier twice, and for the EJ and an EG of one establishment [DMP digest 2.3]."""
        return one == other or other in self.entities.get(one, frozenset())

    def unlinked(self, id_nat: str, structure: str) -> bool:
        """True when both are known and the professional has no post in the structure, or none at all any more."""
        if id_nat in self.withdrawn:
            return True
        posts = self.posts.get(id_nat)
        return bool(posts) and self.knows(structure) and not any(self.same_entity(p, structure) for p in posts or ())

    def person(self, id_nat: str) -> Known:
        """What is known of a professional; empty for a stranger."""
        return self.people.get(id_nat, Known())

    def name(self, structure: str) -> str:
        """The name of a structure, empty for one the directory does not know."""
        return self.names.get(structure, "")

    def profession(self, id_nat: str) -> str:
        """The profession of a professional, empty for a stranger."""
        return self.person(id_nat).profession

    def usual_structure(self, id_nat: str) -> str:
        """Where the professional usually works; empty for one the directory does not know."""
        return next(iter(self.posts.get(id_nat, ())), "")


def identifiers_of(structure: Structure) -> set[str]:
    """Every Struct_idNat that names the structure or its legal entity."""
    found = {str(structure.struct_id)}
    found.update(str(StructId.finess(n)) for n in (structure.finess_site, structure.finess_legal) if n)
    if structure.siret:
        found.add(str(StructId.siret(structure.siret)))
    return found
