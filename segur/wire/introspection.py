"""Token introspection (RFC 7662): whom Pro Santé Connect, or a server of the Espace de confiance, says a token is of.

Source: [PSC digest 1.12, 1.17].
"""

from __future__ import annotations

from dataclasses import dataclass

from segur.wire.confirmation import bound_to, confirms

PSC_REALM = "/auth/realms/esante-wallet"
"""Where Pro Santé Connect stands, below the gateway's address."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a living token: the PS_IdNat, and what the token tells besides.

    `session` is the session the token was issued in (`sid`), `thumbprint` names the certificate it is bound to (`cnf`);
    both are empty where the token tells none.
    """

    id_nat: str
    session: str = ""
    scopes: frozenset[str] = frozenset()
    thumbprint: str = ""

    def may_use(self, certificate_sha256: str) -> bool:
        """True when the token is bound to no certificate, or to the one shown (hexadecimal fingerprint)."""
        return not self.thumbprint or confirms(self.thumbprint, certificate_sha256)


def path_of(realm: str) -> str:
    """Where the authorization server of a realm is asked."""
    return f"{realm}/protocol/openid-connect/token/introspect"


def read_holder(answer: object) -> Holder | None:
    """The holder an answer (read JSON) names; None when the token does not live, or nobody is named."""
    if not isinstance(answer, dict) or answer.get("active") is not True:
        return None
    id_nat = str(answer.get("SubjectNameID") or answer.get("preferred_username") or "")
    if not id_nat:
        return None
    session = str(answer.get("sid") or answer.get("session_state") or "")
    return Holder(id_nat, session, frozenset(str(answer.get("scope") or "").split()), bound_to(answer))
