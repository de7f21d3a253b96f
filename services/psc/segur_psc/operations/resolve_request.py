"""The parameters of an authorization request, wherever they are: in the query, in a request object, or pushed ahead.

RFC 9101 (`request`), RFC 9126 (`request_uri` of the PAR endpoint). A `request_uri` elsewhere is never fetched: PSC
would have to call wherever a stranger's link says.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from segur_psc import errors
from segur_psc.context import Context
from segur_psc.domain.session import Client
from segur_psc.store.keys import decoded, jwt_header
from segur_psc.store.pushed import PREFIX

_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"]
_NOT_PARAMETERS = frozenset({"iss", "aud", "exp", "iat", "nbf", "jti", "sub"})


async def resolve_request(context: Context, client: Client, params: Mapping[str, str]) -> dict[str, str]:
    """The parameters that count; raise the rows of RFC 9101 and RFC 9126.

    What a request object says goes before what the query says; of a pushed request only what was pushed counts.
    """
    uri = params.get("request_uri", "")
    if uri.startswith(PREFIX):
        return await _pushed(context, client, uri)
    if uri:
        raise errors.BAD_REQUEST_URI.error()
    return read_object(context, client, params)


async def _pushed(context: Context, client: Client, uri: str) -> dict[str, str]:
    known = await context.pushed.take(uri)
    if known is None:
        raise errors.PUSHED_UNKNOWN.error()
    if known["client_id"] != client.id:
        raise errors.PUSHED_OTHER_CLIENT.error()
    if context.now >= known["expires_at"]:
        raise errors.PUSHED_EXPIRED.error()
    return dict(known["params"])


def read_object(context: Context, client: Client, params: Mapping[str, str]) -> dict[str, str]:
    """The parameters with those of their request object, where they have one; raise `BAD_REQUEST_OBJECT`."""
    token = params.get("request", "")
    told = {name: value for name, value in params.items() if name != "request"}
    if not token:
        return told
    claims = _verified(client, token)
    audience = claims.get("aud", context.addresses.issuer)
    if claims.get("iss", client.id) != client.id or claims.get("client_id", client.id) != client.id:
        raise _bad("iss and client_id of a request object must be the client's id")
    if context.addresses.issuer not in (audience if isinstance(audience, list) else [audience]):
        raise _bad(f"aud of the request object must name the issuer, {context.addresses.issuer}")
    times = [claims.get("nbf", context.now), context.now, claims.get("exp", context.now + 1)]
    if not all(isinstance(at, int | float) for at in times) or not times[0] <= times[1] < times[2]:
        raise _bad("nbf, exp: the request object is not valid at this time")
    if "request" in claims or "request_uri" in claims:
        raise _bad("A request object must not hold request or request_uri")
    return told | {name: _as_text(name, value) for name, value in claims.items() if name not in _NOT_PARAMETERS}


def _verified(client: Client, token: str) -> dict[str, Any]:
    parts = token.split(".")
    if len(parts) == 5:
        raise _bad("Encrypted request objects are not offered: sign it, without encryption")
    if len(parts) != 3:
        raise _bad("A request object is a JWT of three parts")
    try:
        algorithm = jwt_header(parts[0]).get("alg")
        if algorithm == "none" and not parts[2] and not client.request_keys:
            return _object(decoded(parts[1]))
        if isinstance(algorithm, str) and algorithm.startswith("HS"):
            raise _bad(f"{algorithm}: PSC keeps no client secret in clear; sign with a key registered in jwks")
        if algorithm not in _ALGORITHMS:
            raise _bad(f"alg: one of {', '.join(_ALGORITHMS)}" + ("" if client.request_keys else ", none"))
        if not client.request_keys:
            raise _bad("The client has registered no key (jwks) that could sign a request object")
        keys = KeySet.import_key_set({"keys": [dict(key) for key in client.request_keys]})
        return _object(jws.deserialize_compact(token, keys, algorithms=_ALGORITHMS).payload)
    except (JoseError, ValueError) as error:
        raise _bad("The request object cannot be read, or its signature is not by a key of the client") from error


def _object(payload: bytes) -> dict[str, Any]:
    found = orjson.loads(payload)
    if not isinstance(found, dict):
        raise ValueError("the payload is no JSON object")
    return found


def _as_text(name: str, value: Any) -> str:
    """A parameter of the object as the query would have it."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return orjson.dumps(value).decode()
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise _bad(f"{name}: a text, a number or an object expected")


def _bad(problem: str) -> Exception:
    return errors.BAD_REQUEST_OBJECT.error(problem=problem)
