"""A service asks for a login on the professional's phone or card [PSC digest 1.16]."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from typing import Any

from segur.kernel import request
from segur_psc import errors, faults
from segur_psc.context import Context
from segur_psc.domain.authorization import check_acr, check_scope
from segur_psc.domain.session import APPROVE, ASK, CARD, MOBILE, REFUSE, Client
from segur_psc.operations.tell_refusal import refusal_fact

PENDING, APPROVED, DENIED, SILENT = "pending", "approved", "denied", "silent"
"""What became of a request; a silent one is shown on no device and waits until it is too old."""
STATUS = {ASK: PENDING, APPROVE: APPROVED, REFUSE: DENIED}
"""The status a request begins with, by what the professional's phone does by itself."""
_BINDING = re.compile(r"[a-zA-Z0-9\-._+/!?#]{1,50}")


async def ask_ciba(context: Context, client: Client, form: Mapping[str, str]) -> dict[str, Any]:
    """Keep the request until it is approved, refused or too old; raise the rows of the section, in its order."""
    about = client.id, form.get("login_hint", "")
    if not client.ciba or await context.breaks(faults.CIBA_DISABLED, *about):
        raise errors.CIBA_DISABLED.error()
    for name in ("login_hint", "scope"):
        if not form.get(name):
            raise errors.CIBA_MISSING.error(name=name)
    channel = form.get("channel", "") or MOBILE
    if channel not in (MOBILE, CARD):
        raise errors.CIBA_CHANNEL.error()
    person = await context.records.person(form["login_hint"])
    unknown = person is None or person.disabled or not person.means(channel)
    if person is None or unknown or await context.breaks(faults.CIBA_UNKNOWN_USER, *about):
        raise errors.CIBA_USER.error()
    scope = check_scope(form["scope"])
    check_acr(form.get("acr_values", ""), required=False)
    binding = form.get("binding_message", "")
    about = client.id, person.id_nat
    if (binding and not _BINDING.fullmatch(binding)) or await context.breaks(faults.CIBA_BAD_BINDING, *about):
        raise errors.CIBA_BINDING.error()
    if form.get("user_code"):
        raise errors.CIBA_USER_CODE.error()
    if form.get("client_notification_token"):
        raise errors.CIBA_PING.error()
    if await context.breaks(faults.CIBA_DEVICE_DOWN, *about):
        raise errors.CIBA_DEVICE_DOWN.error()
    now, lifetime = context.now, context.settings.psc_ciba_s
    jti = str(uuid.uuid4())
    status = SILENT if await context.breaks(faults.CIBA_SILENT, *about) else STATUS[person.answers]
    kept = context.records.ciba.new(
        jti,
        lifetime,
        status=status,
        client_id=client.id,
        id_nat=person.id_nat,
        scope=scope,
        binding_message=binding,
        channel=channel,
        created_at=now,
        expires_at=now + lifetime,
    )
    refused = [refusal_fact(errors.CIBA_DENIED.error(), client.id)] if status == DENIED else []
    await context.floor.store.commit([kept], refused)
    told = {"typ": "CIBA", "jti": jti, "iss": context.addresses.issuer, "iat": now, "exp": now + lifetime}
    request.note(actor=person.id_nat)
    return {
        "auth_req_id": context.keys.seal(told),
        "expires_in": lifetime,
        "interval": context.settings.psc_ciba_interval_s,
    }
