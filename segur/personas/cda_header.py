"""The header every CDA of ours carries: the French minimal structure, complete [DMP digest 5.2].

Elements follow the order of the CDA schema. Absent facts are left out, never filled with a null flavour.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeAlias

from lxml import etree
from lxml.builder import ElementMaker  # type: ignore[import-not-found]  # the stubs lack this module

from segur.personas.model import Address, Patient, Professional, Structure
from segur.personas.synthetic_uids import local_patient_id
from segur.vocab import oids
from segur.vocab.professions import AUTHOR_SPECIALTY
from segur.vocab.structures import PRACTICE_SETTING

Element: TypeAlias = etree._Element
HL7 = "urn:hl7-org:v3"
PS3_20 = "urn:dicom-org:ps3-20"
XSI = "http://www.w3.org/2001/XMLSchema-instance"


class _Maker(Protocol):
    """What lxml's ElementMaker does, typed: `E.code(code="…")` or `E("code", code="…")`."""

    def __call__(self, tag: str, *content: Element | str, **attributes: str) -> Element: ...

    def __getattr__(self, tag: str) -> Callable[..., Element]: ...


E: _Maker = ElementMaker(namespace=HL7, nsmap={None: HL7, "ps3-20": PS3_20, "xsi": XSI})
"""Maker of HL7 elements: `E.code(code="…")`."""

_GENDER = "2.16.840.1.113883.5.1"
_FUNCTIONS = "2.16.840.1.113883.5.88"
_ACT_CODES = "2.16.840.1.113883.5.4"
_STREET_TYPES = {"R": "Rue", "AV": "Avenue", "PL": "Place", "ALL": "Allée"}
_HOSPITAL_SETTING = "ETABLISSEMENT"


class NotADocument(ValueError):
    """A document was asked for with impossible values; the message names the argument and the rule."""


@dataclass(frozen=True, slots=True)
class Version:
    """Place of a document in the life of its set: `set_id` is common to all versions, `replaces` the one before."""

    set_id: str
    number: int = 1
    replaces: str | None = None


@dataclass(frozen=True, slots=True)
class Act:
    """The act a document tells of, ready to insert: its id (a study UID, or an authority with the number it gave as
    `extension`), its code element, when it was done; `status` is an element some models want after the code, and
    `responsible` writes the author as who answers for it, with the time it was done.
    """

    start: datetime
    stop: datetime | None = None
    id: str | None = None
    code: Element | None = None
    extension: str | None = None
    status: Element | None = None
    responsible: bool = False


def hl7_time(moment: datetime) -> str:
    """`20261124101500+0100`; raise `NotADocument` for a moment without offset."""
    if moment.tzinfo is None:
        raise NotADocument("at: a datetime with an offset is required (documents carry the offset from UTC)")
    return f"{moment:%Y%m%d%H%M%S%z}"


def coded(tag: str, code: str, label: str, system: str, name: str = "") -> Element:
    """A coded element: code, displayName, codeSystem and, when given, codeSystemName."""
    attributes = {"code": code, "displayName": label, "codeSystem": system}
    if name:
        attributes["codeSystemName"] = name
    return E(tag, **attributes)


def cda_header(
    patient: Patient,
    author: Professional,
    structure: Structure,
    *,
    document_id: str,
    code: Element,
    title: str,
    templates: Sequence[tuple[str, str | None]],
    at: datetime,
    version: Version,
    act: Act,
    orders: Sequence[Element] = (),
    recipients: Sequence[Professional] = (),
    treating_doctor: Professional | None = None,
) -> Element:
    """A `ClinicalDocument` with its whole header and no body yet.

    Raise `NotADocument` when the title is over 128 characters, the moment has no offset or the author no identity.
    """
    if not 0 < len(title) <= 128:
        raise NotADocument(f"title: 1 to 128 characters, got {len(title)}")
    if author.rpps is None:
        raise NotADocument(f"author: {author.key} has no national identity, it cannot sign a document")
    when = hl7_time(at)
    root = E.ClinicalDocument(
        E.realmCode(code="FR"),
        E.typeId(root="2.16.840.1.113883.1.3", extension="POCD_HD000040"),
        *(E.templateId(root=oid, **({"extension": release} if release else {})) for oid, release in templates),
        E.id(root=document_id),
        code,
        E.title(title),
        E.effectiveTime(value=when),
        coded("confidentialityCode", "N", "Normal", oids.CONFIDENTIALITY_HL7),
        E.languageCode(code="fr-FR"),
        E.setId(root=version.set_id),
        E.versionNumber(value=str(version.number)),
        _record_target(patient, structure),
        E.author(
            E.time(value=when),
            E.assignedAuthor(*identity(author), E.assignedPerson(person_name(author)), represented(structure)),
        ),
        E.custodian(E.assignedCustodian(_organization("representedCustodianOrganization", structure))),
        *(_recipient(recipient) for recipient in recipients),
        E.legalAuthenticator(E.time(value=when), E.signatureCode(code="S"), assigned_entity(author, structure)),
    )
    if treating_doctor is not None:
        root.append(_treating_doctor(treating_doctor))
    root.extend(orders)
    root.append(_documentation(act, author, structure))
    if version.replaces:
        root.append(E.relatedDocument(E.parentDocument(E.id(root=version.replaces)), typeCode="RPLC"))
    root.append(_encounter(act, author, structure))
    return root


