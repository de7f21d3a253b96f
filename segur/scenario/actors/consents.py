"""The patient's choices as the admission software tells them: PAM-FR, segment ZFA, and the history a DPI keeps.

ZFA-1 is the state of the DMP, ZFA-9 feeding (`INO`, `IO`, `NA`) with its time in ZFA-10, ZFA-11 consultation (`IC`,
`INC`, `NA`) with its time in ZFA-12 [wave 2 digest DMP-04]. Feeding is allowed unless the patient objected; consulting
only with consent.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from segur.personas.model import Patient
from segur.scenario.actors.dmp_lps import Lps
from segur.wire import hl7v2, xds
from segur.wire.hl7v2 import Hl7Refused, Message, segment

FEEDING = {"INO": True, "IO": False, "NA": True}
CONSULTATION = {"IC": True, "INC": False, "NA": False}
_INS_TYPE = "INS"


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice: `at` is the time the message gives, `author` the software that told it."""

    feeding: str
    consultation: str
    at: str
    author: str

    @property
    def may_feed(self) -> bool:
        """Whether documents may be sent."""
        return FEEDING[self.feeding]

    @property
    def may_consult(self) -> bool:
        """Whether documents may be read."""
        return CONSULTATION[self.consultation]


@dataclass(slots=True)
class Ledger:
    """The choices of each patient (by matricule), oldest first; nothing is erased."""

    history: dict[str, list[Choice]] = field(default_factory=dict)

    def receive(self, data: bytes) -> Message:
        """Take a PAM message; give the acknowledgement. One that cannot be read changes nothing and gets an AE."""
        message = hl7v2.parse(data)
        try:
            matricule, choice = read_choice(message)
        except Hl7Refused as refusal:
            return _answer(message, "AE", refusal)
        self.history.setdefault(matricule, []).append(choice)
        return _answer(message, "AA")

    def of(self, patient: Patient) -> Choice | None:
        """The choice in force, None when nobody asked."""
        told = self.history.get(patient.ins.matricule)
        return told[-1] if told else None


class Withheld(Exception):
    """The software did not call the DMP, for the patient does not want it; the text says which choice forbids it."""


@dataclass(frozen=True, slots=True)
class Gate:
    """A software that asks the ledger before each call to the DMP."""

    software: Lps
    ledger: Ledger

    async def consult(self, patient: Patient) -> tuple[xds.DocumentEntry, ...]:
        """TD0.3 if need be, then TD3.1; raise `Withheld` without the patient's consent."""
        choice = self.ledger.of(patient)
        if choice is None or not choice.may_consult:
            raise Withheld(f"consultation : {choice.consultation if choice else 'non demandée'}")
        await self.software.authorize(patient)
        return await self.software.search(patient)

    async def feed(self, patient: Patient, document: bytes) -> tuple[xds.DocumentEntry, xds.RegistryResponse]:
        """TD2.1; raise `Withheld` when the patient objected."""
        choice = self.ledger.of(patient)
        if choice is not None and not choice.may_feed:
            raise Withheld(f"alimentation : {choice.feeding}")
        return await self.software.submit(document)


def read_choice(message: Message) -> tuple[str, Choice]:
    """The matricule and the choice of a PAM message; raise `Hl7Refused` for an unknown flag or a missing segment."""
    choices = message.first("ZFA")
    if not choices.fields[1:]:
        raise Hl7Refused("ZFA", "segment with the state of the DMP and both choices expected", code="100")
    feeding, consultation = choices.get(9), choices.get(11)
    if feeding not in FEEDING:
        raise Hl7Refused("ZFA-9", f"{feeding[:20]!r} : {', '.join(FEEDING)} attendu", code="103")
    if consultation not in CONSULTATION:
        raise Hl7Refused("ZFA-11", f"{consultation[:20]!r} : {', '.join(CONSULTATION)} attendu", code="103")
    at = max(choices.get(10), choices.get(12))
    return _matricule(message), Choice(feeding, consultation, at, message.header.get(3))


def write_choice(patient: Patient, feeding: str, consultation: str, *, at: str, control_id: str) -> bytes:
    """The ADT^A01 of an admission with the patient's choices, as the ANS examples are built."""
    born = f"{patient.birth_date:%Y%m%d}"
    ins = f"{patient.ins.matricule}^^^ASIP-SANTE-INS-NIR&{patient.ins.oid}&ISO^INS"
    name = f"{hl7v2.escape(patient.birth_name)}^{hl7v2.escape(patient.given_name)}^^^^^L"
    head = (
        "GAM", "CH-DEMO", "DPI", "CH-DEMO", at, "", "ADT^A01^ADT_A01", control_id, "D", "2.5^FRA^2.11",
        "", "", "", "", "FRA", "UNICODE UTF-8", "FR", "", "2.11^IHE_FRANCE-2.11-PAM",
    )  # fmt: skip
    return hl7v2.encode(
        Message(
            (
                segment("MSH", *head),
                segment("EVN", "", at, "", "", "", at),
                segment("PID", "1", "", ins, "", name, "", born, patient.sex, *[""] * 23, "VALI"),
                segment("PV1", "1", "I"),
                segment("ZFA", "ACTIF", at, *[""] * 6, feeding, at, consultation, at),
            )
        )
    )


def _matricule(message: Message) -> str:
    for repetition in message.first("PID").raw(3).split("~"):
        if hl7v2.component_of(repetition, 5) == _INS_TYPE:
            return hl7v2.component_of(repetition, 1)
    raise Hl7Refused("PID-3", "an identifier of type INS expected", code="101")


def _answer(message: Message, code: str, refusal: Hl7Refused | None = None) -> Message:
    return hl7v2.acknowledge(message, control_id=f"ACK{message.header.get(10)}"[:20], time=message.header.get(7),
                             code=code, refusal=refusal)  # fmt: skip
