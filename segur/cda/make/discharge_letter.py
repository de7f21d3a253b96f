"""Lettre de liaison à la sortie (11490-0), model 2022.01: the stay, what was found, what goes on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from segur.cda.make.blocks import (
    ACT_CODES,
    ANS,
    SNOMED,
    Draft,
    author_of,
    observation,
    paragraph,
    section,
    table,
    typed,
    typed_code,
)
from segur.cda.make.treatment import PARACETAMOL, treatment
from segur.personas.cda_header import Act, Element, coded

TEMPLATES: Final = (("1.2.250.1.213.1.1.1.29", "2022.01"),)
_STAY: Final = timedelta(days=2)
_ENTRY: Final = ("183452005", "hospitalisation en urgence")
_OBSERVED: Final = "1.2.250.1.213.1.1.3.48"


def act(draft: Draft) -> Act:
    """The stay: two days until the letter."""
    return Act(draft.at - _STAY, draft.at, code=coded("code", "IMP", "Hospitalisation", ACT_CODES))


def sections(draft: Draft) -> Sequence[Element]:
    """Status, reason, events of the stay, treatments at discharge, what to do next."""
    return (
        section(
            draft,
            ("1.2.250.1.213.1.1.2.35", "1.2.250.1.213.1.1.2.35.1"),
            ("33557-0", "Etat d'achèvement"),
            "Statut du document",
            (paragraph("Terminé", "status"),),
            observation(
                draft,
                (f"{_OBSERVED}.16", f"{_OBSERVED}.16.1"),
                coded("code", "GEN-065", "Statut du document", ANS, "TA_ASIP"),
                "status",
                typed_code("385658003", "fait", SNOMED),
                when=draft.day,
            ),
        ),
        section(
            draft,
            ("1.3.6.1.4.1.19376.1.5.3.1.3.1", "1.2.250.1.213.1.1.2.127"),
            ("42349-1", "Raison de la recommandation"),
            "Motif de l'hospitalisation",
            (paragraph("Douleur thoracique, surveillance de 48 heures."),),
        ),
        _events(draft),
        section(
            draft,
            ("1.3.6.1.4.1.19376.1.5.3.1.3.22", "1.2.250.1.213.1.1.2.146"),
            ("10183-2", "Traitements à la sortie"),
            "Traitements à la sortie",
            (table(("Médicament", "Prise"), ((PARACETAMOL.label, PARACETAMOL.anchor), "1 comprimé si douleur")),),
            treatment(draft, PARACETAMOL),
        ),
        section(
            draft,
            ("1.3.6.1.4.1.19376.1.5.3.1.3.27", "1.2.250.1.213.1.1.2.150"),
            ("30954-2", "Résultats d'examens"),
            "Résultats d'examens",
            (paragraph("Électrocardiogramme et troponines normaux."),),
        ),
    )


def _events(draft: Draft) -> Element:
    start = f"{draft.at - _STAY:%Y%m%d}"
    rows: tuple[tuple[str, str, str, str, str, Element], ...] = (
        ("6", "ORG-070", "Modalité d'entrée", _ENTRY[1], start, typed_code(*_ENTRY, SNOMED, "CE")),
        ("7", "ORG-074", "Modalité de sortie", "Domicile", draft.day,
         typed_code("GEN-092.04.13", "Domicile", ANS, "CE")),
        ("9", "MED-142", "Synthèse médicale", "Évolution favorable", draft.day, _words("Évolution favorable")),
        ("3", "MED-143", "Evènements indésirables survenus pendant l'hospitalisation", "Aucun", draft.day,
         _words("Aucun")),
        ("8", "MED-309", "Recherche de microorganismes multi-résistants ou émergents effectuée", "Non", draft.day,
         typed("value", "BL", value="false")),
        ("10", "MED-145", "Transfusion de produits sanguins", "Non", draft.day, typed("value", "BL", value="false")),
        ("2", "MED-147", "Administration de dérivés du sang", "Non", draft.day, typed("value", "BL", value="false")),
    )  # fmt: skip
    entries = []
    for place, code, label, _, when, value in rows:
        entry = observation(
            draft, (f"{_OBSERVED}.{place}",), coded("code", code, label, ANS, "TA_ASIP"), code, value, when=when
        )
        if code in ("ORG-070", "MED-142"):
            entry.append(author_of(draft))
        entries.append(entry)
    return section(
        draft,
        (
            "1.3.6.1.4.1.19376.1.5.3.1.1.21.2.9",
            "1.3.6.1.4.1.19376.1.7.3.1.1.13.7",
            "1.2.250.1.213.1.1.2.163",
            "1.2.250.1.213.1.1.2.163.1",
        ),
        ("42545-4", "Evènements observés"),
        "Synthèse médicale du séjour",
        (table(("Événement", "Constat"), *((label, (said, code)) for _, code, label, said, _, _ in rows)),),
        *entries,
    )


def _words(words: str) -> Element:
    return typed("value", "ST", words)
