"""Facts of the Annuaire Santé: what changes there, the other services follow."""

from __future__ import annotations

from segur.contracts.directory_records import PlaceRecord, ProfessionalRecord
from segur.contracts.fact import Fact, fact


@fact("annuaire.professional.registered", subject="id_nat")
class ProfessionalRegistered(Fact):
    """A professional entered the directory, with the MSSanté addresses published for them.

    `record` is there for somebody registered while the country lives. It is absent for those a new sandbox begins
    with: every service knows them already.
    """

    id_nat: str
    profession: str
    mailboxes: tuple[str, ...] = ()
    record: ProfessionalRecord | None = None


@fact("annuaire.professional.changed", subject="id_nat")
class ProfessionalChanged(Fact):
    """Something a professional is known by changed: `changed` names it, `record` is all of it as it is now."""

    id_nat: str
    changed: tuple[str, ...]
    record: ProfessionalRecord


@fact("annuaire.professional.withdrawn", subject="id_nat")
class ProfessionalWithdrawn(Fact):
    """A professional left the registers: no login, no mailbox, an inactive shell in the directory."""

    id_nat: str


@fact("annuaire.structure.registered", subject="structure_id")
class StructureRegistered(Fact):
    """A structure entered the directory."""

    structure_id: str
    record: PlaceRecord


@fact("annuaire.structure.changed", subject="structure_id")
class StructureChanged(Fact):
    """A structure's name, address or sector changed; `record` is all of it as it is now."""

    structure_id: str
    changed: tuple[str, ...]
    record: PlaceRecord


@fact("annuaire.mailbox.published", subject="address")
class MailboxPublished(Fact):
    """A mailbox was declared, or those who may open it changed.

    `address` is as the country writes it, without sandbox; `kind` PER, CAB, ORG or APP; `holders` the PS_IdNat of
    those who may open it; `structure` the Struct_idNat it belongs to (empty for a personal one), `sector` that
    structure's.
    """

    address: str
    kind: str
    holders: tuple[str, ...] = ()
    structure: str = ""
    sector: str = ""
    description: str = ""
    red_listed: bool = False


@fact("annuaire.mailbox.withdrawn", subject="address")
class MailboxWithdrawn(Fact):
    """A mailbox was closed: it takes no mail and is in the directory no more."""

    address: str
    kind: str


@fact("annuaire.population.loaded", subject="name")
class PopulationLoaded(Fact):
    """A crowd to search among is in the directory: `professionals` of them, who can do nothing else."""

    name: str
    professionals: int
