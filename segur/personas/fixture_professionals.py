"""PS1 to PS14, one per profession and specialty of the stories, and PS-X, the account without national identity.

Source: wave 2 digest 1.4 and 3.0; PSC digest 3.7. The parts they play are in `segur.personas.roles`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from segur.personas.fixture_structures import PRACTICE_SERIAL, fixture_rpps
from segur.personas.mailboxes import personal_address
from segur.personas.model import Professional, Situation, Structure
from segur.vocab.professional_ids import IdNat, Rpps
from segur.vocab.professions import SAVOIR_FAIRE, WAVE_2_PROFESSIONS


@dataclass(frozen=True, slots=True)
class _Post:
    """Where a fixture works: structure key, mode, function, pharmacy section."""

    structure: str
    mode: str = "L"
    role: str = "FON-01"
    section: str = ""


_HOSPITAL = _Post("ST1", "S", "FON-33")

_CAST: tuple[tuple[int, str, str, str, str, str, tuple[_Post, ...]], ...] = (
    (1, "COEURVAILLANT", "HUGO", "M", "10", "SM04", (_HOSPITAL,)),
    (2, "PROMPTSECOURS", "ALICE", "MME", "10", "SM59", (_HOSPITAL,)),
    (3, "GENEREUX", "PAUL", "M", "10", "SM54", (_Post("ST-PS3"), _Post("ST4", "S", "FON-33"))),
    (4, "RAYONNET", "CLAIRE", "MME", "10", "SM44", (_Post("ST3", "L", "FON-02"),)),
    (5, "EPROUVETTE", "BASILE", "M", "21", "", (_Post("ST2", "L", "FON-40", "G"),)),
    (6, "DUBAUME", "ROSALIE", "MME", "21", "", (_Post("ST-PS6", "L", "FON-03", "A"),)),
    (7, "SCINTILLE", "GAMMA", "M", "10", "SM28", (_HOSPITAL,)),
    (8, "QUENOTTE", "DENISE", "MME", "40", "", (_Post("ST-PS8"),)),
    (9, "BERCELONGE", "MARGAUX", "MME", "50", "", (_Post("ST-PS9"),)),
    (10, "DOUCEPIQURE", "INES", "MME", "60", "", (_Post("ST-PS10"),)),
    (11, "SOUPLEDOS", "VICTOR", "M", "70", "", (_Post("ST-PS11"),)),
    (12, "BELLEFOULEE", "ACHILLE", "M", "80", "", (_Post("ST-PS12"),)),
    (13, "CLAIREVOIX", "CELESTE", "MME", "91", "", (_Post("ST-PS13"),)),
    (14, "BONOEIL", "IRIS", "MME", "92", "", (_Post("ST-PS14"),)),
)


def registered(
    key: str,
    rpps: Rpps,
    family: str,
    given: str,
    civility: str,
    profession: str,
    speciality: str,
    situations: tuple[Situation, ...],
    *,
    card: str,
    mail_suffix: str = "",
) -> Professional:
    """A professional of the RPPS, with card, e-CPS and mail address; `profession` is one of wave 2."""
    known = WAVE_2_PROFESSIONS[profession]
    return Professional(
        key=key,
        id_nat=rpps.id_nat,
        rpps=rpps,
        family_name=family,
        given_name=given,
        civility=civility,
        exercise_civility=known.civility,
        profession=profession,
        profession_label=known.label,
        situations=situations,
        speciality=speciality,
        speciality_label=SAVOIR_FAIRE.get(speciality, ""),
        authority=known.authority,
        card=card,
        mailbox=personal_address(family, given, known, situations[0].structure, mail_suffix),
    )


def card_number(serial: int) -> str:
    """Number of a test CPS card, ten digits."""
    return f"29{serial:08d}"


def fixture_professionals(structures: Mapping[str, Structure]) -> tuple[Professional, ...]:
    """PS1 … PS14 then PS-X, at work in the structures given by key."""
    people = [
        registered(
            f"PS{rank}",
            fixture_rpps(rank),
            family,
            given,
            civility,
            profession,
            speciality,
            tuple(
                Situation(structures[p.structure], f"10990{rank:04d}{n}", p.mode, p.role, section=p.section)
                for n, p in enumerate(posts, start=1)
            ),
            card=card_number(PRACTICE_SERIAL + rank),
        )
        for rank, family, given, civility, profession, speciality, posts in _CAST
    ]
    hospital = structures["ST1"]
    people.append(
        Professional(
            key="PS-X",
            # 3 is the register digit of a FINESS employer in a PS_IdNat [DMP digest 3.6]
            id_nat=IdNat.parse(f"3{hospital.finess_site}/GENERIQUE-ACCUEIL"),
            rpps=None,
            family_name="COMPTE-GENERIQUE",
            given_name="ACCUEIL",
            civility="",
            exercise_civility="",
            profession="",
            profession_label="",
            situations=(Situation(hospital, "", "S", ""),),
            has_ecps=False,
        )
    )
    return tuple(people)
