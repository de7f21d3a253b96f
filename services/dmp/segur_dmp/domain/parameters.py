"""The DMP's parameters, which software fetches instead of hard-coding them; each sandbox may have its own [8.2]."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Parameters:
    """Rules a sandbox may set; `document_matrix` is a table like `document_matrix.tsv`, empty for that one.

    `strict` asks of a VIHF what the specification prescribes without having been seen refused.
    """

    minors_managed: bool = True
    """`fonctions-gestion-mineurs`"""
    majority_age: int = 18
    hidden_and_masked: bool = False
    """`cumul-invisible_patient-masque_ps`"""
    strict: bool = False
    revoked: tuple[str, ...] = ()
    """SHA-256 fingerprints of certificates, 64 lower-case hexadecimal characters."""
    document_matrix: str = ""

    def is_minor(self, birth_date: str, now: datetime) -> bool:
        """Whether somebody born on `YYYYMMDD` is under age; a lunar date counts from its first known day."""
        if not self.minors_managed or not birth_date[:4].isdigit():
            return False
        year, month, day = int(birth_date[:4]), birth_date[4:6] or "01", birth_date[6:8] or "01"
        anniversary = f"{year + self.majority_age:04d}{'01' if month == '00' else month}{'01' if day == '00' else day}"
        return f"{now:%Y%m%d}" < anniversary
