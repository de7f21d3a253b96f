"""Facts of the Annuaire Santé."""

from __future__ import annotations

from segur.contracts.fact import Fact, fact


@fact("annuaire.professional.registered", subject="id_nat")
class ProfessionalRegistered(Fact):
    """A professional entered the directory, with the MSSanté addresses published for them."""

    id_nat: str
    profession: str
    mailboxes: tuple[str, ...] = ()
