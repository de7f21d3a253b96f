"""What a patient is told, by which code, and which facts cause it [DMP digest 6.5].

A document the patient cannot see causes nothing (inferred). An emergency access always leaves by e-mail as well.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from segur.contracts import dmp, mes
from segur.contracts.fact import Fact
from segur.vocab.document_types import SIGNATURE_TYPE
from segur_dmp.domain.mes.measures import Kind
from segur_dmp.domain.mes.prevention import Family
from segur_dmp.domain.mes.spaces import Preference

ADDED: Final = "AJOUT_DOCUMENT"
CHANGED: Final = "MODIF_DOCUMENT"
REMOVED: Final = "SUPP_DOC"
READ: Final = "CONSULT_DOCUMENT"
FIRST_ACCESS: Final = "ACCES_DMP_PS"
EMERGENCY: Final = "ACCES_BRIS_GLACE"
MESSAGE: Final = "RECEPTION_MESSAGE"
VACCINATION_ADDED: Final = "AJOUT_VACCINATION"
VACCINATION_READ: Final = "CONSULT_VACCINATION"
DIRECTIVES_CHANGED: Final = "RAPPEL_MODIF_DA"
REVEALED: Final = "REMISE_VISIBILITE_AUTO"
APPOINTMENT: Final = "RAPPEL_RDV_USAGER"
EXAMINATION_NEAR: Final = "RAPPEL_RDV_PREV"
VACCINATION_NEAR: Final = "RAPPEL_RDV_PREV_VACC"
SCREENING_NEAR: Final = "RAPPEL_RDV_PREV_DEPIST"
GLUCOSE_COPIED: Final = "COPIE_DOC_AJOUT_GLYCEMIE"
HBA1C_COPIED: Final = "COPIE_DOC_AJOUT_HBA1C"
HEIGHT_COPIED: Final = "COPIE_DOC_AJOUT_TAILLE"
WEIGHT_COPIED: Final = "COPIE_DOC_AJOUT_POIDS"
HEAD_COPIED: Final = "COPIE_DOC_AJOUT_PC"
INVITED: Final = "PARTAGE_PROFIL_AIDANT"
ACCEPTED: Final = "ACCORD_PARTAGE_PROFIL"
DECLINED: Final = "REFUS_PARTAGE_PROFIL"
ENDED_BY_CARER: Final = "REVOCATION_PAR_AIDANT"
ENDED_BY_HELPED: Final = "REVOCATION_PAR_AIDE"
MAJORITY: Final = "RAPPEL_CONSENT_PASSAGE_MAJO"
MAJORITY_REPRESENTATIVE: Final = "RAPPEL_CONSENT_RL_PASSAGE_MAJO"

LABELS: Final = MappingProxyType(
    {
        ADDED: "Un document a été ajouté",
        CHANGED: "Un document a été modifié",
        REMOVED: "Un document a été supprimé",
        READ: "Un de vos documents a été consulté",
        FIRST_ACCESS: "Un professionnel a accédé pour la première fois à vos documents",
        EMERGENCY: "Accès à vos documents en situation d'urgence",
        MESSAGE: "Vous avez reçu un message",
        VACCINATION_ADDED: "Une vaccination a été ajoutée",
        VACCINATION_READ: "Votre carnet de vaccination a été consulté",
        DIRECTIVES_CHANGED: "Vos directives anticipées ont été modifiées",
        REVEALED: "Un document vous est désormais visible",
        APPOINTMENT: "Rappel de rendez-vous",
        EXAMINATION_NEAR: "Un examen médical est à prévoir prochainement",
        VACCINATION_NEAR: "Une vaccination est à prévoir prochainement",
        SCREENING_NEAR: "Un dépistage est à prévoir prochainement",
        GLUCOSE_COPIED: "Une glycémie a été copiée d'un document dans vos mesures",
        HBA1C_COPIED: "Une hémoglobine glyquée (HbA1c) a été copiée d'un document dans vos mesures",
        HEIGHT_COPIED: "Une taille a été copiée d'un document dans vos mesures",
        WEIGHT_COPIED: "Un poids a été copié d'un document dans vos mesures",
        HEAD_COPIED: "Un périmètre crânien a été copié d'un document dans vos mesures",
        INVITED: "Vous êtes invité à devenir aidant",
        ACCEPTED: "Votre invitation d'aidant a été acceptée",
        DECLINED: "Votre invitation d'aidant a été refusée",
        ENDED_BY_CARER: "Votre aidant a mis fin au partage de votre profil",
        ENDED_BY_HELPED: "La personne que vous aidez a mis fin au partage de son profil",
        MAJORITY: "À votre majorité, vous seul accéderez à votre espace",
        MAJORITY_REPRESENTATIVE: "À sa majorité, votre enfant accédera seul à son espace",
    }
)
"""What the patient reads; the wording is ours, the codes are confirmed."""

PLATFORM: Final = "dmp"
"""Who changes a document when a delay is over."""
_SELF: Final = ("patient", "representative", "carer")
_PREFERENCES: Final = {
    MESSAGE: Preference.MESSAGE,
    APPOINTMENT: Preference.APPOINTMENT,
    EXAMINATION_NEAR: Preference.APPOINTMENT,
    VACCINATION_NEAR: Preference.APPOINTMENT,
    SCREENING_NEAR: Preference.SCREENING,
}
PREVENTION_CODES: Final = MappingProxyType(
    {
        Family.CHILD: EXAMINATION_NEAR,
        Family.CHECKUP: EXAMINATION_NEAR,
        Family.DENTAL: EXAMINATION_NEAR,
        Family.SCREENING: SCREENING_NEAR,
        Family.VACCINATION: VACCINATION_NEAR,
    }
)
"""By which code each family of recommended things is told."""
_COPIES: Final = {
    Kind.GLUCOSE: GLUCOSE_COPIED,
    Kind.HBA1C: HBA1C_COPIED,
    Kind.HEIGHT: HEIGHT_COPIED,
    Kind.WEIGHT: WEIGHT_COPIED,
    Kind.HEAD: HEAD_COPIED,
}
VACCINATION_TYPES: Final = ("11369-6", "87273-9", "96874-3")
_DIRECTIVES: Final = "EXPPAT_3"


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing told: `patient` whose space it goes to, `actor` who caused it, `profile` whom it is about.

    `once` names a notice that is given one time only, `document_id` the document it is about.
    """

    patient: str
    code: str
    urn: str
    actor: str = ""
    profile: str = ""
    document_id: str = ""
    once: str = ""
    reason: str = ""
    hidden_from_representatives: bool = False

    @property
    def label(self) -> str:
        """What the patient reads."""
        return LABELS[self.code]

    @property
    def letter_label(self) -> str:
        """What an e-mail or SMS says: no health data leaves the space."""
        return "Une mesure a été ajoutée" if self.code in _COPIES.values() else self.label

    @property
    def preference(self) -> Preference:
        """The family whose means apply."""
        return _PREFERENCES.get(self.code, Preference.DOCUMENT)

    @property
    def always_mailed(self) -> bool:
        """An emergency access is always told by e-mail."""
        return self.code == EMERGENCY


