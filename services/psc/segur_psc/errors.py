"""Refusals of Pro Santé Connect: OAuth error code and text as Keycloak writes them [PSC digest 1.4, 1.7, 1.11, 1.16].

The texts are on the wire in English: PSC is a Keycloak. What an end user reads is French and lies in the pages.
"""

from __future__ import annotations

from segur.kernel.errors import Kind, Refusal

_BAD, _WHO, _NO, _BUSY = Kind.MALFORMED, Kind.UNAUTHENTICATED, Kind.FORBIDDEN, Kind.BUSY

# Authorization: the first two are shown as pages, the others travel to the redirect URI.
UNKNOWN_CLIENT = Refusal("unknown_client", _BAD, "invalid_request", "Client not found.", "1.4")
BAD_REDIRECT_URI = Refusal("bad_redirect_uri", _BAD, "invalid_request", "Invalid parameter: redirect_uri", "1.4")
MISSING = Refusal("missing", _BAD, "invalid_request", "Missing parameter: {name}", "1.4")
INVALID = Refusal("invalid", _BAD, "invalid_request", "Invalid parameter: {name}", "1.4")
DUPLICATED = Refusal("duplicated", _BAD, "invalid_request", "duplicated parameter", "1.4")
UNSUPPORTED_RESPONSE_TYPE = Refusal(
    "unsupported_response_type", _BAD, "unsupported_response_type", "Unsupported response_type", "1.4"
)
FLOW_DISABLED = Refusal(
    "flow_disabled",
    _BAD,
    "unauthorized_client",
    "Client is not allowed to initiate browser login with given response_type. Implicit flow is disabled for the "
    "client.",
    "1.4",
)
INVALID_SCOPES = Refusal("invalid_scopes", _BAD, "invalid_scope", "Invalid scopes: {scopes}", "1.4")
BAD_ACR = Refusal("bad_acr", _BAD, "invalid_request", "Invalid parameter: acr_values (expected: eidas1)", "4.1 P4")
LOGIN_REQUIRED = Refusal("login_required", _BAD, "login_required", "", "1.4")
GAVE_UP = Refusal("gave_up", _BAD, "access_denied", "", "1.4")
UNKNOWN_PROFESSIONAL = Refusal("unknown_professional", _BAD, "access_denied", "Invalid user", "1.5")
STALE_LOGIN = Refusal("stale_login", _BAD, "invalid_request", "Login page expired or opened in another browser", "1.4")

LOGIN_REFUSED = Refusal("login_refused", _BAD, "access_denied", "User disabled", "4.1 P30")
FOREIGN_FORM = Refusal(
    "foreign_form", _NO, "access_denied", "The form was sent by a page of another site", "OIDC 3.1.2.1"
)

WRONG_PIN = Refusal("wrong_pin", _BAD, "access_denied", "Wrong card code", "1.5")
PHONE_REFUSED = Refusal("phone_refused", _BAD, "access_denied", "Refused on the phone", "1.5")
PHONE_SILENT = Refusal("phone_silent", _BAD, "access_denied", "No answer from the phone", "1.5")
WEAK_PROOF = Refusal("weak_proof", _BAD, "access_denied", "The local provider's amr is not accepted", "1.5")

# Clients and grants.
NOT_A_FORM = Refusal(
    "not_a_form",
    _BAD,
    "invalid_request",
    "Content-Type: expected application/x-www-form-urlencoded, got {got}",
    "1.7",
)
NO_GRANT = Refusal("no_grant", _BAD, "invalid_request", "Missing form parameter: grant_type", "1.7")
INVALID_CLIENT = Refusal(
    "invalid_client", _WHO, "invalid_client", "Invalid client or Invalid client credentials", "1.7"
)

# One answer on the wire, so that nobody learns which clients exist; told apart where the software's editor reads.
_UNPROVEN = "Invalid client or Invalid client credentials"
NO_CLIENT_ID = Refusal("no_client_id", _WHO, "invalid_client", _UNPROVEN, "1.7")
CLIENT_NOT_KNOWN = Refusal("client_not_known", _WHO, "invalid_client", _UNPROVEN, "1.7")
WRONG_SECRET = Refusal("wrong_secret", _WHO, "unauthorized_client", _UNPROVEN, "1.7")
SECRET_NOT_ACCEPTED = Refusal("secret_not_accepted", _WHO, "unauthorized_client", _UNPROVEN, "1.7")
NO_PROOF = Refusal("no_proof", _WHO, "unauthorized_client", _UNPROVEN, "1.7")
CERTIFICATE_NOT_ACCEPTED = Refusal("certificate_not_accepted", _WHO, "unauthorized_client", _UNPROVEN, "1.7")
CERTIFICATE_NOT_TRUSTED = Refusal("certificate_not_trusted", _WHO, "unauthorized_client", _UNPROVEN, "1.7")
CERTIFICATE_EXPIRED = Refusal("certificate_expired", _WHO, "unauthorized_client", _UNPROVEN, "1.7")
CERTIFICATE_NOT_MAPPED = Refusal("certificate_not_mapped", _WHO, "unauthorized_client", _UNPROVEN, "1.7")

