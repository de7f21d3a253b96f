"""MSSanté: an operator that takes mail over SMTP, keeps it, and shows it over IMAP [MSSanté digest 2.2, 2.4].

Mail has no address path, so both mail doors serve the default sandbox.
"""
