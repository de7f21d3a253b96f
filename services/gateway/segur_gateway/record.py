"""A journal entry: what was asked and answered, without secrets and without an INS."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote_plus

from segur.kernel.ids import Pseudonyms
from segur.kernel.journal import mask_headers
from segur.vocab.ins import Ins

_TEXT = re.compile(r"json|xml|text|x-www-form-urlencoded", re.IGNORECASE)
_MATRICULE = re.compile(r"(?:(?<!\d)|(?<=%[0-9A-Fa-f]{2}))[12378]\d{5}[\dAB]\d{8}(?!\d)")
"""An INS, also behind a percent-encoded character, as in `%20279…` of an address."""
_MATRICULE_CUT = re.compile(r"[12378]\d{5}(?:[\dAB]\d{0,7})?$")
"""At least six characters of what may be a matricule, cut off by the end of what is kept."""
_SECRET_PARAMETER = re.compile(
    r"(?<![\w-])((?:(?:access_|refresh_|id_|subject_|actor_)?token|id_token_hint|logout_token|client_secret|client_assertion"
    r"|code|code_verifier|password|auth_req_id)=)[^&\s\"'<>#;]+",
    re.IGNORECASE,
)
_SECRET_MEMBER = re.compile(
    r'("(?:(?:access_|refresh_|id_)?token|client_secret|client_assertion|password|auth_req_id'
    r'|proxy_session_id|proxy_id_session)"\s*:\s*")[^"]+',
    re.IGNORECASE,
)
"""In JSON `code` stays readable: in FHIR it is a coded value, authorization codes travel as parameters."""
_MASK = r"\1•••"


class Recorder:
    """Cleans texts and the first bytes of bodies."""

    def __init__(self, pseudonyms: Pseudonyms, limit: int) -> None:
        self._pseudonyms, self._limit = pseudonyms, limit

    def clean(self, text: str) -> str:
        """The text with secrets masked and matricules replaced by pseudonyms."""
        return self._hide(_mask(text))

    def clean_encoded(self, text: str) -> str:
        """The same for a query or form, decoded to be read.

        Secrets go first: decoded, a secret that holds `&` would end too early.
        """
        return self._hide(_mask(unquote_plus(_mask(text))))

    def side(self, headers: list[tuple[str, str]], body: bytes, size: int) -> dict[str, Any]:
        """One side of an exchange: masked headers, the beginning of a text body, the size of the whole."""
        told = {name.lower(): value for name, value in headers}
        kind = told.get("content-type", "")
        readable = _TEXT.search(kind) and told.get("content-encoding", "identity") == "identity"
        shown = body[: self._limit].decode("utf-8", "replace") if readable else ""
        if size > self._limit:
            shown = _MATRICULE_CUT.sub("", shown)
        return {
            "headers": [(name, self.clean(value)) for name, value in mask_headers(headers)],
            "body": self.clean_encoded(shown) if "x-www-form-urlencoded" in kind else self.clean(shown),
            "bytes": size,
        }

    def _hide(self, text: str) -> str:
        return _MATRICULE.sub(lambda found: self._pseudonyms.of(Ins(found[0])), text)


def _mask(text: str) -> str:
    return _SECRET_MEMBER.sub(_MASK, _SECRET_PARAMETER.sub(_MASK, text))
