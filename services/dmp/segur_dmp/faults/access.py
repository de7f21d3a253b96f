"""Failures of who calls, what they may do, and the state of a DMP [DMP digest 2, 6, 9]."""

from __future__ import annotations

from segur.kernel.faults import FaultPoint

WRONG_SIGNER = "dmp.vihf.wrong_signer"
SIGNER_REVOKED = "dmp.vihf.signer_revoked"
CLIENT_REVOKED = "dmp.tls.client_revoked"
UNKNOWN_STRUCTURE = "dmp.vihf.unknown_structure"
NOT_LINKED = "dmp.vihf.not_linked"
NO_SPECIALITY = "dmp.vihf.no_speciality"
LEGAL_PERSON = "dmp.vihf.legal_person"
NO_ADDRESSING = "dmp.soap.no_addressing"
DENIED = "dmp.rights.denied"
LAPSED = "dmp.rights.lapsed"
BLOCKED = "dmp.rights.blocked"
OPPOSED = "dmp.rights.opposed"
RECORD_ABSENT = "dmp.record.absent"
RECORD_CLOSED = "dmp.record.closed"
RECORD_EXISTS = "dmp.record.exists"

ACCESS_POINTS = (
    FaultPoint(
        WRONG_SIGNER,
        "soap",
        "soap:Sender DMPInvalidCertificate, HTTP 500",
        "Le VIHF passe pour signé avec la clé d'authentification au lieu de la clé de signature.",
    ),
    FaultPoint(
        SIGNER_REVOKED,
        "soap",
        "soap:Sender DMPInvalidCertificate, HTTP 500",
        "Le certificat qui signe le VIHF passe pour révoqué par l'IGC-Santé.",
    ),
    FaultPoint(
        CLIENT_REVOKED,
        "soap",
        "soap:Sender DMPInvalidCertificate, HTTP 500",
        "Le certificat client de la connexion TLS passe pour révoqué par l'IGC-Santé.",
    ),
    FaultPoint(
        UNKNOWN_STRUCTURE,
        "soap",
        "soap:Sender DMPInvalidVIHF « Structure introuvable ou inactive », HTTP 500",
        "La structure du VIHF n'est pas, ou plus, dans l'annuaire du DMP.",
    ),
    FaultPoint(
        NOT_LINKED,
        "soap",
        "soap:Sender DMPInvalidVIHF « PS et structure non liés », HTTP 500",
        "L'annuaire ne connaît pas d'exercice du professionnel dans la structure du VIHF.",
    ),
    FaultPoint(
        NO_SPECIALITY,
        "soap",
        "soap:Sender DMPInvalidVIHF, HTTP 500",
        "Le second rôle du VIHF, la spécialité, passe pour absent.",
    ),
    FaultPoint(
        LEGAL_PERSON,
        "soap",
        "soap:Sender DMPInvalidCertificate « authentification de la personne morale », HTTP 500",
        "Identifiant_Structure passe pour différent de la structure du certificat (EJ et EG non rapprochés).",
    ),
    FaultPoint(
        NO_ADDRESSING,
        "soap",
        "soap:Sender wsa:MessageAddressingHeaderRequired, HTTP 500",
        "Un en-tête WS-Addressing passe pour perdu en route, comme derrière un mandataire qui réécrit les messages.",
    ),
    FaultPoint(
        DENIED,
        "soap, fhir",
        "soap:Sender DMPAccessDeniedByRightsService, HTTP 500",
        "La matrice des droits fonctionnels passe pour interdire l'action à ce professionnel.",
    ),
    FaultPoint(
        LAPSED,
        "soap, fhir",
        "TD0.2 AUTORISATION EXPIREE, lecture refusée DMPAccessDeniedByRightsService",
        "L'autorisation du professionnel a expiré : il doit la déclarer à nouveau (TD0.3 AJOUT).",
    ),
    FaultPoint(
        BLOCKED,
        "soap, fhir",
        "TD0.2 AUTORISATION INTERDITE, le reste refusé DMPAccessDeniedByRightsService",
        "Le patient vient de bloquer le professionnel dans Mon espace santé.",
    ),
    FaultPoint(
        OPPOSED,
        "soap, fhir",
        "soap:Sender DMPAccessDeniedByRightsService, HTTP 500",
        "Le patient s'est opposé à l'accès en urgence (bris de glace ou régulation) qui est tenté.",
    ),
    FaultPoint(
        RECORD_ABSENT,
        "soap, fhir",
        "TD0.2 NF, XDSUnknownPatientId",
        "Le patient n'a pas de DMP.",
    ),
    FaultPoint(
        RECORD_CLOSED,
        "soap, fhir",
        "TD0.2 terminated, TD1.x DMPClosed, XDSUnknownPatientId",
        "Le patient vient de fermer son DMP.",
    ),
    FaultPoint(
        RECORD_EXISTS,
        "soap",
        "PRPA_IN201313UV02 DMPFound",
        "Un DMP existe déjà pour ce patient au moment de le créer (TD1.1).",
    ),
)
