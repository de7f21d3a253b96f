"""Making test identities: matricules no living person can hold, invented homes, French spelling of names.

Births are placed in prefectures whose registers count far fewer than 900 births a month, and order numbers start at
900: the matricule has the right shape and key, and belongs to nobody. Source: INS digest 2.1 and 2.2.
"""

from __future__ import annotations

import unicodedata
from datetime import date

from segur.personas.model import Address
from segur.vocab import oids
from segur.vocab.ins import Ins, matricule_key

BIRTH_PLACES: tuple[tuple[str, str], ...] = (
    ("28085", "CHARTRES"),
    ("58194", "NEVERS"),
    ("23096", "GUERET"),
    ("48095", "MENDE"),
    ("07186", "PRIVAS"),
    ("09122", "FOIX"),
    ("32013", "AUCH"),
    ("46042", "CAHORS"),
    ("19272", "TULLE"),
    ("05061", "GAP"),
    ("04070", "DIGNE-LES-BAINS"),
    ("02408", "LAON"),
    ("70550", "VESOUL"),
    ("39300", "LONS-LE-SAUNIER"),
    ("88160", "EPINAL"),
    ("55029", "BAR-LE-DUC"),
    ("52121", "CHAUMONT"),
    ("89024", "AUXERRE"),
    ("03190", "MOULINS"),
    ("43157", "LE PUY-EN-VELAY"),
    ("15014", "AURILLAC"),
    ("12202", "RODEZ"),
    ("65440", "TARBES"),
    ("40192", "MONT-DE-MARSAN"),
    ("47001", "AGEN"),
    ("24322", "PERIGUEUX"),
    ("16015", "ANGOULEME"),
    ("79191", "NIORT"),
    ("53130", "LAVAL"),
    ("61001", "ALENCON"),
    ("50502", "SAINT-LO"),
    ("27229", "EVREUX"),
    ("41018", "BLOIS"),
    ("36044", "CHATEAUROUX"),
    ("2A004", "AJACCIO"),
    ("2B033", "BASTIA"),
)
"""COG code and name of the places where generated people are born."""

_STREETS = ("DES LILAS", "DU MOULIN", "DE L ESSAI", "DES ECOLES", "DU PUITS", "DE LA RECETTE", "DES CERISIERS")


def ins_of_birth(sex: str, born: date, commune: str, order: int) -> Ins:
    """The test INS of a birth: sex, year, month, commune, order of birth (1 to 999), key, test OID."""
    first13 = f"{'1' if sex == 'M' else '2'}{born:%y%m}{commune}{order:03d}"
    return Ins.parse(first13 + matricule_key(first13), oids.INS_NIR_TEST)


def register_spelling(name: str) -> str:
    """A name as the national register writes it: capitals without accents, hyphens, quotes and blanks kept."""
    plain = unicodedata.normalize("NFKD", name.replace("œ", "oe").replace("æ", "ae"))
    return plain.encode("ascii", "ignore").decode().upper()


def home(rank: int) -> Address:
    """The invented home of the person of this rank."""
    return Address(str(1 + rank % 98), "R", _STREETS[rank % len(_STREETS)], "51000", "CLAIRVAL-LES-TESTS", "51108")


def mobile_phone(rank: int) -> str:
    """A number of the range kept for fiction (06 39 98 …)."""
    return f"063998{rank % 10_000:04d}"
