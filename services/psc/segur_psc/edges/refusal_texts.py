"""Refusals in the words of an end user, in French and in English."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from segur_psc import errors

_DEFAULT = {"fr": "La demande a été refusée.", "en": "The request was refused."}
_REFUSALS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        errors.UNKNOWN_CLIENT.name: {
            "fr": "Ce service n'est pas enregistré auprès de Pro Santé Connect (client_id inconnu).",
            "en": "This service is not registered with Pro Santé Connect (unknown client_id).",
        },
        errors.BAD_REDIRECT_URI.name: {
            "fr": "L'adresse de retour (redirect_uri) n'est pas enregistrée pour ce service, à la lettre près.",
            "en": "The return address (redirect_uri) is not registered for this service, letter by letter.",
        },
        errors.STALE_LOGIN.name: {
            "fr": "La page de connexion a expiré ou a été ouverte dans un autre navigateur. Reprenez depuis votre "
            "logiciel.",
            "en": "The login page has expired or was opened in another browser. Start again from your software.",
        },
        errors.BAD_LOGOUT_URI.name: {
            "fr": "L'adresse de retour après déconnexion n'est pas enregistrée pour ce service.",
            "en": "The return address after logout is not registered for this service.",
        },
        errors.BAD_HINT.name: {
            "fr": "Le jeton qui désigne la session (id_token_hint) n'est pas valide.",
            "en": "The token that names the session (id_token_hint) is not valid.",
        },
        errors.LOGOUT_TWICE.name: {
            "fr": "La session est déjà fermée.",
            "en": "The session is closed already.",
        },
        errors.CIBA_UNKNOWN.name: {
            "fr": "Cette demande de connexion est inconnue ou déjà utilisée.",
            "en": "This sign-in request is unknown or used already.",
        },
        errors.CIBA_EXPIRED.name: {
            "fr": "Cette demande de connexion a expiré ou a déjà reçu une réponse.",
            "en": "This sign-in request has expired or was answered already.",
        },
        errors.UNKNOWN_PROFESSIONAL.name: {
            "fr": "Aucun professionnel de test ne porte cet identifiant avec ce moyen de connexion.",
            "en": "No test professional has this identifier with this means of signing in.",
        },
        errors.FOREIGN_FORM.name: {
            "fr": "Ce formulaire a été envoyé par la page d'un autre site : rien n'a été fait.",
            "en": "A page of another site sent this form: nothing was done.",
        },
        errors.WRONG_PIN.name: {
            "fr": "Code porteur erroné.",
            "en": "Wrong card code.",
        },
        errors.PHONE_REFUSED.name: {
            "fr": "La connexion a été refusée sur le téléphone, ou le nombre choisi n'était pas le bon.",
            "en": "The sign-in was refused on the phone, or the number chosen was wrong.",
        },
        errors.PHONE_SILENT.name: {
            "fr": "Le téléphone n'a pas répondu à temps.",
            "en": "The phone did not answer in time.",
        },
        errors.CIBA_DEVICE_DOWN.name: {
            "fr": "Le téléphone est injoignable.",
            "en": "The phone cannot be reached.",
        },
        errors.WEAK_PROOF.name: {
            "fr": "Pro Santé Connect refuse cette authentification de l'établissement : il faut un second facteur "
            "résistant à l'hameçonnage.",
            "en": "Pro Santé Connect refuses how the hospital identified you: a phishing-resistant second factor is "
            "needed.",
        },
        errors.UNAVAILABLE.name: {
            "fr": "Pro Santé Connect est momentanément indisponible. Réessayez dans quelques instants.",
            "en": "Pro Santé Connect is unavailable for the moment. Try again shortly.",
        },
        errors.NOT_A_FORM.name: {
            "fr": "Le formulaire reçu est illisible.",
            "en": "The form cannot be read.",
        },
        errors.BAD_REQUEST_OBJECT.name: {
            "fr": "L'objet de demande (request) n'est pas valable.",
            "en": "The request object is not valid.",
        },
        errors.BAD_REQUEST_URI.name: {
            "fr": "L'adresse de la demande (request_uri) n'est pas connue.",
            "en": "The address of the request (request_uri) is not known.",
        },
        errors.PUSHED_UNKNOWN.name: {
            "fr": "La demande déposée est inconnue ou déjà utilisée. Recommencez depuis le service.",
            "en": "The pushed request is unknown or used already. Start again from the service.",
        },
        errors.PUSHED_EXPIRED.name: {
            "fr": "La demande déposée a expiré. Recommencez depuis le service.",
            "en": "The pushed request has expired. Start again from the service.",
        },
        errors.PUSHED_OTHER_CLIENT.name: {
            "fr": "La demande a été déposée par un autre service.",
            "en": "Another service pushed this request.",
        },
        errors.NO_SUCH_CLIENT.name: {
            "fr": "Aucun service ne porte cet identifiant.",
            "en": "No service has this identifier.",
        },
        errors.TOO_LARGE.name: {
            "fr": "La demande est trop volumineuse.",
            "en": "The request is too large.",
        },
    }
)


def refusal_text(name: str, language: str) -> str:
    """A row of `errors.py` in the words of an end user."""
    return _REFUSALS.get(name, _DEFAULT)[language]
