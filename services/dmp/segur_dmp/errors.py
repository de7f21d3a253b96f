"""National refusals of the DMP that are SOAP faults; XDS errors are `MetadataRefused` [DMP digest 9].

Codes marked inferred are ours: the digest knows the French text, not the code.
"""

from __future__ import annotations

from segur.kernel.errors import Kind, Refusal

_BAD_VIHF, _BAD_CERTIFICATE = "DMPInvalidVIHF", "DMPInvalidCertificate"

NO_VIHF = Refusal(
    "no_vihf", Kind.UNAUTHENTICATED, _BAD_VIHF, "Le VIHF est absent ou illisible : {reason}", "[DMP digest 2.1]"
)
MISSING_ATTRIBUTE = Refusal(
    "missing_attribute", Kind.UNAUTHENTICATED, _BAD_VIHF, "Attributs obligatoires absents du VIHF : {names}.", "2.1"
)
WRONG_ATTRIBUTE = Refusal(
    "wrong_attribute", Kind.UNAUTHENTICATED, _BAD_VIHF, "Attribut {name} du VIHF incorrect : {reason}.", "2.1"
)
NO_SPECIALITY = Refusal(
    "no_speciality",
    Kind.UNAUTHENTICATED,
    _BAD_VIHF,
    "La spécialité est absente du VIHF : elle est obligatoire pour un {profession}.",
    "[DMP digest 2.1, 9], code inferred",
)
STALE_VIHF = Refusal(
    "stale_vihf", Kind.UNAUTHENTICATED, _BAD_VIHF, "Le VIHF n'est pas valide à cet instant : {reason}", "2.1"
)
BAD_CERTIFICATE = Refusal(
    "bad_certificate",
    Kind.UNAUTHENTICATED,
    _BAD_CERTIFICATE,
    "Le certificat ayant signé le VIHF n'est pas un certificat de signature valide : {reason}.",
    "[DMP digest 2.3]",
)
BAD_CERTIFICATE_TLS = Refusal(
    "bad_client_certificate",
    Kind.UNAUTHENTICATED,
    _BAD_CERTIFICATE,
    "Le certificat client ne convient pas : {reason}.",
    "[DMP digest 2.3], code inferred",
)
NO_CLIENT_CERTIFICATE = Refusal(
    "no_client_certificate",
    Kind.UNAUTHENTICATED,
    _BAD_CERTIFICATE,
    "Un certificat client est exigé pour appeler le DMP en TLS.",
    "[DMP digest 2.3]",
)
LEGAL_PERSON = Refusal(
    "legal_person",
    Kind.UNAUTHENTICATED,
    _BAD_CERTIFICATE,
    "Erreur d'authentification de la personne morale.",
    "[DMP digest 9], code inferred",
)
OTHER_HOLDER = Refusal(
    "other_holder",
    Kind.UNAUTHENTICATED,
    _BAD_CERTIFICATE,
    "Le certificat n'est pas celui du professionnel nommé dans le VIHF.",
    "[DMP digest 2.3], code inferred",
)
NOT_LINKED = Refusal(
    "not_linked", Kind.FORBIDDEN, _BAD_VIHF, "PS et structure non liés.", "[DMP digest 9], code inferred"
)
UNKNOWN_STRUCTURE = Refusal(
    "unknown_structure",
    Kind.FORBIDDEN,
    _BAD_VIHF,
    "Structure introuvable ou inactive : {structure}.",
    "[DMP digest 9], code inferred",
)
NO_TOKEN = Refusal(
    "no_token",
    Kind.UNAUTHENTICATED,
    "PSC_TOKEN",
    "Jeton Pro Santé Connect absent, expiré ou révoqué.",
    "[DMP digest 2.4], form of the FHIR door inferred",
)
INTROSPECTION_AWAY = Refusal(
    "introspection_away", Kind.BUSY, "PSC_AWAY", "Pro Santé Connect ne répond pas, réessayez plus tard.", "2.4"
)
FORBIDDEN = Refusal(
    "forbidden", Kind.FORBIDDEN, "DMPAccessDeniedByRightsService", "Action refusée : {reason}.", "[DMP digest 2.3, 6.1]"
)
NOT_AUTHORIZED = Refusal(
    "not_authorized",
    Kind.FORBIDDEN,
    "DMPAccessDeniedByRightsService",
    "Le professionnel n'est pas autorisé sur ce DMP (autorisation {state}).",
    "[DMP digest 6.2]",
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
CHANGED_MEANWHILE = Refusal(
    "changed_meanwhile", Kind.CONFLICT, "MES_CONFLICT", "Le document a changé entre-temps, rechargez la liste."
)
BLOCKED = Refusal(
    "blocked",
    Kind.FORBIDDEN,
    "DMPAccessDeniedByRightsService",
    "Accès interdit : le patient a bloqué ce professionnel sur son DMP.",
    "[DMP digest 0, 6.4], code inferred",
)
OPPOSED = Refusal(
    "opposed",
    Kind.FORBIDDEN,
    "DMPAccessDeniedByRightsService",
    "Accès refusé : le patient s'est opposé au mode d'accès {mode}.",
    "[DMP digest 6.4, 9], code inferred",
)
NO_MINOR = Refusal(
    "no_minor",
    Kind.FORBIDDEN,
    _BAD_VIHF,
    "La connexion secrète n'existe que pour un patient mineur.",
    "[DMP digest 6.3], code inferred",
)
NO_SUCH_CHANGE = Refusal(
    "no_such_change", Kind.CONFLICT, "MES_NO_SUCH_CHANGE", "Ce document ne peut pas passer à cet état."
)
PATIENT_CANNOT = Refusal(
    "patient_cannot",
    Kind.FORBIDDEN,
    "MES_FORBIDDEN",
    "Seuls les documents déposés par le patient peuvent être supprimés par lui.",
    "[DMP digest 6.1 note *, 6.5 canOwnerDelete]",
)
NO_SPACE = Refusal(
    "no_space", Kind.FORBIDDEN, "MES_SPACE_STATE", "Cette action n'est pas possible : espace {state}.", "6.5"
)
NOT_YOURS = Refusal(
    "not_yours", Kind.FORBIDDEN, "MES_NOT_YOURS", "Vous n'avez pas accès à cet espace.", "[DMP digest 6.3, 6.5]"
)
HOLDER_ONLY = Refusal(
    "holder_only", Kind.FORBIDDEN, "MES_HOLDER_ONLY", "Seul le titulaire ou le représentant légal d'un mineur le peut."
)
WRONG_IDENTITY = Refusal(
    "wrong_identity",
    Kind.FORBIDDEN,
    "MES_IDENTITY",
    "Numéro de carte Vitale, numéro de sécurité sociale et date de naissance ne concordent pas.",
    "[DMP digest 6.5]",
)
WRONG_ONE_TIME_CODE = Refusal(
    "wrong_one_time_code", Kind.FORBIDDEN, "MES_OTP", "Code à usage unique erroné, expiré ou épuisé.", "6.5"
)
BAD_UPLOAD = Refusal("bad_upload", Kind.MALFORMED, "MES_UPLOAD", "Document refusé : {reason}", "[DMP digest 6.5]")
BAD_DEMAND = Refusal("bad_demand", Kind.MALFORMED, "MES_REQUEST", "Demande incomplète ou illisible : {reason}")
DELEGATION_STATE = Refusal(
    "delegation_state", Kind.CONFLICT, "MES_DELEGATION", "Ce partage n'est plus dans l'état attendu."
)
MESSAGING_AWAY = Refusal(
    "messaging_away", Kind.BUSY, "MES_MESSAGING_AWAY", "La messagerie ne répond pas, réessayez dans un instant."
)
FOREIGN_FORM = Refusal(
    "foreign_form", Kind.FORBIDDEN, "MES_CSRF", "Formulaire expiré ou venu d'une autre page : rechargez la page."
)
WITHDRAWN = Refusal(
    "withdrawn",
    Kind.MALFORMED,
    "DMPWithdrawnService",
    "{name} n'est plus offert par le DMP : {reason}.",
    "[DMP digest 1.1], code inferred",
)
NO_CERTIFICATION = Refusal(
    "no_certification",
    Kind.MALFORMED,
    "DMPIdentityCertificationFailure",
    "La certification d'identité (TD0.0) n'est plus offerte par le DMP depuis le 30/09/2023 : l'INS est qualifié par "
    "le téléservice INSi.",
    "[DMP digest 1.1]",
)
MES_UNAVAILABLE = Refusal(
    "mes_unavailable", Kind.BUSY, "MES_UNAVAILABLE", "Mon espace santé est en maintenance, réessayez plus tard."
)
CONTEXT_EXPIRED = Refusal(
    "context_expired",
    Kind.FORBIDDEN,
    "WEB_CONTEXT_EXPIRED",
    "Le contexte d'ouverture a expiré ou n'est pas celui de ce navigateur.",
    "[DMP digest 1.9], ours",
)
UNREADABLE_INS = Refusal(
    "unreadable_ins", Kind.NOT_FOUND, "WEB_INS", "L'adresse ne contient pas un matricule INS.", "[DMP digest 1.9], ours"
)
MISSING_REASON = Refusal(
    "missing_reason", Kind.MALFORMED, "WEB_REASON", "Le bris de glace demande un motif.", "[DMP digest 2.1], ours"
)
