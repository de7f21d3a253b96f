"""Facts of the INSi téléservice."""

from __future__ import annotations

from segur.contracts.fact import Fact, fact


@fact("ins.identity.searched", subject="request_id")
class IdentitySearched(Fact):
    """An identity search was answered: `code` is 00 (found), 01 (none) or 02 (several).

    `patient` is a pseudonym, when found.
    """

    request_id: str
    code: str
    operation: str
    patient: str | None = None


@fact("ins.identity.refused", subject="request_id")
class IdentityRefused(Fact):
    """A search was refused with a fault."""

    request_id: str
    code: str
    reason: str
