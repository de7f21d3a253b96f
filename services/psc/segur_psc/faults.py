"""Where Pro Santé Connect can break on purpose [PSC digest 4.1, 4.2]."""

from __future__ import annotations

from segur.kernel.faults import FaultPoint

AUTHORIZE_UNAVAILABLE = "psc.authorize.unavailable"
LOGIN_REFUSED = "psc.login.refused"
TOKEN_UNAVAILABLE = "psc.token.unavailable"  # noqa: S105 - a fault point's name, not a secret
USERINFO_UNAVAILABLE = "psc.userinfo.unavailable"
INTROSPECTION_UNAVAILABLE = "psc.introspection.unavailable"
CIBA_DEVICE_DOWN = "psc.ciba.device_down"
CIBA_PENDING = "psc.ciba.pending"

_503 = "HTTP 503 temporarily_unavailable"

POINTS: tuple[FaultPoint, ...] = (
    FaultPoint(AUTHORIZE_UNAVAILABLE, "browser", "HTTP 503, an error page", "The login page cannot be shown."),
    FaultPoint(
        LOGIN_REFUSED,
        "browser",
        "error=access_denied on the redirect URI",
        "The card is revoked, or the professional was removed from the RPPS.",
    ),
    FaultPoint(TOKEN_UNAVAILABLE, "token", _503, "PSC gives out no tokens for a while."),
    FaultPoint(USERINFO_UNAVAILABLE, "userinfo", _503, "The user-info service is down."),
    FaultPoint(INTROSPECTION_UNAVAILABLE, "introspection", _503, "No API can learn whether a token lives."),
    FaultPoint(CIBA_DEVICE_DOWN, "ciba", "HTTP 503 server_error", "The phone or the card tool cannot be reached."),
    FaultPoint(
        CIBA_PENDING,
        "token",
        "HTTP 400 authorization_pending",
        "The professional takes their time: the approval is not seen yet, `count` polls long.",
    ),
)

# Logout [4.1 P26 to P29] and CIBA [4.2 C1 to C8].

LOGOUT_STATE_MISSING = "psc.logout.state_missing"
LOGOUT_UNAVAILABLE = "psc.logout.unavailable"
BACKCHANNEL_DOWN = "psc.backchannel.down"
BACKCHANNEL_TWICE = "psc.backchannel.twice"
CIBA_DISABLED = "psc.ciba.disabled"
CIBA_SLOW_DOWN = "psc.ciba.slow_down"
CIBA_DENIED = "psc.ciba.denied"
CIBA_EXPIRED = "psc.ciba.expired"
CIBA_UNKNOWN_USER = "psc.ciba.unknown_user"
CIBA_BAD_BINDING = "psc.ciba.bad_binding"
CIBA_SILENT = "psc.ciba.silent"
CIBA_REUSE = "psc.ciba.reuse"

_400 = "HTTP 400"

