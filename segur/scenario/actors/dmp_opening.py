"""Opening a patient's record in a software: what its screen shows of identity and DMP, without a click.

TD0.2 is asked only for a qualified INS; a silent or failing DMP gives a neutral state, never an error in the way
[wave 2 digest DMP-01, DMP-03].
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import httpx

from segur.personas.model import Patient
from segur.scenario.actors.dmp_lps import Lps
from segur.scenario.actors.lps import Refused
from segur.scenario.actors.retries import is_passing
from segur.vocab.identity_status import IdentityStatus
from segur.wire import hl7v3, xds
from segur.wire.hl7v3_values import (
    AUTHORIZATION_EXPIRED,
    AUTHORIZATION_FORBIDDEN,
    AUTHORIZATION_NONE,
    AUTHORIZATION_VALID,
)


class Icon(StrEnum):
    """What the screen shows of the DMP."""

    OPEN = "DMP ouvert, accès autorisé"
    NOT_AUTHORIZED = "DMP ouvert, accès non autorisé"
    BLOCKED = "DMP ouvert, accès bloqué par le patient"
    NONE = "DMP non créé"
    CLOSED = "DMP fermé"
    UNKNOWN = "état du DMP inconnu"
    NOT_ASKED = "INS non qualifiée : DMP non interrogé"


@dataclass(frozen=True, slots=True)
class Opening:
    """What one opening shows; `message` is for the user, empty when all is well."""

    identity: IdentityStatus
    icon: Icon
    message: str = ""
    authorization: str = ""


async def open_record(software: Lps, patient: Patient) -> Opening:
    """Ask TD0.2 where it may be asked; never raise for what the DMP does."""
    if not patient.carries_ins:
        return Opening(patient.status, Icon.NOT_ASKED)
    try:
        answer = await software.test_existence(patient)
    except httpx.TransportError:
        return Opening(patient.status, Icon.UNKNOWN, "Le DMP ne répond pas. Le dossier local reste utilisable.")
    except Refused as refused:
        told = "il est indisponible, réessayez plus tard." if is_passing(refused) else refused.reason
        return Opening(patient.status, Icon.UNKNOWN, f"Le DMP n'a pas pu répondre : {told}")
    return Opening(patient.status, icon_of(answer), authorization=answer.authorization)


def icon_of(answer: hl7v3.DemographicsAnswer) -> Icon:
    """The icon of a TD0.2 answer."""
    if answer.record is None:
        return Icon.NONE
    if answer.record.status != "active":
        return Icon.CLOSED
    if answer.authorization == AUTHORIZATION_FORBIDDEN:
        return Icon.BLOCKED
    return Icon.OPEN if answer.authorization == AUTHORIZATION_VALID else Icon.NOT_AUTHORIZED


def should_declare(opening: Opening, *, consents: bool) -> bool:
    """Whether TD0.3 goes by itself: open, authorization absent or expired, and the patient consents [EX_0.3-1010]."""
    asked = (AUTHORIZATION_NONE, AUTHORIZATION_EXPIRED)
    return consents and opening.icon is Icon.NOT_AUTHORIZED and opening.authorization in asked


@dataclass(frozen=True, slots=True)
class Visit:
    """What a consultation of the DMP came to: `documents` is None when the list was not asked for."""

    opening: Opening
    declared: bool = False
    documents: tuple[xds.DocumentEntry, ...] | None = None
    banner: str = ""
    """The mode of an emergency access, on the screen as long as it lasts [EX_0.3-1050]."""


async def consult(software: Lps, patient: Patient, *, consents: bool) -> Visit:
    """TD0.2, TD0.3 by itself where it is due, TD3.1 where the access is open [EX_0.3-1010]. Raise `Refused`.

    In an emergency nobody asks the patient: TD0.3 is not sent, and whether TD3.1 is answered is the DMP's to say.
    """
    opening = await open_record(software, patient)
    if software.access.is_emergency:
        there = opening.icon in (Icon.OPEN, Icon.NOT_AUTHORIZED)
        documents = await software.search(patient) if there else None
        return Visit(opening, documents=documents, banner=software.access.banner)
    declared = should_declare(opening, consents=consents)
    if declared:
        await software.authorize(patient)
    if not consents or (opening.icon is not Icon.OPEN and not declared):
        return Visit(opening, declared)
    return Visit(opening, declared, await software.search(patient))
