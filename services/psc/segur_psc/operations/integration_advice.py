"""Which refusals tell of an integration error of the client's software, and what its editor can do about each.

The others tell of a user (gave up, wrong card code), of time (a code or session that is over) or of PSC itself.
"""

from __future__ import annotations

from dataclasses import dataclass

from segur.kernel.errors import SegurError
from segur_psc import errors

_REGISTER = "segur psc client add, la page /psc/clients ou le fichier SEGUR_PSC_CLIENTS_FILE l'inscrivent"
_FIXES = {
    errors.UNKNOWN_CLIENT: f"Ce client_id n'est pas inscrit dans ce bac à sable : {_REGISTER}.",
    errors.CLIENT_NOT_KNOWN: f"Ce client_id n'est pas inscrit dans ce bac à sable : {_REGISTER}.",
    errors.NO_CLIENT_ID: "Envoyer client_id et client_secret (Authorization: Basic, ou formulaire), ou client_id seul "
    "avec le certificat client.",
    errors.INVALID_CLIENT: "En-tête Basic illisible, ou qui dit autre chose que le formulaire : encoder "
    "client_id:client_secret en base64, et ne prouver son identité que d'une façon.",
    errors.WRONG_SECRET: "client_secret faux : reprendre celui donné à l'inscription, ou en faire donner un autre.",
    errors.SECRET_NOT_ACCEPTED: "Ce service n'est inscrit que pour mTLS : présenter son certificat ORG AUTH_CLI, sans "
    "client_secret, ou changer sa politique en BOTH.",
    errors.NO_PROOF: "Ni client_secret ni certificat client : envoyer l'un, ou présenter l'autre sur le port TLS.",
    errors.CERTIFICATE_NOT_ACCEPTED: "Ce service n'est inscrit que pour un secret : envoyer client_secret, ou changer "
    "sa politique en MTLS ou BOTH.",
    errors.CERTIFICATE_NOT_TRUSTED: "Le certificat présenté n'est pas un ORG AUTH_CLI d'une autorité reconnue : "
    "segur certs issue en délivre un.",
    errors.CERTIFICATE_EXPIRED: "Le certificat client a expiré : le renouveler (segur certs issue) et le déployer.",
    errors.CERTIFICATE_NOT_MAPPED: "Le DN du certificat n'est pas celui inscrit pour ce client_id : corriger "
    "certificate_subject à l'inscription, ou présenter le bon certificat.",
    errors.NO_ASSERTIONS: "La découverte annonce private_key_jwt, PSC ne le sert pas : choisir client_secret_basic, "
    "client_secret_post ou tls_client_auth.",
    errors.BAD_REDIRECT_URI: "redirect_uri doit être, caractère par caractère, une adresse inscrite.",
    errors.OTHER_REDIRECT_URI: "À l'échange du code, renvoyer le redirect_uri de la demande d'autorisation, inchangé.",
    errors.BAD_LOGOUT_URI: "post_logout_redirect_uri doit être, caractère par caractère, une adresse inscrite.",
    errors.BAD_HINT: "id_token_hint doit être l'id_token que ce service a reçu, entier et inchangé.",
    errors.FOREIGN_ORIGIN: "L'origine de la page n'est pas celle d'une adresse inscrite du service.",
    errors.MISSING: "Ajouter ce paramètre à la demande d'autorisation (PKCE : code_challenge et "
    "code_challenge_method=S256).",
    errors.INVALID: "Corriger la valeur de ce paramètre.",
    errors.DUPLICATED: "Un paramètre est envoyé deux fois : n'en garder qu'un.",
    errors.TOO_LONG: "Raccourcir ce paramètre.",
    errors.TOO_LARGE: "La requête est trop grande : envoyer la demande par PAR, sans données inutiles.",
    errors.UNSUPPORTED_RESPONSE_TYPE: "Demander response_type=code.",
    errors.FLOW_DISABLED: "Demander response_type=code : le flux implicite n'est pas ouvert.",
    errors.INVALID_SCOPES: "Demander scope=openid scope_all : les autres valeurs sont dans scopes_supported.",
    errors.BAD_ACR: "Demander acr_values=eidas1.",
    errors.NOT_A_FORM: "Envoyer un formulaire : Content-Type: application/x-www-form-urlencoded.",
    errors.NO_GRANT: "Envoyer grant_type (authorization_code, refresh_token ou CIBA).",
    errors.UNSUPPORTED_GRANT: "grant_type attendu : authorization_code, refresh_token ou "
    "urn:openid:params:grant-type:ciba.",
    errors.NO_PASSWORDS: "Aucun mot de passe ne s'échange avec PSC : passer par le flux code ou par CIBA.",
    errors.NO_SERVICE_ACCOUNT: "PSC n'identifie que des personnes : passer par le flux code ou par CIBA.",
    errors.NO_DEVICES: "Le flux « device » n'est pas ouvert : passer par CIBA.",
    errors.NO_DEVICE_FLOW: "Le flux « device » n'est pas ouvert : passer par CIBA.",
    errors.OTHER_CLIENT: "Ce code a été délivré à un autre client_id : échanger chaque code avec le sien.",
    errors.NO_VERIFIER: "Envoyer code_verifier à l'échange : la demande portait un code_challenge.",
    errors.BAD_VERIFIER: "code_verifier ne correspond pas au code_challenge : base64url(SHA-256(code_verifier)), sans "
    "remplissage, et 43 à 128 caractères.",
    errors.NO_REFRESH_TOKEN: "Envoyer refresh_token.",
    errors.NOT_A_REFRESH_TOKEN: "Envoyer le refresh_token reçu par ce client, et non un autre jeton.",
    errors.REFRESH_REUSED: "Un jeton de rafraîchissement ne sert qu'une fois : garder le plus récent.",
    errors.REFRESH_STALE: "Un jeton de rafraîchissement plus récent a déjà servi : garder le dernier reçu.",
    errors.NO_TOKEN: "Envoyer le jeton (token, ou Authorization: Bearer).",
    errors.FOREIGN_TOKEN: "Un service ne révoque que ses propres jetons.",
    errors.NO_CERTIFICATE: "Présenter le certificat client : les jetons de ce service lui sont liés.",
    errors.OTHER_CERTIFICATE: "Présenter le certificat auquel le jeton est lié (cnf).",
    errors.NO_OPENID: "Demander le scope openid.",
    errors.CIBA_DISABLED: "CIBA n'est pas ouvert pour ce service : l'inscrire avec "
    "backchannel_token_delivery_mode=poll.",
    errors.CIBA_MISSING: "Ajouter ce paramètre à la demande CIBA.",
    errors.CIBA_BINDING: "binding_message : 50 caractères au plus, sans espace ni caractère spécial.",
    errors.CIBA_CHANNEL: "channel attendu : MOBILE ou CARD.",
    errors.CIBA_USER_CODE: "Ne pas envoyer user_code.",
    errors.CIBA_PING: "PSC sert le mode poll seul : ne pas envoyer client_notification_token.",
    errors.CIBA_SLOW_DOWN: "Attendre interval secondes entre deux interrogations, cinq de plus après slow_down.",
    errors.BAD_REQUEST_OBJECT: "Corriger l'objet de demande (request, RFC 9101) : signature, iss, aud, exp.",
    errors.BAD_REQUEST_URI: "request_uri doit venir du point d'entrée PAR.",
    errors.PUSHED_UNKNOWN: "Un request_uri de PAR ne sert qu'une fois : en demander un par connexion.",
    errors.PUSHED_OTHER_CLIENT: "Ce request_uri a été délivré à un autre client_id.",
    errors.PUSHED_NESTED: "Ne pas envoyer request_uri au point d'entrée PAR.",
    errors.EDC_NO_CERTIFICATE: "L'Espace de confiance veut mTLS : présenter un certificat ORG AUTH_CLI.",
    errors.EDC_SECRET: "L'Espace de confiance ne prend pas de client_secret : présenter un certificat ORG AUTH_CLI.",
    errors.EDC_WRONG_AUTHORITY: "Le certificat présenté n'est pas un ORG AUTH_CLI d'une autorité reconnue : "
    "segur certs issue en délivre un.",
    errors.EDC_CERTIFICATE_EXPIRED: "Le certificat client a expiré : le renouveler (segur certs issue) et le déployer.",
    errors.EDC_DN_UNKNOWN: "Le DN du certificat n'est rattaché à aucun client_id, ou à un autre : corriger "
    "certificate_subject à l'inscription.",
    errors.EDC_NOT_ENROLLED: "Ce service n'est pas habilité à l'Espace de confiance : l'inscrire en MTLS ou BOTH.",
    errors.EDC_ISSUER: "subject_issuer : laisser vide, ou nommer le fournisseur comme sa documentation.",
    errors.EDC_SUBJECT_TYPE: "subject_token_type=urn:ietf:params:oauth:token-type:access_token.",
    errors.EDC_REQUESTED_TYPE: "requested_token_type : un type que le fournisseur sert (access_token).",
    errors.EDC_ACTOR: "Corriger actor_token (le logiciel derrière l'appel) ou ne pas l'envoyer.",
    errors.EDC_AUDIENCE: "audience : nommer une API de ce fournisseur.",
    errors.EDC_NO_SCOPE: "Demander au moins un scope métier du fournisseur.",
    errors.EDC_SCOPES: "Ne demander que des scopes du fournisseur (scopes_supported).",
    errors.EDC_API_CERTIFICATE: "Appeler l'API avec le certificat qui a obtenu le jeton (cnf).",
}
"""What to do, by row of the table of refusals; in French, for the editor."""

_SAME_RULE = {errors.CLIENT_NOT_KNOWN.name: errors.UNKNOWN_CLIENT.name}
"""One rule, told at two doors."""
_ABOUT_A_PARAMETER = (errors.MISSING, errors.INVALID, errors.CIBA_MISSING)
"""Rows that end with the name of the parameter."""


@dataclass(frozen=True, slots=True)
class Advice:
    """A rule the software broke, by name (`wrong_secret`, `missing:code_challenge`), and the way out, in French."""

    rule: str
    fix: str


def advise(error: SegurError) -> Advice | None:
    """The rule and the fix; None for a refusal that is no error of the integration."""
    fix = _FIXES.get(error.refusal)
    if fix is None:
        return None
    rule = _SAME_RULE.get(error.refusal.name, error.refusal.name)
    if error.refusal in _ABOUT_A_PARAMETER:
        rule = f"{rule}:{error.text.rpartition(': ')[2]}"
    return Advice(rule, fix)
