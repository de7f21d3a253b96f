"""Files carried by a document: shown when a browser can show them harmlessly, named otherwise.

What a file is, its first bytes decide, not what the document says: a page called an image stays closed. SVG is a page,
not a picture, and is never shown.
"""

from __future__ import annotations

import base64
import binascii
from typing import Final

from segur.cda.render.markup import Node, tag
from segur.wire import cda

_MARKS: Final = {
    "image/jpeg": (b"\xff\xd8\xff",),
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "image/gif": (b"GIF87a", b"GIF89a"),
    "application/pdf": (b"%PDF-",),
}
_WORDS: Final = {"text/rtf": "texte RTF", "image/tiff": "image TIFF", "application/pdf": "PDF"}


def decoded(text: str) -> bytes:
    """The bytes of a base64 text; empty when it is none."""
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return b""


def shown(file: cda.EmbeddedFile, label: str) -> Node:
    """The file as an element of the page, `label` for those who cannot see it."""
    if file.media_type == "text/plain":
        return tag("pre", file.content.decode("utf-8", "replace"), class_="plain")
    kind = next((name for name, marks in _MARKS.items() if file.content.startswith(marks)), None)
    if kind is None:
        said = _WORDS.get(file.media_type, file.media_type[:60] or "type non précisé")
        return _notice(f"{label} : fichier ({said}, {_size(file.content)}) qui ne s'affiche pas dans cette page.")
    url = f"data:{kind};base64,{base64.b64encode(file.content).decode()}"
    if kind != "application/pdf":
        return tag("img", src=url, alt=label)
    fallback = _notice("Votre navigateur n'affiche pas les PDF dans une page : enregistrez le fichier pour le lire.")
    return tag("object", fallback, data=url, type="application/pdf", aria_label=label)


def _notice(text: str) -> Node:
    return tag("p", text, class_="notice")


def _size(content: bytes) -> str:
    return f"{max(1, len(content) // 1024)} ko"
