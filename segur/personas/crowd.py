"""A crowd of professionals for the directory alone: a hundred thousand in seconds, to search among.

They are in the RPPS of the synthetic country and nowhere else: they cannot sign in, and their mailboxes are at an
operator nobody runs (`figurants.emulateur.mssante.fr`). A longer crowd begins with the shorter one. Twelve of them
share a structure; all sectors and all professions of wave 2 occur, and towns of every department.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

from segur.personas.fixture_professionals import card_number, registered
from segur.personas.fixture_structures import pharmacy
from segur.personas.identities import register_spelling
from segur.personas.mailboxes import PROFESSIONAL_PARENT, mail_local_part
from segur.personas.model import Address, Mailbox, Professional, Situation, Structure
from segur.personas.states import MailboxKind
from segur.vocab.professional_ids import Rpps
from segur.vocab.professions import SAVOIR_FAIRE, WAVE_2_PROFESSIONS
from segur.vocab.structures import ACTIVITY_SECTORS

DOMAIN = f"figurants.{PROFESSIONAL_PARENT}"
MOST = 500_000

_TEAM = 12
_RPPS_SERIAL = 5_000_000
_PLACE_SERIAL = 400_000
_CARD_SERIAL = 50_000_000
_WITH_MAILBOX = 0.7
_SECOND_POST = 0.08
_PROFESSIONS = ("10", "60", "10", "70", "60", "21", "10", "40", "60", "50", "80", "60", "91", "92", "10", "70")
_SPECIALITIES = {
    prefix: tuple(code for code in SAVOIR_FAIRE if code.startswith(prefix)) for prefix in ("SM", "SCD", "SI")
}
_STEMS = ("BEAULIEU", "CHAMPVERT", "FONTCLAIRE", "MONTESSAI", "ROCHEFICTIVE", "VALDORE", "BOISJOLI", "PORTNEUF")
_ENDINGS = ("LE-HAUT", "LE-BAS", "SUR-ESSAI", "LES-BAINS", "EN-PLAINE", "LA-FORET", "DU-LAC", "EN-VAL")
_STREETS = ("DE LA REPUBLIQUE", "DES LILAS", "DU MOULIN", "DE L EGLISE", "DES ECOLES", "DU STADE", "DE LA GARE")
_SECTORS = tuple(ACTIVITY_SECTORS)
_USUAL_SHARE = 4
"""Of this many structures all but one are of a sector where somebody of wave 2 usually works."""
_USUAL = ("SA07", "SA08", "SA33", "SA01", "SA09", "SA05", "SA07", "SA08", "SA33", "SA04", "SA52", "SA25", "SA08")


@dataclass(frozen=True, slots=True)
class Extra:
    """One of the crowd, with the mailbox if there is one; `opens` is the structure that begins with them."""

    professional: Professional
    boxes: tuple[Mailbox, ...]
    opens: Structure | None


def stream_crowd(seed: int, count: int, *, first: int = 0) -> Iterator[Extra]:
    """The crowd from rank `first` (counted from 0) to `count`; equal arguments give equal people."""
    families, men, women = _names()
    for team in range(first // _TEAM, -(-count // _TEAM)):
        place = _structure(team)
        dice = random.Random(f"{seed}/crowd/{team}")  # noqa: S311 - a repeatable cast, no secret
        for rank in range(team * _TEAM, min(count, (team + 1) * _TEAM)):
            extra = _extra(rank, place, dice, families, men, women)
            if rank >= first:
                yield replace(extra, opens=place) if rank % _TEAM == 0 else extra


def town(number: int) -> tuple[str, str, str]:
    """Postal code, name and COG code of an invented town; 94 departments in turn."""
    department = 1 + number % 94 + (number % 94 >= 19)  # there is no department 20
    name = f"{_STEMS[number % 8]}-{_ENDINGS[number // 8 % 8]}"
    return f"{department:02d}{number % 9 + 1}00", name, f"{department:02d}{900 + number % 90}"


def _names() -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    from faker.providers.person.fr_FR import Provider  # a tenth of a second: loaded when a crowd is wanted

    def spelt(names: object) -> tuple[str, ...]:
        return tuple(sorted({register_spelling(str(name)) for name in names}))  # type: ignore[attr-defined]  # a list

    return spelt(Provider.last_names), spelt(Provider.first_names_male), spelt(Provider.first_names_female)


def _structure(team: int) -> Structure:
    sector = _USUAL[team % len(_USUAL)] if team % _USUAL_SHARE else _SECTORS[team // _USUAL_SHARE % len(_SECTORS)]
    postal_code, name, commune = town(team)
    address = Address(str(1 + team % 180), "R", _STREETS[team % len(_STREETS)], postal_code, name, commune)
    label = register_spelling(ACTIVITY_SECTORS[sector])[:40].rstrip()
    draft = pharmacy(f"ST-F{team}", f"{label} DE {name} {team}", _PLACE_SERIAL + team, address)
    return replace(draft, sector=sector, mail_domain=f"etablissement-{team}.{PROFESSIONAL_PARENT}")


def _extra(
    rank: int,
    place: Structure,
    dice: random.Random,
    families: tuple[str, ...],
    men: tuple[str, ...],
    women: tuple[str, ...],
) -> Extra:
    profession = _PROFESSIONS[rank % len(_PROFESSIONS)] if place.sector != "SA33" else "21"
    civility = dice.choice(("M", "MME"))
    given = dice.choice(men if civility == "M" else women)
    family = f"{dice.choice(families)}-TEST"
    skills = _SPECIALITIES.get(WAVE_2_PROFESSIONS[profession].savoir_faire, ())
    skilled = profession == "10" or dice.random() < 0.1
    speciality = dice.choice(skills) if skills and skilled else ""
    employed = place.sector not in ("SA07", "SA08", "SA09", "SA33")
    post = Situation(
        place,
        f"1095{rank:07d}1",
        "S" if employed else "L",
        "FON-33" if employed else "FON-03" if profession == "21" else "FON-01",
        section="" if profession != "21" else "H" if employed else "A",
    )
    posts = (
        (post, replace(post, identifier=f"1095{rank:07d}2", genre="GENR02"))
        if dice.random() < _SECOND_POST
        else (post,)
    )
    person = registered(
        f"F{rank}",
        Rpps.of_test(_RPPS_SERIAL + rank),
        family,
        given,
        civility,
        profession,
        speciality,
        posts,
        card=card_number(_CARD_SERIAL + rank),
    )
    if dice.random() >= _WITH_MAILBOX:
        return Extra(replace(person, mailbox=""), (), None)
    address = f"{mail_local_part(given, family)}.{rank}@{DOMAIN}"
    return Extra(replace(person, mailbox=address), (Mailbox(address, MailboxKind.PER, person.key, "figurants"),), None)
