"""Professionals as the directory publishes them: FHIR R4 dictionaries [PSC digest 3.5, 3.6]."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from segur.personas.country import Country
from segur.personas.model import Mailbox, Professional, Situation
from segur.vocab.professional_ids import Rpps
from segur_annuaire.domain import systems
from segur_annuaire.domain.organizations import equipment, organization_id, organizations, published
from segur_annuaire.domain.pieces import Resource, concept, identifier, mailbox, resource, shell, telecom

WITHDRAWN_SERIAL: Final = 900
"""RPPS serial of the professional who left; those at work start at 1001."""

_DIPLOMAS: Final = {"10": "DE05", "21": "DE01"}
"""State diplomas by profession; those of the other professions are not in the published examples [PSC digest 3.8]."""


def publish(country: Country, moment: datetime, sandbox: str = "default") -> Iterator[Resource]:
    """Every resource of a country, as updated at `moment` (aware), with the addresses of a sandbox."""
    owned: defaultdict[str, list[Mailbox]] = defaultdict(list)
    for box in country.mailboxes:
        owned[box.owner].append(box)
    for structure in country.structures:
        yield from organizations(structure, owned[structure.key], moment, sandbox)
        yield from equipment(structure, moment)
    for professional in country.professionals:
        if professional.rpps is not None:  # the directory knows registered people only
            yield from person(professional, owned[professional.key], moment, sandbox)
    yield from withdrawn(moment)


def person(
    professional: Professional, boxes: Sequence[Mailbox], moment: datetime, sandbox: str = "default"
) -> Iterator[Resource]:
    """The exercice professionnel and the situations of one registered professional."""
    yield practitioner(professional, boxes, moment, sandbox)
    yield from roles(professional, boxes, moment, sandbox)


def withdrawn(moment: datetime) -> Iterator[Resource]:
    """A professional who left before the country began."""
    number = str(Rpps.of_test(WITHDRAWN_SERIAL))
    gone = resource("Practitioner", f"003-{number[3:]}-{number[:3]}", "RPPS", moment)
    gone["identifier"] = [
        identifier(systems.IDNPS, "8" + number, "IDNPS"),
        identifier(systems.RPPS, number, "RPPS"),
    ]
    post = resource("PractitionerRole", f"005-{number[3:]}-1", "RPPS", moment)
    post["identifier"] = [{"system": systems.RPPS, "value": f"1098{WITHDRAWN_SERIAL:06d}"}]
    yield shell(gone)
    yield shell(post)


def practitioner_id(professional: Professional) -> str:
    """The technical id: prefix 003 and two numbers, here those of the RPPS."""
    number = str(professional.rpps)
    return f"003-{number[3:]}-{number[:3]}"


def role_id(professional: Professional, situation: Situation) -> str:
    """The technical id: prefix 005 and two numbers, here those of the RPPS and of the situation."""
    return f"005-{str(professional.rpps)[3:]}-{situation.identifier}"


def practitioner(
    professional: Professional, boxes: Sequence[Mailbox], moment: datetime, sandbox: str = "default"
) -> Resource:
    """The exercice professionnel, with the mailboxes declared for the person alone."""
    number = str(professional.rpps)
    shown = resource("Practitioner", practitioner_id(professional), "RPPS", moment)
    if professional.card:
        about: list[Resource] = [
            {"url": "type", "valueCodeableConcept": concept((systems.CARD_TYPE, "CPS"))},
            {"url": "number", "valueString": professional.card},
        ]
        shown["extension"] = [{"url": systems.SMARTCARD, "extension": about}]
    shown["identifier"] = [
        identifier(systems.IDNPS, "8" + number, "IDNPS"),
        identifier(systems.RPPS, number, "RPPS"),
    ]
    name: Resource = {"use": "usual", "family": professional.family_name, "given": [professional.given_name]}
    if professional.civility:
        name["prefix"] = [professional.civility]
    if professional.exercise_civility:
        name["suffix"] = [professional.exercise_civility]
    shown |= {"active": True, "name": [name]}
    personal = [box for box in published(boxes) if not _of_structure(box, professional)]
    telecom(shown, [mailbox(box, rank, sandbox) for rank, box in enumerate(personal, 1)])
    shown["qualification"] = list(_qualifications(professional))
    return shown


def _of_structure(box: Mailbox, professional: Professional) -> bool:
    """Whether a personal mailbox lives at the domain of a structure: it was then declared for RPPS and structure."""
    return any(box.address.endswith("@" + place.structure.mail_domain) for place in professional.situations)


def _qualifications(professional: Professional) -> Iterator[Resource]:
    if diploma := _DIPLOMAS.get(professional.profession):
        yield {"code": concept((systems.DIPLOMA, diploma), (systems.DIPLOMA_TYPE, "DE"))}
    profession = {"system": systems.PROFESSION, "code": professional.profession}
    if professional.profession_label:
        profession["display"] = professional.profession_label
    category = {"system": systems.CATEGORY, "code": professional.category}
    yield {"code": {"coding": [profession, category]}}
    if professional.speciality:
        skill = {"system": systems.SPECIALITY, "code": professional.speciality}
        if professional.speciality_label:
            skill["display"] = professional.speciality_label
        yield {"code": {"coding": [{"system": systems.SKILL_TYPE, "code": professional.skill_type}, skill]}}


def roles(
    professional: Professional, boxes: Sequence[Mailbox], moment: datetime, sandbox: str = "default"
) -> Iterator[Resource]:
    """The situations d'exercice, each with the mailboxes declared for the person in that structure."""
    for situation in professional.situations:
        shown = resource("PractitionerRole", role_id(professional, situation), "RPPS", moment)
        shown |= {
            "active": True,
            "identifier": [{"system": systems.RPPS, "value": situation.identifier}],
            "practitioner": {"reference": f"Practitioner/{practitioner_id(professional)}"},
            "organization": {"reference": f"Organization/{organization_id(situation.structure)}"},
            "code": [
                concept((system, code))
                for system, code in (
                    (systems.ACTIVITY, situation.genre),
                    (systems.MODE, situation.mode),
                    (systems.FUNCTION, situation.role),
                    (systems.PHARMACY_SECTION, situation.section),
                )
                if code
            ],
        }
        domain = "@" + situation.structure.mail_domain
        here = [box for box in published(boxes) if box.address.endswith(domain)]
        telecom(shown, [mailbox(box, order, sandbox) for order, box in enumerate(here, 1)])
        yield shown
