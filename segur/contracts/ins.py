"""Facts of the INSi téléservice."""

from __future__ import annotations

from segur.contracts.fact import Fact, fact


@fact("ins.identity.searched", subject="request_id")
class IdentitySearched(Fact):
    """An identity search was answered: `code` is 00 (found), 01 (none) or 02 (several).

    `patient` is a pseudonym, when found. `message_id`, `software` (IDAM) and `issuer` (Emetteur) are those of the
    caller's envelope. `hint` names the one trait that kept somebody from being found, when there is one: `birth_name`
    (hyphens, apostrophes or blanks), `first_name`, `sex` or `birth_place`.
    """

    request_id: str
    code: str
    operation: str
    patient: str | None = None
    message_id: str = ""
    software: str = ""
    issuer: str = ""
    hint: str | None = None


@fact("ins.identity.refused", subject="request_id")
class IdentityRefused(Fact):
    """A search was refused with a fault; `code` is that of its `Erreur`, the rest is the caller's envelope."""

    request_id: str
    code: str
    reason: str
    operation: str = ""
    message_id: str = ""
    software: str = ""
    issuer: str = ""
