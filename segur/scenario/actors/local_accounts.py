"""Accounts an editor's software keeps itself: password rules, limited tries, idle lock, reopening by one factor.

A reference, for the software under test holds these rules, not a national service [wave 2 digest 3.3, SEC-09]. The
digest gives the requirements (SSI/IE.36 to .39, IE.58 = 2 h) without their figures: the strength is that of CNIL's
recommendation of 2022 (50 bits where tries are limited), tries, lock and the one-factor limit are ours.
"""

from __future__ import annotations

import hashlib
import hmac
import math
import secrets
import string
from dataclasses import dataclass, field
from datetime import UTC, datetime

BITS = 50.0
"""The least strength of a password, where tries are limited (CNIL, deliberation 2022-100)."""
TRIES = 5
LOCKED_S = 900.0
IDLE_S = 7_200.0
"""A session nobody uses locks itself after two hours [SSI/IE.58]."""
ONE_FACTOR_S = 14_400.0
"""So long after both factors the password alone opens a locked session again: as long as PSC's own session."""

_CLASSES = (string.ascii_lowercase, string.ascii_uppercase, string.digits)
_SPECIAL = 37
_KNOWN = ("azerty", "password", "motdepasse", "123456", "medecin", "docteur", "soleil")
_COST = {"n": 2**12, "r": 8, "p": 1}


class NotOpened(Exception):
    """The software did not let somebody in; the text is what it shows, `rule` names why."""

    def __init__(self, rule: str, text: str) -> None:
        super().__init__(text)
        self.rule = rule


@dataclass(slots=True)
class Account:
    """One account: a salted scrypt digest, never the password; `session` times are epoch seconds."""

    login: str
    salt: bytes
    digest: bytes
    wrong: int = 0
    locked_until: float = 0.0
    both_factors_at: float = float("-inf")
    used_at: float = float("-inf")
    rights: set[str] = field(default_factory=set)
    traces: list[tuple[float, str]] = field(default_factory=list)


def strength(password: str) -> float:
    """Bits of a password drawn at random from the kinds of characters it has."""
    alphabet = sum(len(letters) for letters in _CLASSES if set(password) & set(letters))
    alphabet += _SPECIAL if set(password) - set("".join(_CLASSES)) else 0
    return len(password) * math.log2(alphabet) if alphabet else 0.0


def weakness(login: str, password: str) -> str:
    """Why a password is refused, empty when it is not."""
    plain = password.lower()
    if any(part in plain for part in login.lower().split(".") if len(part) > 2):
        return "le mot de passe contient l'identifiant"
    if any(word in plain for word in _KNOWN):
        return "mot de passe trop courant"
    bits = strength(password)
    return f"mot de passe trop faible : {bits:.0f} bits, {BITS:.0f} au moins" if bits < BITS else ""


@dataclass(slots=True)
class LocalAccounts:
    """The software's table of accounts. Every act takes the present moment and leaves a trace."""

    accounts: dict[str, Account] = field(default_factory=dict)

    def choose(self, login: str, password: str, now: float) -> Account:
        """Make an account, or give it a new password; raise `NotOpened` for a weak one or the one there is."""
        told = weakness(login, password)
        known = self.accounts.get(login)
        if not told and known is not None and _matches(known, password):
            told = "le nouveau mot de passe est l'ancien"
        if told:
            raise NotOpened("weak", told)
        salt = secrets.token_bytes(16)
        made = Account(login, salt, _digest(password, salt))
        made.rights = known.rights if known is not None else set()
        made.traces = [*(known.traces if known is not None else ()), (now, "mot de passe choisi")]
        self.accounts[login] = made
        return made

    def grant(self, login: str, right: str, now: float) -> None:
        """Give the account a right."""
        self.accounts[login].rights.add(right)
        self.accounts[login].traces.append((now, f"droit accordé : {right}"))

    def withdraw(self, login: str, right: str, now: float) -> None:
        """Take it away."""
        self.accounts[login].rights.discard(right)
        self.accounts[login].traces.append((now, f"droit retiré : {right}"))

    def allowed(self, login: str, right: str, now: float) -> None:
        """Act with a right; raise `NotOpened` without it."""
        account = self.accounts[login]
        if right not in account.rights:
            raise self._refused(account, now, f"droit absent : {right}", "action non permise à ce compte")
        account.traces.append((now, f"action : {right}"))

    def attribute(self, login: str, name: str, now: float) -> None:
        """An attribute of the account was changed, at the source or by an administrator."""
        self.accounts[login].traces.append((now, f"attribut changé : {name}"))

    def export(self) -> list[dict[str, str]]:
        """The traces of all accounts for an auditor, oldest first: date, utilisateur, objet, résultat."""
        rows = [(at, login, what) for login, account in self.accounts.items() for at, what in account.traces]
        return [
            {
                "date": datetime.fromtimestamp(at, UTC).isoformat(),
                "utilisateur": login,
                "objet": what.removeprefix("refus : "),
                "résultat": "refusé" if what.startswith("refus : ") else "fait",
            }
            for at, login, what in sorted(rows, key=lambda row: row[0])
        ]

    def both_factors(self, login: str, now: float) -> None:
        """The professional signed in with Pro Santé Connect: the session opens, tries start anew."""
        account = self.accounts[login]
        account.wrong, account.locked_until = 0, 0.0
        account.both_factors_at = account.used_at = now
        account.traces.append((now, "ouverture par deux facteurs"))

    def use(self, login: str, now: float) -> None:
        """Go on working; raise `NotOpened` when the session has locked itself."""
        account = self.accounts[login]
        if now - account.used_at > IDLE_S:
            account.traces.append((now, "session verrouillée"))
            raise NotOpened("idle", "session verrouillée après deux heures sans usage")
        account.used_at = now

    def reopen(self, login: str, password: str, now: float) -> None:
        """Open a locked session by the password alone; raise `NotOpened`: locked, limit (both factors), wrong."""
        account = self.accounts[login]
        if now < account.locked_until:
            raise self._refused(account, now, "locked", "compte bloqué : trop d'essais, réessayer plus tard")
        if now - account.both_factors_at > ONE_FACTOR_S:
            raise self._refused(account, now, "limit", "deux facteurs exigés : se connecter avec Pro Santé Connect")
        if not _matches(account, password):
            account.wrong += 1
            if account.wrong >= TRIES:
                account.wrong, account.locked_until = 0, now + LOCKED_S
            raise self._refused(account, now, "wrong", "identifiant ou mot de passe incorrect")
        account.wrong, account.used_at = 0, now
        account.traces.append((now, "réouverture par un facteur"))

    @staticmethod
    def _refused(account: Account, now: float, rule: str, text: str) -> NotOpened:
        account.traces.append((now, f"refus : {rule}"))
        return NotOpened(rule, text)


def _digest(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, **_COST)


def _matches(account: Account, password: str) -> bool:
    return hmac.compare_digest(_digest(password, account.salt), account.digest)
