"""DMP-04: what the patient decided at the admission desk governs every call to the DMP, from the next second on."""

from __future__ import annotations

from segur.kernel.ids import new_id
from segur.personas import roles
from segur.scenario.actors.consents import Gate, Ledger, Withheld, write_choice
from segur.scenario.acts import dmp
from segur.scenario.acts.ground import Ground, ground
from segur.scenario.acts.soap_wire import Wire
from segur.scenario.stage import Stage
from segur.scenario.story import Exchange, Step, story
from segur.wire import hl7v2

_PAIRS = (("IC", "INO"), ("INC", "INO"), ("INC", "IO"), ("NA", "INO"), ("NA", "NA"))
"""Consultation and feeding of the five ANS examples [wave 2 digest DMP-04]."""


@story(
    "DMP-04",
    "Consentement à la consultation : le refus bloque tout",
    pillar="dmp",
    requirements=("DMP/CONF.06", "DMP/UX.06"),
)
async def consent(stage: Stage) -> None:
    """Five PAM messages with their two flags, what each lets through, a change during the stay, an unknown flag."""
    async with ground(stage, "dmp-04") as own:
        ledger = Ledger()
        gate = Gate(dmp.lps(own, roles.OTHER_DOCTOR), ledger)
        wire = Wire(gate.software)
        for consultation, feeding in _PAIRS:
            await _pair(own, gate, wire, consultation, feeding)
        await _unknown(own, gate, wire)
        await _changed(own, gate, wire)


async def _pair(own: Ground, gate: Gate, wire: Wire, consultation: str, feeding: str) -> None:
    allowed = (consultation == "IC", feeding != "IO")
    words = {True: "permise", False: "bloquée"}
    says = f"consultation {words[allowed[0]]}, alimentation {words[allowed[1]]}"
    async with own.stage.step(f"ZFA {consultation} + {feeding} : {says}", "GAP puis DPI", "DMP/CONF.06") as step:
        _admit(step, own, gate.ledger, feeding, consultation)
        wire.clear()
        told = await _both(own, gate)
        step.check(told == allowed, says, told)
        read = [one for one in wire.transactions if one.startswith("TD3")]
        step.check(bool(read) == allowed[0], "TD3.x seulement avec le consentement", wire.transactions)
        step.check(("TD2.1" in wire.transactions) == allowed[1], "TD2.1 sauf opposition", wire.transactions)
        step.say(", ".join(wire.transactions) or "aucun appel au DMP")


async def _unknown(own: Ground, gate: Gate, wire: Wire) -> None:
    async with own.stage.step("Indicateur inconnu : rejeté en HL7, le choix précédent demeure", "GAP puis DPI") as step:
        before = gate.ledger.of(own.stage.country.patient("P6"))
        answer = _admit(step, own, gate.ledger, "PEUT-ETRE", "IC")
        step.check(answer.first("MSA").get(1) == "AE", "MSA-1 AE", answer.first("MSA").fields)
        step.check(gate.ledger.of(own.stage.country.patient("P6")) == before, "le choix précédent", before)
        step.say(f"ERR-2 {'-'.join(answer.first('ERR').raw(2).split('^')[::2])} : {answer.first('ERR').get(8)}")


async def _changed(own: Ground, gate: Gate, wire: Wire) -> None:
    stage = own.stage
    async with stage.step("Choix changé pendant le séjour : effet immédiat, qui a changé quoi", "DPI") as step:
        states = []
        for consultation, feeding in (("IC", "INO"), ("INC", "IO"), ("IC", "INO")):
            _admit(step, own, gate.ledger, feeding, consultation)
            wire.clear()
            states.append(await _both(own, gate))
            if states[-1] == (False, False):
                step.check(not wire.sent, "aucun appel", wire.transactions)
        step.check(states == [(True, True), (False, False), (True, True)], "oui, non, oui", states)
        history = gate.ledger.history[stage.country.patient("P6").ins.matricule]
        step.check(len(history) == len(_PAIRS) + 3, "chaque choix gardé", len(history))
        step.say(" ; ".join(f"{one.at} {one.author} {one.consultation}/{one.feeding}" for one in history[-3:]))


def _admit(step: Step, own: Ground, ledger: Ledger, feeding: str, consultation: str) -> hl7v2.Message:
    """The admission software tells the choice; give the DPI's acknowledgement."""
    at = f"{dmp.days_ago(0):%Y%m%d%H%M%S}"
    data = write_choice(own.stage.country.patient("P6"), feeding, consultation, at=at, control_id=new_id()[-20:])
    answer = ledger.receive(data)
    shown = data.decode().replace("\r", "\n")
    step.show(Exchange("HL7", "ADT^A01 ZFA", answer.first("MSA").get(1), shown, hl7v2.encode(answer).decode()))
    return answer


async def _both(own: Ground, gate: Gate) -> tuple[bool, bool]:
    """Try to consult, then to feed: which of them went through."""
    patient, told = own.stage.country.patient("P6"), []
    for act in (gate.consult(patient), gate.feed(patient, dmp.document("11490-0", patient, gate.software.user))):
        try:
            await act
        except Withheld:
            told.append(False)
        else:
            told.append(True)
    return told[0], told[1]
