"""Forms of identifiers, persons, structures, dates and languages in metadata [DMP digest 3.1, 3.6, 3.7]."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from segur.vocab import metadata_sets, oids
from segur.vocab.professions import AUTHOR_SPECIALTY
from segur.wire.cda_entry import MAX_TITLE
from segur.wire.xds import Author, DocumentEntry, MetadataRefused, Person, Structure, SubmissionSet

_PERSON_TYPES: Final = ("IDNPS", "EI", "RI", "NH")
_SNR_AUTHORITY: Final = "1.3.2"
"""ISO 6523: a referenced service is named by its SIREN."""

_PERSON = re.compile(r"[01345680-9][0-9A-Z]*(/.+)?", re.ASCII)
_STRUCTURE = re.compile(r"[0-4][0-9A-Z]*(/.+)?", re.ASCII)
_SPECIALTY = re.compile(r"[A-Z]\d+_[0-9A-Z]+(/[0-9A-Z]+)?", re.ASCII)
_CX = re.compile(r"[^^]+\^\^\^&[0-9.]+&ISO(\^(PI|NH)(\^.*)?)?", re.ASCII)
_REFERENCE = re.compile(r"[^^]+\^\^\^&[0-9.]*&ISO\^(?P<kind>[^^]+)(\^.*)?", re.ASCII)
_UTC = re.compile(r"\d{4}(\d\d){0,5}", re.ASCII)
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z]{2})?", re.ASCII)
_TRAITS: Final = {
    "PID-5": re.compile(r".+\^.*"),
    "PID-7": re.compile(r"\d{8}(\d{6})?", re.ASCII),
    "PID-8": re.compile(r"[MFU]"),
}


def of_set(lot: SubmissionSet) -> Iterator[MetadataRefused]:
    """What is written otherwise than the DMP wants it in a submission set."""
    yield from _of_authors(lot.authors, "XDSSubmissionSet.")
    yield from _time("XDSSubmissionSet.submissionTime", lot.submission_time)


def of_entry(entry: DocumentEntry) -> Iterator[MetadataRefused]:
    """What is written otherwise than the DMP wants it in an entry."""
    yield from _of_authors(entry.authors)
    if entry.legal_authenticator and not Person.parse(entry.legal_authenticator).family:
        # NOTE: official examples have authenticators without a national id, so their form alone is asked for.
        yield MetadataRefused("legalAuthenticator", f"id^NOM^PRENOM^^^^^^&{oids.PROFESSIONAL}&ISO^D^^^IDNPS expected")
    times = {
        "creationTime": entry.creation_time,
        "serviceStartTime": entry.service_start,
        "serviceStopTime": entry.service_stop,
    }
    for field, value in times.items():
        yield from _time(field, value)
    if entry.language and not _LANGUAGE.fullmatch(entry.language):
        yield MetadataRefused("languageCode", f"{entry.language[:20]!r}: written as fr-FR")
    if len(entry.title) > MAX_TITLE:
        yield MetadataRefused("title", f"{len(entry.title)} characters, at most {MAX_TITLE}")
    if entry.source_patient_id and not _CX.fullmatch(entry.source_patient_id):
        yield MetadataRefused("sourcePatientId", "written as identifier^^^&OID&ISO^PI (NH for an INS)")
    for line in entry.source_patient_info:
        name, bar, value = line.partition("|")
        form = _TRAITS.get(name)
        if not bar or (form is not None and not form.fullmatch(value)):
            yield MetadataRefused("sourcePatientInfo", "PID-5|NOM^PRENOM^^^^^L, PID-7|AAAAMMJJ, PID-8|M, F or U")
    for reference in entry.reference_ids:
        found = _REFERENCE.fullmatch(reference)
        if found is None or found["kind"] not in metadata_sets.J231:
            kinds = ", ".join(sorted(metadata_sets.J231))
            yield MetadataRefused("referenceIdList", f"value^^^&OID&ISO^kind, kind one of {kinds} (JDV_J231)")


def _of_authors(authors: tuple[Author, ...], prefix: str = "") -> Iterator[MetadataRefused]:
    for author in authors:
        if author.person:
            yield from _of_person(f"{prefix}authorPerson", author.person)
        for structure in author.structures:
            if structure.id and not _is_structure(structure):
                rule = f"NOM^^^^^&{oids.STRUCTURE}&ISO^IDNST^^^ and a Struct_idNat (prefix 0 to 4)"
                yield MetadataRefused(f"{prefix}authorInstitution", rule)
        for specialty in author.specialties:
            if not _is_specialty(specialty):
                yield MetadataRefused(f"{prefix}authorSpecialty", f"written as G15_10/SM26^libellé^{AUTHOR_SPECIALTY}")
        for role in author.roles:
            if role.count("^") not in (0, 2):
                yield MetadataRefused(f"{prefix}authorRole", "a text, or code^libellé^OID")


def _of_person(field: str, xcn: str) -> Iterator[MetadataRefused]:
    person = Person.parse(xcn)
    if person.id_type not in _PERSON_TYPES:
        yield MetadataRefused(
            field, f"{person.id_type[:20]!r}: the last component is one of {', '.join(_PERSON_TYPES)}"
        )
        return
    match person.id_type:
        case "NH":
            right = person.authority in oids.INS_AUTHORITIES
        case "IDNPS":
            right = person.authority == oids.PROFESSIONAL and bool(_PERSON.fullmatch(person.id))
        case _:
            right = person.authority == oids.PROFESSIONAL and bool(person.id)
    if not right:
        rule = f"id^NOM^PRENOM^^^^^^&{oids.PROFESSIONAL}&ISO^D^^^{person.id_type} with a PS_IdNat expected"
        yield MetadataRefused(field, rule)


def _is_structure(structure: Structure) -> bool:
    if structure.authority == _SNR_AUTHORITY:
        return structure.id.isdigit()
    return (structure.authority, structure.id_type) == (oids.STRUCTURE, "IDNST") and bool(
        _STRUCTURE.fullmatch(structure.id)
    )


def _is_specialty(text: str) -> bool:
    code, _, rest = text.partition("^")
    label, bar, scheme = rest.rpartition("^")
    if not rest:  # the DRIM guide writes a bare DISPOSITIF [DRIM digest 2.2]
        return code in metadata_sets.AUTHOR_ORIGINS
    if scheme == AUTHOR_SPECIALTY:
        return bool(_SPECIALTY.fullmatch(code)) and bool(label)
    if scheme == metadata_sets.ORIGIN:
        return code in metadata_sets.AUTHOR_ORIGINS
    return bool(code and bar and scheme)


def _time(field: str, value: str) -> Iterator[MetadataRefused]:
    if value and not _UTC.fullmatch(value):
        yield MetadataRefused(field, f"{value[:30]!r}: YYYYMMDDhhmmss in UTC, without offset")
