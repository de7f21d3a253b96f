"""An integration error of a client's software is a fact of its own, with the way out, for those who mend it.

Once per client and rule in `psc_misconfigured_window_s`, with the count: a loop of wrong requests fills no topic.
"""

from __future__ import annotations

from segur.contracts.psc import ClientMisconfigured
from segur.kernel import request
from segur.kernel.errors import SegurError
from segur_psc import errors
from segur_psc.context import Context
from segur_psc.operations.integration_advice import advise

_LONGEST_ID = 100
_NOBODY = "-"
"""The client that did not say who it is."""


async def misconfigured(context: Context, error: SegurError, client_id: str) -> list[ClientMisconfigured]:
    """The fact to tell with this refusal: none for no integration error, or for one told a moment ago."""
    advice = advise(error)
    if advice is None:
        return []
    fact = ClientMisconfigured(
        client_id=_printable(client_id) or _NOBODY,
        rule=advice.rule,
        error=error.code,
        fix=advice.fix + await _registered(context, error, client_id),
    )
    count = context.repeats.count((request.current_sandbox(), fact.client_id, fact.rule), fact, context.now)
    return [fact.model_copy(update={"count": count})] if count else []


async def tell_repeated(context: Context) -> None:
    """Tell what was counted only, in the present sandbox, once its window is over."""
    due = context.repeats.due(request.current_sandbox(), context.now)
    if due:
        await context.floor.store.commit([], [fact.model_copy(update={"count": count}) for fact, count in due])


async def _registered(context: Context, error: SegurError, client_id: str) -> str:
    """The addresses that would do, after a wrong one."""
    client = await context.records.client(client_id) if error.refusal is errors.BAD_REDIRECT_URI else None
    return f" Inscrites : {', '.join(client.redirect_uris)}." if client is not None else ""


def _printable(client_id: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in client_id[:_LONGEST_ID])