POINTS += (
    FaultPoint(
        LOGOUT_STATE_MISSING,
        "browser",
        "retour de déconnexion sans `state`",
        "`state` n'est pas rendu au retour de la déconnexion : le connecteur de l'ANS affiche une erreur.",
    ),
    FaultPoint(
        LOGOUT_UNAVAILABLE,
        "browser",
        "HTTP 503, une page d'erreur",
        "La déconnexion échoue : le service doit tout de même fermer sa propre session.",
    ),
    FaultPoint(
        BACKCHANNEL_DOWN,
        "backchannel",
        "l'essai échoue, le jeton de déconnexion revient plus tard",
        "Le service est injoignable quand la session se ferme : Pro Santé Connect réessaie.",
    ),
    FaultPoint(
        BACKCHANNEL_TWICE,
        "backchannel",
        "le même logout_token (même jti) arrive deux fois",
        "La réponse du service s'est perdue : le second envoi ne doit rien casser.",
    ),
    FaultPoint(
        CIBA_DISABLED,
        "ciba",
        f"{_400} invalid_grant « Client not allowed OIDC CIBA Grant »",
        "CIBA n'a pas été ouvert pour ce service.",
    ),
    FaultPoint(
        CIBA_SLOW_DOWN,
        "token",
        f"{_400} slow_down « too early to access »",
        "Le logiciel interroge plus vite que `interval`.",
    ),
    FaultPoint(
        CIBA_DENIED,
        "token",
        f"{_400} access_denied « not authorized »",
        "Le professionnel refuse sur son téléphone.",
    ),
    FaultPoint(
        CIBA_EXPIRED,
        "token",
        f"{_400} expired_token « authentication timed out »",
        "Le professionnel n'a pas répondu dans le délai `expires_in`.",
    ),
    FaultPoint(
        CIBA_UNKNOWN_USER,
        "ciba",
        f"{_400} invalid_request « invalid user »",
        "Professionnel inconnu, ou sans e-CPS activée.",
    ),
    FaultPoint(
        CIBA_BAD_BINDING,
        "ciba",
        f"{_400} invalid_binding_message",
        "Message de rapprochement de plus de 50 caractères ou avec un caractère interdit.",
    ),
    FaultPoint(
        CIBA_SILENT,
        "ciba",
        "authorization_pending jusqu'à expired_token",
        "Canal CARD sans CPS-Gestion, ou téléphone éteint : rien ne s'affiche, personne ne répond.",
    ),
    FaultPoint(
        CIBA_REUSE,
        "token",
        f"{_400} invalid_grant « Invalid Auth Req ID »",
        "Second échange du même `auth_req_id`, après une réponse perdue.",
    ),
)

# Software must cope with these answers; the row of the digest's table each shows is told by the tests.
CODE_EXPIRED = "psc.token.code_expired"
UNKNOWN_KID = "psc.token.unknown_kid"
ALG_HS256 = "psc.token.alg_hs256"
CLOCK_AHEAD = "psc.token.clock_ahead"
CLOCK_BEHIND = "psc.token.clock_behind"
REFRESH_ROTATION = "psc.refresh.rotation"
REFRESH_EXPIRED = "psc.refresh.expired"
REFRESH_USER_DISABLED = "psc.refresh.user_disabled"
SESSION_IDLE = "psc.session.idle"
SESSION_LONGEST = "psc.session.longest"
STATE_LOST = "psc.authorize.state_lost"
CANCELLED = "psc.authorize.cancelled"
ACR_LENIENT = "psc.authorize.acr_lenient"
NO_ISS = "psc.authorize.no_iss"
NO_SESSION_STATE = "psc.authorize.no_session_state"
USERINFO_JWT = "psc.userinfo.jwt"
INTROSPECTION_INACTIVE = "psc.introspection.inactive"
SIGNING_KEY_FIRST = "psc.certs.signing_key_first"
MTLS_MISSING = "psc.mtls.missing"
MTLS_WRONG_CA = "psc.mtls.wrong_ca"
MTLS_EXPIRED = "psc.mtls.expired"
MTLS_DN_UNKNOWN = "psc.mtls.dn_unknown"
BAD_GATEWAY = "psc.outage.bad_gateway"
OUTAGE = "psc.outage.unavailable"
GATEWAY_TIMEOUT = "psc.outage.gateway_timeout"

