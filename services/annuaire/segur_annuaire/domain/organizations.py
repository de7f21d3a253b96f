"""Structures as the directory publishes them: organisations, their activities and heavy equipment [PSC digest 3.5]."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from segur.personas.model import Address, Mailbox, Structure
from segur.vocab.structures import Register
from segur_annuaire.domain import systems
from segur_annuaire.domain.pieces import Resource, concept, identifier, mailbox, resource, telecom

_CATEGORIES: Final = {"SA01": "355", "SA05": "124", "SA17": "500", "SA25": "611", "SA33": "620"}
"""FINESS category of an establishment by sector: hospital, health centre, EHPAD, laboratory, pharmacy."""
_ACTIVITIES: Final = {"SA33": "47.73Z", "SA25": "86.90B", "SA01": "86.10Z", "SA17": "87.10A", "SA07": "86.21Z"}
"""NAF activity by sector."""
_EQUIPPED: Final = {"SA01": (("05602", "SCANOGRAPHE"),), "SA36": (("05602", "SCANOGRAPHE"),)}
"""Heavy equipment by sector (TRE_R272)."""
_IMAGING: Final = "ST3"
_ACTIVE_SECTORS: Final = {"SA01": (("07", "11"),), "SA04": (("07", "11"),), "SA34": (("07", "11"),)}
"""Authorised activities by sector: form (TRE_R276) and type (TRE_R209)."""


def organization_id(structure: Structure) -> str:
    """The technical id: prefix 001, here with the Struct_idNat."""
    return f"001-01-{structure.struct_id.value}"


def published(boxes: Sequence[Mailbox]) -> tuple[Mailbox, ...]:
    """The mailboxes the directory shows: open ones that are not on the red list."""
    return tuple(box for box in boxes if box.is_open and not box.red_listed)


def organizations(
    structure: Structure, boxes: Sequence[Mailbox], moment: datetime, sandbox: str = "default"
) -> Iterator[Resource]:
    """The structure and, when FINESS tells them apart, the legal entity it belongs to."""
    separate = bool(structure.finess_site and structure.finess_legal not in ("", structure.finess_site))
    place = resource("Organization", organization_id(structure), _register(structure), moment)
    place["identifier"] = list(_identifiers(structure))
    kind = "LEGAL-ENTITY" if structure.finess_legal and not separate else "GEOGRAPHICAL-ENTITY"
    place |= {"active": True, "type": _types(kind, structure.sector, structure.finess_site), "name": structure.name}
    entries: list[Resource] = [{"system": "phone", "value": structure.phone}] if structure.phone else []
    entries += [mailbox(box, rank, sandbox) for rank, box in enumerate(published(boxes), 1)]
    if structure.finess_site:  # an ordinary address, which only the extensions tell from a mailbox [PSC digest 3.6]
        entries.append({"system": "email", "value": f"accueil.{structure.finess_site}@exemple.test"})
    telecom(place, entries)
    place["address"] = [_address(structure.address)]
    if structure.sector == "SA33":
        place["extension"] = [{"url": systems.PHARMACY_LICENCE, "valueString": _licence(structure)}]
    if separate:
        legal = resource("Organization", f"001-02-1{structure.finess_legal}", "FINESS", moment)
        legal["identifier"] = [
            identifier(systems.IDNST, f"1{structure.finess_legal}", "IDNST"),
            identifier(systems.FINESS, structure.finess_legal, "FINEJ"),
        ]
        legal |= {"active": True, "type": _types("LEGAL-ENTITY", structure.sector), "name": structure.name}
        legal["address"] = [_address(structure.address)]
        place["partOf"] = {"reference": f"Organization/{legal['id']}"}
        yield legal
    yield place


def equipment(structure: Structure, moment: datetime) -> Iterator[Resource]:
    """Heavy equipment (Device) and authorised activities (HealthcareService), numbered as ARHGOS does."""
    here = {"reference": f"Organization/{organization_id(structure)}"}
    site = structure.finess_site
    if not site:
        return
    machines = (("05602", "SCANOGRAPHE"),) if structure.key == _IMAGING else _EQUIPPED.get(structure.sector, ())
    for rank, (kind, name) in enumerate(machines, 1):
        number = f"{site[:2]}-{site[:2]}-{site[2:8]}{rank}"
        device = resource("Device", f"002-{number}", "FINESS", moment)
        device |= {
            "identifier": [{"use": "official", "system": systems.ARHGOS, "value": number}],
            "status": "active",
            "manufacturer": "CONSTRUCTEUR FICTIF",
            "modelNumber": f"{name}-{rank}",
            "type": concept((systems.EQUIPMENT, kind)),
            "owner": here,
        }
        yield device
    for rank, (form, activity) in enumerate(_ACTIVE_SECTORS.get(structure.sector, ()), 1):
        number = f"{site[:2]}-{site[:2]}-{site[2:8]}{rank + 5}"
        service = resource("HealthcareService", f"004-{number}", "FINESS", moment, systems.CARE_ACTIVITY)
        service |= {
            "identifier": [{"use": "official", "system": systems.ARHGOS, "value": number}],
            "active": True,
            "providedBy": here,
            "category": [concept((systems.ACTIVITY_CATEGORY, "03"))],
            "type": [concept((systems.ACTIVITY_TYPE, activity))],
            "characteristic": [concept((systems.ACTIVITY_FORM, form)), concept((systems.ACTIVITY_TYPE, activity))],
        }
        yield service


def _licence(structure: Structure) -> str:
    return f"{structure.finess_site[:2]}#{structure.finess_site[2:8]}"


def _identifiers(structure: Structure) -> Iterator[Resource]:
    yield identifier(systems.IDNST, structure.struct_id.value, "IDNST")
    if structure.finess_site:
        alone = structure.finess_legal == structure.finess_site
        yield identifier(systems.FINESS, structure.finess_site, "FINEJ" if alone else "FINEG")
    if structure.struct_id.register is Register.RPPS_RANK:
        yield identifier(systems.RPPS_RANK, structure.technical_id, "RPPSRG")
    if structure.siret:
        yield identifier(systems.SIRENE, structure.siret, "SIRET")


def _register(structure: Structure) -> str:
    return "FINESS" if structure.finess_site else "RPPS"


def _types(kind: str, sector: str, finess_site: str = "") -> list[Resource]:
    slices = [
        ("organizationType", systems.ORGANIZATION_TYPE, kind),
        ("secteurActiviteRASS", systems.SECTOR, sector),
    ]
    if sector in _ACTIVITIES:
        slices.append(("activiteINSEE", systems.NAF, _ACTIVITIES[sector]))
    types = [
        {"extension": [{"url": systems.ORGANIZATION_TYPES, "valueCode": mark}], **concept((system, code))}
        for mark, system, code in slices
    ]
    if finess_site and sector in _CATEGORIES:  # the one slice without a mark
        types.append(concept((systems.CATEGORY_OF_ESTABLISHMENT, _CATEGORIES[sector])))
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
