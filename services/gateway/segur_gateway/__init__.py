"""The edge: the one place the outside meets.

Owns: the plain and the TLS listener, routing by path or national host name, the sandbox of a call, the caller's
certificate, the root of its trace, its journal entry, network faults. Does not own: any national protocol; bodies pass
through in pieces, unread but for the journal's first kilobytes.

A request: `edge.Edge` → `routes` (which service) → `sandboxes` (whose country) → fault points → the service behind,
streamed both ways → the journal.
"""
