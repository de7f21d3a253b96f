"""Facts of the DMP and Mon espace santé. `patient` is always a pseudonym."""

from __future__ import annotations

from segur.contracts.fact import Fact, fact


class _DocumentFact(Fact):
    document_id: str
    """XDS uniqueId."""
    patient: str
    type_code: str = ""
    hidden_from_patient: bool = False
    hidden_from_representatives: bool = False
    """As the document was then: Mon espace santé tells nobody of what they may not see."""


@fact("dmp.document.submitted", subject="document_id")
class DocumentSubmitted(_DocumentFact):
    """A document entered a DMP (TD2.1); `digest` is the SHA-256 of its bytes, `door` soap, fhir or mes."""

    entry_uuid: str
    author: str
    structure: str
    digest: str
    size: int
    door: str
    replaces: str | None = None
    findings: tuple[str, ...] = ()
    """What the DMP would refuse with a stricter parameter, each as `control: what is wrong`."""


@fact("dmp.document.refused", subject="document_id")
class DocumentRefused(_DocumentFact):
    """A submission was refused; nothing was stored. `code` is the XDS or DMP error code."""

    code: str
    reason: str
    door: str


@fact("dmp.document.consulted", subject="document_id")
class DocumentConsulted(_DocumentFact):
    """A document's content was fetched (TD3.2) by a professional, or read by the patient.

    `secret` marks a minor's secret connection, which is not in the legal representatives' history.
    """

    reader: str
    door: str
    secret: bool = False


@fact("dmp.document.masked", subject="document_id")
class DocumentMasked(_DocumentFact):
    """A document was masked to professionals; `by` is patient or a professional's idNat."""

    by: str


@fact("dmp.document.unmasked", subject="document_id")
class DocumentUnmasked(_DocumentFact):
    """A document was shown to professionals again."""

    by: str


@fact("dmp.document.shown", subject="document_id")
class DocumentShown(_DocumentFact):
    """A document hidden from the patient or the legal representatives was shown to them (TD3.3b).

    `to` is patient or legal_representatives; `by` is patient or a professional's idNat.
    """

    by: str
    to: str


@fact("dmp.document.hidden", subject="document_id")
class DocumentHidden(_DocumentFact):
    """A minor's document was hidden from the legal representatives after it was submitted; `by` as above."""

    by: str


@fact("dmp.document.archived", subject="document_id")
class DocumentArchived(_DocumentFact):
    """A document was archived (TD3.3d); `by` is patient or a professional's idNat."""

    by: str


@fact("dmp.document.unarchived", subject="document_id")
class DocumentUnarchived(_DocumentFact):
    """An archived document became active again (TD3.3d)."""

    by: str


@fact("dmp.document.deleted", subject="document_id")
class DocumentDeleted(_DocumentFact):
    """A document was deleted (TD3.3c): its metadata and bytes are kept, nobody is given them any more."""

    by: str


@fact("dmp.record.searched", subject="patient")
class RecordSearched(Fact):
    """A professional searched a DMP (TD3.1); `returned` documents were visible to them."""

    patient: str
    reader: str
    returned: int
    door: str
    secret: bool = False


@fact("dmp.record.tested", subject="patient")
class RecordTested(Fact):
    """A DMP's existence and the caller's authorization were tested (TD0.2), or its data read (TD1.3a)."""

    patient: str
    reader: str
    exists: bool
    authorization: str
    secret: bool = False


@fact("dmp.record.closed", subject="patient")
class RecordClosed(Fact):
    """A professional closed a DMP that is not attached to Mon espace santé (TD1.4); `motif` is the code of the why."""

    patient: str
    motif: str
    by: str


@fact("dmp.record.reopened", subject="patient")
class RecordReopened(Fact):
    """A professional reactivated a closed DMP that is not attached to Mon espace santé (TD1.2)."""

    patient: str
    by: str


@fact("dmp.record.changed", subject="patient")
class RecordChanged(Fact):
    """A professional changed administrative data of a DMP (TD1.3b); `changed` names the fields, not their values."""

    patient: str
    changed: list[str]
    by: str


@fact("dmp.patients.listed", subject="owner")
class PatientsListed(Fact):
    """The DMPs a professional or structure (`owner`) is authorized on were listed (TD0.4)."""

    reader: str
    owner: str
    patients: int


@fact("dmp.patient.sought", subject="reader")
class PatientSought(Fact):
    """A patient without INS was sought in medical regulation (TD0.5); the traits are not told."""

    reader: str
    structure: str
    candidates: int


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
    """A professional declared the patient's authorization (TD0.3 AJOUT); `treating` for the médecin traitant role.

    `professional` is a PS_IdNat, or a Struct_idNat where an employee declared it for the structure. `by` is `patient`
    when it was decided in Mon espace santé, else empty.
    """

    patient: str
    professional: str
    treating: bool = False
    by: str = ""
    secret: bool = False
    """Declared in a minor's secret connection."""


@fact("dmp.authorization.withdrawn", subject="patient")
class AuthorizationWithdrawn(Fact):
    """An authorization was removed (TD0.3 SUPPRESSION, or `by` the patient in Mon espace santé)."""

    patient: str
    professional: str
    by: str = ""
    secret: bool = False


@fact("dmp.authorization.treating_removed", subject="patient")
class TreatingDoctorRemoved(Fact):
    """A professional is no longer médecin traitant (administrator) of a DMP; the authorization stays."""

    patient: str
    professional: str
    by: str


@fact("dmp.professional.blocked", subject="patient")
class ProfessionalBlocked(Fact):
    """A patient shut a professional (or a structure's employees) out of the DMP; any authorization ended with it."""

    patient: str
    professional: str
    by: str


@fact("dmp.professional.unblocked", subject="patient")
class ProfessionalUnblocked(Fact):
    """A patient lifted a block; no authorization came back."""

    patient: str
    professional: str
    by: str


@fact("dmp.emergency.permitted", subject="patient")
class EmergencyAccessPermitted(Fact):
    """A patient permits access in emergencies; `purpose` is ETREAT (regulation), BTG (break the glass) or MASKED."""

    patient: str
    purpose: str
    by: str


@fact("dmp.emergency.denied", subject="patient")
class EmergencyAccessDenied(Fact):
    """A patient denies access in emergencies; `purpose` as in `EmergencyAccessPermitted`."""

    patient: str
    purpose: str
    by: str


@fact("dmp.emergency.accessed", subject="patient")
class EmergencyAccessed(Fact):
    """A DMP was entered by break-glass or in medical regulation; `mode` is bris_de_glace or centre_15.

    The reason the professional gave is free text and may name people: it stays in the DMP's own records.
    """

    patient: str
    reader: str
    structure: str
    mode: str
    operation: str
    secret: bool = False
    """A minor's secret connection: the legal representatives do not see it."""


@fact("dmp.masking.default_changed", subject="patient")
class MaskingByDefaultChanged(Fact):
    """A patient wants new documents masked to professionals as they come, or no longer."""

    patient: str
    masked: bool
    by: str


@fact("dmp.patient.notified", subject="notification_id")
class PatientNotified(Fact):
    """Mon espace santé told a patient something; `code` is its notification code, `urn` what it is about.

    `document_id` is empty when it is not about a document.
    """

    notification_id: str
    patient: str
    document_id: str
    reason: str
    code: str = ""
    urn: str = ""


@fact("dmp.crowd.filed", subject="name")
class CrowdFiled(Fact):
    """Documents to search among are in the DMPs of a sandbox: so many in all, which no other fact told of."""

    name: str
    documents: int
    patients: int
