"""The access history of a space: which facts are lines of it, in which group [DMP digest 6.5].

GENERAL: who came in and what was decided; MEDICAL_DOCUMENT: what happened to documents; SERVICE_TIERS: referenced
services. The wording of actions is ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from segur.contracts.fact import Fact
from segur.vocab.document_types import SIGNATURE_TYPE
from segur.wire.saml import BREAK_GLASS, REGULATION
from segur_dmp.domain.account import Emergency


class Group(StrEnum):
    """A group of the history."""

    GENERAL = "GENERAL"
    DOCUMENT = "MEDICAL_DOCUMENT"
    SERVICE = "SERVICE_TIERS"


@dataclass(frozen=True, slots=True)
class Trace:
    """One line: `actor` is a PS_IdNat, `patient`, `carer`, `representative`, or empty (the platform).

    `about` is what it was done to or, for an emergency access, its mode; `secret` hides it from legal representatives.
    """

    patient: str
    group: Group
    action: str
    actor: str = ""
    document_id: str = ""
    about: str = ""
    secret: bool = False


ACTIONS: Final = MappingProxyType(
    {
        "dmp.record.searched": ("Liste des documents consultée", "Document list consulted"),
        "dmp.record.tested": ("Existence du dossier vérifiée", "Existence of the record checked"),
        "dmp.document.submitted": ("Document ajouté", "Document added"),
        "dmp.document.consulted": ("Document consulté", "Document read"),
        "dmp.document.masked": ("Document masqué aux professionnels", "Document hidden from professionals"),
        "dmp.document.unmasked": ("Document rendu visible aux professionnels", "Document shown to professionals"),
        "dmp.document.deleted": ("Document supprimé", "Document deleted"),
        "dmp.document.archived": ("Document archivé", "Document archived"),
        "dmp.document.unarchived": ("Document désarchivé", "Document taken out of the archive"),
        "dmp.document.shown": ("Document rendu visible au patient ou à ses représentants", "Document made visible"),
        "dmp.document.hidden": ("Document caché aux représentants légaux", "Document hidden from representatives"),
        "dmp.authorization.granted": ("Professionnel autorisé", "Professional authorized"),
        "dmp.authorization.withdrawn": ("Autorisation retirée", "Authorization withdrawn"),
        "dmp.authorization.treating_removed": ("Rôle d'administrateur retiré", "Administrator role removed"),
        "dmp.professional.blocked": ("Professionnel bloqué", "Professional blocked"),
        "dmp.professional.unblocked": ("Professionnel débloqué", "Professional unblocked"),
        "dmp.emergency.permitted": ("Accès en urgence autorisé", "Emergency access allowed"),
        "dmp.emergency.denied": ("Accès en urgence refusé", "Emergency access refused"),
        "dmp.emergency.accessed": ("Accès en urgence", "Emergency access"),
        "dmp.masking.default_changed": ("Visibilité par défaut modifiée", "Default visibility changed"),
        "mes.document.edited": ("Propriétés d'un document modifiées", "Document properties changed"),
        "mes.document.pinned": ("Document épinglé ou désépinglé", "Document pinned or unpinned"),
        "mes.document.filed": ("Document changé de dossier", "Document moved between folders"),
        "mes.folder.created": ("Dossier créé", "Folder created"),
        "mes.folder.renamed": ("Dossier renommé", "Folder renamed"),
        "mes.folder.deleted": ("Dossier supprimé", "Folder deleted"),
        "mes.measure.noted": ("Mesure ajoutée", "Measure added"),
        "mes.measure.removed": ("Mesure supprimée", "Measure removed"),
        "mes.measure.copied": ("Mesure copiée d'un document", "Measure copied from a document"),
        "mes.profile.changed": ("Profil médical modifié", "Medical profile changed"),
        "mes.prevention.answered": ("Examen recommandé renseigné", "Recommended examination answered"),
        "mes.visit.begun": ("Connexion à l'espace", "Sign-in"),
        "mes.space.opened": ("Espace ouvert", "Space opened"),
        "mes.space.activated": ("Espace activé", "Space activated"),
        "mes.space.closed": ("Espace fermé", "Space closed"),
        "mes.space.suspended": ("Espace suspendu", "Space suspended"),
        "mes.space.restored": ("Suspension levée", "Suspension lifted"),
        "mes.delegation.invited": ("Aidant invité", "Carer invited"),
        "mes.delegation.accepted": ("Invitation acceptée", "Invitation accepted"),
        "mes.delegation.declined": ("Invitation refusée", "Invitation declined"),
        "mes.delegation.revoked": ("Partage avec un aidant terminé", "Sharing with a carer ended"),
        "mes.report.made": ("Signalement envoyé", "Report sent"),
        "mes.preference.chosen": ("Préférence de notification modifiée", "Notification preference changed"),
        "mes.consent.given": ("Service autorisé", "Service allowed"),
        "mes.consent.withdrawn": ("Service refusé", "Service refused"),
        "mes.appointment.noted": ("Rendez-vous ajouté", "Appointment added"),
        "mes.appointment.cancelled": ("Rendez-vous annulé", "Appointment cancelled"),
        "mes.majority.reached": ("Majorité atteinte", "Came of age"),
    }
)
"""French and English text of each action; a fact that is not here leaves no line."""

SUBJECTS: Final = MappingProxyType(
    {
        BREAK_GLASS: ("bris de glace", "broken glass"),
        REGULATION: ("régulation médicale (centre 15)", "medical regulation (centre 15)"),
        Emergency.REGULATION: ("régulation médicale (centre 15)", "medical regulation (centre 15)"),
        Emergency.BREAK_GLASS: ("bris de glace", "broken glass"),
        Emergency.MASKED: ("documents masqués", "masked documents"),
    }
)
"""French and English text of what a line is about, where it is a code."""

_ACTOR_FIELDS: Final = ("reader", "by", "author", "professional")
_ABOUT_FIELDS: Final = ("professional", "service", "purpose", "mode", "carer")
_OWN: Final = "patient"
_OF_THE_PLATFORM: Final = ("mes.space.opened", "mes.space.suspended", "mes.space.restored", "mes.majority.reached")


def trace_of(told: Fact) -> Trace | None:
    """The line a fact leaves in the patient's history, None for most facts."""
    kind = type(told).type
    patient = getattr(told, "patient", "")
    signature = getattr(told, "type_code", "") == SIGNATURE_TYPE[0]
    if kind not in ACTIONS or not patient.startswith("pat-") or signature:
        return None
    document_id = str(getattr(told, "document_id", ""))
    usual = Group.DOCUMENT if document_id else Group.GENERAL
    group = Group.SERVICE if kind.startswith("mes.consent.") else usual
    actor = next((str(value) for name in _ACTOR_FIELDS if (value := getattr(told, name, ""))), "")
    if not actor and kind not in _OF_THE_PLATFORM:
        actor = _OWN
    about = next((str(v) for n in _ABOUT_FIELDS if (v := getattr(told, n, ""))), "")
    return Trace(patient, group, kind, actor, document_id, about, bool(getattr(told, "secret", False)))
