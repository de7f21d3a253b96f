"""A row of a folder as a search sees it; runs in a thread, for it reads files."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from pathlib import Path

from segur.kernel.store import Document
from segur_mssante.domain import mime_tree


class SearchedRow:
    """Header and text are read from the blob when a criterion asks for them."""

    def __init__(self, place: int, row: Document, path: Path) -> None:
        self.place, self._row, self._path = place, row, path

    @property
    def uid(self) -> int:
        """Its UID."""
        return int(self._row["uid"])

    @property
    def flags(self) -> list[str]:
        """Its flags."""
        return list(self._row["flags"])

    @property
    def size(self) -> int:
        """Its size in octets."""
        return int(self._row["size"])

    @property
    def received(self) -> datetime:
        """When it came, UTC."""
        found: datetime = self._row["received"]
        return found

    def header(self, name: str) -> str | None:
        """A header, encoded words read; the Message-ID is known without reading the file."""
        if name.upper() == "MESSAGE-ID" and self._row["header_id"]:
            return str(self._row["header_id"])
        return self._head.text(name) if self._head.has(name) else None

    def body(self, *, with_header: bool) -> str:
        """The texts of the mail; attachments are not looked into."""
        tree, _ = mime_tree.read(self._path.read_bytes())
        texts = [tree.raw[: tree.body].decode("utf-8", "replace"), tree.text("Subject")] if with_header else []
        for part in tree.walk():
            if part.type.startswith("text/") and not part.children:
                texts.append(_readable(part))
        return "\n".join(texts)

    @cached_property
    def _head(self) -> mime_tree.Part:
        with self._path.open("rb") as file:
            return mime_tree.head(file.read(mime_tree.MAX_HEADER))


def _readable(part: mime_tree.Part) -> str:
    try:
        content = part.content()
    except mime_tree.Undecodable:
        content = part.raw[part.body : part.end]
    try:
        return content.decode(str(part.about.get_content_charset("utf-8")), "replace")
    except LookupError:
        return content.decode("utf-8", "replace")
