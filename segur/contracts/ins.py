"""Facts of the INSi téléservice."""

from __future__ import annotations

from segur.contracts.fact import Fact, fact


@fact("ins.identity.searched", subject="request_id")
class IdentitySearched(Fact):
    """An identity search was answered: `code` is 00 (found), 01 (none) or 02 (several).

    `patient` is a pseudonym, when found. `message_id`, `software` (IDAM) and `issuer` (Emetteur) are those of the
    caller's envelope. `hint` names the one trait that kept somebody from being found, when there is one: `birth_name`
    (hyphens, apostrophes or blanks), `first_name`, `sex` or `birth_place`; for a card search `key`, `birth_date` or
    `birth_rank`. `mode` says how the caller was known: `INSI-AUTO`, `INSI-MANU`, `CPX` (card assertion), `PSC` (API
    token, through a Proxy e-Santé), empty on the plain port.
    """

    request_id: str
    code: str
    operation: str
    patient: str | None = None
    message_id: str = ""
    software: str = ""
    issuer: str = ""
    hint: str | None = None
    mode: str = ""


@fact("ins.identity.verified", subject="request_id")
class IdentityVerified(Fact):
    """A matricule and its traits were verified one by one: `verdict` is OK or KO.

    A KO belongs on a worklist, for a human to look at. `patient` is a pseudonym, when the matricule is known to the
    register; `hint` names the one thing that made it KO: a trait, `key`, `oid`, `former_number` or `unknown_number`.
    """

    request_id: str
    verdict: str
    patient: str | None = None
    issuer: str = ""
    hint: str | None = None
    mode: str = ""


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


@fact("ins.verification.deposited", subject="batch_id")
class VerificationDeposited(Fact):
    """A file of identities to verify was taken: `lines` identities, for the structure `issuer`."""

    batch_id: str
    lines: int
    issuer: str = ""


@fact("ins.verification.finished", subject="batch_id")
class VerificationFinished(Fact):
    """Every line of a deposited file was verified: so many OK, KO, and lines that could not be read."""

    batch_id: str
    ok: int
    ko: int
    unreadable: int