def notices_of(told: Fact) -> tuple[Notice, ...]:
    """What a fact means to the people concerned, in the order they are told it."""
    match told:
        case dmp.DocumentSubmitted(hidden_from_patient=False):
            return _of_submission(told)
        case dmp.DocumentConsulted(hidden_from_patient=False) if told.door != "mes":
            code = VACCINATION_READ if told.type_code in VACCINATION_TYPES else READ
            read = _of_document(told, code, told.reader)
            hidden = read.hidden_from_representatives or told.secret
            first = _first_access(told.patient, told.reader, told.secret)
            return (first, replace(read, hidden_from_representatives=hidden))
        case (
            dmp.DocumentMasked() | dmp.DocumentUnmasked() | dmp.DocumentArchived() | dmp.DocumentUnarchived()
            | dmp.DocumentDeleted() | dmp.DocumentShown()
        ) if not told.hidden_from_patient and told.by not in _SELF:  # fmt: skip
            return _of_change(told)
        case dmp.RecordSearched() if told.door != "mes":
            return (_first_access(told.patient, told.reader, told.secret),)
        case dmp.EmergencyAccessed():
            urn = f"urn:professionnel_sante:{told.reader}"
            emergency = Notice(told.patient, EMERGENCY, urn, told.reader, told.patient, reason="emergency_access")
            return (replace(emergency, hidden_from_representatives=told.secret),)
        case mes.MeasureCopied(hidden_from_patient=False):
            return (_of_measure(told),)
    return _of_people(told)