_CERTIFICATE = "HTTP 401 unauthorized_client"
_ROWS = (
    (CODE_EXPIRED, "token", "HTTP 400 invalid_grant, Code is expired", "Le serveur du client a tardé plus de 60 s."),
    (UNKNOWN_KID, "token", "kid absent du JWKS", "Les clés publiées ont un temps de retard sur la clé qui signe."),
    (ALG_HS256, "token", "id_token en HS256", "Signé avec le secret (ou la clé publique) : le client doit refuser."),
    (CLOCK_AHEAD, "token", "iat dans l'avenir", "L'horloge de PSC avance sur celle du client."),
    (CLOCK_BEHIND, "token", "exp avancé d'autant", "L'horloge de PSC retarde sur celle du client."),
    (REFRESH_EXPIRED, "token", "HTTP 400 invalid_grant, Token is not active", "Refresh token vieux de 30 minutes."),
    (REFRESH_USER_DISABLED, "token", "HTTP 400 invalid_grant, User disabled", "Carte opposée ou radiation du RPPS."),
    (SESSION_IDLE, "token", "HTTP 400 invalid_grant, Session not active", "30 minutes sans activité, session fermée."),
    (SESSION_LONGEST, "token", "HTTP 400 invalid_grant, Session not active", "4 heures passées, session fermée."),
    (STATE_LOST, "browser", "HTTP 200, une page avec le lien de retour", "Retour dans un autre onglet : state perdu."),
    (CANCELLED, "browser", "error=access_denied dans le retour", "Le professionnel renonce sur la mire."),
    (REFRESH_ROTATION, "token", "rejeu : Maximum allowed refresh token reuse exceeded", "Rotation des refresh tokens."),
    ("psc.token.acr_eidas2", "token", "acr eidas2, auth_level 1", "Connexion par carte telle qu'en 2026."),
    ("psc.token.acr_eidas3", "token", "acr eidas3 dans l'access token", "Capture de 2021."),
    ("psc.token.acr_absent", "token", "pas d'acr", "Des id_token de 2023 n'en portaient pas."),
    ("psc.token.nonce_not_in_access_token", "token", "nonce dans l'id_token seul", "Keycloak 25 et suivants."),
    ("psc.token.nonce_empty", "token", "nonce vide", "Capture de 2021."),
    ("psc.token.nonce_wrong", "token", "nonce d'un autre", "Jeton rejoué : le client doit refuser."),
    ("psc.token.short_lived", "token", "expires_in 60", "Durée de 2021 : un jeton gardé en cache ne sert plus."),
    ("psc.token.aud_array", "token", "aud en tableau d'un élément", "Forme permise par JWT, rare chez PSC."),
    ("psc.token.no_sid", "token", "pas de sid", "Forme d'avant 2023."),
    ("psc.token.no_refresh_expires_in", "token", "pas de refresh_expires_in", "Fait échouer le proxy de l'ANS."),
    ("psc.token.no_refresh_token", "token", "pas de refresh_token", "Fait échouer le proxy de l'ANS."),
    ("psc.token.no_session_state", "token", "pas de session_state", "Valeur vide transmise au LPS."),
    (ACR_LENIENT, "browser", "acr_values absent ou autre accepté", "PSC tolère une première intégration imparfaite."),
    (NO_ISS, "browser", "pas d'iss dans le retour", "Version de Keycloak d'avant RFC 9207."),
    (NO_SESSION_STATE, "browser", "pas de session_state dans le retour", "Retour réduit à code et state."),
    ("psc.userinfo.no_subjectrefpro", "userinfo", "pas de SubjectRefPro", "Personne sans exercice : aucun droit."),
    ("psc.userinfo.empty_exercices", "userinfo", "exercices vide", "Aucun exercice au RPPS."),
    ("psc.userinfo.no_activities", "userinfo", "exercice sans activities", "Forme réduite."),
    ("psc.userinfo.empty_activities", "userinfo", "activities vide", "Aucune situation d'exercice."),
    ("psc.userinfo.several_exercices", "userinfo", "2 exercices, 3 activités", "Le client doit faire choisir."),
    ("psc.userinfo.layout_2023", "userinfo", "codeCivilite et codeGenreActivite à la racine", "Capture de 2023."),
    ("psc.userinfo.unknown_fields", "userinfo", "champs racine inconnus", "Le jeton peut s'enrichir sans préavis."),
    ("psc.userinfo.no_other_ids", "userinfo", "pas d'otherIds", "Rapprochement automatique de comptes impossible."),
    ("psc.userinfo.other_origin", "userinfo", "otherIds d'origine EDIT", "Identité faite avec EDIT, sans RPPS."),
    (USERINFO_JWT, "userinfo", "application/jwt", "Réponse signée, comme Keycloak sait la configurer."),
    (INTROSPECTION_INACTIVE, "introspection", "active false", "Jeton révoqué avant son terme."),
    (SIGNING_KEY_FIRST, "certs", "clé de signature en tête", "Masque le défaut d'un client qui prend keys[0]."),
    (MTLS_MISSING, "token", _CERTIFICATE, "Le certificat n'arrive pas jusqu'à PSC (proxy de l'hébergeur)."),
    (MTLS_WRONG_CA, "token", _CERTIFICATE, "Certificat d'une autre autorité que l'IGC-Santé."),
    (MTLS_EXPIRED, "token", _CERTIFICATE, "Certificat d'organisation périmé (trois ans)."),
    (MTLS_DN_UNKNOWN, "token", _CERTIFICATE, "Le DN n'est pas celui déclaré : certificat renouvelé ailleurs."),
    (BAD_GATEWAY, "psc", "HTTP 502, HTML", "Le CDN n'atteint pas PSC."),
    (OUTAGE, "psc", "HTTP 503, HTML, Retry-After", "Maintenance de PSC."),
    (GATEWAY_TIMEOUT, "psc", "HTTP 504, HTML", "PSC ne répond pas au CDN à temps."),
)
POINTS += tuple(FaultPoint(*row) for row in _ROWS)

