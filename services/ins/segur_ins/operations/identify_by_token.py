"""The way of wave 2: INSi as an API Pro Santé Connectée, called through a Proxy e-Santé [PSC digest 1.17, 2.5].

The API token travels in `Authorization: Bearer`; the connection shows the certificate it is bound to, the proxy's,
whose CN is then of no matter. That the headers look so is inferred in the digest; the scope's name is ours.
"""

from __future__ import annotations

from segur.kernel import request
from segur.wire.confirmation import confirms
from segur_ins import errors
from segur_ins.context import Context

SCOPE = "insi.recherche"


async def identify_by_token(context: Context, authorization: str) -> str:
    """The PS_IdNat of the token's holder, empty without a bearer token; raise `TOKEN` or `TECHNICAL`."""
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer":
        return ""
    holder = await context.tokens.holder(token.strip()) if token.strip() else None
    if holder is None:
        raise errors.TOKEN.error(
            reason="inactif, ou d'un autre serveur d'autorisation", fix="Échanger à nouveau un jeton Pro Santé Connect."
        )
    if SCOPE not in holder.scopes:
        raise errors.TOKEN.error(reason=f"le scope {SCOPE} manque", fix="Le demander à l'échange.")
    certificate = request.current().certificate
    if not confirms(holder.thumbprint, certificate.sha256 if certificate is not None else ""):
        raise errors.TOKEN.error(
            reason="lié à un autre certificat que celui de la connexion", fix="Présenter celui de l'échange."
        )
    return holder.id_nat
