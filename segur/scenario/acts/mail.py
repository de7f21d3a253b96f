"""The report leaves by MSSanté and is read in the treating doctor's mailbox."""

from __future__ import annotations

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from segur.kernel import tracing
from segur.personas.states import MailboxKind
from segur.scenario.actors import mail_client
from segur.scenario.acts.cast import Journey
from segur.scenario.story import Exchange


async def report_is_mailed(journey: Journey) -> None:
    """The radiologist's software sends the report as IHE_XDM, authenticated with the PSC token."""
    stage, user = journey.stage, journey.radiologist.user
    mailbox = next(box.address for box in stage.country.mailboxes_of(user.key) if box.kind is MailboxKind.PER)
    name = "Le compte rendu part par MSSanté (SMTP, XOAUTH2, IHE_XDM)"
    async with stage.step(name, "RIS", "MSS") as step:
        mail = mail_client.report_mail(
            [journey.document],
            sender=mailbox,
            sender_label=user.display_name,
            recipients=[journey.mailbox],
            traceparent=tracing.current_traceparent(),
        )
        told = await mail_client.send_report(
            "localhost",
            stage.ports.smtp_submission,
            stage.authority.bundle,
            mail,
            mailbox=mailbox,
            recipients=[journey.mailbox],
            token=journey.tokens["radiologist"],
            traceparent=tracing.current_traceparent(),
        )
        journey.message_id = str(mail["Message-ID"])
        step.show(Exchange("SMTP", f"{mailbox} → {journey.mailbox}", 250, _headers(mail), told))
        await stage.fact(step, "mssante.message.accepted", sender=mailbox, mail_id=journey.message_id)
        await stage.fact(step, "mssante.message.delivered", mailbox=journey.mailbox)
        step.say(f"{mail['Subject']} — {told}")


async def doctor_reads_mail(journey: Journey) -> None:
    """The treating doctor's software opens the mailbox over IMAP with the PSC token and takes the document out."""
    stage = journey.stage
    name = "Il lit le message dans sa boîte MSSanté (IMAP, jeton Pro Santé Connect) et en extrait le document"
    async with stage.step(name, "LGC", "MSS") as step:
        received = await mail_client.read_report(
            "localhost",
            stage.ports.imap,
            stage.authority.bundle,
            mailbox=journey.mailbox,
            message_id=journey.message_id,
            token=journey.tokens["doctor"],
            traceparent=tracing.current_traceparent(),
        )
        read = message_from_bytes(received.raw, policy=default)
        step.show(Exchange("IMAP", f"UID FETCH {journey.message_id}", "OK", "", _headers(read)))
        step.check(received.cda == journey.document, "le document envoyé, octet pour octet", len(received.cda))
        await stage.fact(step, "mssante.message.read", mailbox=journey.mailbox)
        step.say(received.subject)


def _headers(mail: EmailMessage) -> str:
    return "\n".join(f"{name}: {value}" for name, value in mail.items())
