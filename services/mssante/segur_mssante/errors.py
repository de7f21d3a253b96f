"""Why the operator says no; codes are an SMTP reply code and an enhanced status code (RFC 5321, RFC 3463).

Texts are those of the digest's table of wire answers, in ASCII: SMTP replies carry nothing else.
"""

from __future__ import annotations

from segur.kernel.errors import Kind, Refusal

_TABLE = "MSSanté digest 5.4"

FOREIGN_SENDER = Refusal("foreign_sender", Kind.FORBIDDEN, "553 5.7.1", "expediteur non autorise", f"{_TABLE} C5")
FOREIGN_DOMAIN = Refusal(
    "foreign_domain", Kind.FORBIDDEN, "550 5.7.1", "domaine destinataire hors espace de confiance", f"{_TABLE} C6"
)
UNKNOWN_RECIPIENT = Refusal(
    "unknown_recipient", Kind.NOT_FOUND, "550 5.1.1", "boite aux lettres inconnue", f"{_TABLE} C7"
)
CLOSED_RECIPIENT = Refusal(
    "closed_recipient", Kind.FORBIDDEN, "550 5.2.1", "boite aux lettres desactivee", f"{_TABLE} C8"
)
BAD_ADDRESS = Refusal("bad_address", Kind.MALFORMED, "553 5.1.3", "adresse invalide", "MSSanté digest 4.6")
FULL = Refusal("mailbox_full", Kind.CONFLICT, "552 5.2.2", "boite aux lettres pleine", f"{_TABLE} C9")
FULL_FOR_NOW = Refusal("mailbox_full_for_now", Kind.BUSY, "452 4.2.2", "boite aux lettres pleine", f"{_TABLE} C9")
TOO_LARGE = Refusal("too_large", Kind.MALFORMED, "552 5.3.4", "taille maximale depassee", f"{_TABLE} C10")
MALICIOUS = Refusal("malicious", Kind.FORBIDDEN, "554 5.7.1", "contenu malveillant detecte", f"{_TABLE} C11")
GREYLISTED = Refusal("greylisted", Kind.BUSY, "451 4.7.1", "trop de messages, reessayer plus tard", f"{_TABLE} C12")
CONVERSATION_ENDED = Refusal(
    "conversation_ended", Kind.FORBIDDEN, "550 5.7.1", "le professionnel a mis fin a l'echange", f"{_TABLE} C14"
)
NO_RIGHT_TO_WRITE = Refusal(
    "no_right_to_write", Kind.FORBIDDEN, "550 5.7.1", "un usager ne peut que repondre a un professionnel",
    "MSSanté digest 4.2",
)  # fmt: skip
MAINTENANCE = Refusal("maintenance", Kind.BUSY, "421 4.3.2", "service en maintenance", f"{_TABLE} C15")
SESSION_OVER = Refusal("session_over", Kind.BUSY, "421 4.7.0", "session Pro Sante Connect fermee", "ECO.1.2.6")
TOO_MANY_RECIPIENTS = Refusal(
    "too_many_recipients", Kind.BUSY, "452 4.5.3", "trop de destinataires", "RFC 5321 4.5.3.1"
)
BAD_MIME = Refusal("bad_mime", Kind.MALFORMED, "554 5.6.0", "message MIME illisible", "RFC 2045, RFC 2046")
BAD_ARCHIVE = Refusal("bad_archive", Kind.MALFORMED, "554 5.6.0", "IHE_XDM.ZIP refuse", "MSSanté digest 3.5")
UNAVAILABLE = Refusal("unavailable", Kind.BUSY, "451 4.3.0", "service momentanement indisponible, reessayer plus tard")
TOKEN_REFUSED = Refusal("token_refused", Kind.UNAUTHENTICATED, "401", "Access token refused", f"{_TABLE} C2")
LOGIN_MALFORMED = Refusal("login_malformed", Kind.MALFORMED, "400", "Login message malformed", "MSSanté digest 2.4")
NOT_HOLDER = Refusal(
    "not_holder", Kind.FORBIDDEN, "403", "The token's holder may not open this mailbox", f"{_TABLE} C3"
)
CERTIFICATE_REFUSED = Refusal(
    "certificate_refused", Kind.UNAUTHENTICATED, "535 5.7.8", "certificat ORG AUTH_CLI absent ou non lie a la boite",
    f"{_TABLE} C4",
)  # fmt: skip
INTROSPECTION_AWAY = Refusal("introspection_away", Kind.BUSY, "454 4.7.0", "Pro Sante Connect ne repond pas")

WRONG_CODE = Refusal("wrong_code", Kind.UNAUTHENTICATED, "MES_CODE", "Code de Mon espace santé absent ou faux.")
NO_CITIZEN_BOX = Refusal("no_citizen_box", Kind.NOT_FOUND, "MES_BOITE", "Aucune messagerie citoyenne pour cette INS.")
NO_MESSAGE = Refusal("no_message", Kind.NOT_FOUND, "MES_MESSAGE", "Ce message n'est pas dans la boîte.")
BAD_REPLY = Refusal("bad_reply", Kind.MALFORMED, "MES_REPONSE", "Corps JSON attendu : inReplyTo ou to, et content.")
