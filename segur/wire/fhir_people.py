"""Authors, patients and structures of XDS as FHIR references and contained resources, and back. [DMP digest 4.2]"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from segur.vocab import oids
from segur.wire.fhir_json import FhirRefused, Node, Resource, coding, fhir_time, scheme_of, system_of
from segur.wire.xds_datatypes import Person, Structure, cx, cx_key
from segur.wire.xds_values import NO_CODE, Author, Code

_KIND_SYSTEM = "https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0203"
_GENDER = {"M": "male", "F": "female", "U": "unknown", "O": "other"}
_SEX = {gender: sex for sex, gender in _GENDER.items()}


@dataclass(slots=True)
class Contained:
    """Collects the contained resources of one resource while it is written."""

    resources: list[Resource] = field(default_factory=list)

    def add(self, resource: Resource, name: str) -> Resource:
        """Contain the resource and give the reference to it."""
        identifier = f"{name}{len(self.resources) + 1}"
        self.resources.append({"resourceType": resource["resourceType"], "id": identifier, **resource})
        return {"reference": f"#{identifier}"}

    def author(self, author: Author) -> list[Resource]:
        """Contain an author: a device, a patient, or the roles of a practitioner, one for each structure."""
        person = author.who
        organizations: list[Resource | None] = [self._organization(structure) for structure in author.structures]
        specialties = [_concept_of(text) for text in author.specialties]
        if person.name_type == "U":
            device: Resource = {"resourceType": "Device", "identifier": [_identifier(person)]}
            device["deviceName"] = [{"name": person.family, "type": "user-friendly-name"}]
            if person.given:
                device["modelNumber"] = person.given
            if specialties:
                device["type"] = specialties[0]
            if organizations:
                device["owner"] = organizations[0]
            return [self.add(device, "device")]
        if person.id_type == "NH":
            return [self.add(_person("Patient", person), "patient")]
        practitioner = self.practitioner(person)
        roles: list[Resource] = []
        for organization in organizations or (None,):
            role: Resource = {"resourceType": "PractitionerRole", "practitioner": practitioner}
            if organization is not None:
                role["organization"] = organization
            if author.roles:
                role["code"] = [{"text": text} for text in author.roles]
            if specialties:
                role["specialty"] = specialties
            roles.append(self.add(role, "author"))
        return roles

    def practitioner(self, person: Person) -> Resource:
        """Contain a person alone."""
        return self.add(_person("Practitioner", person), "practitioner")

    def source_patient(self, source_id: str, info: tuple[str, ...]) -> Resource | None:
        """Contain the patient as the sender knows him: sourcePatientId and the PID lines; None when both are empty."""
        if not source_id and not info:
            return None
        patient: Resource = {"resourceType": "Patient"}
        if source_id:
            value, authority = cx_key(source_id)
            kind = next(iter(source_id.split("^")[4:5]), "")
            patient["identifier"] = [_typed({"system": system_of(authority), "value": value}, kind)]
        for line in info:
            _put_line(patient, *line.partition("|")[::2])
        return self.add(patient, "source")

    def _organization(self, structure: Structure) -> Resource:
        organization: Resource = {"resourceType": "Organization", "name": structure.name}
        if structure.id:
            identifier = {"system": system_of(structure.authority), "value": structure.id}
            organization["identifier"] = [_typed(identifier, structure.id_type)]
        return self.add(organization, "organization")


@dataclass(frozen=True, slots=True)
class Resolver:
    """Finds what a reference names: a contained resource, or a resource of the same bundle by its fullUrl."""

    resource: Node
    bundle: Mapping[str, Node]

    def resolve(self, reference: Node) -> Node:
        """The resource a reference leads to; false when it only carries an identifier."""
        target = reference.text("reference")
        if target.startswith("#"):
            for contained in self.resource.items("contained"):
                if contained.text("id") == target[1:]:
                    return contained
            raise FhirRefused(reference.path, f"no contained resource {target}", issue="not-found")
        return self.bundle.get(target, Node(None, reference.path))

    def patient_id(self, reference: Node) -> str:
        """The CX of the patient a reference names by identifier, conditional reference, or resource."""
        target = reference.text("reference")
        if target.startswith("Patient?identifier="):
            system, bar, value = target.removeprefix("Patient?identifier=").partition("|")
            if bar and value:
                return cx(value, scheme_of(system), "NH")
        identifier = reference.get("identifier")
        if not identifier:
            identifier = self._ins(self.resolve(reference))
        if not identifier:
            raise FhirRefused(
                reference.path, "an identifier (system of the INS, matricule) is required", issue="required"
            )
        system = identifier.component("system", required=True)
        return cx(identifier.component("value", required=True), scheme_of(system), "NH")

    def authors(self, references: Iterable[Node]) -> tuple[Author, ...]:
        """The authors of several references; roles of one practitioner are one author of several structures."""
        found: dict[str, Author] = {}
        for reference in references:
            author = self.author(reference)
            role = self.resolve(reference)
            key = role.get("practitioner").text("reference") if role and role.value.get("practitioner") else ""
            key = key or reference.path
            if key in found:
                structures = dict.fromkeys((*found[key].institutions, *author.institutions))
                author = replace(found[key], institutions=tuple(structures))
            found[key] = author
        return tuple(found.values())

    def author(self, reference: Node) -> Author:
        """An author from the resource a reference leads to, or from its identifier and display alone."""
        found = self.resolve(reference)
        kind = found.text("resourceType") if found else ""
        if kind == "PractitionerRole":
            practitioner = self.person(found.get("practitioner"))
            organization = self._structure(found.get("organization"))
            specialties = (_text_of(item.code()) for item in found.items("specialty"))
            roles = (item.text("text") or item.code().display or item.code().code for item in found.items("code"))
            return Author(practitioner, organization, tuple(filter(None, specialties)), tuple(filter(None, roles)))
        if kind == "Device":
            names = found.first("deviceName").text("name"), found.text("modelNumber")
            person = _person_of(found.first("identifier"), names, "U", "RI")
            specialty = _text_of(found.get("type").code())
            return Author(person, self._structure(found.get("owner")), (specialty,) if specialty else ())
        return Author(self.person(reference))

    def person(self, reference: Node) -> str:
        """The XCN of a practitioner or patient; empty when the reference is absent."""
        if not reference:
            return ""
        found = self.resolve(reference)
        if not found:
            family, _, given = reference.text("display").partition(" ")
            return _person_of(reference.get("identifier"), (family, given), "D", "IDNPS")
        name = found.first("name")
        given = " ".join(name.texts("given"))
        default = "NH" if found.text("resourceType") == "Patient" else "IDNPS"
        return _person_of(found.first("identifier"), (name.text("family"), given), "D", default)

    def source_patient(self, reference: Node) -> tuple[str, tuple[str, ...]]:
        """(sourcePatientId, sourcePatientInfo) of a patient as the sender knows him."""
        if not reference:
            return "", ()
        found = self.resolve(reference)
        identifier = found.first("identifier") if found else reference.get("identifier")
        source_id = ""
        if identifier:
            kind = identifier.get("type").code().code if identifier.get("type") else ""
            source_id = cx(identifier.component("value"), scheme_of(identifier.component("system")), kind)
        return source_id, tuple(_lines(found)) if found else ()

    def _structure(self, reference: Node) -> tuple[str, ...]:
        if not reference:
            return ()
        found = self.resolve(reference)
        identifier = found.first("identifier") if found else reference.get("identifier")
        name = found.text("name") if found else reference.text("display")
        if not identifier:
            return (Structure(name).xon,) if name else ()
        kind = identifier.get("type").code().code if identifier.get("type") else "IDNST"
        return (Structure(name, identifier.component("value"), scheme_of(identifier.component("system")), kind).xon,)

    def _ins(self, patient: Node) -> Node:
        for identifier in patient.items("identifier") if patient else ():
            if scheme_of(identifier.component("system")) in oids.INS_AUTHORITIES:
                return identifier
        return Node(None, patient.path)


def patient_reference(patient_id: str) -> Resource:
    """A logical reference to a patient by the identifier of a CX."""
    value, authority = cx_key(patient_id)
    return {"type": "Patient", "identifier": {"system": system_of(authority), "value": value}}


def _typed(identifier: Resource, kind: str) -> Resource:
    return {"type": {"coding": [{"system": _KIND_SYSTEM, "code": kind}]}, **identifier} if kind else identifier


def _identifier(person: Person) -> Resource:
    return _typed({"system": system_of(person.authority), "value": person.id}, person.id_type)


def _person(kind: str, person: Person) -> Resource:
    name: Resource = {"family": person.family} if person.family else {}
    if person.given:
        name["given"] = [person.given]
    resource: Resource = {"resourceType": kind}
    if person.id:
        resource["identifier"] = [_identifier(person)]
    return resource | ({"name": [name]} if name else {})


def _person_of(identifier: Node, names: tuple[str, str], name_type: str, default_kind: str) -> str:
    kind = identifier.get("type").code().code if identifier and identifier.get("type") else default_kind
    value = identifier.component("value") if identifier else ""
    authority = scheme_of(identifier.component("system")) if identifier else ""
    return Person(value, *names, authority, name_type, kind).xcn


def _concept_of(text: str) -> Resource:
    """A `code^label^OID` of authorSpecialty as a CodeableConcept; free text stays text."""
    code, *rest = text.split("^")
    if len(rest) != 2:
        return {"text": text}
    return {"coding": [coding(Code(code, rest[1], rest[0]))]}


def _text_of(code: Code) -> str:
    return "" if code is NO_CODE else f"{code.code}^{code.display}^{code.scheme}"


def _put_line(patient: Resource, field_name: str, value: str) -> None:
    parts = [*value.split("^"), *[""] * 9]
    match field_name:
        case "PID-5":
            name: Resource = {"use": "usual" if parts[6] == "D" else "official", "family": parts[0]}
            patient.setdefault("name", []).append(name | ({"given": [parts[1]]} if parts[1] else {}))
        case "PID-7":
            patient["birthDate"] = fhir_time(value[:8])
        case "PID-8":
            patient["gender"] = _GENDER.get(value, "unknown")
        case "PID-11":
            place = {"use": "home", "district": parts[8]}
            url = "http://hl7.org/fhir/StructureDefinition/patient-birthPlace"
            patient.setdefault("extension", []).append({"url": url, "valueAddress": place})


def _lines(patient: Node) -> list[str]:
    lines = []
    for name in patient.items("name"):
        kind = "D" if name.text("use") == "usual" else "L"
        given = " ".join(name.texts("given"))
        lines.append(f"PID-5|{name.text('family')}^{given}^^^^^{kind}")
    if birth := patient.time("birthDate"):
        lines.append(f"PID-7|{birth}")
    if gender := patient.text("gender"):
        lines.append(f"PID-8|{_SEX.get(gender, 'U')}")
    for extension in patient.items("extension"):
        if extension.text("url").endswith("/patient-birthPlace"):
            lines.append(f"PID-11|^^^^^^BDL^^{extension.get('valueAddress').text('district')}")
    return lines
