"""A professional enters the directory: number, card, place of work, mailbox, all at once."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from segur.contracts.annuaire import ProfessionalRegistered, StructureRegistered
from segur.contracts.directory_records import PlaceRecord, ProfessionalRecord, SituationRecord
from segur.contracts.fact import Fact
from segur.personas.fixture_professionals import card_number
from segur.personas.fixture_structures import pharmacy, practice
from segur.personas.identities import home, register_spelling
from segur.personas.mailboxes import personal_address, personal_mailbox, structure_mailboxes
from segur.personas.model import Mailbox, Professional, Structure
from segur.vocab.professional_ids import Rpps
from segur.vocab.professions import PROFESSION_LABELS, SAVOIR_FAIRE, WAVE_2_PROFESSIONS, Profession
from segur_annuaire import errors
from segur_annuaire.context import Context
from segur_annuaire.domain.entries import Person, Place, opens
from segur_annuaire.domain.pieces import instant
from segur_annuaire.operations.change_register import Plan, change_register, handed_over, published
from segur_annuaire.store.register import Edition

FIRST_NUMBER: Final = 1
"""Numbers count those registered in a sandbox beyond its synthetic country."""
_RPPS_SERIAL: Final = 3_000_000
_PLACE_SERIAL: Final = 300_000
_CARD_SERIAL: Final = 30_000_000
_PHARMACIST: Final = "21"


@dataclass(frozen=True, slots=True)
class Post:
    """A place of work asked for: `structure` is a Struct_idNat, FINESS or key, empty for a practice of one's own."""

    structure: str = ""
    mode: str = "L"
    role: str = ""
    genre: str = "GENR01"
    section: str = ""


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A professional asked for; an empty `rpps` is given a free test number."""

    family_name: str
    given_name: str
    profession: str
    civility: str = "MME"
    speciality: str = ""
    category: str = "C"
    rpps: str = ""
    card: bool = True
    has_ecps: bool = True
    mailbox: bool = True
    posts: Sequence[Post] = (Post(),)


async def register_professional(context: Context, asked: Newcomer) -> Person:
    """Register, open the mailbox, tell `annuaire.professional.registered`; give the entry.

    Raise `ALREADY_REGISTERED`, `PRODUCTION_NUMBER` or `UNKNOWN_STRUCTURE`.
    """

    async def decide(edition: Edition, moment: datetime) -> Plan:
        number = edition.number
        rpps = await _rpps(context, asked, number)
        places, opened = await _places(context, asked, rpps, number, moment)
        person = await _person(context, asked, rpps, number, places, moment)
        facts: list[Fact] = [StructureRegistered(structure_id=place.record.id, record=place.record) for place in opened]
        addresses = tuple(box.address for box in person.boxes)
        facts.append(
            ProfessionalRegistered(
                id_nat=person.record.id_nat,
                profession=person.record.profession,
                mailboxes=addresses,
                record=person.record,
            )
        )
        facts += [published(box, (person.record.id_nat,)) for box in person.boxes]
        for place in opened:
            facts += [published(box, (person.record.id_nat,) if opens(box) else (), place) for box in place.boxes]
        facts += await handed_over(context, [place.id for place in places], [person])
        return Plan((person,), (), tuple(opened), tuple(facts), numbers=1)

    plan = await change_register(context, decide)
    return plan.people[0]


def profession_of(code: str) -> Profession:
    """What goes with a profession of TRE_G15, one of wave 2 or another; raise `KeyError`."""
    label = PROFESSION_LABELS[code]
    plain = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode().lower()
    domain = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    return WAVE_2_PROFESSIONS.get(code) or Profession(code, label, ("SA07",), "", "", "ARS", domain)


def default_role(profession: str, mode: str) -> str:
    """The usual function (TRE_R21) of somebody in private practice, or employed."""
    if mode != "L":
        return "FON-33"
    return "FON-03" if profession == _PHARMACIST else "FON-01"


def situation(identifier: str, post: Post, profession: str, place: PlaceRecord) -> SituationRecord:
    """A post as a situation d'exercice."""
    section = post.section or ("A" if profession == _PHARMACIST and post.mode == "L" else "")
    return SituationRecord(
        identifier=identifier,
        mode=post.mode,
        role=post.role or default_role(profession, post.mode),
        genre=post.genre,
        section=section,
        structure=place,
    )


