"""Why INSi says no, and how each refusal looks in a SOAP fault [INS digest 2.7].

The national catalogue of `siram_*`, `desir_*` and `insi_*` codes is not public. The codes seen in public captures are
used as they are; a refusal that no capture shows has a code of ours, `segur_*`, so that nobody takes it for a
national one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from segur.kernel.errors import Kind, Refusal

UNKNOWN_SOFTWARE = Refusal(
    "unknown_software",
    Kind.FORBIDDEN,
    "desir_550",
    "Numéro d'autorisation du logiciel inconnu.",
    "[INS digest 2.7]",
)
INSUFFICIENT_RIGHTS = Refusal(
    "insufficient_rights",
    Kind.FORBIDDEN,
    "desir_560",
    "Vous ne disposez pas des droits suffisants pour accéder à ce service",
    "[INS digest 2.7]",
)
TECHNICAL = Refusal(
    "technical",
    Kind.BUSY,
    "insi_102",
    "L'appel au service de recherche avec les traits d'identité renvoie une erreur technique.",
    "[INS digest 2.7]",
)
ASSERTION = Refusal(
    "assertion", Kind.UNAUTHENTICATED, "segur_assertion", "Assertion SAML refusée : {reason}", "[INS digest 2.5]"
)
MALFORMED = Refusal("malformed", Kind.MALFORMED, "segur_message", "Message illisible : {reason}", "[INS digest 2.5]")
TOO_LARGE = Refusal(
    "too_large",
    Kind.MALFORMED,
    "segur_taille",
    "Message trop volumineux : au plus {limit} octets sont acceptés, une recherche en demande moins de 10 000.",
)
UNKNOWN_OPERATION = Refusal(
    "unknown_operation",
    Kind.MALFORMED,
    "segur_operation",
    "Opération non servie : {name}. Envoyer l'élément RECSANSVITALE (rechercherInsAvecTraitsIdentite).",
    "[INS digest 2.4]",
)
BAD_TRAITS = Refusal(
    "bad_traits", Kind.MALFORMED, "segur_traits", "Trait d'identité absent ou incorrect :", "[INS digest 2.1]"
)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a fault says beside the technical text: subcode, severity, and what the user reads."""

    subcode: str
    severity: str
    user_text: str


_ACCESS: Final = (
    "L'accès par ce progiciel au service n'est pas autorisé. Contactez l'éditeur du progiciel ou votre responsable "
    "informatique."
)
_UNAVAILABLE: Final = (
    "Le service est temporairement inaccessible. Veuillez renouveler votre demande ultérieurement. Si le problème "
    "persiste, contactez l'éditeur du progiciel ou votre responsable informatique."
)
_WRONG_MESSAGE: Final = (
    "La demande transmise par votre progiciel n'est pas conforme. Contactez l'éditeur du progiciel ou votre "
    "responsable informatique."
)

SHOWN: Final[Mapping[Kind, Shown]] = MappingProxyType(
    {
        Kind.FORBIDDEN: Shown("siram_100", "erreur", _ACCESS),
        Kind.UNAUTHENTICATED: Shown("siram_100", "erreur", _ACCESS),
        Kind.MALFORMED: Shown("segur_10", "erreur", _WRONG_MESSAGE),
        Kind.BUSY: Shown("siram_40", "fatal", _UNAVAILABLE),
        Kind.BROKEN: Shown("siram_40", "fatal", _UNAVAILABLE),
    }
)
"""By kind of refusal; the other kinds have no row in this table."""
