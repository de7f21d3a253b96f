"""Why the directory says no; codes are those of FHIR's OperationOutcome, texts follow the HAPI server behind it."""

from __future__ import annotations

from segur.kernel.errors import Kind, Refusal

KNOWN_TYPES = "[Practitioner, PractitionerRole, Device, Organization, HealthcareService]"

UNKNOWN_TYPE = Refusal(
    "unknown_type",
    Kind.NOT_FOUND,
    "processing",
    "HAPI-0302: Unknown resource type '{type}' - Server knows how to handle: " + KNOWN_TYPES,
    "PSC digest 3.2",
)
UNKNOWN_RESOURCE = Refusal(
    "unknown_resource", Kind.NOT_FOUND, "not-found", "HAPI-2001: Resource {type}/{id} is not known", "PSC digest 3.2"
)
UNKNOWN_PARAMETER = Refusal(
    "unknown_parameter",
    Kind.MALFORMED,
    "processing",
    "HAPI-0524: Unknown search parameter '{name}' for resource type '{type}'. Valid search parameters for this search "
    "are: {known}",
    "PSC digest 3.4",
)
BAD_PARAMETER = Refusal("bad_parameter", Kind.MALFORMED, "value", "Invalid search parameter", "PSC digest 3.3")
BAD_FORMAT = Refusal(
    "bad_format", Kind.MALFORMED, "not-supported", "Only JSON is served: _format={value} is not supported"
)
UNSUPPORTED = Refusal(
    "unsupported",
    Kind.MALFORMED,
    "not-supported",
    "{method} {path} is not supported: the API serves reading by id, searching and /metadata",
    "PSC digest 3.2",
)
PAGE_GONE = Refusal(
    "page_gone", Kind.MALFORMED, "processing", "This page is not known: follow the next link unchanged, or search again"
)
SEARCH_UNAVAILABLE = Refusal(
    "search_unavailable", Kind.BUSY, "transient", "The directory is temporarily unavailable, try again later"
)
V1_CLOSED = Refusal(
    "v1_closed",
    Kind.MALFORMED,
    "not-supported",
    "Version 1 of the API was closed in July 2026: call /fhir/v2, whose technical ids are others",
    "PSC digest 3.1",
)
TIMEOUT = Refusal("timeout", Kind.BUSY, "504", "Request timeout", "PSC digest 3.1")
UNAUTHORIZED = Refusal("unauthorized", Kind.UNAUTHENTICATED, "401", "Unauthorized", "PSC digest 3.2")
QUOTA = Refusal(
    "quota",
    Kind.BUSY,
    "429",
    "Rate limit exceeded ! You reach the limit of 17 requests per 1 seconds",
    "PSC digest 3.1, 3.2",
)

UNKNOWN_PROFESSIONAL = Refusal(
    "unknown_professional",
    Kind.NOT_FOUND,
    "PROFESSIONNEL_INCONNU",
    "Aucun professionnel {name} dans ce bac à sable : donner un PS_IdNat, un RPPS ou une clé comme PS3.",
)
UNKNOWN_STRUCTURE = Refusal(
    "unknown_structure",
    Kind.NOT_FOUND,
    "STRUCTURE_INCONNUE",
    "Aucune structure {structure} dans ce bac à sable : donner un Struct_idNat, un FINESS ou une clé comme ST1.",
)
UNKNOWN_SITUATION = Refusal(
    "unknown_situation", Kind.NOT_FOUND, "SITUATION_INCONNUE", "Aucune situation d'exercice {identifier}."
)
UNKNOWN_MAILBOX = Refusal("unknown_mailbox", Kind.NOT_FOUND, "BAL_INCONNUE", "Aucune boîte ouverte {address} ici.")
ALREADY_REGISTERED = Refusal(
    "already_registered", Kind.CONFLICT, "RPPS_ATTRIBUE", "Le RPPS {rpps} est déjà celui d'un professionnel."
)
ADDRESS_TAKEN = Refusal("address_taken", Kind.CONFLICT, "BAL_ATTRIBUEE", "L'adresse {address} est déjà attribuée.")
ADDRESS_FOREIGN = Refusal(
    "address_foreign",
    Kind.MALFORMED,
    "DOMAINE_INCONNU",
    "L'adresse {address} n'est pas d'un domaine de ce pays : <nom>@<domaine>.emulateur.mssante.fr.",
)
WITHDRAWN = Refusal(
    "withdrawn",
    Kind.CONFLICT,
    "PROFESSIONNEL_RADIE",
    "Le professionnel {name} a quitté les registres : en créer un autre.",
)
LAST_SITUATION = Refusal(
    "last_situation",
    Kind.CONFLICT,
    "DERNIERE_SITUATION",
    "{name} n'a que cette situation d'exercice : en ajouter une autre d'abord, ou radier le professionnel.",
)
PRODUCTION_NUMBER = Refusal(
    "production_number",
    Kind.FORBIDDEN,
    "SEGUR_PRODUCTION_IDENTITY",
    "Ce numéro RPPS peut être celui d'une personne réelle : les numéros d'essai commencent par 997 ou 999.",
)
BAD_ENTRY = Refusal("bad_entry", Kind.MALFORMED, "DEMANDE_INVALIDE", "La demande ne peut pas être lue.")
NO_SUCH_SANDBOX = Refusal(
    "no_such_sandbox", Kind.NOT_FOUND, "BAC_INCONNU", "Le bac à sable {sandbox} n'existe pas : segur sandbox create."
)
BUSY = Refusal(
    "busy", Kind.BUSY, "REGISTRE_OCCUPE", "D'autres changements sont plus rapides. Réessayer dans un instant."
)
LOADING = Refusal(
    "loading", Kind.CONFLICT, "CHARGEMENT_EN_COURS", "Un chargement de figurants est déjà en cours dans ce bac à sable."
)
