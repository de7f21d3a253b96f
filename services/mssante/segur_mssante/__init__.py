"""MSSanté: an operator of the trust space, and the citizens' messaging of Mon espace santé [MSSanté digest 0].

Owns mailboxes (PER, ORG, APP, citizen), the messages it took charge of and the copies in their folders. Does not own
people (personas), tokens (Pro Santé Connect, asked by introspection through the gateway) or the directory (annuaire).

A message comes in by `edges/smtp.py` (STARTTLS, XOAUTH2 with a PSC token, or PLAIN with an ORG AUTH_CLI certificate).
`operations/check_recipient.py` answers each RCPT; `operations/submit.py` reads it (`domain/mime_tree.py`,
`domain/attachments.py`: MIME, IHE_XDM, CDA), says what breaks Référentiel 2 (`domain/conformity.py`), and keeps
message, copies, receipts and facts in one commit before 250 leaves. It is read by `edges/imap.py`, or by the citizen
over `edges/citizen.py`.

Which country a session is in follows from the mail domain: `x@equipe-1.medecin.emulateur.mssante.fr` is `x` in sandbox
`equipe-1`; inside it the plain addresses name the same country's mailboxes.
"""
