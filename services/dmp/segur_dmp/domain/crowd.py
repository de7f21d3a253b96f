"""Many documents to search among: a few dozen CDA of a country, standing for any number of entries.

Entry number n is always the same: its model, its times and its identifiers follow from n. The bytes are those of the
model, shared by all its entries, so that the header inside is the model's (its id, its patient), not the entry's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Final
from uuid import UUID

from segur.personas.country import Country
from segur.personas.fixture_patients import fixture_patients
from segur.personas.generated import stream_patients
from segur.personas.model import Patient, Professional
from segur.personas.samples_cda import clinical_document
from segur.personas.states import DmpState
from segur.personas.synthetic_uids import synthetic_uid
from segur.vocab import oids
from segur.wire import xds_uuids
from segur.wire.cda import entry_from_header, read_header
from segur.wire.xds import Association, Author, Code, DocumentEntry, Person, Structure, SubmissionSet
from segur_dmp.domain.lifecycle import Source

LARGEST: Final = 5_000
"""The first so many belong to one patient of the country, the others to people who stand in registers only."""
EACH: Final = 20
"""Documents of each of the others."""
_TYPES: Final = (
    "11490-0", "11502-2", "57833-6", "60591-5", "11488-4", "18748-4",
    "34112-3", "11506-3", "15507-7", "34874-8", "15508-5", "11505-5",
)  # fmt: skip
_AUTHORS: Final = 3
_FIRST: Final = datetime(2016, 1, 1, 8, tzinfo=UTC)
_STEP, _SPAN = timedelta(minutes=37), timedelta(days=3_650)
_LINE: Final = "Compte rendu fictif, écrit pour éprouver la recherche parmi un grand nombre de documents."


@dataclass(frozen=True, slots=True)
class Model:
    """A document many entries share: its bytes, its entry, the author of its submission, who fed it."""

    content: bytes
    entry: DocumentEntry
    sender: Author
    fed_by: Source


@dataclass(frozen=True, slots=True)
class Filed:
    """A document of the crowd with its submission set."""

    entry: DocumentEntry
    submission_set: SubmissionSet
    link: Association
    fed_by: Source


def models_of(country: Country) -> tuple[Model, ...]:
    """The documents all entries share: twelve types by three doctors."""
    doctors = [one for one in country.professionals if one.profession == "10"][:_AUTHORS]
    patient = largest_of(country)
    return tuple(_model(code, doctor, patient) for code in _TYPES for doctor in doctors)


def largest_of(country: Country) -> Patient:
    """The patient of the first documents: the last of the country whose DMP can be fed, on whom no story counts."""
    return next(one for one in reversed(country.patients) if _is_fed(one))


def others_of(country: Country, count: int, first: int = 0) -> Iterator[Patient]:
    """The patients of the other documents, from number `first` to `count`: the country as it would go on."""
    generated = len(country.patients) - len(fixture_patients())
    beyond = islice(stream_patients(country.seed, generated + 10 * count + 10), generated, None)
    return islice((one for one in beyond if _is_fed(one)), first, count)


def patients_for(documents: int) -> int:
    """How many others that many documents need."""
    return -(-max(0, documents - LARGEST) // EACH)


def filed(models: Sequence[Model], number: int, patient: Patient, repository: str) -> Filed:
    """The document of that number, as the registry holds it."""
    model = models[number % len(models)]
    begun = _FIRST + (number * _STEP) % _SPAN
    at, uuid, lot = begun.strftime("%Y%m%d%H%M%S"), _uuid("entry", number), _uuid("lot", number)
    entry = replace(
        model.entry,
        entry_uuid=uuid,
        logical_id=uuid,
        unique_id=synthetic_uid("crowd", number),
        patient_id=patient.ins.cx,
        source_patient_id=patient.ins.cx,
        creation_time=at,
        service_start=at,
        service_stop=(begun + timedelta(minutes=20)).strftime("%Y%m%d%H%M%S"),
        repository_unique_id=repository,
        version=1,
        status=xds_uuids.APPROVED,
    )
    brought = SubmissionSet(
        entry_uuid=lot,
        unique_id=synthetic_uid("crowd", "lot", number),
        patient_id=entry.patient_id,
        source_id=f"{oids.SEGURSTACK}.7",
        submission_time=at,
        content_type=Code("04", "1.2.250.1.213.2.2", "Hospitalisation de jour"),
        authors=(model.sender,),
        title=entry.title,
        status=xds_uuids.APPROVED,
    )
    link = Association(_uuid("link", number), xds_uuids.HAS_MEMBER, lot, uuid, submission_set_status="Original")
    return Filed(entry, brought, link, model.fed_by)


def _is_fed(patient: Patient) -> bool:
    return patient.dmp is DmpState.ACTIF and patient.carries_ins and not patient.opposed_to_feeding


def _model(code: str, doctor: Professional, patient: Patient) -> Model:
    content = clinical_document(
        code,
        patient,
        doctor,
        doctor.structure,
        document_id=synthetic_uid("crowd", code, doctor.key),
        at=_FIRST,
        paragraphs=[_LINE] * 12,
    )
    person = Person(str(doctor.id_nat), doctor.family_name, doctor.given_name)
    structure = Structure(doctor.structure.name, str(doctor.structure.struct_id))
    return Model(
        content,
        entry_from_header(read_header(content), content=content),
        Author(person.xcn, (structure.xon,)),
        Source(str(doctor.id_nat), str(doctor.structure.struct_id)),
    )


def _uuid(kind: str, number: int) -> str:
    digest = hashlib.sha256(f"crowd/{kind}/{number}".encode()).digest()
    return f"urn:uuid:{UUID(bytes=digest[:16], version=4)}"
