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
                "people": "Accès direct aux professionnels de test",
                "nobody": "Personne ne correspond à cette recherche.",
                "more": "Seuls les premiers sont affichés : précisez la recherche pour voir les autres.",
                "card": "Carte CPS",
                "mobile": "e-CPS",
                "cancel": "Annuler et revenir au service",
                "card_lead": "Insérez une carte CPS (ou CPF, CPE) de test dans le lecteur.",
                "card_pick": "Choisir une carte de test",
                "card_presented": "Carte présentée par le navigateur :",
                "card_use": "Utiliser cette carte",
                "card_title": "Cartes CPS de test",
                "cards_lead": "Quelle carte est dans le lecteur ?",
                "card_insert": "Insérer la carte",
                "card_in_title": "Saisissez le code porteur de la carte",
                "certificate": "Certificat d'authentification de la carte",
                "certificate_subject": "Sujet",
                "certificate_issuer": "Émetteur",
                "certificate_get": "L'obtenir en fichier (PEM, PKCS#12)",
                "pin": "Code porteur",
                "pin_told": "Toutes les cartes de test ont le code 1234.",
                "sign_in": "S'identifier",
                "other_means": "Autre moyen de connexion",
                "mobile_lead": "Identifiant national (RPPS)",
                "mobile_go": "Se connecter avec l'e-CPS",
                "local": "Délégation",
                "local_lead": "Avec le compte de votre établissement.",
                "local_go": "Se connecter via un fournisseur d'identité",
                "wait_title": "Ouvrez l'application e-CPS",
                "wait_lead": "Sur votre téléphone, choisissez le nombre affiché ici. Cette page se met à jour "
                "toute seule.",
                "wait_phone": "Téléphone de test, à ouvrir sur un second écran :",
                "phone_match": "Choisissez le nombre affiché sur l'écran de connexion :",
                "confirm_title": "Continuer avec cette identité ?",
                "confirm_lead": "recevra votre identité et vos données professionnelles.",
                "confirm_provider": "Identifié par",
                "confirm_button": "Continuer",
                "provider_title": "Fournisseur d'identité de l'établissement",
                "provider_lead": "Cette page simule le système de l'hôpital. Choisissez un compte et la façon dont il "
                "s'authentifie : Pro Santé Connect n'accepte qu'un second facteur résistant à l'hameçonnage.",
                "proof_card": "Carte et code",
                "proof_application": "Application",
                "proof_password": "Mot de passe seul",
                "pairing_title": "Appairer un compte",
                "pairing_lead": "Première connexion par délégation : associez ce compte à votre identité nationale. "
                "Les fois suivantes, une confirmation suffira.",
                "pairing_card": "Appairer un compte avec la carte CPS",
                "pairing_phone": "Appairer avec l'e-CPS",
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
                "people": "Straight in as a test professional",
                "nobody": "Nobody matches this search.",
                "more": "Only the first are shown: narrow the search to see the others.",
                "card": "CPS card",
                "mobile": "e-CPS",
                "cancel": "Cancel and return to the service",
                "card_lead": "Put a test card (CPS, CPF or CPE) into the reader.",
                "card_pick": "Pick a test card",
                "card_presented": "Card shown by the browser:",
                "card_use": "Use this card",
                "card_title": "Test cards",
                "cards_lead": "Which card is in the reader?",
                "card_insert": "Insert the card",
                "card_in_title": "Type the code of the card",
                "certificate": "The card's authentication certificate",
                "certificate_subject": "Subject",
                "certificate_issuer": "Issuer",
                "certificate_get": "Get it as a file (PEM, PKCS#12)",
                "pin": "Card code",
                "pin_told": "All test cards have the code 1234.",
                "sign_in": "Sign in",
                "other_means": "Another means",
                "mobile_lead": "National identifier (RPPS)",
                "mobile_go": "Sign in with e-CPS",
                "local": "Delegation",
                "local_lead": "With your hospital's account.",
                "local_go": "Sign in through an identity provider",
                "wait_title": "Open the e-CPS application",
                "wait_lead": "On your phone, choose the number shown here. This page refreshes by itself.",
                "wait_phone": "Test phone, to open on a second screen:",
                "phone_match": "Choose the number shown on the login screen:",
                "confirm_title": "Go on with this identity?",
                "confirm_lead": "will get your identity and your professional data.",
                "confirm_provider": "Identified by",
                "confirm_button": "Go on",
                "provider_title": "The hospital's identity provider",
                "provider_lead": "This page stands for the hospital's system. Choose an account and how it proves "
                "itself: Pro Santé Connect takes a phishing-resistant second factor only.",
                "proof_card": "Card and code",
                "proof_application": "Application",
                "proof_password": "Password only",
                "pairing_title": "Pair an account",
                "pairing_lead": "First login by delegation: tie this account to your national identity. Later a "
                "confirmation will do.",
                "pairing_card": "Pair with the CPS card",
                "pairing_phone": "Pair with e-CPS",
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
