"""Pro Santé Connect: the national sign-in of health professionals, OpenID Connect in Keycloak's words [PSC digest 1].

Owns the clients, the sessions and every token; knows the professionals of the synthetic country. Doors: the browser
(authorization, login, logout), the back channel (token, userinfo, introspection, revocation, CIBA) and the pages that
stand for the phone of a professional (`/psc/ciba`). No password exists: whoever opens the login page may be anyone.
"""
