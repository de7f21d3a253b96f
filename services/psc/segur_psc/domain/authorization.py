"""What an authorization request must say [PSC digest 1.4] and the proof of possession of a code, PKCE (RFC 7636)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from segur_psc import errors
from segur_psc.domain.discovery import RESPONSE_TYPES, SCOPES
from segur_psc.domain.session import PKCE_OPTIONAL, PKCE_S256

_CHALLENGE = re.compile(r"[0-9a-zA-Z\-.~_]{43,128}")
_RESPONSE_MODES = ("query", "fragment", "form_post", "query.jwt", "fragment.jwt", "form_post.jwt", "jwt")
LONGEST = 4_000
"""Characters a parameter may have, as in Keycloak; `request` and `claims` may have more."""
_LONGER = frozenset({"request", "claims"})
_PROMPTS = {"none", "login", "consent", "select_account"}
ACR = "eidas1"
"""The one authentication level a request may name [PSC digest 1.4]."""


@dataclass(frozen=True, slots=True)
class Destination:
    """Where the answer goes: a registered URI, how it travels, and the client's `state`."""

    client_id: str
    redirect_uri: str
    response_mode: str = "query"
    state: str = ""

    @property
    def channel(self) -> str:
        """How the answer travels: query, fragment or form_post, as such or as one JWT (`jwt` is `query.jwt`)."""
        return "query" if self.response_mode == "jwt" else self.response_mode.removesuffix(".jwt")

    @property
    def as_jwt(self) -> bool:
        """Whether the answer travels as one signed JWT (JARM)."""
        return self.response_mode.endswith("jwt")

    def location(self, answer: Mapping[str, str]) -> str:
        """The URI with the answer in its query or fragment; a query of its own is kept."""
        encoded = urlencode(answer)
        if self.channel == "fragment":
            return f"{self.redirect_uri}#{encoded}"
        return f"{self.redirect_uri}{'&' if '?' in self.redirect_uri else '?'}{encoded}"


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """A request that may lead to a code. `max_age` is None when any age of the login will do."""

    to: Destination
    scope: str
    nonce: str = ""
    challenge: str = ""
    challenge_method: str = ""
    prompts: tuple[str, ...] = ()
    max_age: int | None = None
    login_hint: str = ""
    ui_locales: str = ""
    idp_hint: str = ""
    """The local identity provider to go to at once (`kc_idp_hint`)."""
    subject: str = ""
    """The idNat of an `id_token_hint`: only this person's session answers without a page."""

    @property
    def wants_page(self) -> bool:
        """Whether the client asks for the login page although somebody may be signed in."""
        return bool({"login", "select_account"} & set(self.prompts))


@dataclass(frozen=True, slots=True)
class Strictness:
    """What a request must say beyond the protocol: the level it asks for, and PKCE by the client's rule."""

    acr_checked: bool = True
    acr_required: bool = True
    pkce: str = PKCE_OPTIONAL


STRICT = Strictness()


def check_acr(acr_values: str, *, required: bool) -> None:
    """Raise unless the one level of PSC is asked for, or nothing is and nothing need be [PSC digest 4.1 P4]."""
    if not acr_values and not required:
        return
    if acr_values.split() != [ACR]:
        raise errors.BAD_ACR.error()


def check_scope(scope: str) -> str:
    """The scope, blanks tidied; raise `INVALID_SCOPES` when it names one PSC does not have."""
    names = scope.split()
    if not set(names) <= set(SCOPES):
        raise errors.INVALID_SCOPES.error(scopes=scope)
    return " ".join(names)


def acr_wanted(params: Mapping[str, str]) -> str:
    """The level asked for: `acr_values`, else `acr` in the `claims` parameter; raise `INVALID` for unreadable claims.

    Of the other claims asked for one by one nothing depends: PSC's tokens are what they are.
    """
    told = params.get("claims", "")
    if not told:
        return params.get("acr_values", "")
    try:
        claims = json.loads(told)
        asked = claims.get("id_token", {}).get("acr") or {}
        values = asked.get("values") or ([asked["value"]] if "value" in asked else [])
        wanted = " ".join(values)
    except (ValueError, AttributeError, TypeError, RecursionError) as error:
        raise errors.INVALID.error(name="claims") from error
    return params.get("acr_values", "") or wanted


