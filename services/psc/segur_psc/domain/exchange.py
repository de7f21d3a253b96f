"""What a token exchange asks for (RFC 8693), in the profile of the Espace de confiance [PSC digest 1.17]."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from segur_psc import errors
from segur_psc.domain.providers import Provider

GRANT = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 - a URN of RFC 8693, not a secret
JWT = "urn:ietf:params:oauth:token-type:jwt"
PSC_ISSUER = "psc"

_ACTOR_CLAIMS = ("iss", "sub", "lps_nom", "lps_id", "lps_version", "situation_exercice")
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, its form checked. `actor` is what the actor token says of the LPS, empty without one."""

    subject_token: str
    scopes: tuple[str, ...]
    audience: str
    actor: Mapping[str, str] = field(default_factory=dict)

    def check_audience(self, provider: Provider, client_id: str) -> None:
        """Raise `EDC_AUDIENCE` unless it names nobody, the provider's realm or the client itself."""
        if self.audience not in ("", provider.realm, client_id):
            raise errors.EDC_AUDIENCE.error()

    def granted(self, provider: Provider, *, required: bool, missing: bool = False) -> str:
        """The scope of the token: identity first, then business scopes as asked; raise `EDC_SCOPES`, `EDC_NO_SCOPE`.

        `missing` reads the request as if it named no business scope.
        """
        unknown = [scope for scope in self.scopes if scope not in provider.all_scopes]
        if unknown:
            raise errors.EDC_SCOPES.error(scopes=" ".join(unknown)[:_LONGEST])
        business = [] if missing else [scope for scope in self.scopes if scope in provider.scopes]
        if missing or (required and not business):
            raise errors.EDC_NO_SCOPE.error(scopes=", ".join(provider.scopes) or "none is defined here")
        return " ".join(dict.fromkeys(("openid", "email", "profile", *business)))


def read_request(form: Mapping[str, str]) -> Asked:
    """Check the parameters in the order of RFC 8693 2.1; raise `MISSING` or an `EDC_…` row."""
    for name in ("subject_token", "subject_token_type"):
        if not form.get(name):
            raise errors.MISSING.error(name=name)
    if form["subject_token_type"] not in (ACCESS_TOKEN, JWT):
        raise errors.EDC_SUBJECT_TYPE.error(type=form["subject_token_type"][:_LONGEST])
    if form.get("subject_issuer", PSC_ISSUER) != PSC_ISSUER:
        raise errors.EDC_ISSUER.error()
    requested = form.get("requested_token_type", ACCESS_TOKEN)
    if requested not in (ACCESS_TOKEN, JWT):
        raise errors.EDC_REQUESTED_TYPE.error(type=requested[:_LONGEST])
    return Asked(
        subject_token=form["subject_token"],
        scopes=tuple(form.get("scope", "").split()),
        audience=form.get("audience", ""),
        actor=_read_actor(form.get("actor_token", ""), form.get("actor_token_type", "")),
    )


def _read_actor(token: str, kind: str) -> dict[str, str]:
    """The claims of an actor token. Its signature is not checked: the profile is a draft that names no key."""
    if not token and not kind:
        return {}
    if not token or kind not in (JWT, ACCESS_TOKEN):
        raise errors.EDC_ACTOR.error(problem="actor_token and actor_token_type, a JWT's, go together")
    try:
        body = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        known = {name: claims[name] for name in _ACTOR_CLAIMS if name in claims}
    except (IndexError, binascii.Error, ValueError, TypeError) as error:
        raise errors.EDC_ACTOR.error(problem="not a JWT") from error
    if not claims.get("sub") or not all(isinstance(value, str) and len(value) <= _LONGEST for value in known.values()):
        raise errors.EDC_ACTOR.error(problem="sub is mandatory, its claims are texts")
    return known
