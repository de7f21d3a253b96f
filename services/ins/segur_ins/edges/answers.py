"""What INSi answers, as envelopes: an outcome or a refusal in the forms of the real service [INS digest 2.6, 2.7]."""

from __future__ import annotations

import uuid

from segur.kernel.errors import Kind, SegurError
from segur.wire import insi, xml
from segur_ins.domain.person import Matricule, Person
from segur_ins.edges.dress import Dress, answer_in, fault_in, written_prefix
from segur_ins.errors import SHOWN
from segur_ins.operations.answering import Outcome


def answer_of(outcome: Outcome, *, action: str, relates_to: str, dress: Dress) -> bytes:
    """The text of an answer; `action` is that of the answer."""
    shown = (
        insi.Answer.found(_individual(outcome.person))
        if outcome.person is not None
        else insi.Answer.without(outcome.code)
    )
    root = insi.write_response(
        shown,
        message_id=f"uuid:{uuid.uuid4()}",
        relates_to=relates_to,
        action=action,
        result_prefix=dress.result,
    )
    if outcome.dates_first:
        for former in root.iter(xml.qname(insi.RESULT_NS, "INSHISTO")):
            for name in ("DateFin", "DateDeb"):
                moved = former.find(xml.qname(insi.RESULT_NS, name))
                if moved is not None:
                    former.insert(0, moved)
    return answer_in(dress, xml.serialize(root, declaration=True))


def fault_of(refusal: SegurError, *, message_id: str, dress: Dress) -> bytes:
    """The text of a fault."""
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
    root = insi.write_fault(fault, prefix=written_prefix(dress), lang=dress.lang)
    return fault_in(dress, xml.serialize(root, declaration=True))


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
