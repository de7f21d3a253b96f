"""Bytes too large for a record, kept once under their SHA-256, on disk before they are acknowledged."""

from __future__ import annotations

import asyncio
import hashlib
import os
import secrets
from collections.abc import AsyncIterator
from pathlib import Path

PIECE = 1024 * 1024


class Blobs:
    """A folder of content-addressed files: `ab/abcdef…`. Blobs are never deleted one by one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, digest: str) -> Path:
        """Where the blob lies; raise `ValueError` when `digest` is no SHA-256."""
        if len(digest) != 64 or not all(character in "0123456789abcdef" for character in digest):
            raise ValueError("digest: 64 lower-case hexadecimal characters expected")
        return self._folder / digest[:2] / digest

    async def put(self, data: bytes | bytearray | memoryview) -> str:
        """Store bytes, synced to disk; give their digest. Storing the same bytes twice writes once."""
        return await asyncio.to_thread(self._put, data)

    async def get(self, digest: str) -> bytes:
        """The bytes; raise `FileNotFoundError` when there are none."""
        return await asyncio.to_thread(self.path(digest).read_bytes)

    async def stream(self, digest: str) -> AsyncIterator[bytes]:
        """The bytes in pieces of a mebibyte."""
        with self.path(digest).open("rb") as file:
            while piece := await asyncio.to_thread(file.read, PIECE):
                yield piece

    def size(self, digest: str) -> int:
        """The size in bytes."""
        return self.path(digest).stat().st_size

    def _put(self, data: bytes | bytearray | memoryview) -> str:
        digest = hashlib.sha256(data).hexdigest()
        target = self.path(digest)
        if target.exists():
            return digest
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_name(f".{digest}.{secrets.token_hex(4)}")
        with draft.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(target)
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return digest