UNSUPPORTED_GRANT = Refusal("unsupported_grant", _BAD, "unsupported_grant_type", "Unsupported grant_type", "1.7")
NO_PASSWORDS = Refusal(
    "no_passwords", _BAD, "unauthorized_client", "Client not allowed for direct access grants", "1.7"
)
NO_SERVICE_ACCOUNT = Refusal(
    "no_service_account", _BAD, "unauthorized_client", "Client not enabled to retrieve service account", "1.7"
)
NO_DEVICES = Refusal(
    "no_devices", _BAD, "unauthorized_client", "Client not allowed OAuth 2.0 Device Authorization Grant", "1.7"
)
CODE_NOT_VALID = Refusal("code_not_valid", _BAD, "invalid_grant", "Code not valid", "1.7")
CODE_EXPIRED = Refusal("code_expired", _BAD, "invalid_grant", "Code is expired", "1.7")
OTHER_REDIRECT_URI = Refusal("other_redirect_uri", _BAD, "invalid_grant", "Incorrect redirect_uri", "1.7")
OTHER_CLIENT = Refusal(
    "other_client", _BAD, "invalid_grant", "Auth error: Found different client_id in clientSession", "1.7"
)
SESSION_NOT_ACTIVE = Refusal("session_not_active", _BAD, "invalid_grant", "Session not active", "1.7")
USER_DISABLED = Refusal("user_disabled", _BAD, "invalid_grant", "User disabled", "1.7")
NO_VERIFIER = Refusal("no_verifier", _BAD, "invalid_grant", "PKCE code verifier not specified", "1.7")
BAD_VERIFIER = Refusal("bad_verifier", _BAD, "invalid_grant", "PKCE verification failed", "1.7")
NO_REFRESH_TOKEN = Refusal("no_refresh_token", _BAD, "invalid_request", "No refresh token", "1.7")
NOT_A_REFRESH_TOKEN = Refusal("not_a_refresh_token", _BAD, "invalid_grant", "Invalid refresh token", "1.7")
REFRESH_EXPIRED = Refusal("refresh_expired", _BAD, "invalid_grant", "Token is not active", "1.7")
REFRESH_REUSED = Refusal("refresh_reused", _BAD, "invalid_grant", "Maximum allowed refresh token reuse exceeded", "1.7")
REFRESH_STALE = Refusal("refresh_stale", _BAD, "invalid_grant", "Stale token", "1.7")
CLIENT_NOT_IN_SESSION = Refusal(
    "client_not_in_session", _BAD, "invalid_grant", "Session doesn't have required client", "1.7"
)

# Bearer tokens.
NO_TOKEN = Refusal("no_token", _BAD, "invalid_request", "Token not provided", "1.11")
BAD_TOKEN = Refusal("bad_token", _WHO, "invalid_token", "Token verification failed", "1.11")
NO_SESSION = Refusal(
    "no_session",
    _WHO,
    "invalid_request",
    "User session not found or doesn't have client attached on it",
    "1.11",
)
OTHER_CERTIFICATE = Refusal(
    "other_certificate",
    _WHO,
    "unauthorized_client",
    "Client certificate missing, or its thumbprint and one in the refresh token did NOT match",
    "1.11",
)
NO_CERTIFICATE = Refusal(
    "no_certificate", _BAD, "invalid_request", "Client Certification missing for MTLS HoK Token Binding", "1.9"
)
NO_OPENID = Refusal("no_openid", _NO, "insufficient_scope", "Missing openid scope", "1.11")
FOREIGN_TOKEN = Refusal("foreign_token", _BAD, "invalid_token", "Unmatching clients", "1.13")

# Registration (RFC 7591).
BAD_REGISTRATION = Refusal("bad_registration", _BAD, "invalid_client_metadata", "{problem}", "1.2")
BAD_REGISTERED_URI = Refusal("bad_registered_uri", _BAD, "invalid_redirect_uri", "{problem}", "1.2")
NO_SUCH_CLIENT = Refusal("no_such_client", Kind.NOT_FOUND, "invalid_client", "No client is called {client_id}", "1.2")

# Test identities, ours.
BAD_IDENTITY = Refusal("bad_identity", _BAD, "invalid_request", "{problem}", "1.1 EDIT")

