"""Facts of Mon espace santé: what patients, their carers and representatives do. People are always pseudonyms.

What a patient does to a document is told in the DMP's own words (`dmp.document.masked` …): professionals see one DMP.
"""

from __future__ import annotations

from segur.contracts.fact import Fact, fact


class _PatientFact(Fact):
    patient: str


@fact("mes.space.announced", subject="patient")
class SpaceAnnounced(_PatientFact):
    """The information letter left: the space opens on `opens_at` (ISO 8601) unless the person objects before."""

    opens_at: str


@fact("mes.space.objected", subject="patient")
class SpaceObjected(_PatientFact):
    """The person objected to the opening; `proof` is the number of the proof of opposition."""

    proof: str


@fact("mes.space.opened", subject="patient")
class SpaceOpened(_PatientFact):
    """A space opened, not activated yet: with a new DMP, the one that was there (`attached`), or an archived one."""

    attached: bool
    reopened: bool = False


@fact("mes.space.activated", subject="patient")
class SpaceActivated(_PatientFact):
    """The holder took possession of the space: card, NIR, birth date and one-time code."""


@fact("mes.space.closed", subject="patient")
class SpaceClosed(_PatientFact):
    """Space and DMP closed; kept as an archive until `erased_at` (ISO 8601)."""

    reason: str
    motive: str
    by: str
    erased_at: str


@fact("mes.space.suspended", subject="patient")
class SpaceSuspended(_PatientFact):
    """The CNAM suspended a space for serious malfunction or fraud; it closes on `closes_at` without an objection."""

    motive: str
    closes_at: str


@fact("mes.space.restored", subject="patient")
class SpaceRestored(_PatientFact):
    """A suspension was lifted."""


@fact("mes.space.erased", subject="patient")
class SpaceErased(_PatientFact):
    """The archive of a closed space was erased: after ten years, or at the express request of the person."""

    documents: int
    requested: bool = False


@fact("mes.visit.begun", subject="patient")
class VisitBegun(_PatientFact):
    """Somebody entered a space; `by` is patient, carer or representative, `visitor` the pseudonym."""

    visitor: str
    by: str


@fact("mes.preference.chosen", subject="patient")
class PreferenceChosen(_PatientFact):
    """The patient chose by which means a family of notifications is told as well."""

    preference: str
    channels: list[str]


@fact("mes.delegation.invited", subject="delegation_id")
class DelegationInvited(_PatientFact):
    """A patient invited somebody to act in the space as a carer (aidant)."""

    delegation_id: str
    carer: str


@fact("mes.delegation.accepted", subject="delegation_id")
class DelegationAccepted(_PatientFact):
    """The carer accepted and may enter."""

    delegation_id: str
    carer: str


@fact("mes.delegation.declined", subject="delegation_id")
class DelegationDeclined(_PatientFact):
    """The carer refused the invitation."""

    delegation_id: str
    carer: str


@fact("mes.delegation.revoked", subject="delegation_id")
class DelegationRevoked(_PatientFact):
    """The patient or the carer (`by` is patient or carer) ended the delegation."""

    delegation_id: str
    carer: str
    by: str


@fact("mes.majority.reached", subject="patient")
class MajorityReached(_PatientFact):
    """A minor came of age: the legal representatives lost their access."""


@fact("mes.document.edited", subject="document_id")
class DocumentEdited(_PatientFact):
    """The patient changed properties of an own document; `fields` names them, the values are no fact."""

    document_id: str
    fields: list[str]
    by: str


@fact("mes.document.pinned", subject="document_id")
class DocumentPinned(_PatientFact):
    """The patient keeps a document at hand, or (`pinned` false) no longer."""

    document_id: str
    pinned: bool


@fact("mes.attachment.kept", subject="document_id")
class AttachmentKept(_PatientFact):
    """A file of a professional's message became a document of the patient."""

    message_id: str
    document_id: str


@fact("mes.folder.created", subject="folder_id")
class FolderCreated(_PatientFact):
    """The patient made a folder for documents; its name is no fact."""

    folder_id: str
    by: str


@fact("mes.folder.renamed", subject="folder_id")
class FolderRenamed(_PatientFact):
    """A folder has another name."""

    folder_id: str
    by: str


@fact("mes.folder.deleted", subject="folder_id")
class FolderDeleted(_PatientFact):
    """A folder is gone; its documents are where they were before, in none."""

    folder_id: str
    by: str


@fact("mes.document.filed", subject="document_id")
class DocumentFiled(_PatientFact):
    """A document was put into a folder, or (`folder_id` empty) taken out of its folder."""

    document_id: str
    folder_id: str
    by: str


@fact("mes.measure.noted", subject="measure_id")
class MeasureNoted(_PatientFact):
    """Somebody of the space wrote down a health measure of a kind (`WEIGHT` …); the value is no fact."""

    measure_id: str
    kind: str
    by: str


@fact("mes.measure.removed", subject="measure_id")
class MeasureRemoved(_PatientFact):
    """A measure somebody of the space had written down is gone."""

    measure_id: str
    kind: str
    by: str


@fact("mes.measure.copied", subject="measure_id")
class MeasureCopied(_PatientFact):
    """A measure was copied from a structured document of a professional; who may not see that, does not see this."""

    measure_id: str
    kind: str
    document_id: str
    author: str
    hidden_from_patient: bool = False
    hidden_from_representatives: bool = False


@fact("mes.profile.changed", subject="patient")
class MedicalProfileChanged(_PatientFact):
    """A line of the medical profile was written or (`added` false) removed; `section` is that of the profile."""

    section: str
    added: bool
    by: str


@fact("mes.prevention.answered", subject="patient")
class PreventionAnswered(_PatientFact):
    """The patient said whether a recommended examination, screening or vaccination (`code`) was done."""

    code: str
    status: str
    by: str


@fact("mes.report.made", subject="report_id")
class ReportMade(_PatientFact):
    """The patient reported something; `kind` is SIGNALEMENT_DOC, SIGNALEMENT_SNR or SIGNALEMENT_PS."""

    report_id: str
    kind: str
    about: str
    reason: str


@fact("mes.consent.given", subject="patient")
class ServiceConsentGiven(_PatientFact):
    """The patient lets a referenced service (SNR) use the space for one purpose."""

    service: str
    purpose: str


@fact("mes.consent.withdrawn", subject="patient")
class ServiceConsentWithdrawn(_PatientFact):
    """The patient no longer does."""

    service: str
    purpose: str


@fact("mes.appointment.noted", subject="appointment_id")
class AppointmentNoted(_PatientFact):
    """An appointment was written into the agenda; `at` is ISO 8601."""

    appointment_id: str
    at: str


@fact("mes.appointment.cancelled", subject="appointment_id")
class AppointmentCancelled(_PatientFact):
    """An appointment was taken out of the agenda."""

    appointment_id: str


@fact("mes.mail.sent", subject="mail_id")
class MailSent(_PatientFact):
    """Mon espace santé wrote to somebody's own mailbox or phone; `channel` is EMAIL or SMS, no health data is in it.

    `to` is the person's ordinary address: the operator delivers an e-mail to the personal mailbox of that address.
    """

    mail_id: str
    channel: str
    to: str
    title: str
    text: str