EXCHANGE_NO_CERTIFICATE = "psc.exchange.mtls_missing"
EXCHANGE_WRONG_AUTHORITY = "psc.exchange.mtls_wrong_ca"
EXCHANGE_CERTIFICATE_EXPIRED = "psc.exchange.mtls_expired"
EXCHANGE_DN_UNKNOWN = "psc.exchange.mtls_dn_unknown"
EXCHANGE_NOT_ENROLLED = "psc.exchange.not_enrolled"
EXCHANGE_UNAVAILABLE = "psc.exchange.unavailable"
EXCHANGE_SUBJECT_EXPIRED = "psc.exchange.subject_token_expired"
EXCHANGE_SCOPE_MISSING = "psc.exchange.scope_missing"
EXCHANGE_CNF_ENCODING = "psc.exchange.cnf_encoding"
EXCHANGE_CNF_MISMATCH = "psc.exchange.cnf_mismatch"
EXCHANGE_NO_REFRESH = "psc.exchange.no_refresh"
API_TOKEN_REVOKED = "psc.exchange.api_token_revoked"  # noqa: S105 - a fault point's name, not a secret
PROXY_CONNECT_BROKEN = "psc.proxy.connect_broken"
PROXY_CONNECT_UNAVAILABLE = "psc.proxy.connect_unavailable"
PROXY_DISCONNECT_BROKEN = "psc.proxy.disconnect_broken"
PROXY_DISCONNECT_UNAVAILABLE = "psc.proxy.disconnect_unavailable"
PROXY_SEND_BROKEN = "psc.proxy.send_broken"
PROXY_SEND_BAD_GATEWAY = "psc.proxy.send_bad_gateway"
PROXY_SEND_UNAVAILABLE = "psc.proxy.send_unavailable"
PROXY_SEND_TIMEOUT = "psc.proxy.send_timeout"
PROXY_SESSION_LOST = "psc.proxy.session_lost"

_401 = "HTTP 401 invalid_client"

