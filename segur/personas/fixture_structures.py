"""The structures of the stories: hospital, laboratory, imaging centre, EHPAD, and the practices of the fixtures.

FINESS numbers are in department 99, SIREN numbers start with 999: neither exists. Source: wave 2 digest 3.0.
"""

from __future__ import annotations

from segur.personas.mailboxes import PROFESSIONAL_PARENT
from segur.personas.model import Address, Structure
from segur.vocab.oids import SEGURSTACK
from segur.vocab.professional_ids import Rpps
from segur.vocab.structures import StructId, finess_of_test, siret_of_test

STRUCTURE_ARC = f"{SEGURSTACK}.2"
"""Arc of the structures: one branch each, for local patient (`.1`) and order (`.2`) numbers."""
PRACTICE_SERIAL = 1000
"""RPPS serial of PS1 minus one: the fixtures PSn hold 997, 0001000 + n, key."""

_CLAIRVAL = ("51000", "CLAIRVAL-LES-TESTS", "51108")


def fixture_rpps(rank: int) -> Rpps:
    """The RPPS of the fixture `PS<rank>`."""
    return Rpps.of_test(PRACTICE_SERIAL + rank)


def _establishment(
    rank: int, name: str, sector: str, domain: str, address: Address, *, legal: int | None = None
) -> Structure:
    """A structure with a FINESS: `rank` fixes its numbers, `legal` the serial of another legal entity."""
    site = finess_of_test(10 * rank + 1)
    return Structure(
        key=f"ST{rank}",
        name=name,
        sector=sector,
        struct_id=StructId.finess(site),
        technical_id=f"F{site}",
        address=address,
        phone=f"01990001{rank:02d}",
        mail_domain=f"{domain}.{PROFESSIONAL_PARENT}",
        oid=f"{STRUCTURE_ARC}.{rank}",
        finess_site=site,
        finess_legal=finess_of_test(10 * rank if legal is None else legal),
        siret=siret_of_test(rank),
    )


def practice(holder: Rpps, key: str, name: str, sector: str, serial: int, address: Address) -> Structure:
    """A liberal practice, known by the RPPS of its holder and a rank (no FINESS) [PSC digest 1.11]."""
    return Structure(
        key=key,
        name=name,
        sector=sector,
        struct_id=StructId.practice(holder),
        technical_id=f"R99{serial:06d}",
        address=address,
        phone=f"019900{serial % 10_000:04d}",
        mail_domain=f"cabinet-{serial}.{PROFESSIONAL_PARENT}",
        oid=f"{STRUCTURE_ARC}.{1000 + serial}",
        siret=siret_of_test(1000 + serial % 90_000, 1 + serial // 90_000),
    )


def pharmacy(key: str, name: str, serial: int, address: Address) -> Structure:
    """A community pharmacy: it has a FINESS of its own."""
    site = finess_of_test(1000 + serial)
    return Structure(
        key=key,
        name=name,
        sector="SA33",
        struct_id=StructId.finess(site),
        technical_id=f"F{site}",
        address=address,
        phone=f"019900{serial % 10_000:04d}",
        mail_domain=f"pharmacie-{serial}.{PROFESSIONAL_PARENT}",
        oid=f"{STRUCTURE_ARC}.{1000 + serial}",
        finess_site=site,
        finess_legal=site,
        siret=siret_of_test(1000 + serial % 90_000, 1 + serial // 90_000),
    )


_PRACTICES = (
    (3, "CABINET DU DR GENEREUX", "SA07", "4", "R", "DU STETHOSCOPE"),
    (8, "CABINET DENTAIRE QUENOTTE", "SA08", "6", "R", "DE L EMAIL"),
    (9, "CABINET DE SAGE-FEMME BERCELONGE", "SA07", "8", "R", "DU BERCEAU"),
    (10, "CABINET INFIRMIER DOUCEPIQURE", "SA08", "10", "R", "DE LA COMPRESSE"),
    (11, "CABINET DE KINESITHERAPIE SOUPLEDOS", "SA08", "12", "R", "DU DOS DROIT"),
    (12, "CABINET DE PODOLOGIE BELLEFOULEE", "SA07", "14", "R", "DE LA SEMELLE"),
    (13, "CABINET D ORTHOPHONIE CLAIREVOIX", "SA07", "16", "R", "DES SYLLABES"),
    (14, "CABINET D ORTHOPTIE BONOEIL", "SA08", "18", "R", "DE LA DIOPTRIE"),
)


def fixture_structures() -> dict[str, Structure]:
    """Key to structure: `ST1` … `ST4`, the pharmacy `ST-PS6` and the practices `ST-PS<n>` of the fixtures."""

    def at(number: str, kind: str, street: str) -> Address:
        return Address(number, kind, street, *_CLAIRVAL)

    places = [
        _establishment(1, "CENTRE HOSPITALIER DE CLAIRVAL", "SA01", "ch-clairval", at("1", "AV", "DE L HOPITAL")),
        _establishment(2, "LABORATOIRE DES EPROUVETTES", "SA25", "labo-eprouvettes", at("22", "R", "DU MICROSCOPE")),
        _establishment(3, "CENTRE D IMAGERIE DE LA CLAIRIERE", "SA08", "imagerie-clairiere", at("3", "PL", "DU RAYON")),
        _establishment(4, "EHPAD LES TILLEULS D ESSAI", "SA17", "ehpad-tilleuls", at("44", "ALL", "DES TILLEULS")),
        pharmacy("ST-PS6", "PHARMACIE DU BAUME", 6, at("2", "R", "DE L OFFICINE")),
    ]
    places.extend(
        practice(fixture_rpps(rank), f"ST-PS{rank}", name, sector, rank, at(number, kind, street))
        for rank, name, sector, number, kind, street in _PRACTICES
    )
    return {place.key: place for place in places}
