"""What the operator remembers: the mail, and which Pro Santé Connect sessions are over."""

from segur_mssante.store.mail import Copy, MailStore, once
from segur_mssante.store.psc_sessions import MailSession, PscSessions

__all__ = ["Copy", "MailSession", "MailStore", "PscSessions", "once"]
