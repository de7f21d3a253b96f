"""Why the operator says no; codes are an SMTP reply code and an enhanced status code (RFC 5321, RFC 3463).

Texts are ASCII: SMTP replies carry nothing else.
"""

from __future__ import annotations

from segur.kernel.errors import Kind, Refusal

UNKNOWN_RECIPIENT = Refusal(
    "unknown_recipient", Kind.NOT_FOUND, "550 5.1.1", "No such MSSante mailbox here", "MSSanté digest 5.4"
)
CLOSED_RECIPIENT = Refusal("closed_recipient", Kind.FORBIDDEN, "550 5.2.1", "This MSSante mailbox is closed")
FOREIGN_SENDER = Refusal(
    "foreign_sender", Kind.FORBIDDEN, "553 5.7.1", "MAIL FROM must be the authenticated mailbox", "MSSanté digest 5.4"
)
TOO_LARGE = Refusal("too_large", Kind.MALFORMED, "552 5.3.4", "Message larger than this operator takes")
BAD_ARCHIVE = Refusal("bad_archive", Kind.MALFORMED, "554 5.6.0", "IHE_XDM.ZIP refused", "MSSanté digest 3.5")
UNAVAILABLE = Refusal("unavailable", Kind.BUSY, "451 4.3.0", "Mail system temporarily unavailable, try again later")
TOKEN_REFUSED = Refusal("token_refused", Kind.UNAUTHENTICATED, "401", "Access token refused", "MSSanté digest 2.4")
LOGIN_MALFORMED = Refusal("login_malformed", Kind.MALFORMED, "400", "XOAUTH2 message malformed", "MSSanté digest 2.4")
NOT_HOLDER = Refusal(
    "not_holder", Kind.FORBIDDEN, "403", "The token's holder may not open this mailbox", "MSSanté digest 2.4"
)
INTROSPECTION_AWAY = Refusal("introspection_away", Kind.BUSY, "454 4.7.0", "Pro Sante Connect does not answer")