def check_lengths(params: Mapping[str, str]) -> None:
    """Raise `TOO_LONG` naming the first parameter that is longer than any real one."""
    for name, value in params.items():
        if len(value) > LONGEST and name not in _LONGER:
            raise errors.TOO_LONG.error(name=name[:40], limit=LONGEST)


def read_destination(params: Mapping[str, str], client_id: str, registered: Sequence[str]) -> Destination:
    """Where to answer; raise `BAD_REDIRECT_URI` unless the URI is one of `registered`, letter by letter."""
    uri = params.get("redirect_uri", "")
    if uri not in registered:
        raise errors.BAD_REDIRECT_URI.error()
    wanted = params.get("response_mode", "query")
    mode = wanted if wanted in _RESPONSE_MODES else "query"
    return Destination(client_id, uri, mode, params.get("state", ""))


def read_request(
    params: Mapping[str, str],
    to: Destination,
    *,
    duplicated: bool = False,
    strictness: Strictness = STRICT,
) -> AuthorizationRequest:
    """Check the parameters in Keycloak's order; raise the row that names the first wrong one.

    Parameters nobody knows, and `display`, are passed over, as Keycloak does.
    """
    if duplicated:
        raise errors.DUPLICATED.error()
    check_lengths(params)
    response_type = params.get("response_type", "")
    if not response_type:
        raise errors.MISSING.error(name="response_type")
    if response_type not in RESPONSE_TYPES:
        raise errors.UNSUPPORTED_RESPONSE_TYPE.error()
    if params.get("response_mode", "query") not in _RESPONSE_MODES:
        raise errors.INVALID.error(name="response_mode")
    if response_type != "code":
        raise errors.FLOW_DISABLED.error()
    scope = check_scope(params.get("scope", ""))
    max_age = params.get("max_age", "")
    if max_age and not (max_age.isascii() and max_age.isdigit() and len(max_age) < 10):
        raise errors.INVALID.error(name="max_age")
    prompts = tuple(params.get("prompt", "").split())
    if not set(prompts) <= _PROMPTS or ("none" in prompts and len(prompts) > 1):
        raise errors.INVALID.error(name="prompt")
    challenge, method = params.get("code_challenge", ""), params.get("code_challenge_method", "")
    if strictness.pkce != PKCE_OPTIONAL and not challenge:
        raise errors.MISSING.error(name="code_challenge")
    if challenge and not method:
        raise errors.MISSING.error(name="code_challenge_method")
    if method and not challenge:
        raise errors.MISSING.error(name="code_challenge")
    if method and method not in (("S256",) if strictness.pkce == PKCE_S256 else ("S256", "plain")):
        raise errors.INVALID.error(name="code_challenge_method")
    if challenge and not _CHALLENGE.fullmatch(challenge):
        raise errors.INVALID.error(name="code_challenge")
    wanted = acr_wanted(params)
    if strictness.acr_checked:
        check_acr(wanted, required=strictness.acr_required)
    return AuthorizationRequest(
        to=to,
        scope=scope,
        nonce=params.get("nonce", ""),
        challenge=challenge,
        challenge_method=method,
        prompts=prompts,
        max_age=int(max_age) if max_age else None,
        login_hint=params.get("login_hint", ""),
        ui_locales=params.get("ui_locales", ""),
    )


def check_verifier(challenge: str, method: str, verifier: str) -> None:
    """Raise `NO_VERIFIER` or `BAD_VERIFIER` unless `verifier` proves the challenge.

    A verifier for a code that was asked for without a challenge is refused as well: somebody took the challenge off the
    request on its way (RFC 9700 2.1.1).
    """
    if not challenge:
        if verifier:
            raise errors.BAD_VERIFIER.error()
        return
    if not verifier:
        raise errors.NO_VERIFIER.error()
    if not _CHALLENGE.fullmatch(verifier):
        raise errors.BAD_VERIFIER.error()
    shown = verifier
    if method == "S256":
        shown = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    if not hmac.compare_digest(shown.encode(), challenge.encode()):
        raise errors.BAD_VERIFIER.error()
