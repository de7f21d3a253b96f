"""A client hands its authorization request in ahead of the browser (RFC 9126)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from segur_psc import errors, faults
from segur_psc.context import Context
from segur_psc.domain.authorization import Destination, Strictness, read_destination, read_request
from segur_psc.domain.session import Client
from segur_psc.operations.resolve_request import read_object

_JARM_S = 600
_CREDENTIALS = frozenset({"client_secret", "client_assertion", "client_assertion_type"})


async def strictness_for(context: Context, client: Client) -> Strictness:
    """How strictly a request of this client is read."""
    lenient = await context.breaks(faults.ACR_LENIENT, client.id)
    return Strictness(not lenient, context.settings.psc_acr_required, client.pkce)


async def push_request(context: Context, client: Client, form: Mapping[str, str]) -> dict[str, Any]:
    """Check it as the authorization endpoint would, keep it, and give its `request_uri` and `expires_in`."""
    if "request_uri" in form:
        raise errors.PUSHED_NESTED.error()
    params = read_object(context, client, {name: told for name, told in form.items() if name not in _CREDENTIALS})
    to = read_destination(params, client.id, client.redirect_uris)
    read_request(params, to, strictness=await strictness_for(context, client))
    lifetime = context.settings.psc_par_s
    uri = await context.pushed.keep(client.id, params | {"client_id": client.id}, context.now + lifetime, lifetime)
    return {"request_uri": uri, "expires_in": lifetime}


def answer_as_jwt(context: Context, to: Destination, answer: Mapping[str, str]) -> dict[str, str]:
    """An authorization response as one signed JWT (JARM), in the field `response`."""
    told = {"iss": context.addresses.issuer, "aud": to.client_id, "exp": context.now + _JARM_S}
    return {"response": context.keys.sign(told | dict(answer))}
