"""National refusals of the DMP that are SOAP faults; XDS errors are `MetadataRefused` [DMP digest 9]."""

from __future__ import annotations

from segur.kernel.errors import Kind, Refusal

NO_VIHF = Refusal(
    "no_vihf", Kind.UNAUTHENTICATED, "DMPInvalidVIHF", "Le VIHF est absent ou illisible : {reason}", "[DMP digest 2.1]"
)
STALE_VIHF = Refusal(
    "stale_vihf", Kind.UNAUTHENTICATED, "DMPInvalidVIHF", "Le VIHF n'est pas valide à cet instant : {reason}", "2.1"
)
BAD_CERTIFICATE = Refusal(
    "bad_certificate",
    Kind.UNAUTHENTICATED,
    "DMPInvalidCertificate",
    "Le certificat ayant signé le VIHF n'est pas un certificat de signature valide : {reason}",
    "[DMP digest 2.3]",
)
NO_CLIENT_CERTIFICATE = Refusal(
    "no_client_certificate",
    Kind.UNAUTHENTICATED,
    "DMPInvalidCertificate",
    "Un certificat client est exigé pour appeler le DMP en TLS.",
    "[DMP digest 2.3]",
)
FORBIDDEN = Refusal(
    "forbidden",
    Kind.FORBIDDEN,
    "DMPAccessDeniedByRightsService",
    "Le mode d'authentification {mode} ne permet pas cette action.",
    "[DMP digest 2.3]",
)
MALFORMED = Refusal("malformed", Kind.MALFORMED, "DMPInvalidMessage", "Message illisible : {reason}", "1.2")
UNKNOWN_OPERATION = Refusal(
    "unknown_operation", Kind.MALFORMED, "DMPUnknownOperation", "Opération inconnue : {name}", "[DMP digest 1.1]"
)
BUSY = Refusal("busy", Kind.BUSY, "XDSRepositoryBusy", "L'entrepôt est occupé, réessayez plus tard.", "[DMP digest 9]")
UNAVAILABLE = Refusal(
    "unavailable", Kind.BUSY, "XDSRegistryError", "Le registre est indisponible, réessayez plus tard.", "[DMP digest 9]"
)
WRONG_CODE = Refusal("wrong_code", Kind.UNAUTHENTICATED, "MES_CODE", "Code Mon espace santé absent ou erroné.")
NOT_FOUND = Refusal("not_found", Kind.NOT_FOUND, "MES_NOT_FOUND", "Patient ou document introuvable.")
