"""Identifiers the platform makes: time-ordered ids, OIDs under our arc, and pseudonyms of patients."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import threading
import time
import uuid
from pathlib import Path

from segur.vocab import oids
from segur.vocab.ins import Ins

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


_last_id = 0
_id_lock = threading.Lock()


def new_id() -> str:
    """A ULID: 26 characters, unique, each greater than those this process made before.

    Within one millisecond, or when the clock steps back, it is the last one and a random step: facts of one commit are
    published in the order of their ids, which must be the order they were told in.
    """
    global _last_id
    fresh = (int(time.time() * 1000) << 80) | int.from_bytes(os.urandom(10), "big")
    with _id_lock:
        if fresh >> 80 <= _last_id >> 80:
            fresh = _last_id + 1 + int.from_bytes(os.urandom(7), "big")
        _last_id = value = fresh
    return "".join(_CROCKFORD[(value >> shift) & 31] for shift in range(125, -1, -5))


def new_urn_uuid() -> str:
    """A fresh `urn:uuid:…`, the form of ebXML and WS-Addressing identifiers."""
    return f"urn:uuid:{uuid.uuid4()}"


def new_oid(*branches: int) -> str:
    """A fresh OID under SégurStack's own arc, at most 64 characters (the limit of XDS and DICOM)."""
    tail = ".".join(str(branch) for branch in branches)
    return ".".join(part for part in (oids.SEGURSTACK, tail, str(uuid.uuid4().int >> 32)) if part)


class Pseudonyms:
    """Stands for patients where an INS must not appear: facts' keys, headers, spans, logs, journal.

    The salt is a secret of the installation (`<home>/secrets/pseudonym.salt`), made at first start; all services of one
    platform share it, so the same patient has the same pseudonym everywhere in it and none outside.
    """

    def __init__(self, salt: bytes) -> None:
        self._salt = salt

    @classmethod
    def of_home(cls, home: Path) -> Pseudonyms:
        """Read the installation's salt, making it first if there is none."""
        return cls(installation_secret(home, "pseudonym.salt"))

    def of(self, ins: Ins) -> str:
        """`pat-` and 16 hexadecimal characters."""
        digest = hmac.new(self._salt, f"{ins.matricule}|{ins.oid}".encode(), hashlib.sha256).hexdigest()
        return f"pat-{digest[:16]}"


def installation_secret(home: Path, name: str) -> bytes:
    """32 random bytes kept in `<home>/secrets/<name>` (mode 600); made once, safe against two processes racing."""
    folder = home / "secrets"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / name
    if not path.exists():
        draft = folder / f".{name}.{os.getpid()}.{secrets.token_hex(4)}"
        draft.write_bytes(secrets.token_bytes(32))
        draft.chmod(0o600)
        try:
            os.link(draft, path)
        except FileExistsError:
            pass  # another process won: use its secret
        finally:
            draft.unlink()
    return path.read_bytes()
