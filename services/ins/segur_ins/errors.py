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
CERTIFICATE_REVOKED = Refusal(
    "certificate_revoked",
    Kind.FORBIDDEN,
    "segur_certificat_revoque",
    "Le certificat présenté est révoqué.",
    "[INS digest 2.7: family inferred, code ours]",
)
TWO_IDENTITIES = Refusal(
    "two_identities",
    Kind.FORBIDDEN,
    "segur_deux_identites",
    "Une assertion de carte et un certificat INSI-AUTO ou INSI-MANU : un seul mode d'authentification par appel.",
    "[INS digest 2.5: no wsse header with the structure's certificate]",
)
CLOSED = Refusal(
    "closed",
    Kind.BUSY,
    "segur_ferme",
    "Le service est fermé.",
    "[INS digest 2.7: family inferred, code ours]",
)
MISSING_CONTEXT = Refusal(
    "missing_context",
    Kind.MALFORMED,
    "segur_contexte",
    "L'en-tête ContexteLPS est absent.",
    "[INS digest 2.7: family inferred, code ours]",
)
TOKEN = Refusal(
    "token", Kind.UNAUTHENTICATED, "segur_jeton", "Jeton d'API refusé : {reason}.", "[PSC digest 1.17, 2.5, code ours]"
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
    "Opération non servie : {name}. Envoyer l'élément RECSANSVITALE (rechercherInsAvecTraitsIdentite) ou RECVITALE "
    "(rechercherInsAvecCarteVitale).",
    "[INS digest 2.4]",
)
BAD_TRAITS = Refusal(
    "bad_traits", Kind.MALFORMED, "segur_traits", "Trait d'identité absent ou incorrect :", "[INS digest 2.1]"
)
BAD_CLAIM = Refusal(
    "bad_claim", Kind.MALFORMED, "SEGUR_INS_DEMANDE", "Demande de vérification incorrecte :", "[INS digest 2.4: ours]"
)
BAD_FILE = Refusal(
    "bad_file", Kind.MALFORMED, "SEGUR_INS_FICHIER", "Fichier de vérification illisible : {reason}", "[INS digest 2.4]"
)
UNKNOWN_BATCH = Refusal(
    "unknown_batch", Kind.NOT_FOUND, "SEGUR_INS_LOT_INCONNU", "Aucun lot {batch} déposé par cette structure."
)
NOT_FINISHED = Refusal(
    "not_finished",
    Kind.CONFLICT,
    "SEGUR_INS_LOT_EN_COURS",
    "Le lot {batch} est dans l'état {state} : son résultat vient avec l'état TERMINE.",
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