# Logout, shown as pages; the session iframe.
FOREIGN_ORIGIN = Refusal("foreign_origin", _NO, "access_denied", "The origin is not one of the client's", "1.2")
BAD_LOGOUT_URI = Refusal("bad_logout_uri", _BAD, "invalid_request", "Invalid redirect uri", "1.13")
BAD_HINT = Refusal("bad_hint", _BAD, "invalid_request", "Invalid parameter: id_token_hint", "1.13")
LOGOUT_TWICE = Refusal("logout_twice", _BAD, "invalid_request", "Session not active", "1.13")

# CIBA.
CIBA_DISABLED = Refusal("ciba_disabled", _BAD, "invalid_grant", "Client not allowed OIDC CIBA Grant", "1.16")
CIBA_MISSING = Refusal("ciba_missing", _BAD, "invalid_request", "missing parameter : {name}", "1.16")
CIBA_USER = Refusal("ciba_user", _BAD, "invalid_request", "invalid user", "1.16")
CIBA_BINDING = Refusal(
    "ciba_binding",
    _BAD,
    "invalid_binding_message",
    "the binding_message value has to be max 50 characters in length and must contain only basic plain-text "
    "characters without spaces",
    "1.16",
)
CIBA_CHANNEL = Refusal("ciba_channel", _BAD, "invalid_request", "Invalid parameter: channel", "1.16")
CIBA_USER_CODE = Refusal("ciba_user_code", _BAD, "invalid_request", "User code not supported", "1.16")
CIBA_PING = Refusal(
    "ciba_ping", _BAD, "invalid_request", "Client Notification token supported only for the ping mode", "1.16"
)
CIBA_DEVICE_DOWN = Refusal("ciba_device_down", _BUSY, "server_error", "Failed to send authentication request", "1.16")
CIBA_UNKNOWN = Refusal("ciba_unknown", _BAD, "invalid_grant", "Invalid Auth Req ID", "1.16")
CIBA_EXPIRED = Refusal("ciba_expired", _BAD, "expired_token", "authentication timed out", "1.16")
CIBA_SLOW_DOWN = Refusal("ciba_slow_down", _BAD, "slow_down", "too early to access", "1.16")
CIBA_DENIED = Refusal("ciba_denied", _BAD, "access_denied", "not authorized", "1.16")
CIBA_PENDING = Refusal(
    "ciba_pending",
    _BAD,
    "authorization_pending",
    "The authorization request is still pending as the end-user hasn't yet been authenticated.",
    "1.16",
)

UNAVAILABLE = Refusal("unavailable", _BUSY, "temporarily_unavailable", "Service temporarily unavailable", "")
TOO_LARGE = Refusal("too_large", _BAD, "invalid_request", "Request larger than {limit} bytes", "")

# Authorization servers of the Espace de confiance (RFC 8693, RFC 8705; Keycloak's words where it has some).
EDC_NO_CERTIFICATE = Refusal(
    "edc_no_certificate", _WHO, "invalid_client", "Client certificate missing: mutual TLS is required", "1.17, 4.2 C9"
)
EDC_SECRET = Refusal(
    "edc_secret", _WHO, "invalid_client", "Client secret not accepted: mutual TLS is required", "1.17, 4.2 C10"
)
EDC_WRONG_AUTHORITY = Refusal(
    "edc_wrong_authority",
    _WHO,
    "invalid_client",
    "Client certificate is not an ORG AUTH_CLI certificate of a trusted authority",
    "1.17, 4.2 C9",
)
EDC_CERTIFICATE_EXPIRED = Refusal(
    "edc_certificate_expired", _WHO, "invalid_client", "Client certificate expired", "1.17, 4.2 C9"
)
EDC_DN_UNKNOWN = Refusal(
    "edc_dn_unknown", _WHO, "invalid_client", "Certificate DN is not mapped to client_id", "1.17, 4.2 C9"
)
EDC_NOT_ENROLLED = Refusal(
    "edc_not_enrolled", _NO, "access_denied", "Client not allowed to exchange: no EDC habilitation", "1.15"
)
EDC_ISSUER = Refusal("edc_issuer", _BAD, "invalid_issuer", "Invalid subject_issuer parameter", "1.17")
EDC_SUBJECT_TYPE = Refusal(
    "edc_subject_type", _BAD, "invalid_request", "Unsupported subject_token_type: {type}", "RFC 8693 2.1"
)
EDC_REQUESTED_TYPE = Refusal(
    "edc_requested_type", _BAD, "invalid_request", "Unsupported requested_token_type: {type}", "RFC 8693 2.1"
)
EDC_SUBJECT_TOKEN = Refusal("edc_subject_token", _BAD, "invalid_token", "Invalid token", "1.17, 4.2 C13")
EDC_ACTOR = Refusal("edc_actor", _BAD, "invalid_request", "Invalid parameter: actor_token ({problem})", "1.17")
EDC_AUDIENCE = Refusal("edc_audience", _BAD, "invalid_target", "Audience not found", "RFC 8693 2.2.2")
EDC_NO_SCOPE = Refusal(
    "edc_no_scope", _BAD, "invalid_scope", "Missing business scope, one of: {scopes}", "1.17, 4.2 C14"
)
EDC_SCOPES = Refusal("edc_scopes", _BAD, "invalid_scope", "Invalid scopes: {scopes}", "1.17")
EDC_UNAVAILABLE = Refusal("edc_unavailable", _BUSY, "temporarily_unavailable", "Pro Santé Connect unavailable", "1.17")
EDC_NO_API_TOKEN = Refusal("edc_no_api_token", _WHO, "invalid_request", "No bearer token", "RFC 6750")
EDC_API_TOKEN = Refusal("edc_api_token", _WHO, "invalid_token", "The API token is not active", "1.17, 4.2 C17")
EDC_API_CERTIFICATE = Refusal(
    "edc_api_certificate",
    _WHO,
    "invalid_token",
    "The API token is bound to another client certificate",
    "1.17, 4.2 C12",
)
EDC_NO_REALM = Refusal("edc_no_realm", Kind.NOT_FOUND, "Realm does not exist", "", "")
CONFORMITY_BODY = Refusal("conformity_body", _BAD, "invalid_request", "{problem}", "1.17")

