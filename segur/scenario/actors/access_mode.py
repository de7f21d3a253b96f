"""The mode in which a software enters a DMP, as its user chose it on the screen [DMP digest 2.1, 6.1].

Normal access needs the patient's authorization; broken glass and medical regulation do without, unless the patient
objected to them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from segur.wire import saml

_SHOWN: Final = {saml.BREAK_GLASS: "Bris de glace", saml.REGULATION: "Régulation médicale (centre 15)"}


class ReasonMissing(ValueError):
    """The user broke the glass without a reason; the text is for the screen."""


@dataclass(frozen=True, slots=True)
class AccessMode:
    """A code of TRE_R248, and the reason of broken glass."""

    code: str = saml.NORMAL
    reason: str = ""

    @property
    def is_emergency(self) -> bool:
        """Whether the authorization is done without: TD0.3 is neither needed nor permitted."""
        return self.code != saml.NORMAL

    @property
    def purpose(self) -> saml.Coded:
        """The `purposeofuse` of the VIHF."""
        return saml.purpose(self.code)

    @property
    def banner(self) -> str:
        """What the screen shows during the whole access; empty in normal access [EX_0.3-1050]."""
        shown = _SHOWN.get(self.code, "")
        return f"{shown} : {self.reason}" if self.reason else shown


NORMAL: Final = AccessMode()
REGULATION: Final = AccessMode(saml.REGULATION)
"""Centre 15: no reason is asked."""


def break_glass(reason: str) -> AccessMode:
    """Broken glass, for the reason the user typed; raise `ReasonMissing` without one."""
    if not reason.strip():
        raise ReasonMissing("Indiquez le motif du bris de glace : le patient en sera informé.")
    return AccessMode(saml.BREAK_GLASS, reason.strip())
