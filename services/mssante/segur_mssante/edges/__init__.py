"""One protocol per file: SMTP submission, IMAP, HTTP; `doors` holds the sockets."""