def _record_target(patient: Patient, structure: Structure) -> Element:
    number, authority = local_patient_id(patient, structure)
    ids = [E.id(root=authority, extension=number)]
    contacts = [_address("addr", patient.address), E.telecom(value=f"tel:{patient.phone}", use="MC")]
    # only a qualified identity may take its matricule, and the address made of it, out of the system [INS digest 2.3]
    if patient.carries_ins:
        ids.insert(0, E.id(root=patient.ins.oid, extension=patient.ins.matricule))
        contacts.append(E.telecom(value=f"mailto:{patient.citizen_address}"))
    names = [
        E.family(patient.birth_name, qualifier="BR"),
        E.given(" ".join(patient.given_names)),
        E.given(patient.given_name, qualifier="BR"),
    ]
    if patient.used_name:
        names.append(E.family(patient.used_name, qualifier="CL"))
    if patient.used_given_name:
        names.append(E.given(patient.used_given_name, qualifier="CL"))
    person = E.patient(
        E.name(*names),
        coded("administrativeGenderCode", patient.sex, "Féminin" if patient.sex == "F" else "Masculin", _GENDER),
        E.birthTime(value=f"{patient.birth_date:%Y%m%d}"),
    )
    for guardian in patient.legal_representatives:
        person.append(
            E.guardian(
                E.telecom(value=f"tel:{guardian.phone}", use="MC"),
                E.guardianPerson(E.name(E.family(guardian.family_name), E.given(guardian.given_name))),
            )
        )
    place = E.place(E.addr(E.county(patient.birth_place), E.city(patient.birth_city)))
    person.append(E.birthplace(place))
    return E.recordTarget(E.patientRole(*ids, *contacts, person))


def identity(person: Professional) -> list[Element]:
    code, label = person.author_specialty
    found = [
        E.id(root=oids.PROFESSIONAL, extension=person.id_nat.value),
        coded("code", code, label, AUTHOR_SPECIALTY),
        _address("addr", person.structure.address),
    ]
    if person.mailbox:
        found.append(E.telecom(value=f"mailto:{person.mailbox}", use="WP"))
    return found


def person_name(person: Professional, tag: str = "name") -> Element:
    parts = [E.prefix(person.civility), E.given(person.given_name), E.family(person.family_name)]
    if person.exercise_civility:
        parts.append(E.suffix(person.exercise_civility))
    return E(tag, *parts)


def _address(tag: str, address: Address) -> Element:
    street = f"{_STREET_TYPES.get(address.street_type, address.street_type)} {address.street}"
    return E(
        tag,
        E.houseNumber(address.number),
        E.streetName(street),
        E.postalCode(address.postal_code),
        E.city(address.city),
    )


def _organization(tag: str, structure: Structure, *more: Element) -> Element:
    return E(
        tag,
        E.id(root=oids.STRUCTURE, extension=structure.struct_id.value),
        E.name(structure.name),
        E.telecom(value=f"tel:{structure.phone}"),
        _address("addr", structure.address),
        *more,
    )


def represented(structure: Structure) -> Element:
    setting, label = structure.setting
    return _organization(
        "representedOrganization", structure, coded("standardIndustryClassCode", setting, label, PRACTICE_SETTING)
    )


def assigned_entity(person: Professional, structure: Structure) -> Element:
    return E.assignedEntity(*identity(person), E.assignedPerson(person_name(person)), represented(structure))


def _recipient(person: Professional) -> Element:
    parts = [part for part in identity(person) if etree.QName(part).localname != "code"]
    return E.informationRecipient(
        E.intendedRecipient(
            *parts,
            E.informationRecipient(person_name(person)),
            _organization("receivedOrganization", person.structure),
        ),
        typeCode="PRCP",
    )


def _treating_doctor(person: Professional) -> Element:
    return E.participant(
        coded("functionCode", "PCP", "Médecin Traitant", _FUNCTIONS),
        E.time(nullFlavor="NA"),
        E.associatedEntity(
            *identity(person),
            E.associatedPerson(person_name(person)),
            _organization("scopingOrganization", person.structure),
            classCode="PROV",
        ),
        typeCode="INF",
    )


def _span(act: Act) -> Element:
    span = E.effectiveTime(E.low(value=hl7_time(act.start)))
    if act.stop is not None:
        span.append(E.high(value=hl7_time(act.stop)))
    return span


def _documentation(act: Act, author: Professional, structure: Structure) -> Element:
    event = E.serviceEvent(classCode="ACT")
    if act.id is not None:
        event.append(E.id(root=act.id, **({"extension": act.extension} if act.extension else {})))
    if act.code is not None:
        event.append(act.code)
    if act.status is not None:
        event.append(act.status)
    event.append(_span(act))
    performer = E.performer(assigned_entity(author, structure), typeCode="PRF")
    if act.responsible:
        performer.insert(0, E.time(E.high(value=hl7_time(act.stop or act.start))))
    event.append(performer)
    return E.documentationOf(event)


def _encounter(act: Act, author: Professional, structure: Structure) -> Element:
    stay = structure.setting[0] == _HOSPITAL_SETTING
    kind = ("IMP", "Hospitalisation") if stay else ("AMB", "Ambulatoire (hors établissement)")
    return E.componentOf(
        E.encompassingEncounter(
            coded("code", *kind, _ACT_CODES),
            _span(act),
            *((E.responsibleParty(assigned_entity(author, structure)),) if act.responsible else ()),
            E.location(
                E.healthCareFacility(
                    E.id(root=oids.STRUCTURE, extension=structure.struct_id.value),
                    coded("code", structure.sector, structure.sector_label, oids.ACTIVITY_SECTOR),
                    E.location(E.name(structure.name), _address("addr", structure.address)),
                )
            ),
        )
    )
