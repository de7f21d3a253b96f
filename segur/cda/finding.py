"""What is wrong with a document: one value for every judge (our table, coherence, official rules)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

MINIMAL_STRUCTURE: Final = "CI-SIS, Structuration minimale V1.16.8"


class Severity(StrEnum):
    """How bad: an error breaks a rule, a warning is advice; unjudged is a rule that could not be worked out."""

    ERROR = "error"
    WARNING = "warning"
    UNJUDGED = "unjudged"

    @property
    def french(self) -> str:
        """The word of a French report."""
        return {"error": "erreur", "warning": "avertissement", "unjudged": "non jugée"}[self.value]


@dataclass(frozen=True, slots=True)
class Finding:
    """One broken rule at one place.

    `path` is the XPath of the place, by local names; `wrong` says what is wrong (with the value found, where it tells
    nothing of the patient), `fix` what to do about it (empty in official rules, which do not say); `source` names the
    specification or the rule file.
    """

    rule: str
    path: str
    wrong: str
    fix: str = ""
    severity: Severity = Severity.ERROR
    source: str = MINIMAL_STRUCTURE

    @property
    def is_error(self) -> bool:
        """True for an error."""
        return self.severity is Severity.ERROR

    def __str__(self) -> str:
        fix = f" ; {self.fix}" if self.fix else ""
        return f"{self.rule} {self.path} : {self.wrong}{fix}"
