"""Pro Santé Connect: the national sign-in of health professionals, OpenID Connect in Keycloak's words [PSC digest 1].

Owns the clients, the sessions and every token; knows the professionals of the synthetic country. All of it lies in the
store, the keys in `<home>/secrets`: replicas share both and need no talk among themselves.

Doors: the browser (authorization, login, logout), the back channel (token, userinfo, introspection, revocation, CIBA,
registration) and the pages that stand for a professional's phone (`/psc/ciba`). No password exists: whoever opens the
login page may be anyone, for everyone there is invented.

A login, followed through the files: `edges/browser_door.py` shows the page and takes the click; `operations/log_in.py`
opens the session and keeps a code, with the fact `psc.session.opened`; at the token endpoint (`edges/back_door.py`)
`operations/exchange_code.py` uses the code up and `issue_tokens.py` makes the tokens of `domain/tokens.py`;
`verify_token.py` answers introspection and userinfo, by the session alone.

The Espace de confiance lives here too, beside PSC and without a way around it: authorization servers that give an API's
token for a PSC token (`edges/edc_door.py`, `operations/exchange_token.py`) and a reference Proxy e-Santé
(`edges/proxy_door.py`), which calls PSC, those servers and the APIs through the edge as a vendor's proxy does.

Does not own: mail, records, the directory; they ask by introspection, and hear of sessions by facts.
"""
