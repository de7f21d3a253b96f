"""Where the DMP can break on purpose: access, registry and repository, Mon espace santé."""

from __future__ import annotations

from segur.kernel.faults import FaultPoint
from segur_dmp.faults.access import (
    ACCESS_POINTS,
    BLOCKED,
    CLIENT_REVOKED,
    DENIED,
    LAPSED,
    LEGAL_PERSON,
    NO_ADDRESSING,
    NO_SPECIALITY,
    NOT_LINKED,
    OPPOSED,
    RECORD_ABSENT,
    RECORD_CLOSED,
    RECORD_EXISTS,
    SIGNER_REVOKED,
    UNKNOWN_STRUCTURE,
    WRONG_SIGNER,
)
from segur_dmp.faults.mes import MES_ATTACHMENT, MES_CODE_LOST, MES_POINTS, MES_UNAVAILABLE, MES_UPLOAD
from segur_dmp.faults.registry_errors import XDS_FAULTS, XdsFault

__all__ = [
    "ACCESS_POINTS",
    "BLOCKED",
    "CLIENT_REVOKED",
    "DENIED",
    "LAPSED",
    "LEGAL_PERSON",
    "MES_ATTACHMENT",
    "MES_CODE_LOST",
    "MES_POINTS",
    "MES_UNAVAILABLE",
    "MES_UPLOAD",
    "NOT_LINKED",
    "NO_ADDRESSING",
    "NO_SPECIALITY",
    "OPPOSED",
    "POINTS",
    "RECORD_ABSENT",
    "RECORD_CLOSED",
    "RECORD_EXISTS",
    "RETRIEVE_PARTIAL",
    "RETRIEVE_TRUNCATED",
    "SEARCH_UNAVAILABLE",
    "SIGNER_REVOKED",
    "SUBMIT_BUSY",
    "SUBMIT_LOST_ANSWER",
    "UNKNOWN_STRUCTURE",
    "WRONG_SIGNER",
    "XDS_FAULTS",
    "XdsFault",
]

SUBMIT_BUSY = "dmp.submit.busy"
SUBMIT_LOST_ANSWER = "dmp.submit.lost_answer"
SEARCH_UNAVAILABLE = "dmp.search.unavailable"
RETRIEVE_PARTIAL = "dmp.retrieve.partial"
RETRIEVE_TRUNCATED = "dmp.retrieve.truncated"

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
        "soap:Receiver XDSRepositoryBusy (SOAP: HTTP 500, FHIR: 503)",
        "L'entrepôt est occupé ; rien n'a été enregistré.",
    ),
    FaultPoint(
        SUBMIT_LOST_ANSWER, "soap, fhir", "HTTP 504", "Le document est enregistré, mais la réponse s'est perdue."
    ),
    FaultPoint(
        SEARCH_UNAVAILABLE,
        "soap, fhir",
        "soap:Receiver XDSRegistryError (SOAP: HTTP 500, FHIR: 503)",
        "Le registre ne répond pas aux recherches.",
    ),
    *MES_POINTS,
)
