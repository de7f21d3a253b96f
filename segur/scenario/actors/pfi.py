"""A hospital's intermediation platform: it takes a validated CDA by HL7 v2, feeds the DMP and writes the mails.

The DPI sends MDM (or ORU) with the document and flags of MetaDMPMSS; the platform answers by an ACK and, per channel,
by a business acknowledgement ZAM [MSSanté digest 3.8, wave 2 digest E-03]. All carry the control id of the message.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from segur.scenario.actors.consents import Ledger
from segur.scenario.actors.dmp_lps import Lps
from segur.scenario.actors.lps import Refused
from segur.scenario.actors.mail_client import MailRefused
from segur.vocab.ins import Ins
from segur.wire import hl7v2
from segur.wire.hl7v2 import Hl7Refused, Message, segment
from segur.wire.hl7v2_cda import CdaMessage, Correspondent, read_cda_message

Post = Callable[[bytes, str], Awaitable[str]]
"""Send a document to an address; give the operator's words. Raise `MailRefused`."""

TO_DMP, TO_PROFESSIONALS, TO_PATIENT = "DESTDMP", "DESTMSSANTEPS", "DESTMSSANTEPAT"
_RECIPIENT = "RCT"


@dataclass(frozen=True, slots=True)
class Channel:
    """What became of one channel: `name` is DMP or an address, `error` empty when it is acknowledged."""

    name: str
    error: str = ""

    @property
    def acknowledged(self) -> bool:
        """True when the document arrived there."""
        return not self.error


@dataclass(slots=True)
class Outcome:
    """All of one message, by its control id: the ACK, each channel, the business acknowledgements for the DPI."""

    correlation: str
    answer: Message
    channels: list[Channel] = field(default_factory=list)
    business: list[Message] = field(default_factory=list)

    def of(self, name: str) -> Channel | None:
        """One channel."""
        return next((one for one in self.channels if one.name == name), None)


@dataclass(frozen=True, slots=True)
class Pfi:
    """One platform: `feeder` has the hospital's certificates, `post` its mailbox, `choices` the patients' choices."""

    feeder: Lps
    post: Post
    choices: Ledger

    async def receive(self, data: bytes) -> Outcome:
        """Take a message and do what its flags say; a message that cannot be taken does nothing and gets AE."""
        message = hl7v2.parse(data)
        try:
            told = read_cda_message(message)
            if not told.patient.is_qualified:
                raise Hl7Refused("PID-32", "identité VALI attendue : l'INS n'est pas qualifiée", code="103")
        except Hl7Refused as refusal:
            return Outcome(message.control_id, _acknowledge(message, "AE", refusal))
        outcome = Outcome(message.control_id, _acknowledge(message, "AA"))
        if told.flags.get(TO_DMP):
            outcome.channels.append(await self._feed(told))
        mails = [one.address for one in told.correspondents if one.kind == _RECIPIENT]
        if not told.flags.get(TO_PROFESSIONALS):
            mails = []
        if told.flags.get(TO_PATIENT):
            mails.append(citizen_address(Ins.parse(told.patient.ins, told.patient.ins_oid)))
        outcome.channels += await asyncio.gather(*(self._mail(told.documents[0], one) for one in mails))
        outcome.business = [_business(message, one) for one in outcome.channels]
        return outcome

    async def _feed(self, told: CdaMessage) -> Channel:
        choice = self.choices.history.get(told.patient.ins, [None])[-1]
        if choice is not None and not choice.may_feed:
            return Channel("DMP", "OPPOSITION le patient s'oppose à l'alimentation")
        masks = tuple(name for name in ("MASQUE_PS", "INVISIBLE_PATIENT") if told.flags.get(name))
        try:
            _, answer = await self.feeder.submit(told.documents[0], masks=masks)
        except Refused as refused:
            return Channel("DMP", f"{refused.code} {refused.reason}")
        return Channel("DMP", "" if answer.succeeded else f"{answer.errors[0].code} {answer.errors[0].context}")

    async def _mail(self, document: bytes, address: str) -> Channel:
        try:
            await self.post(document, address)
        except MailRefused as refused:
            return Channel(address, str(refused))
        return Channel(address)


def citizen_address(ins: Ins) -> str:
    """The patient's address at MSSanté citoyenne [MSSanté digest 4.1]."""
    return f"{ins.matricule}@patient.mssante.fr"


def recipients(addresses: Sequence[str]) -> tuple[Correspondent, ...]:
    """The correspondents of a message."""
    return tuple(Correspondent(_RECIPIENT, address=one) for one in addresses)


def _acknowledge(message: Message, code: str, refusal: Hl7Refused | None = None) -> Message:
    own = f"ACK{message.control_id}"[:20]
    return hl7v2.acknowledge(message, control_id=own, time=message.header.get(7), code=code, refusal=refusal)


def _business(message: Message, channel: Channel) -> Message:
    """The business acknowledgement: ACK_RECEPTION_DMP or ACK_RECEPTION, Y or N, the error of the DMP or operator."""
    header = message.header
    is_mail = channel.name != "DMP"
    name, event = ("ACK_RECEPTION_MSS", "Z02") if is_mail else ("ACK_RECEPTION_DMP", "Z01")
    kind, flag = f"ZAM^{event}^ZAM_{event}", "Y" if channel.acknowledged else "N"
    segments = [
        segment(
            "MSH", header.raw(5), header.raw(6), header.raw(3), header.raw(4), header.raw(7), "", kind,
            f"ZAM{message.control_id}"[:20], "P", "2.6", "", "", "", "", "FRA", "UNICODE UTF-8", "", "",
            "2.1^CISIS_CDA_HL7_V2",
        ),
        segment("EVN", "", header.raw(7)),
        segment("OBX", "1", "CWE", f"{name}^^AckMetierZAM", message.control_id, f"{flag}^^expandedYes-NoIndicator",
                "", "", "", "", "", "F"),
    ]  # fmt: skip
    if is_mail:
        to = f"^^X.400^{hl7v2.escape(channel.name)}"
        name = "DESTINATAIRE_MSS^^AckMetierZAM"
        segments.append(segment("OBX", "2", "XTN", name, message.control_id, to, "", "", "", "", "", "F"))
    if channel.error:
        code, _, text = channel.error.partition(" ")
        told = f"{hl7v2.escape(code)}^{hl7v2.escape(text)}^DMPERRORCODE"
        segments.append(segment("ERR", "", "", "207^Application internal error^messageErrorCondition", "E", told))
    return Message(tuple(segments))