# The reference Proxy e-Santé: `code` is the HTTP status as text, as in the sample of ANS [PSC digest 1.17].
PROXY_BAD_REQUEST = Refusal("proxy_bad_request", _BAD, "400", "[{problems}]", "1.17")
PROXY_NOT_FOUND = Refusal(
    "proxy_not_found", Kind.NOT_FOUND, "404", "User National ID or Software Client ID Not Found.", "1.17"
)
PROXY_NOT_AUTHENTICATED = Refusal("proxy_not_authenticated", _WHO, "401", "{status} - {error} : {description}", "1.17")
PROXY_NO_SESSION = Refusal("proxy_no_session", _WHO, "401", "No session found.", "1.17")
PROXY_NO_SESSION_ID = Refusal("proxy_no_session_id", _WHO, "401", "Session ID not found.", "1.17")
PROXY_NO_BACKEND = Refusal(
    "proxy_no_backend", Kind.NOT_FOUND, "404", "Unknown backend {backend}. Known: {known}", "1.17"
)
PROXY_BAD_DATE = Refusal(
    "proxy_bad_date", _BAD, "400", "{name}: an ISO 8601 date-time with its offset expected", "1.17"
)

# What the national discovery document promises and PSC answers with the protocol's own refusal [PSC digest 1.3, 1.7].
NO_ASSERTIONS = Refusal(
    "no_assertions",
    _WHO,
    "invalid_client",
    "private_key_jwt and client_secret_jwt are not offered by PSC: use client_secret_basic, client_secret_post or "
    "tls_client_auth",
    "1.7",
)
NO_DEVICE_FLOW = Refusal(
    "no_device_flow",
    _BAD,
    "unauthorized_client",
    "Client is not allowed to initiate OAuth 2.0 Device Authorization Grant. The flow is disabled for the client.",
    "1.2",
)
TOO_LONG = Refusal("too_long", _BAD, "invalid_request", "Parameter longer than {limit} characters: {name}", "1.4")

# Request objects (RFC 9101) and pushed requests (RFC 9126).
BAD_REQUEST_OBJECT = Refusal("bad_request_object", _BAD, "invalid_request_object", "{problem}", "RFC 9101 5, 6")
BAD_REQUEST_URI = Refusal(
    "bad_request_uri",
    _BAD,
    "invalid_request_uri",
    "Only request_uri values of the pushed authorization request endpoint are known: no other can be registered",
    "RFC 9101 5.2",
)
PUSHED_UNKNOWN = Refusal(
    "pushed_unknown", _BAD, "invalid_request_uri", "PAR not found. not issued or used multiple times.", "RFC 9126 4"
)
PUSHED_EXPIRED = Refusal("pushed_expired", _BAD, "invalid_request_uri", "PAR expired.", "RFC 9126 4")
PUSHED_OTHER_CLIENT = Refusal(
    "pushed_other_client", _BAD, "invalid_request_uri", "PAR was issued to another client.", "RFC 9126 4"
)
PUSHED_NESTED = Refusal(
    "pushed_nested",
    _BAD,
    "invalid_request",
    "Invalid parameter: request_uri (a request is pushed once)",
    "RFC 9126 2.1",
)
