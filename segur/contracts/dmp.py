"""Facts of the DMP and Mon espace santé. `patient` is always a pseudonym."""

from __future__ import annotations

from segur.contracts.fact import Fact, fact


class _DocumentFact(Fact):
    document_id: str
    """XDS uniqueId."""
    patient: str
    type_code: str = ""


@fact("dmp.document.submitted", subject="document_id")
class DocumentSubmitted(_DocumentFact):
    """A document entered a DMP (TD2.1); `digest` is the SHA-256 of its bytes, `door` soap, fhir or mes."""

    entry_uuid: str
    author: str
    structure: str
    digest: str
    size: int
    door: str
    hidden_from_patient: bool = False
    replaces: str | None = None


@fact("dmp.document.refused", subject="document_id")
class DocumentRefused(_DocumentFact):
    """A submission was refused; nothing was stored. `code` is the XDS or DMP error code."""

    code: str
    reason: str
    door: str


@fact("dmp.document.consulted", subject="document_id")
class DocumentConsulted(_DocumentFact):
    """A document's content was fetched (TD3.2) by a professional, or read by the patient."""

    reader: str
    door: str


@fact("dmp.document.masked", subject="document_id")
class DocumentMasked(_DocumentFact):
    """A document was masked to professionals; `by` is patient or a professional's idNat."""

    by: str


@fact("dmp.document.unmasked", subject="document_id")
class DocumentUnmasked(_DocumentFact):
    """A document was shown to professionals again."""

    by: str


@fact("dmp.record.searched", subject="patient")
class RecordSearched(Fact):
    """A professional searched a DMP (TD3.1); `returned` documents were visible to them."""

    patient: str
    reader: str
    returned: int
    door: str


@fact("dmp.record.tested", subject="patient")
class RecordTested(Fact):
    """A DMP's existence and the caller's authorization were tested (TD0.2)."""

    patient: str
    reader: str
    exists: bool
    authorization: str


@fact("dmp.access.refused", subject="patient")
class AccessRefused(Fact):
    """A transaction was refused: no right, no certificate, VIHF not accepted … `patient` may be `unknown`."""

    patient: str
    reader: str
    operation: str
    code: str
    reason: str


@fact("dmp.authorization.granted", subject="patient")
class AuthorizationGranted(Fact):
    """A professional declared the patient's authorization (TD0.3 AJOUT); `treating` for the médecin traitant role."""

    patient: str
    professional: str
    treating: bool = False


@fact("dmp.authorization.withdrawn", subject="patient")
class AuthorizationWithdrawn(Fact):
    """An authorization was removed (TD0.3 SUPPRESSION)."""

    patient: str
    professional: str


@fact("dmp.patient.notified", subject="notification_id")
class PatientNotified(Fact):
    """Mon espace santé told the patient about a document."""

    notification_id: str
    patient: str
    document_id: str
    reason: str
