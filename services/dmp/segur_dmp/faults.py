"""Where the DMP can break on purpose."""

from __future__ import annotations

from dataclasses import dataclass

from segur.kernel.faults import FaultPoint

SUBMIT_BUSY = "dmp.submit.busy"
SUBMIT_LOST_ANSWER = "dmp.submit.lost_answer"
SEARCH_UNAVAILABLE = "dmp.search.unavailable"

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

MES_UNAVAILABLE = "dmp.mes.unavailable"
MES_UPLOAD = "dmp.mes.upload_refused"
MES_CODE_LOST = "dmp.mes.code_lost"

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

RETRIEVE_PARTIAL = "dmp.retrieve.partial"
RETRIEVE_TRUNCATED = "dmp.retrieve.truncated"


@dataclass(frozen=True, slots=True)
class XdsFault:
    """A registry error that can be had for the asking: `act` is submit, search, retrieve or update.

    `context` is what `codeContext` says after the field; `explains` when it happens in real life, in French.
    """

    name: str
    code: str
    field: str
    context: str
    explains: str

    @property
    def act(self) -> str:
        """The act it strikes: the second part of the name."""
        return self.name.split(".")[1]


XDS_FAULTS = (
    XdsFault(
        "dmp.submit.metadata",
        "XDSRegistryMetadataError",
        "typeCode",
        "'00000-0' is not in JDV_J66",
        "Une métadonnée passe pour hors de son jeu de valeurs : version du DMP plus récente que celle de l'éditeur.",
    ),
    XdsFault(
        "dmp.submit.repository_metadata",
        "XDSRepositoryMetadataError",
        "hash",
        "another hash announced than that of the bytes received",
        "Le document passe pour altéré entre la métadonnée et l'entrepôt.",
    ),
    XdsFault(
        "dmp.submit.duplicate",
        "XDSDuplicateUniqueIdInRegistry",
        "uniqueId",
        "already registered: the document is there, do not send it again",
        "Le document est déjà dans le DMP : la réponse d'un premier envoi s'est perdue.",
    ),
    XdsFault(
        "dmp.submit.other_content",
        "XDSNonIdenticalHash",
        "uniqueId",
        "registered with another content, give the new version its own id",
        "Un autre contenu a déjà été envoyé sous cet identifiant.",
    ),
    XdsFault(
        "dmp.submit.other_patient",
        "XDSPatientIdDoesNotMatch",
        "patientId",
        "differs from the resource-id of the VIHF",
        "Le patient du lot passe pour différent de celui du VIHF : dossier ouvert entre-temps dans le logiciel.",
    ),
    XdsFault(
        "dmp.submit.missing_document",
        "XDSMissingDocument",
        "Document",
        "no Document with id 'Document01' for this entry",
        "La partie MIME du document passe pour perdue.",
    ),
    XdsFault(
        "dmp.submit.missing_metadata",
        "XDSMissingDocumentMetadata",
        "Document",
        "Document 'Document02' must have exactly one ExtrinsicObject of that id",
        "Un document du message passe pour sans métadonnées.",
    ),
    XdsFault(
        "dmp.submit.bad_replacement",
        "XDSRegistryMetadataError",
        "RPLC",
        "the target is not an Approved document of this patient",
        "Le document à remplacer l'a déjà été, ou a été supprimé.",
    ),
    XdsFault(
        "dmp.submit.author_institution",
        "XDSRegistryMetadataError",
        "authorInstitution",
        "aucun AuthorInstitution ne correspond à la structure de l'appelant",
        "La structure du VIHF passe pour absente des auteurs du lot (EJ et EG non rapprochés).",
    ),
    XdsFault(
        "dmp.submit.author_names",
        "XDSRegistryMetadataError",
        "authorPerson",
        "family and given names are required",
        "Le nom de l'auteur passe pour vide, comme avec une CPE anonyme.",
    ),
    XdsFault(
        "dmp.submit.out_of_resources",
        "XDSRepositoryOutOfResources",
        "Document",
        "the repository has no room for this document",
        "L'entrepôt n'a plus de place.",
    ),
    XdsFault(
        "dmp.submit.registry_error",
        "XDSRegistryError",
        "SubmissionSet",
        "the registry met an internal error, nothing was stored",
        "Le registre a échoué après avoir reçu les documents.",
    ),
    XdsFault(
        "dmp.search.unknown_query",
        "XDSUnknownStoredQuery",
        "AdhocQuery",
        "no such stored query here",
        "La requête passe pour inconnue de cette version du DMP.",
    ),
    XdsFault(
        "dmp.search.missing_parameter",
        "XDSStoredQueryMissingParam",
        "$XDSDocumentEntryStatus",
        "mandatory in this query",
        "Un paramètre obligatoire passe pour absent.",
    ),
    XdsFault(
        "dmp.search.parameter_number",
        "XDSStoredQueryParamNumber",
        "$XDSDocumentEntryPatientId",
        "2 values are too many",
        "Un paramètre passe pour donné plusieurs fois.",
    ),
    XdsFault(
        "dmp.search.too_many_results",
        "XDSTooManyResults",
        "AdhocQuery",
        "too many objects; narrow the search by dates or types",
        "Le DMP du patient est trop rempli pour cette recherche.",
    ),
    XdsFault(
        "dmp.retrieve.unknown_document",
        "XDSDocumentUniqueIdError",
        "DocumentUniqueId",
        "uniqueId=0.0 is unknown for this patient",
        "Le document vient d'être supprimé ou masqué.",
    ),
    XdsFault(
        "dmp.retrieve.wrong_repository",
        "XDSUnknownRepositoryId",
        "RepositoryUniqueId",
        "is not this repository",
        "Le repositoryUniqueId passe pour celui d'un autre entrepôt.",
    ),
    XdsFault(
        "dmp.update.conflict",
        "XDSMetadataUpdateError",
        "OriginalStatus",
        "is not the current status",
        "L'état du document a changé depuis sa lecture.",
    ),
    XdsFault(
        "dmp.update.version",
        "XDSMetadataVersionError",
        "version",
        "the document has changed meanwhile: read its current version, then ask again",
        "Quelqu'un a modifié les métadonnées au même moment.",
    ),
    XdsFault(
        "dmp.update.patient",
        "XDSPatientIDReconciliationError",
        "patientId",
        "differs from that of the document",
        "L'INS du patient a changé entre la lecture et la mise à jour.",
    ),
)

