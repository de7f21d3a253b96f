"""The `habilitations` service: who is authorized on a DMP [DMP digest 1.4]."""

from __future__ import annotations

from typing import Final

from segur.wire import habilitations as codec
from segur_dmp.context import Context
from segur_dmp.edges.soap.transaction import Answer, Call, Transaction
from segur_dmp.operations.set_authorization import set_authorization


async def _set(context: Context, call: Call) -> Answer:
    """TD0.3."""
    outcome = await set_authorization(context, call.caller, codec.read_set_authorization(call.envelope.body))
    return Answer(codec.write_set_authorization_answer(outcome))


TRANSACTIONS: Final = {codec.REQUEST: Transaction("TD0.3", codec.RESPONSE_ACTION, _set)}
