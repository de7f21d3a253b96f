"""A hospital's record software and its intermediation platform, with the mailbox the platform writes from."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from segur.kernel import tracing
from segur.kernel.ids import new_id
from segur.personas.mailboxes import in_sandbox
from segur.personas.model import Patient, Professional
from segur.personas.states import MailboxKind
from segur.scenario.actors import mail_client
from segur.scenario.actors.consents import Ledger
from segur.scenario.actors.lps import Software
from segur.scenario.actors.pfi import Pfi
from segur.scenario.actors.ris import hl7_patient
from segur.scenario.acts import dmp
from segur.scenario.acts.ground import Ground
from segur.vocab import oids
from segur.wire import cda, hl7v2
from segur.wire.hl7v2_cda import Action, CdaMessage
from segur.wire.hl7v2_cda_write import write_cda_message
from segur.wire.xds import Code


def platform(own: Ground, responsible: str, choices: Ledger) -> Pfi:
    """The platform of the structure where a professional works; it mails from the structure's applicative mailbox."""
    stage, feeder = own.stage, dmp.lps(own, responsible)
    structure = feeder.user.structure
    box = next(one.address for one in stage.country.mailboxes_of(structure.key) if one.kind is MailboxKind.APP)
    mailbox = in_sandbox(box, own.sandbox)
    identity, _ = Software.identities(stage.authority, feeder.user)

    async def post(document: bytes, address: str) -> str:
        mail = mail_client.report_mail([document], sender=mailbox, sender_label=structure.name, recipients=[address])
        return await mail_client.send_report(
            "localhost",
            stage.ports.smtp_submission,
            stage.authority.bundle,
            mail,
            mailbox=mailbox,
            recipients=[address],
            identity=identity,
            traceparent=tracing.current_traceparent(),
        )

    return Pfi(feeder, post, choices)


def mailbox_of(own: Ground, who: Professional) -> str:
    """A professional's address as the outside of this sandbox writes it."""
    return in_sandbox(who.mailbox, own.sandbox)


def message(document: bytes, patient: Patient, author: Professional, **changes: Any) -> bytes:
    """The MDM^T02 of a validated document; `changes` replace fields of `CdaMessage`."""
    header = cda.read_header(document)
    fields: dict[str, Any] = {
        "control_id": new_id()[-20:],
        "time": f"{datetime.now(UTC):%Y%m%d%H%M%S}+0000",
        "action": Action.CREATE,
        "is_result": False,
        "patient": hl7_patient(patient, author.structure),
        "type_code": Code(header.code.code, oids.LOINC, header.code.display),
        "documents": (document,),
        "document_id": str(header.id),
        "sending": ("DPI SEGURSTACK", author.structure.name[:20]),
        "receiving": ("PFI", author.structure.name[:20]),
    }
    return hl7v2.encode(write_cda_message(CdaMessage(**{**fields, **changes})))