def _of_submission(told: dmp.DocumentSubmitted) -> tuple[Notice, ...]:
    if told.door == "mes" or told.type_code == SIGNATURE_TYPE[0]:
        return ()  # nobody is told of what they did themselves
    if told.type_code == _DIRECTIVES:
        code = DIRECTIVES_CHANGED
    elif told.replaces:
        code = CHANGED
    else:
        code = VACCINATION_ADDED if told.type_code in VACCINATION_TYPES else ADDED
    return (_of_document(told, code, told.author),)


def _of_change(told: dmp._DocumentFact) -> tuple[Notice, ...]:
    by = str(getattr(told, "by", ""))
    if isinstance(told, dmp.DocumentDeleted):
        code = REMOVED
    elif isinstance(told, dmp.DocumentShown):
        if told.to != "patient":
            return ()
        # a document that becomes visible is new to the patient, whom nobody told of it before
        code = REVEALED if by == PLATFORM else ADDED
    else:
        code = CHANGED
    return (_of_document(told, code, "" if by == PLATFORM else by),)


def _of_document(told: dmp._DocumentFact, code: str, actor: str) -> Notice:
    reasons = {ADDED: "document_submitted", READ: "document_consulted", CHANGED: "document_replaced"}
    return Notice(
        told.patient,
        code,
        f"urn:document:{told.document_id}",
        actor,
        told.patient,
        told.document_id,
        reason=reasons.get(code, code.lower()),
        hidden_from_representatives=told.hidden_from_representatives,
    )


def _of_measure(told: mes.MeasureCopied) -> Notice:
    code, urn = _COPIES[Kind(told.kind)], f"urn:mesure:{told.measure_id}"
    copied = Notice(told.patient, code, urn, told.author, told.patient, told.document_id, reason=code.lower())
    return replace(copied, hidden_from_representatives=told.hidden_from_representatives)


def _first_access(patient: str, reader: str, secret: bool) -> Notice:
    urn = f"urn:professionnel_sante:{reader}"
    first = Notice(patient, FIRST_ACCESS, urn, reader, patient, once=f"{patient}:{reader}", reason="first_access")
    return replace(first, hidden_from_representatives=secret)


def _of_people(told: Fact) -> tuple[Notice, ...]:
    match told:
        case mes.DelegationInvited():
            return (_of_delegation(told.carer, INVITED, told.delegation_id, told.patient, told.patient),)
        case mes.DelegationAccepted():
            return (_of_delegation(told.patient, ACCEPTED, told.delegation_id, told.carer, told.patient),)
        case mes.DelegationDeclined():
            return (_of_delegation(told.patient, DECLINED, told.delegation_id, told.carer, told.patient),)
        case mes.DelegationRevoked(by="carer"):
            return (_of_delegation(told.patient, ENDED_BY_CARER, told.delegation_id, told.carer, told.patient),)
        case mes.DelegationRevoked():
            return (_of_delegation(told.carer, ENDED_BY_HELPED, told.delegation_id, told.patient, told.patient),)
    return ()


def _of_delegation(whose: str, code: str, delegation: str, actor: str, profile: str) -> Notice:
    kind = "invitation_en_attente" if code == INVITED else "delegation"
    return Notice(whose, code, f"urn:{kind}:{delegation}", actor, profile, reason=code.lower())