def own_place(profession: Profession, holder: Rpps, family: str, key: str, number: int) -> Structure:
    """The practice (or pharmacy) somebody opens under their own name."""
    serial = _PLACE_SERIAL + number
    if profession.code == _PHARMACIST:
        return pharmacy(key, f"PHARMACIE {family}", serial, home(serial))
    return practice(holder, key, f"CABINET {family}", "SA07", serial, home(serial))


async def free_address(context: Context, address: str) -> str:
    """The address, or the first with a number behind the name that nobody has."""
    local, _, domain = address.rpartition("@")
    candidate, suffix = address, 1
    while await context.register.owner(candidate) is not None:
        suffix += 1
        candidate = f"{local}{suffix}@{domain}"
    return candidate


async def find_place(context: Context, name: str) -> Place:
    """The structure of this Struct_idNat, FINESS or key; raise `UNKNOWN_STRUCTURE`."""
    found = await context.register.place(name)
    if found is None:
        raise errors.UNKNOWN_STRUCTURE.error(structure=name, field="structure")
    return found


async def _rpps(context: Context, asked: Newcomer, number: int) -> Rpps:
    rpps = Rpps.parse(asked.rpps) if asked.rpps else Rpps.of_test(_RPPS_SERIAL + number)
    if not rpps.is_test and not context.settings.allow_production_identities:
        raise errors.PRODUCTION_NUMBER.error(field="rpps")
    if await context.register.person(rpps.value) is not None:
        raise errors.ALREADY_REGISTERED.error(rpps=rpps.value, field="rpps")
    return rpps


async def _places(
    context: Context, asked: Newcomer, rpps: Rpps, number: int, moment: datetime
) -> tuple[list[PlaceRecord], list[Place]]:
    """Where the newcomer works, post by post, and which of it opens with them."""
    places: list[PlaceRecord] = []
    opened: list[Place] = []
    for post in asked.posts or (Post(),):
        if post.structure:
            places.append((await find_place(context, post.structure)).record)
            continue
        family = register_spelling(asked.family_name)
        own = own_place(profession_of(asked.profession), rpps, family, f"ST-N{number}", number)
        if not opened:
            opened.append(Place(PlaceRecord.of(own), structure_mailboxes(own, ()), instant(moment)))
        places.append(opened[0].record)
    return places, opened


async def _person(
    context: Context, asked: Newcomer, rpps: Rpps, number: int, places: Sequence[PlaceRecord], moment: datetime
) -> Person:
    known = profession_of(asked.profession)
    posts = tuple(
        situation(f"1097{number:05d}{rank}", post, asked.profession, place)
        for rank, (post, place) in enumerate(zip(asked.posts or (Post(),), places, strict=True), 1)
    )
    family, given = register_spelling(asked.family_name), register_spelling(asked.given_name)
    address = personal_address(family, given, known, places[0].persona()) if asked.mailbox else ""
    record = ProfessionalRecord(
        key=f"N{number}",
        id_nat=rpps.id_nat.value,
        rpps=rpps.value,
        family_name=family,
        given_name=given,
        civility=asked.civility,
        exercise_civility=known.civility,
        profession=known.code,
        profession_label=known.label,
        speciality=asked.speciality,
        speciality_label=SAVOIR_FAIRE.get(asked.speciality, ""),
        category=asked.category,
        authority=known.authority,
        card=card_number(_CARD_SERIAL + number) if asked.card else "",
        has_ecps=asked.has_ecps,
        mailbox=await free_address(context, address) if address else "",
        situations=posts,
    )
    return Person(record, personal_boxes(record.persona()), instant(moment))


def personal_boxes(professional: Professional) -> tuple[Mailbox, ...]:
    """The personal mailbox of a professional, if there is to be one."""
    box = personal_mailbox(professional)
    return (replace(box, owner=professional.key),) if box is not None else ()
