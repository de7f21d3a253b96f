"""What pages say after an act, and refusals in the words of a patient; French, English."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from segur.kernel.errors import SegurError

DONE: Final = MappingProxyType(
    {
        "ajoute": ("Votre document a été ajouté.", "Your document was added."),
        "modifie": ("Le document a été modifié.", "The document was changed."),
        "supprime": ("Le document a été supprimé.", "The document was deleted."),
        "visible": ("La visibilité du document a été enregistrée.", "The visibility of the document was saved."),
        "signale": ("Votre signalement a été envoyé.", "Your report was sent."),
        "choix": ("Votre choix a été enregistré.", "Your choice was saved."),
        "envoye": ("Votre message a été envoyé.", "Your message was sent."),
        "note": ("Le rendez-vous a été ajouté.", "The appointment was added."),
        "annule": ("Le rendez-vous a été annulé.", "The appointment was cancelled."),
        "dossier": ("Le dossier a été créé.", "The folder was created."),
        "sans_dossier": (
            "Le dossier a été supprimé. Ses documents restent dans vos documents.",
            "The folder was deleted. Its documents stay among your documents.",
        ),
        "range": ("Le document a été rangé.", "The document was filed."),
        "mesure": ("La mesure a été enregistrée.", "The measure was saved."),
        "mesure_retiree": ("La mesure a été supprimée.", "The measure was deleted."),
        "synthese": (
            "La synthèse est enregistrée dans vos documents.",
            "The summary is among your documents.",
        ),
        "invite": ("L'invitation a été envoyée.", "The invitation was sent."),
        "partage": ("Le partage a été mis à jour.", "The sharing was updated."),
        "code": ("Un code vous a été envoyé : voyez « E-mails et SMS ».", "A code was sent: see “E-mails and texts”."),
        "active": ("Votre espace est activé. Bienvenue !", "Your space is active. Welcome!"),
        "ouvert": ("L'espace est ouvert.", "The space is open."),
        "oppose": ("Votre opposition est enregistrée.", "Your objection was saved."),
        "ferme": ("L'espace est fermé. Il est archivé dix ans.", "The space is closed, and archived for ten years."),
    }
)
"""Messages by the word in the address: nothing else can be shown that way."""

_ENGLISH: Final = {
    "wrong_code": "The code is wrong.",
    "not_found": "There is no such page, document or person.",
    "changed_meanwhile": "The document has changed meanwhile: reload the page.",
    "not_yours": "You have no access to this space.",
    "holder_only": "Only the holder, or the legal representative of a minor, may do this.",
    "wrong_identity": "Card number, social security number and birth date do not match.",
    "wrong_one_time_code": "The one-time code is wrong, expired or used up.",
    "delegation_state": "This sharing has changed meanwhile.",
    "messaging_away": "The messaging does not answer, try again in a moment.",
    "mes_unavailable": "Mon espace santé is under maintenance, try again later.",
    "foreign_form": "This form has expired or came from another page: reload the page.",
    "patient_cannot": "You may delete only the documents you added yourself.",
}


def refusal_text(refusal: SegurError, language: str) -> str:
    """A refusal as a patient reads it."""
    return _ENGLISH.get(refusal.refusal.name, refusal.text) if language == "en" else refusal.text
