"""Mailboxes of the cast: personal, organisational, applicative and citizen ones [MSSanté digest 1.3, 1.4, 4.1].

Operator `mss-a` serves people in private practice (`prenom.nom@<profession>.…`), `mss-b` the structures and the people
they employ, `mes` the citizens.
"""

from __future__ import annotations

import re
import unicodedata

from segur.personas.model import Mailbox, Patient, Professional, Structure
from segur.personas.states import MailboxKind, MesState
from segur.vocab.professions import Profession

OPERATOR_A = "mss-a"
OPERATOR_B = "mss-b"
CITIZEN_OPERATOR = "mes"
PROFESSIONAL_PARENT = "emulateur.mssante.fr"
"""Parent of every professional mail domain: ends as clients expect, and belongs to no real operator."""

_STAFF_SECTORS = frozenset({"SA01", "SA17", "SA25"})
"""Sectors whose professionals have their mailbox at their structure's domain, not at their profession's."""
_APPLICATIONS = {"SA01": "dpi", "SA25": "sgl", "SA17": "dui", "SA33": "lgo"}
_SERVICES = {
    "ST1": (("cardiologie", "Cardiologie"), ("urgences", "Urgences")),
    "ST2": (("resultats", "Résultats de biologie"),),
    "ST3": (("secretariat", "Secrétariat d'imagerie"),),
    "ST4": (("soins", "Équipe de soins"),),
}


CITIZEN_DOMAIN = "patient.mssante.fr"
_OURS = re.compile(
    rf"(?:(?P<sandbox>[a-z0-9-]{{1,40}})\.)?(?P<domain>[a-z0-9-]+\.{re.escape(PROFESSIONAL_PARENT)}|{re.escape(CITIZEN_DOMAIN)})"
)


def split_sandbox(address: str) -> tuple[str, str]:
    """The sandbox an address names (empty: none) and the address as the country writes it, in lower case.

    A sandbox is one more label before the domain: `paul.genereux@equipe-1.medecin.emulateur.mssante.fr`. Addresses of
    other domains come back as they are.
    """
    local, at, domain = address.strip().lower().rpartition("@")
    match = _OURS.fullmatch(domain)
    if match is None:
        return "", f"{local}{at}{domain}"
    return match["sandbox"] or "", f"{local}@{match['domain']}"


def in_sandbox(address: str, sandbox: str) -> str:
    """The address by which the outside names a mailbox of a sandbox; the default sandbox adds nothing."""
    named, plain = split_sandbox(address)
    local, _, domain = plain.rpartition("@")
    if named or sandbox == "default" or _OURS.fullmatch(domain) is None:
        return address
    return f"{local}@{sandbox}.{domain}"


def mail_local_part(given: str, family: str) -> str:
    """`prenom.nom` in lower case ASCII, blanks and quotes turned into hyphens."""

    def ascii_word(text: str) -> str:
        plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
        return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")

    return f"{ascii_word(given)}.{ascii_word(family)}"


def personal_address(family: str, given: str, profession: Profession, structure: Structure, suffix: str = "") -> str:
    """The PER address of a professional; `suffix` (digits) tells namesakes apart."""
    local = mail_local_part(given, family) + suffix
    if structure.sector in _STAFF_SECTORS:
        return f"{local}@{structure.mail_domain}"
    return f"{local}@{profession.domain}.{PROFESSIONAL_PARENT}"


def personal_mailbox(professional: Professional) -> Mailbox | None:
    """The PER mailbox of a professional, None for one without address."""
    if not professional.mailbox:
        return None
    at_structure = professional.structure.sector in _STAFF_SECTORS
    return Mailbox(professional.mailbox, MailboxKind.PER, professional.key, OPERATOR_B if at_structure else OPERATOR_A)


def structure_mailboxes(structure: Structure, members: tuple[str, ...]) -> tuple[Mailbox, ...]:
    """ORG mailboxes of a structure (one `secretariat` by default) and, where software runs unattended, its APP one."""
    services = _SERVICES.get(structure.key, (("secretariat", "Secrétariat"),))
    boxes = [
        Mailbox(
            f"{local}@{structure.mail_domain}",
            MailboxKind.ORG,
            structure.key,
            OPERATOR_B,
            description=f"{label} - {structure.name}",
            service=label,
            members=members,
        )
        for local, label in services
    ]
    # the imaging centre shares the sector of ordinary group practices: it is known by its key
    application = "ris" if structure.key == "ST3" else _APPLICATIONS.get(structure.sector)
    if application:
        boxes.append(
            Mailbox(
                f"{application}@{structure.mail_domain}",
                MailboxKind.APP,
                structure.key,
                OPERATOR_B,
                description=f"Envois automatiques - {structure.name}",
                service=application.upper(),
            )
        )
    return tuple(boxes)


def citizen_mailbox(patient: Patient) -> Mailbox | None:
    """The citizen mailbox, closed when the account is closed, None for someone unknown to Mon espace santé."""
    if patient.mes is MesState.UNKNOWN:
        return None
    return Mailbox(
        patient.citizen_address,
        MailboxKind.CIT,
        patient.key,
        CITIZEN_OPERATOR,
        is_open=patient.mes is not MesState.CLOSED,
    )
