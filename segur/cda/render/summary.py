"""The header of a document in short: what it is, whose, by whom, when; in the order a reader asks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from segur.cda.render.markup import Node, tag
from segur.vocab import document_types, oids
from segur.wire.cda import CdaHeader, Organization, Participant, Party, Patient

_SEX: Final = {"M": "Masculin", "F": "Féminin", "U": "Indéterminé"}
_LEVELS: Final = {"R": "Restreint", "V": "Très restreint"}
_TEST_INS: Final = " (identité de test)"
_PARTICIPATIONS: Final = {
    "INF": "Informateur", "REF": "Adressé par", "CON": "Consulté", "PRF": "Exécutant", "ATND": "Responsable",
    "DEV": "Dispositif", "IND": "Concerné",
}  # fmt: skip


def summary(header: CdaHeader) -> tuple[Node, ...]:
    """Title, kind of document, patient, and who made it when."""
    label = document_types.TYPE_LABELS.get(header.code.code, header.code.display)
    return (
        tag("p", label or header.code.code, class_="kind"),
        tag("h1", header.title or label or "Document sans titre"),
        _card("Patient", _patient(header.patient)),
        _card("Document", _document(header)),
    )


def french_time(moment: str) -> str:
    """`20260105101500+0100` as `05/01/2026 à 10:15`; a shorter moment says what it knows, another form stays."""
    digits = moment.partition("+")[0].partition("-")[0].partition(".")[0]
    if not (digits.isascii() and digits.isdigit()) or len(digits) < 4:
        return moment
    year, month, day, hour, minute = digits[:4], digits[4:6], digits[6:8], digits[8:10], digits[10:12]
    date = "/".join(part for part in (day, month, year) if part)
    return f"{date} à {hour}:{minute}" if hour and minute else date


def _card(title: str, rows: Iterator[tuple[str, str]]) -> Node:
    pairs = [part for name, value in rows if value for part in (tag("dt", name), tag("dd", value))]
    return tag("section", tag("dl", *pairs), class_="card", aria_label=title)


def _patient(patient: Patient) -> Iterator[tuple[str, str]]:
    used = " ".join(part for part in (patient.used_family, patient.used_given) if part)
    yield "Nom de naissance", patient.birth_family
    yield "Prénom(s) de naissance", patient.birth_given or patient.first_given
    yield "Nom et prénom utilisés", used
    yield "Date de naissance", french_time(patient.birth_time)
    yield "Sexe", _SEX.get(patient.sex, "")
    yield "Code du lieu de naissance", patient.birthplace
    if patient.ins is not None:
        test = _TEST_INS if patient.ins.root in oids.INS_TEST_AUTHORITIES else ""
        yield "Matricule INS", f"{patient.ins.extension}{test}"
    elif patient.local_id is not None:
        yield "Identifiant local", f"{patient.local_id.extension} (identité non qualifiée)"
    yield "Représentants", ", ".join(filter(None, map(_person, patient.guardians)))


def _document(header: CdaHeader) -> Iterator[tuple[str, str]]:
    event = header.main_event
    yield "Date", french_time(header.effective_time)
    for author in header.authors:
        yield "Auteur", _with_structure(author)
    if event is not None:
        until = f" – {french_time(event.stop)}" if event.stop and event.stop != event.start else ""
        yield "Acte", event.code.display
        yield "Date de l'acte", f"{french_time(event.start)}{until}" if event.start else ""
    signer = header.legal_authenticator
    if signer is not None:
        when = f", le {french_time(signer.time)}" if signer.time else ""
        yield "Validé par", f"{_person(signer)}{when}" if _person(signer) else ""
    yield "Conservé par", _structure(header.custodian)
    for participant in header.participants:
        yield _role(participant), _with_structure(participant.party)
    yield "Destinataires", ", ".join(filter(None, (_person(one.party) for one in header.recipients)))
    yield "Version", f"{header.version}{' (remplace une version antérieure)' if header.replaces else ''}"
    yield "Confidentialité", _LEVELS.get(header.confidentiality.code, "")


def _role(participant: Participant) -> str:
    return participant.party.function.display or _PARTICIPATIONS.get(participant.kind, "Participant")


def _person(party: Party) -> str:
    if party.is_device:
        return " ".join(part for part in (party.given, party.family) if part)
    return " ".join(part for part in (party.given, party.family.upper()) if part)


def _with_structure(party: Party) -> str:
    parts = (_person(party), party.specialty.display, _structure(party.organization))
    return ", ".join(part for part in parts if part)


def _structure(organization: Organization) -> str:
    return organization.name
