"""What end users read, in French, and in English for those who ask."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from segur_psc import errors

TEXTS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "fr": MappingProxyType(
            {
                "simulated": "Simulé par SégurStack : identités fictives",
                "other_language": "English",
                "login_title": "S'identifier avec Pro Santé Connect",
                "login_lead": "demande à vous identifier. Choisissez un professionnel de test et son moyen de "
                "connexion.",
                "login_return": "Retour vers",
                "search": "Nom, profession, structure ou identifiant",
                "find": "Rechercher",
                "everyone": "Tout afficher",
                "people": "Professionnels de test",
                "nobody": "Personne ne correspond à cette recherche.",
                "more": "Seuls les premiers sont affichés : précisez la recherche pour voir les autres.",
                "card": "Carte CPS",
                "mobile": "e-CPS",
                "cancel": "Annuler et revenir au service",
                "error_title": "La demande ne peut pas aboutir",
                "error_help": "Pour l'éditeur du logiciel :",
                "clients_title": "Services raccordés",
                "clients_lead": "Les clients OpenID Connect de ce bac à sable. Document de découverte :",
                "clients_made": "Le service est raccordé.",
                "clients_once": "Le secret n'est montré qu'une fois : notez-le.",
                "clients_remove": "Retirer",
                "clients_new": "Raccorder un service",
                "clients_name": "Nom affiché sur la mire",
                "clients_id": "client_id (vide : attribué)",
                "clients_secret": "client_secret (vide : attribué)",
                "clients_redirect": "Adresses de retour exactes, séparées par un blanc",
                "clients_logout": "Adresses de retour après déconnexion",
                "clients_subject": "DN du certificat ORG AUTH_CLI (vide : tout certificat d'organisation)",
                "clients_policy": "Authentification du client",
                "clients_bound": "Jetons liés au certificat",
                "clients_jwt": "UserInfo signé (JWT)",
                "clients_add": "Raccorder",
                "elsewhere_title": "Retour dans un autre navigateur",
                "elsewhere_lead": "Comme au retour d'une application mobile, la réponse arrive dans un onglet ou un "
                "navigateur qui n'a pas commencé la connexion. Ouvrez cette adresse ailleurs : le service ne doit "
                "retrouver ni sa session ni state, et le dire clairement.",
                "elsewhere_button": "Ouvrir dans un nouvel onglet",
                "back_title": "Retour au service",
                "back_lead": "Si rien ne se passe, poursuivez vers le service.",
                "back_button": "Continuer vers le service",
                "closed_title": "Session fermée",
                "closed_lead": "Vous êtes déconnecté de Pro Santé Connect. Vous pouvez fermer cette page.",
                "closed_frame": "Fermeture de la session d'un service",
                "logout_title": "Se déconnecter de Pro Santé Connect ?",
                "logout_lead": "La session sera fermée pour tous les services où vous êtes connecté.",
                "logout_button": "Se déconnecter",
                "phone_title": "Téléphone de test e-CPS",
                "phone_whose": "À qui est le téléphone (ou la carte) ?",
                "phone_open": "Ouvrir",
                "phone_change": "Changer de professionnel",
                "phone_none": "Aucune demande en attente. Cette page se met à jour toute seule.",
                "phone_asks": "demande à vous identifier par",
                "phone_number": "Approuvez seulement si votre logiciel affiche ce nombre :",
                "approve": "Approuver",
                "refuse": "Refuser",
                "approved_title": "Connexion approuvée",
                "approved_lead": "Retournez dans votre logiciel.",
                "denied_title": "Connexion refusée",
                "denied_lead": "Le service en est informé.",
                "phone_back": "Revenir au téléphone",
                "answers_title": "Réponse automatique",
                "answers_lead": "Pour les tests sans personne devant l'écran : ce que ce téléphone répond de lui-même.",
                "answers_ask": "Me demander",
                "answers_approve": "Toujours approuver",
                "answers_refuse": "Toujours refuser",
            }
        ),
        "en": MappingProxyType(
            {
                "simulated": "Simulated by SégurStack: invented identities",
                "other_language": "Français",
                "login_title": "Sign in with Pro Santé Connect",
                "login_lead": "asks who you are. Choose a test professional and how they sign in.",
                "login_return": "Returns to",
                "search": "Name, profession, organisation or identifier",
                "find": "Search",
                "everyone": "Show all",
                "people": "Test professionals",
                "nobody": "Nobody matches this search.",
                "more": "Only the first are shown: narrow the search to see the others.",
                "card": "CPS card",
                "mobile": "e-CPS",
                "cancel": "Cancel and return to the service",
                "error_title": "The request cannot succeed",
                "error_help": "For the software's vendor:",
                "clients_title": "Registered services",
                "clients_lead": "The OpenID Connect clients of this sandbox. Discovery document:",
                "clients_made": "The service is registered.",
                "clients_once": "The secret is shown once only: note it.",
                "clients_remove": "Remove",
                "clients_new": "Register a service",
                "clients_name": "Name on the login page",
                "clients_id": "client_id (empty: assigned)",
                "clients_secret": "client_secret (empty: assigned)",
                "clients_redirect": "Exact redirect addresses, separated by blanks",
                "clients_logout": "Addresses to return to after logout",
                "clients_subject": "DN of the ORG AUTH_CLI certificate (empty: any organisation's)",
                "clients_policy": "How the client proves itself",
                "clients_bound": "Tokens bound to the certificate",
                "clients_jwt": "Signed user-info (JWT)",
                "clients_add": "Register",
                "elsewhere_title": "Return in another browser",
                "elsewhere_lead": "As on the way back from a mobile application, the answer arrives in a tab or a "
                "browser that did not begin the sign-in. Open this address elsewhere: the service must find neither "
                "its session nor state, and say so clearly.",
                "elsewhere_button": "Open in a new tab",
                "back_title": "Back to the service",
                "back_lead": "If nothing happens, go on to the service.",
                "back_button": "Go on to the service",
                "closed_title": "Session closed",
                "closed_lead": "You are signed out of Pro Santé Connect. You may close this page.",
                "closed_frame": "A service closes its session",
                "logout_title": "Sign out of Pro Santé Connect?",
                "logout_lead": "The session will end for every service you are signed in to.",
                "logout_button": "Sign out",
                "phone_title": "e-CPS test phone",
                "phone_whose": "Whose phone (or card) is it?",
                "phone_open": "Open",
                "phone_change": "Another professional",
                "phone_none": "Nothing waits. This page refreshes by itself.",
                "phone_asks": "asks who you are, by",
                "phone_number": "Approve only if your software shows this number:",
                "approve": "Approve",
                "refuse": "Refuse",
                "approved_title": "Sign-in approved",
                "approved_lead": "Return to your software.",
                "denied_title": "Sign-in refused",
                "denied_lead": "The service is told.",
                "phone_back": "Back to the phone",
                "answers_title": "Automatic answer",
                "answers_lead": "For tests with nobody at the screen: what this phone answers by itself.",
                "answers_ask": "Ask me",
                "answers_approve": "Always approve",
                "answers_refuse": "Always refuse",
            }
        ),
    }
)
"""Texts of the pages by language, then by name; both languages have the same names."""

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
