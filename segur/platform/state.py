"""The state of a home belongs to the version that wrote it: another version sets it aside and starts anew.

Records of synthetic people are cheap to make again and dear to migrate. Nothing is deleted but what was set aside
before.
"""

from __future__ import annotations

import shutil
from pathlib import Path

FORMAT = 4
"""Grows whenever a service reads its records otherwise than it used to; not for additions that old records lack."""

_PARTS = ("store", "blobs", "faults")
_UNMARKED = 1
"""Homes of before this file carried no mark."""


def claim(home: Path) -> Path | None:
    """Make the embedded state of a home ours; give the folder to which another version's was moved, None when none was.

    Authority, secrets and logs stay: certificates handed out go on being trusted.
    """
    mark = home / "format"
    if (home / "store").exists():
        found = int(mark.read_text()) if mark.exists() else _UNMARKED
        if found != FORMAT:
            aside = home / "set-aside"
            shutil.rmtree(aside, ignore_errors=True)
            aside.mkdir(parents=True)
            for part in _PARTS:
                if (home / part).exists():
                    (home / part).rename(aside / part)
            (aside / "format").write_text(f"{found}\n")
            mark.write_text(f"{FORMAT}\n")
            return aside
    home.mkdir(parents=True, exist_ok=True)
    mark.write_text(f"{FORMAT}\n")
    return None
