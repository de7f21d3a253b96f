"""Folders of a mailbox: the six that every one has, and the names others may carry [MSSanté digest 2.7]."""

from __future__ import annotations

import re

INBOX, SENT = "INBOX", "Sent"
SPECIAL = {
    "INBOX": "",
    "Sent": "\\Sent",
    "Drafts": "\\Drafts",
    "Trash": "\\Trash",
    "Junk": "\\Junk",
    "Archive": "\\Archive",
}
"""The folders every mailbox has, with their special use (RFC 6154)."""
MAX_FOLDERS = 200
_MAX_WILDCARDS = 6
_NAME = re.compile(r"[\x20-\x7e]{1,200}\Z")

SYSTEM_FLAGS = ("\\Answered", "\\Flagged", "\\Deleted", "\\Seen", "\\Draft")
_SYSTEM = {flag.lower(): flag for flag in SYSTEM_FLAGS}
_KEYWORD = re.compile(r"[A-Za-z0-9$_.:/+-]{1,64}\Z")
MAX_FLAGS = 32


def canonical(name: str) -> str:
    """The name of a folder as kept: INBOX in any case, no slash at the end."""
    name = name.rstrip("/")
    return INBOX if name.upper() == INBOX else name


def may_exist(name: str) -> bool:
    """Whether a folder may be made under this name (modified UTF-7 is ASCII, and kept as it comes)."""
    return bool(_NAME.match(name)) and not re.search(r'[*%"\\]|//|^/', name) and not name.upper().startswith("INBOX/")


def matches(pattern: str, name: str) -> bool:
    """Whether a LIST pattern fits: `*` anything, `%` anything within one level. Too many of them never fit."""
    single = re.sub(r"[*%]*\*[*%]*|%+", lambda run: "*" if "*" in run[0] else "%", pattern)
    if len(single) > 250 or len(re.findall(r"[*%]", single)) > _MAX_WILDCARDS:  # matching would take for ever
        return False
    pieces = (".*" if c == "*" else "[^/]*" if c == "%" else re.escape(c) for c in single)
    return bool(re.fullmatch("".join(pieces), name, re.IGNORECASE if pattern.upper() == INBOX else 0))


def flag(told: str) -> str | None:
    """A flag as kept, None for one that is not allowed (`\\Recent` is the server's)."""
    if told.startswith("\\"):
        return _SYSTEM.get(told.lower())
    return told if _KEYWORD.match(told) else None
