"""Every XDS error of the registry and repository, for the asking [DMP digest 9]."""

from __future__ import annotations

from dataclasses import dataclass


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
