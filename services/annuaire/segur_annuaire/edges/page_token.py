"""The opaque token of a `next` link: a search and the last id seen, encrypted [PSC digest 3.3].

Nothing is kept between two pages, so a page stays valid as long as the installation's key does.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from cryptography.fernet import Fernet, InvalidToken

from segur.kernel.ids import installation_secret
from segur_annuaire import errors


@dataclass(frozen=True, slots=True)
class NextPage:
    """Where a search goes on: its type and parameters, and the id after which."""

    resource_type: str
    pairs: tuple[tuple[str, str], ...]
    after: str


class PageTokens:
    """Writes and reads tokens under a key of the installation."""

    def __init__(self, home: Path) -> None:
        self._box = Fernet(base64.urlsafe_b64encode(installation_secret(home, "annuaire-pages.key")))

    def write(self, sandbox: str, page: NextPage) -> str:
        """The token of a page; it serves in this sandbox only."""
        return self._box.encrypt(orjson.dumps([sandbox, page.resource_type, page.pairs, page.after])).decode()

    def read(self, sandbox: str, token: str) -> NextPage:
        """The page of a token; raise `errors.PAGE_GONE` for one that was changed or belongs elsewhere."""
        try:
            inside: list[Any] = orjson.loads(self._box.decrypt(token.encode("utf-8", "replace")))
        except InvalidToken:
            raise errors.PAGE_GONE.error() from None
        where, resource_type, pairs, after = inside
        if where != sandbox:
            raise errors.PAGE_GONE.error()
        return NextPage(resource_type, tuple((name, value) for name, value in pairs), after)
