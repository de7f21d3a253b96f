"""Volet de synthèse médicale (VSM, type SYNTH): problems, history, allergies, risks, vigilance, long treatment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from segur.cda.make.blocks import CIM10, SNOMED, Draft, paragraph, reference, section, table, templates, typed_code
from segur.cda.make.treatment import CLOPIDOGREL, treatment
from segur.personas.cda_header import Act, E, Element, coded
from segur.vocab import oids

TEMPLATES: Final = (("1.2.250.1.213.1.1.1.13", "2023.01"),)


def act(draft: Draft) -> Act:
    """The summary is its own act."""
    return Act(draft.at, code=coded("code", "34117-2", "Historique et physique", oids.LOINC, "LOINC"))


def sections(draft: Draft) -> Sequence[Element]:
    """The tree of the model: its two chapters, vigilance, treatments."""
    problems = section(
        draft,
        ("2.16.840.1.113883.10.20.1.11", "1.3.6.1.4.1.19376.1.5.3.1.3.6", "1.2.250.1.213.1.1.2.132"),
        ("11450-4", "Liste des problèmes actifs"),
        "Pathologie en cours",
        (paragraph("Hypertension essentielle (primitive)", "problem"),),
        _problem(draft, "I10", "Hypertension essentielle (primitive)", "problem", "active", "20190811"),
    )
    history = section(
        draft,
        ("1.3.6.1.4.1.19376.1.5.3.1.3.8", "1.2.250.1.213.1.1.2.134"),
        ("11348-0", "Antécédents médicaux"),
        "Antécédents médicaux",
        (paragraph("Pyélonéphrite aiguë, 2018", "past"),),
        _problem(draft, "N10", "Pyélonéphrite aiguë", "past", "completed", "20180422", "20180430"),
    )
    allergies = section(
        draft,
        ("2.16.840.1.113883.10.20.1.2", "1.3.6.1.4.1.19376.1.5.3.1.3.13", "1.2.250.1.213.1.1.2.137"),
        ("48765-2", "Allergies et hypersensibilités"),
        "Allergies et hypersensibilités",
        (paragraph("Pollens", "allergy"),),
        _allergy(draft),
    )
    work = section(
        draft,
        ("1.3.6.1.4.1.19376.1.5.3.1.1.5.3.1", "1.2.250.1.213.1.1.2.74"),
        ("10161-8", "Facteurs de risques professionnels"),
        "Facteurs de risques professionnels",
        (paragraph("Aucun connu."),),
    )
    return (
        section(
            draft,
            ("1.2.250.1.213.1.1.2.29",),
            ("46612-8", "Conclusions de synthèse"),
            "Pathologies en cours, antécédents, allergies et facteurs de risque",
            (),
            sections=(
                section(
                    draft,
                    ("1.2.250.1.213.1.1.2.30",),
                    ("34117-2", "Historique et physique"),
                    "Pathologies en cours, antécédents et allergies",
                    (),
                    sections=(problems, history, allergies),
                ),
                section(
                    draft,
                    ("1.2.250.1.213.1.1.2.31",),
                    ("57207-3", "Facteurs de risque présents ou passés affectant l'état de santé"),
                    "Facteurs de risque",
                    (),
                    sections=(work,),
                ),
            ),
        ),
        section(
            draft,
            ("1.3.6.1.4.1.19376.1.5.3.1.3.27", "1.2.250.1.213.1.1.2.150"),
            ("30954-2", "Résultats d'examens"),
            "Points de vigilance",
            (paragraph("Contrôle tensionnel tous les six mois."),),
        ),
        section(
            draft,
            ("1.2.250.1.213.1.1.2.32",),
            ("18776-5", "Plan de traitement"),
            "Traitement au long cours",
            (),
            sections=(_treatments(draft),),
        ),
    )


def _treatments(draft: Draft) -> Element:
    return section(
        draft,
        ("2.16.840.1.113883.10.20.1.8", "1.3.6.1.4.1.19376.1.5.3.1.3.19", "1.2.250.1.213.1.1.2.143"),
        ("10160-0", "Traitements"),
        "Traitements",
        (table(("Médicament", "Prise"), ((CLOPIDOGREL.label, CLOPIDOGREL.anchor), "1 comprimé par jour")),),
        treatment(draft, CLOPIDOGREL),
    )


def _span(low: str, high: str = "") -> Element:
    span = E.effectiveTime(E.low(value=low))
    if high:
        span.append(E.high(value=high))
    return span


def _problem(draft: Draft, code: str, label: str, anchor: str, status: str, low: str, high: str = "") -> Element:
    fact = E.observation(
        *templates("2.16.840.1.113883.10.20.1.28", "1.3.6.1.4.1.19376.1.5.3.1.4.5", "1.2.250.1.213.1.1.3.37"),
        E.id(root=draft.uid("problem", code)),
        coded("code", "282291009", "interprétation diagnostique", SNOMED, "SNOMED CT"),
        reference(anchor),
        E.statusCode(code="completed"),
        _span(low, high),
        typed_code(code, label, CIM10, anchor=anchor),
        classCode="OBS",
        moodCode="EVN",
        negationInd="false",
    )
    return _concern(draft, fact, ("1.3.6.1.4.1.19376.1.5.3.1.4.5.2", "1.2.250.1.213.1.1.3.39"), status, low, high)


def _concern(draft: Draft, fact: Element, roots: Sequence[str], status: str, low: str, high: str = "") -> Element:
    return E.act(
        *templates("2.16.840.1.113883.10.20.1.27", "1.3.6.1.4.1.19376.1.5.3.1.4.5.1", *roots),
        E.id(root=draft.uid("concern", *roots, low)),
        E.code(nullFlavor="NA"),
        E.statusCode(code=status),
        _span(low, high),
        E.entryRelationship(fact, typeCode="SUBJ", inversionInd="false"),
        classCode="ACT",
        moodCode="EVN",
    )


def _allergy(draft: Draft) -> Element:
    fact = E.observation(
        *templates(
            "2.16.840.1.113883.10.20.1.18",
            "2.16.840.1.113883.10.20.1.28",
            "1.3.6.1.4.1.19376.1.5.3.1.4.5",
            "1.3.6.1.4.1.19376.1.5.3.1.4.6",
            "1.2.250.1.213.1.1.3.41",
        ),
        E.id(root=draft.uid("allergy")),
        coded("code", "419199007", "allergie à une substance", SNOMED, "SNOMED CT"),
        reference("allergy"),
        E.statusCode(code="completed"),
        _span("20100401"),
        typed_code("J30.1", "Rhinite allergique due au pollen", CIM10, anchor="allergy"),
        classCode="OBS",
        moodCode="EVN",
        negationInd="false",
    )
    return _concern(draft, fact, ("1.3.6.1.4.1.19376.1.5.3.1.4.5.3", "1.2.250.1.213.1.1.3.40"), "active", "20100401")
