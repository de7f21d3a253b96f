"""The `habilitations` service: who is authorized on a DMP [DMP digest 1.4]."""

from __future__ import annotations

from typing import Final

from segur.wire import authorization_list
from segur.wire import habilitations as codec
from segur_dmp.context import Context
from segur_dmp.edges.soap.transaction import Answer, Call, Transaction
from segur_dmp.operations.list_authorizations import list_authorizations
from segur_dmp.operations.set_authorization import set_authorization


async def _set(context: Context, call: Call) -> Answer:
    """TD0.3."""
    outcome = await set_authorization(context, call.caller, codec.read_set_authorization(call.envelope.body))
    return Answer(codec.write_set_authorization_answer(outcome))


async def _list(context: Context, call: Call) -> Answer:
    """TD1.6."""
    mode = authorization_list.read_list_request(call.envelope.body)
    return Answer(authorization_list.write_list_answer(await list_authorizations(context, call.caller, mode)))


TRANSACTIONS: Final = {
    codec.REQUEST: Transaction("TD0.3", codec.RESPONSE_ACTION, _set),
    authorization_list.REQUEST: Transaction("TD1.6", authorization_list.RESPONSE_ACTION, _list),
}
