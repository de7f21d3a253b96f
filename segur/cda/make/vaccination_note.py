"""Note de vaccination (87273-9), model 2023.01, the only one the DMP takes [DMP digest 1.6]."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from segur.cda.make.blocks import (
    ACT_CODES,
    ATC,
    CIS,
    EDQM,
    PRODUCT,
    Draft,
    author_of,
    performer_of,
    section,
    table,
    templates,
    typed,
)
from segur.personas.cda_header import Act, E, Element, coded
from segur.vocab import oids

TEMPLATES: Final = (("1.3.6.1.4.1.19376.1.5.3.1.1.18.1.2", None), ("1.2.250.1.213.1.1.1.46", "2023.01"))
_VACCINE: Final = ("68747507", "VACCIN TETANIQUE PASTEUR, suspension injectable en seringue préremplie")


def act(draft: Draft) -> Act:
    """The vaccination, at the time of the note."""
    return Act(draft.at, code=coded("code", "87273-9", "Note de vaccination", oids.LOINC, "LOINC"))


def sections(draft: Draft) -> Sequence[Element]:
    """One section, one injection: a tetanus booster."""
    lot = f"FICTIF{draft.uid('lot')[-6:]}"
    narrative = table(
        ("Vaccin", "Date", "Lot", "Voie", "Rang"),
        ((_VACCINE[1], "vaccine"), f"{draft.at:%d/%m/%Y}", lot, "Intramusculaire", "Rappel"),
    )
    return (
        section(
            draft,
            ("2.16.840.1.113883.10.20.1.6", "1.3.6.1.4.1.19376.1.5.3.1.3.23", "1.2.250.1.213.1.1.2.147"),
            ("11369-6", "Historique des vaccinations"),
            "Note de vaccination",
            (narrative,),
            _injection(draft, lot),
        ),
    )


def _injection(draft: Draft, lot: str) -> Element:
    code = coded("code", *_VACCINE, CIS, "CIS")
    code.append(E.originalText(E.reference(value="#vaccine")))
    code.append(coded("translation", "J07AM", "vaccins tétaniques", ATC, "ATC"))
    material = E.manufacturedMaterial(code, E.name("vaccin tétanique"), E.lotNumberText(lot))
    rank = E.observation(
        *templates("2.16.840.1.113883.10.20.1.46", "1.2.250.1.213.1.1.3.82"),
        coded("code", "30973-2", "Rang de la vaccination", oids.LOINC, "LOINC"),
        E.statusCode(code="completed"),
        typed("value", "INT", value="4"),
        classCode="OBS",
        moodCode="EVN",
    )
    return E.substanceAdministration(
        *templates("2.16.840.1.113883.10.20.1.24", "1.3.6.1.4.1.19376.1.5.3.1.4.12", "1.2.250.1.213.1.1.3.45"),
        E.id(root=draft.uid("injection")),
        coded("code", "BOOSTER", "Rappel", ACT_CODES),
        E.text(E.reference(value="#vaccine")),
        E.statusCode(code="completed"),
        E.effectiveTime(value=draft.day),
        coded("routeCode", "20035000", "Voie intramusculaire", EDQM, "EDQM"),
        E.consumable(E.manufacturedProduct(*templates(*PRODUCT), material), typeCode="CSM"),
        performer_of(draft),
        author_of(draft),
        E.entryRelationship(rank, typeCode="SUBJ"),
        classCode="SBADM",
        moodCode="EVN",
        negationInd="false",
    )