POINTS = (
    *ACCESS_POINTS,
    *(FaultPoint(one.name, "soap, fhir", f"{one.code}, RegistryResponse Failure", one.explains) for one in XDS_FAULTS),
    FaultPoint(
        RETRIEVE_PARTIAL,
        "soap",
        "PartialSuccess, XDSDocumentUniqueIdError pour le dernier document demandé",
        "Un document parmi plusieurs ne peut plus être lu.",
    ),
    FaultPoint(
        RETRIEVE_TRUNCATED,
        "soap",
        "MTOM coupé au milieu d'un document, HTTP 200",
        "La liaison s'interrompt pendant le téléchargement.",
    ),
    FaultPoint(
        SUBMIT_BUSY,
        "soap, fhir",
        "soap:Receiver XDSRepositoryBusy, HTTP 503",
        "L'entrepôt est occupé ; rien n'a été enregistré.",
    ),
    FaultPoint(
        SUBMIT_LOST_ANSWER, "soap, fhir", "HTTP 504", "Le document est enregistré, mais la réponse s'est perdue."
    ),
    FaultPoint(
        SEARCH_UNAVAILABLE,
        "soap, fhir",
        "soap:Receiver XDSRegistryError, HTTP 503",
        "Le registre ne répond pas aux recherches.",
    ),
    FaultPoint(
        MES_UNAVAILABLE,
        "mes",
        "problem+json MES_UNAVAILABLE, page d'erreur, HTTP 503",
        "Mon espace santé est en maintenance ; rien n'est lu ni changé.",
    ),
    FaultPoint(
        MES_UPLOAD,
        "mes",
        "problem+json MES_UPLOAD « le contrôle antivirus n'a pas abouti », HTTP 400",
        "Le fichier qu'un patient ajoute ne passe pas le contrôle antivirus.",
    ),
    FaultPoint(
        MES_CODE_LOST,
        "mes",
        "HTTP 202, mais aucun e-mail ni SMS",
        "Le code à usage unique de l'activation se perd chez le fournisseur du patient.",
    ),
)