EDC_POINTS = (
    FaultPoint(
        EXCHANGE_NO_CERTIFICATE, "edc", _401, "Le certificat client n'arrive pas au serveur d'autorisation (C9)."
    ),
    FaultPoint(EXCHANGE_WRONG_AUTHORITY, "edc", _401, "Le certificat n'est pas un ORG AUTH_CLI de l'IGC-Santé (C9)."),
    FaultPoint(EXCHANGE_CERTIFICATE_EXPIRED, "edc", _401, "Le certificat client a expiré (C9)."),
    FaultPoint(EXCHANGE_DN_UNKNOWN, "edc", _401, "Le DN du certificat n'est pas rattaché au Client_ID_AS (C9)."),
    FaultPoint(
        EXCHANGE_NOT_ENROLLED, "edc", "HTTP 403 access_denied", "Le proxy n'a pas d'habilitation Espace de confiance."
    ),
    FaultPoint(
        EXCHANGE_UNAVAILABLE,
        "edc",
        "HTTP 503 temporarily_unavailable",
        "Le serveur d'autorisation ne joint pas Pro Santé Connect ; le proxy relaie l'indisponibilité.",
    ),
    FaultPoint(
        EXCHANGE_SUBJECT_EXPIRED,
        "edc",
        "HTTP 400 invalid_token",
        "Le jeton PSC a dépassé ses 2 minutes : le rafraîchir à PSC, puis refaire l'échange (C13).",
    ),
    FaultPoint(EXCHANGE_SCOPE_MISSING, "edc", "HTTP 400 invalid_scope", "Aucun scope métier reconnu (C14)."),
    FaultPoint(
        EXCHANGE_CNF_ENCODING,
        "edc",
        "cnf dans l'autre encodage : base64url des octets (RFC 8705)",
        "Les serveurs EDC codent l'empreinte en base64 de l'hexadécimal ; un autre suit la RFC (C11).",
    ),
    FaultPoint(
        EXCHANGE_CNF_MISMATCH,
        "edc",
        "cnf d'un autre certificat ; l'API répond HTTP 401 invalid_token",
        "Le jeton d'API est lié à un autre certificat que celui de l'appel (C12).",
    ),
    FaultPoint(
        EXCHANGE_NO_REFRESH,
        "edc",
        "réponse sans refresh_token ni refresh_expires_in",
        "La RFC 8693 ne les impose pas ; le proxy d'exemple de l'ANS échoue sans eux (C15).",
    ),
    FaultPoint(
        API_TOKEN_REVOKED,
        "edc",
        'introspection {"active": false}',
        "Le jeton d'API est révoqué avant son échéance : introspecter de nouveau toutes les 30 min (C17).",
    ),
    FaultPoint(PROXY_CONNECT_BROKEN, "proxy", "/connect HTTP 500", "Le proxy échoue sur une erreur interne."),
    FaultPoint(PROXY_CONNECT_UNAVAILABLE, "proxy", "/connect HTTP 503", "Pro Santé Connect ou un AS est indisponible."),
    FaultPoint(PROXY_DISCONNECT_BROKEN, "proxy", "/disconnect HTTP 500", "Le proxy échoue sur une erreur interne."),
    FaultPoint(
        PROXY_DISCONNECT_UNAVAILABLE, "proxy", "/disconnect HTTP 503", "Pro Santé Connect est indisponible au logout."
    ),
    FaultPoint(PROXY_SEND_BROKEN, "proxy", "/send HTTP 500", "Le proxy échoue sur une erreur interne."),
    FaultPoint(PROXY_SEND_BAD_GATEWAY, "proxy", "/send HTTP 502", "L'API coupe la connexion."),
    FaultPoint(PROXY_SEND_UNAVAILABLE, "proxy", "/send HTTP 503", "L'API est indisponible."),
    FaultPoint(PROXY_SEND_TIMEOUT, "proxy", "/send HTTP 504", "L'API ne répond pas à temps."),
    FaultPoint(
        PROXY_SESSION_LOST, "proxy", "/send HTTP 401 No session found.", "Le proxy a oublié la session du logiciel."
    ),
)
