"""One protocol per file: SMTP submission, IMAP, HTTP."""
