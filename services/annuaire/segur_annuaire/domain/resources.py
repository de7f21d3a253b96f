"""Personas as the directory publishes them: FHIR R4 dictionaries [PSC digest 3.5, 3.6]."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from segur.personas.country import Country
from segur.personas.model import Address, Mailbox, Professional, Structure
from segur.vocab.professional_ids import Rpps
from segur.vocab.structures import Register
from segur_annuaire.domain import systems

Resource = dict[str, Any]

WITHDRAWN_SERIAL: Final = 900
"""RPPS serial of the professional who left; those at work start at 1001."""

_DIPLOMAS: Final = {"10": "DE05", "21": "DE01"}
"""State diplomas by profession; those of the other professions are not in the published examples [PSC digest 3.8]."""


_CATEGORIES: Final = {"SA01": "355", "SA17": "500", "SA25": "611", "SA33": "620"}
"""FINESS category of an establishment by sector: hospital, EHPAD, laboratory, pharmacy."""


def publish(country: Country, moment: datetime) -> Iterator[Resource]:
    """Every resource of a country, as updated at `moment` (aware)."""
    for structure in country.structures:
        yield from organizations(structure, country.mailboxes_of(structure.key), moment)
    for professional in country.professionals:
        if professional.rpps is not None:  # the directory knows registered people only
            boxes = country.mailboxes_of(professional.key)
            yield practitioner(professional, boxes, moment)
            yield from roles(professional, boxes, moment)
    yield from withdrawn(moment)


def withdrawn(moment: datetime) -> Iterator[Resource]:
    """A professional who left: kept for copies that follow the updates, with hardly any field [PSC digest 3.5]."""
    number = str(Rpps.of_test(WITHDRAWN_SERIAL))
    person = _resource("Practitioner", f"003-{number[3:]}-{number[:3]}", "RPPS", moment)
    person["identifier"] = [
        _identifier(systems.IDNPS, "8" + number, "IDNPS"),
        _identifier(systems.RPPS, number, "RPPS"),
    ]
    post = _resource("PractitionerRole", f"005-{number[3:]}-1", "RPPS", moment)
    post["identifier"] = [{"system": systems.RPPS, "value": f"1098{WITHDRAWN_SERIAL:06d}"}]
    for resource in (person, post):
        meta = {name: value for name, value in resource["meta"].items() if name != "extension"}
        del resource["language"]
        yield resource | {"active": False, "meta": meta}


def practitioner_id(professional: Professional) -> str:
    """The technical id: prefix 003 and two numbers, here those of the RPPS."""
    number = str(professional.rpps)
    return f"003-{number[3:]}-{number[:3]}"


def organization_id(structure: Structure) -> str:
    """The technical id: prefix 001, here with the Struct_idNat."""
    return f"001-01-{structure.struct_id.value}"


def published(boxes: Sequence[Mailbox]) -> tuple[Mailbox, ...]:
    """The mailboxes the directory shows: open ones that are not on the red list."""
    return tuple(box for box in boxes if box.is_open and not box.red_listed)


def practitioner(professional: Professional, boxes: Sequence[Mailbox], moment: datetime) -> Resource:
    """The exercice professionnel, with the mailboxes declared for the person alone."""
    number = str(professional.rpps)
    resource = _resource("Practitioner", practitioner_id(professional), "RPPS", moment)
    if professional.card:
        about: list[Resource] = [
            {"url": "type", "valueCodeableConcept": _concept((systems.CARD_TYPE, "CPS"))},
            {"url": "number", "valueString": professional.card},
        ]
        resource["extension"] = [{"url": systems.SMARTCARD, "extension": about}]
    resource["identifier"] = [
        _identifier(systems.IDNPS, "8" + number, "IDNPS"),
        _identifier(systems.RPPS, number, "RPPS"),
    ]
    name: Resource = {"use": "usual", "family": professional.family_name, "given": [professional.given_name]}
    if professional.civility:
        name["prefix"] = [professional.civility]
    if professional.exercise_civility:
        name["suffix"] = [professional.exercise_civility]
    resource |= {"active": True, "name": [name]}
    personal = [box for box in published(boxes) if not _of_structure(box, professional)]
    _telecom(resource, [_mailbox(box, rank) for rank, box in enumerate(personal, 1)])
    resource["qualification"] = list(_qualifications(professional))
    return resource


def _of_structure(box: Mailbox, professional: Professional) -> bool:
    """Whether a personal mailbox lives at the domain of a structure: it was then declared for RPPS and structure."""
    return any(box.address.endswith("@" + place.structure.mail_domain) for place in professional.situations)


def _qualifications(professional: Professional) -> Iterator[Resource]:
    if diploma := _DIPLOMAS.get(professional.profession):
        yield {"code": _concept((systems.DIPLOMA, diploma), (systems.DIPLOMA_TYPE, "DE"))}
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


def roles(professional: Professional, boxes: Sequence[Mailbox], moment: datetime) -> Iterator[Resource]:
    """The situations d'exercice, each with the mailboxes declared for the person in that structure."""
    number = str(professional.rpps)
    for rank, situation in enumerate(professional.situations, 1):
        resource = _resource("PractitionerRole", f"005-{number[3:]}-{rank}", "RPPS", moment)
        resource |= {
            "active": True,
            "identifier": [{"system": systems.RPPS, "value": situation.identifier}],
            "practitioner": {"reference": f"Practitioner/{practitioner_id(professional)}"},
            "organization": {"reference": f"Organization/{organization_id(situation.structure)}"},
            "code": [
                _concept((system, code))
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
        _telecom(resource, [_mailbox(box, order) for order, box in enumerate(here, 1)])
        yield resource


def organizations(structure: Structure, boxes: Sequence[Mailbox], moment: datetime) -> Iterator[Resource]:
    """The structure and, when FINESS tells them apart, the legal entity it belongs to."""
    separate = bool(structure.finess_site and structure.finess_legal not in ("", structure.finess_site))
    place = _resource("Organization", organization_id(structure), _register(structure), moment)
    place["identifier"] = list(_organization_identifiers(structure))
    kind = "LEGAL-ENTITY" if structure.finess_legal and not separate else "GEOGRAPHICAL-ENTITY"
    place |= {"active": True, "type": _types(kind, structure.sector, structure.finess_site), "name": structure.name}
    telecom = [{"system": "phone", "value": structure.phone}] if structure.phone else []
    telecom += [_mailbox(box, rank) for rank, box in enumerate(published(boxes), 1)]
    if structure.finess_site:  # an ordinary address, which only the extensions tell from a mailbox [PSC digest 3.6]
        telecom.append({"system": "email", "value": f"accueil.{structure.finess_site}@exemple.test"})
    _telecom(place, telecom)
    place["address"] = [_address(structure.address)]
    if separate:
        legal = _resource("Organization", f"001-02-1{structure.finess_legal}", "FINESS", moment)
        legal["identifier"] = [
            _identifier(systems.IDNST, f"1{structure.finess_legal}", "IDNST"),
            _identifier(systems.FINESS, structure.finess_legal, "FINEJ"),
        ]
        legal |= {"active": True, "type": _types("LEGAL-ENTITY", structure.sector), "name": structure.name}
        legal["address"] = [_address(structure.address)]
        place["partOf"] = {"reference": f"Organization/{legal['id']}"}
        yield legal
    yield place


def _organization_identifiers(structure: Structure) -> Iterator[Resource]:
    yield _identifier(systems.IDNST, structure.struct_id.value, "IDNST")
    if structure.finess_site:
        alone = structure.finess_legal == structure.finess_site
        yield _identifier(systems.FINESS, structure.finess_site, "FINEJ" if alone else "FINEG")
    if structure.struct_id.register is Register.RPPS_RANK:
        yield _identifier(systems.RPPS_RANK, structure.technical_id, "RPPSRG")
    if structure.siret:
        yield _identifier(systems.SIRENE, structure.siret, "SIRET")


def _register(structure: Structure) -> str:
    return "FINESS" if structure.finess_site else "RPPS"


def _types(kind: str, sector: str, finess_site: str = "") -> list[Resource]:
    types = [
        {"extension": [{"url": systems.ORGANIZATION_TYPES, "valueCode": mark}], **_concept((system, code))}
        for mark, system, code in (
            ("organizationType", systems.ORGANIZATION_TYPE, kind),
            ("secteurActiviteRASS", systems.SECTOR, sector),
        )
    ]
    if finess_site and sector in _CATEGORIES:  # the one slice without a mark
        types.append(_concept((systems.CATEGORY_OF_ESTABLISHMENT, _CATEGORIES[sector])))
    return types


def _address(address: Address) -> Resource:
    line = " ".join(part for part in (address.number, address.street_type, address.street) if part)
    return {
        "extension": [
            {
                "url": systems.INSEE_CODE,
                "valueCoding": {"system": systems.nos("R13", "CommuneOM"), "code": address.commune},
            }
        ],
        "line": [line],
        "city": address.city,
        "postalCode": address.postal_code,
    }


def _mailbox(box: Mailbox, rank: int) -> Resource:
    about: list[Resource] = [
        {"url": "type", "valueCodeableConcept": _concept((systems.MAILBOX_TYPE, str(box.kind)))},
    ]
    about.extend(
        {"url": url, "valueString": text} for url, text in (("description", box.description), ("service", box.service))
        if text
    )  # fmt: skip
    entry: Resource = {
        "extension": [
            {"url": systems.MAIL_TYPE_EXTENSION, "valueCoding": {"system": systems.MAIL_TYPE, "code": "MSSANTE"}},
            {"url": systems.MAILBOX_EXTENSION, "extension": about},
        ],
        "system": "email",
        "value": box.address,
    }
    return entry | ({"rank": 1} if rank == 1 else {})


def _telecom(resource: Resource, entries: list[Resource]) -> None:
    if entries:
        resource["telecom"] = entries


def _resource(kind: str, identifier: str, register: str, moment: datetime) -> Resource:
    return {
        "resourceType": kind,
        "id": identifier,
        "meta": {
            "extension": [
                {
                    "url": systems.DATA_TRACE,
                    "extension": [
                        {"url": "systeme-information", "valueCode": register},
                        {"url": "date-maj-ae", "valueDate": moment.astimezone(UTC).date().isoformat()},
                    ],
                }
            ],
            "versionId": "1",
            "lastUpdated": moment.astimezone(UTC).isoformat(timespec="milliseconds"),
            "source": systems.SOURCE,
            "profile": list(systems.PROFILES[kind]),
        },
        "language": "fr",
    }


def _identifier(system: str, value: str, kind: str) -> Resource:
    return {
        "use": "official",
        "type": _concept((systems.IDENTIFIER_TYPE, kind)),
        "system": system,
        "value": value,
    }


def _concept(*codings: tuple[str, str]) -> Resource:
    return {"coding": [{"system": system, "code": code} for system, code in codings]}
