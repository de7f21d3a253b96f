"""An editor's table of users: kept in step with an identity provider, filled from a bulk file, extracted as one.

The key is the national identifier (SubjectNameID): a name may change, an account stays [wave 2 digest 3.3, SEC-06].
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

COLUMNS = ("identifiant", "nom", "prenom", "profession", "savoir_faire")
_OURS = {
    "Identification nationale PP": "identifiant",
    "Nom d'exercice": "nom",
    "Prénom d'exercice": "prenom",
    "Code profession": "profession",
    "Code savoir-faire": "savoir_faire",
}
"""Columns of the national extraction, and what the table calls them [PSC digest 3.8]."""


@dataclass(frozen=True, slots=True)
class User:
    """One account."""

    identifiant: str
    nom: str
    prenom: str
    profession: str
    savoir_faire: str = ""


def user_of(claims: Mapping[str, Any]) -> User:
    """The user a userinfo answer describes; profession and skill of the first exercise."""
    practice: Mapping[str, Any] = next(iter(claims.get("SubjectRefPro", {}).get("exercices", [])), {})
    profession, skill = practice.get("codeProfession", ""), practice.get("codeSavoirFaire", "")
    names = str(claims.get("family_name", "")), str(claims.get("given_name", ""))
    return User(str(claims["SubjectNameID"]), *names, str(profession or ""), str(skill or ""))


@dataclass(slots=True)
class UserTable:
    """The accounts, by national identifier."""

    users: dict[str, User] = field(default_factory=dict)

    def follow(self, user: User) -> tuple[str, ...]:
        """Take a user as the source has them; give what changed, empty for nobody new and nothing changed."""
        former = self.users.get(user.identifiant)
        self.users[user.identifiant] = user
        if former is None:
            return ("créé",)
        return tuple(name for name in COLUMNS if getattr(former, name) != getattr(user, name))

    def load(self, archive: bytes) -> int:
        """Take up every professional of the national extraction (PS_LibreAcces, a zip); give how many there are."""
        with zipfile.ZipFile(io.BytesIO(archive)) as inside:
            (name,) = (name for name in inside.namelist() if "Personne_activite" in name)
            text = inside.read(name).decode()
        seen = set()
        for row in csv.DictReader(io.StringIO(text), delimiter="|", quoting=csv.QUOTE_NONE):
            user = User(**{ours: row[theirs] for theirs, ours in _OURS.items()})
            if user.identifiant not in seen:  # a line for each situation: the first is the main one
                self.follow(user)
            seen.add(user.identifiant)
        return len(seen)

    def extract(self) -> str:
        """All accounts as CSV, in the order of their identifiers."""
        out = io.StringIO()
        writer = csv.writer(out, delimiter=";", lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows([getattr(user, name) for name in COLUMNS] for _, user in sorted(self.users.items()))
        return out.getvalue()


def differences(before: str, after: str) -> list[str]:
    """The lines of one extraction that the other has not, as `-` and `+`."""
    former, present = before.splitlines(), after.splitlines()
    gone = [f"-{line}" for line in former if line not in set(present)]
    return gone + [f"+{line}" for line in present if line not in set(former)]
