"""A journal entry: what was asked and answered, without secrets and without an INS."""

from __future__ import annotations

import re
from typing import Any

from segur.kernel.ids import Pseudonyms
from segur.kernel.journal import mask_headers
from segur.vocab.ins import Ins

_TEXT = re.compile(r"json|xml|text|x-www-form-urlencoded", re.IGNORECASE)
_MATRICULE = re.compile(r"(?<!\d)[12378]\d{5}[\dAB]\d{8}(?!\d)")
_SECRETS = re.compile(
    r"""((?:access_token|refresh_token|id_token|client_secret|code|password|token)(?:"\s*:\s*"|=))[^"&\s]+""",
    re.IGNORECASE,
)


class Recorder:
    """Collects the first bytes of a body and cleans texts."""

    def __init__(self, pseudonyms: Pseudonyms, limit: int) -> None:
        self._pseudonyms, self._limit = pseudonyms, limit

    def clean(self, text: str) -> str:
        """The text with secrets masked and matricules replaced by pseudonyms."""
        text = _SECRETS.sub(r"\1•••", text)
        return _MATRICULE.sub(lambda found: self._pseudonyms.of(Ins(found[0])), text)

    def side(self, headers: list[tuple[str, str]], body: bytes, size: int) -> dict[str, Any]:
        """One side of an exchange: masked headers, the beginning of a text body, the size of the whole."""
        kind = next((value for name, value in headers if name.lower() == "content-type"), "")
        shown = self.clean(body[: self._limit].decode("utf-8", "replace")) if _TEXT.search(kind) else ""
        return {
            "headers": [(name, self.clean(value)) for name, value in mask_headers(headers)],
            "body": shown,
            "bytes": size,
        }
