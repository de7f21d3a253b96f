"""What INSi answers, as envelopes: an outcome or a refusal in the forms of the real service [INS digest 2.6, 2.7]."""

from __future__ import annotations

import uuid

from lxml import etree

from segur.kernel.errors import Kind, SegurError
from segur.wire import insi, xml
from segur_ins.domain.person import Matricule, Person
from segur_ins.errors import SHOWN
from segur_ins.operations.search_by_traits import Outcome


def answer_of(outcome: Outcome, *, relates_to: str, variant: bool) -> etree._Element:
    """The envelope of an answer; `variant` writes `RESULTAT` under `ns2`, as the real service also does."""
    shown = (
        insi.Answer.found(_individual(outcome.person))
        if outcome.person is not None
        else insi.Answer.without(outcome.code)
    )
    root = insi.write_response(
        shown, message_id=f"uuid:{uuid.uuid4()}", relates_to=relates_to, result_prefix="ns2" if variant else None
    )
    if outcome.dates_first:
        for former in root.iter(xml.qname(insi.RESULT_NS, "INSHISTO")):
            for name in ("DateFin", "DateDeb"):
                moved = former.find(xml.qname(insi.RESULT_NS, name))
                if moved is not None:
                    former.insert(0, moved)
    return root


def fault_of(refusal: SegurError, *, message_id: str, variant: bool) -> etree._Element:
    """The envelope of a fault; `variant` gives the `soap:` prefix and French language mark of the older capture."""
    shown = SHOWN.get(refusal.kind, SHOWN[Kind.BROKEN])
    fault = insi.InsiFault(
        code="Receiver" if refusal.kind in (Kind.BUSY, Kind.BROKEN) else "Sender",
        subcode=shown.subcode,
        user_text=shown.user_text,
        error_code=refusal.code,
        error_text=refusal.detail,
        severity=shown.severity,
        message_id=message_id,
    )
    return insi.write_fault(fault, prefix="soap", lang="fr") if variant else insi.write_fault(fault)


def _individual(person: Person) -> insi.Individual:
    # the real service gives the list of first names and no Prenom, or, rarely, the reverse
    first, several = ("", " ".join(person.first_names)) if person.lists_first_names else (person.first_names[0], "")
    return insi.Individual(
        active=_identifier(person.active),
        traits=insi.Traits(person.birth_name, first, several, person.sex, person.birth_date, person.birth_place),
        history=tuple(_identifier(former) for former in person.history),
    )


def _identifier(matricule: Matricule) -> insi.InsIdentifier:
    return insi.InsIdentifier(
        matricule.number, matricule.oid, matricule.key, start=matricule.start, end=matricule.end
    )  # fmt: skip
