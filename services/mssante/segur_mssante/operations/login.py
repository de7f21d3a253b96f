"""Open a mailbox with a Pro Santé Connect access token [MSSanté digest 2.4]."""

from __future__ import annotations

from segur.contracts.mssante import MailAuthenticationRefused
from segur.kernel.errors import Refusal, SegurError
from segur.kernel.ids import new_id
from segur_mssante import errors
from segur_mssante.context import Context
from segur_mssante.domain.xoauth2 import MalformedLogin, read_credentials


async def login(context: Context, message: bytes) -> str:
    """Check an XOAUTH2 message; give the address of the mailbox it opens.

    Raise `LOGIN_MALFORMED`, `TOKEN_REFUSED`, `NOT_HOLDER` or `INTROSPECTION_AWAY`.
    """
    try:
        credentials = read_credentials(message)
    except MalformedLogin as error:
        raise errors.LOGIN_MALFORMED.error(field="XOAUTH2", rule=str(error)) from error
    holder = await context.tokens.holder(credentials.token)
    box = await context.store.mailbox(credentials.mailbox)
    if holder is None:
        raise await _refused(context, errors.TOKEN_REFUSED, box["shown"] if box else "")
    if box is None or holder not in box["holders"]:
        raise await _refused(context, errors.NOT_HOLDER, box["shown"] if box else "")
    return str(box["address"])


async def _refused(context: Context, refusal: Refusal, mailbox: str) -> SegurError:
    await context.store.tell(
        MailAuthenticationRefused(attempt_id=new_id(), mailbox=mailbox, mechanism="XOAUTH2", reason=refusal.name)
    )
    return refusal.error()
