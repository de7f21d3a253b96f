"""E-03: discharge day. The letter, prefilled and validated, goes to the DMP, to the doctor and to the patient."""

from __future__ import annotations

from datetime import UTC, datetime

from segur.cda.make import Request, make
from segur.kernel.ids import new_id, new_oid
from segur.personas import roles
from segur.personas.mailboxes import in_sandbox
from segur.personas.model import Patient, Professional
from segur.scenario.actors.consents import Ledger, write_choice
from segur.scenario.actors.pfi import TO_DMP, TO_PATIENT, TO_PROFESSIONALS, Outcome, Pfi, citizen_address, recipients
from segur.scenario.acts import dmp, hospital
from segur.scenario.acts.ground import Ground, ground
from segur.scenario.stage import Stage
from segur.scenario.story import Exchange, Step, story
from segur.wire import hl7v2

_LETTER, _PRESCRIPTION = "11490-0", "57833-6"
_EVERYWHERE = {TO_DMP: True, TO_PROFESSIONALS: True, TO_PATIENT: True}


@story(
    "E-03",
    "Jour de sortie à l'hôpital",
    pillar="dmp",
    requirements=("DMP/va1.03", "DMP/va1.05", "HOP/va1.03", "HOP/va1.08", "DMP/CONF.09", "DMP/AIRS.06"),
)
async def discharge(stage: Stage) -> None:
    """DPI to PFI by MDM, then DMP, professional's and patient's mail, acknowledged; opposition both ways; errors."""
    async with ground(stage, "e-03") as own:
        author, doctor = (
            stage.country.professional(roles.OTHER_DOCTOR),
            stage.country.professional(roles.GENERAL_PRACTITIONER),
        )
        ledger = Ledger()
        pfi = hospital.platform(own, roles.OTHER_DOCTOR, ledger)
        patient = stage.country.patient(roles.PATIENT)
        async with stage.step("Lettre de liaison préremplie, validée ; ordonnance de sortie", "DPI") as step:
            letter, prescription = (_made(kind, patient, author, doctor) for kind in (_LETTER, _PRESCRIPTION))
            step.say(f"{len(letter)} et {len(prescription)} octets, N3, signés {author.display_name}")
        to = recipients([hospital.mailbox_of(own, doctor)])
        async with stage.step("MDM à la PFI : DMP, médecin, patient, trois accusés", "DPI, PFI", "HOP/va1.03") as step:
            outcome = await _send(step, pfi, letter, patient, author, flags=_EVERYWHERE, correspondents=to)
            names = ["DMP", hospital.mailbox_of(own, doctor), citizen_address(patient.ins)]
            step.check([one.name for one in outcome.channels] == names, names[0], outcome.channels)
            step.check(all(one.acknowledged for one in outcome.channels), "trois accusés", outcome.channels)
            await own.fact(step, "dmp.document.submitted", type_code=_LETTER)
            await own.fact(step, "mssante.message.delivered")
            step.say(_chain(outcome))
        async with stage.step("Ordonnance au DMP seul", "DPI, PFI", "DMP/va1.05") as step:
            outcome = await _send(step, pfi, prescription, patient, author, flags={TO_DMP: True})
            step.check([one.acknowledged for one in outcome.channels] == [True], "le DMP", outcome.channels)
            step.say(_chain(outcome))
        await _opposed(own, pfi, author)
        await _errors(own, pfi, author)


def _made(kind: str, patient: Patient, author: Professional, doctor: Professional) -> bytes:
    return make(
        Request(kind, patient, author, datetime.now(UTC), level=3, document_id=new_oid(1), recipients=(doctor,))
    )


async def _send(
    step: Step, pfi: Pfi, document: bytes, patient: Patient, author: Professional, **more: object
) -> Outcome:
    """The message goes from DPI to PFI, in memory; both directions are shown."""
    data = hospital.message(document, patient, author, **more)
    outcome = await pfi.receive(data)
    code = outcome.answer.first("MSA").get(1)
    answers = "\n".join(hl7v2.encode(one).decode().replace("\r", "\n") for one in (outcome.answer, *outcome.business))
    step.show(Exchange("HL7", "MDM^T02 DPI → PFI", code, f"{data[:1_200].decode()}…".replace("\r", "\n"), answers))
    return outcome


async def _opposed(own: Ground, pfi: Pfi, author: Professional) -> None:
    stage, patient = own.stage, own.stage.country.patient("P6")
    for feeding, expected in (("IO", False), ("INO", True)):
        words = "opposé : rien au DMP" if not expected else "non opposé : le DMP est alimenté"
        async with stage.step(f"Patient {words}", "GAP, DPI, PFI", "DMP/CONF.09") as step:
            at = f"{datetime.now(UTC):%Y%m%d%H%M%S}"
            pfi.choices.receive(write_choice(patient, feeding, "INC", at=at, control_id=new_id()[-20:]))
            document = dmp.document(_LETTER, patient, author)
            outcome = await _send(step, pfi, document, patient, author, flags={TO_DMP: True})
            channel = outcome.of("DMP")
            step.check(channel is not None and channel.acknowledged == expected, words, outcome.channels)
            step.check(bool([one for one in step.exchanges if one.method == "POST"]) == expected, "TD2.1 ou non")
            step.say(_chain(outcome))


async def _errors(own: Ground, pfi: Pfi, author: Professional) -> None:
    stage, patient = own.stage, own.stage.country.patient(roles.PATIENT)
    async with stage.step("Destinataire sans boîte : le DMP est alimenté quand même", "PFI", "HOP/va1.08") as step:
        nobody = recipients([in_sandbox("personne.inconnue@ch-clairval.emulateur.mssante.fr", own.sandbox)])
        flags = {TO_DMP: True, TO_PROFESSIONALS: True}
        document = dmp.document(_LETTER, patient, author)
        outcome = await _send(step, pfi, document, patient, author, flags=flags, correspondents=nobody)
        told = [one.acknowledged for one in outcome.channels]
        step.check(told == [True, False], "DMP oui, messagerie non", outcome.channels)
        step.say(_chain(outcome))
    async with stage.step("INS non qualifiée : message rejeté, rien ne part", "DPI, PFI", "DMP/CONF.09") as step:
        unqualified = stage.country.patient("P5")
        document = dmp.document(_LETTER, patient, author)
        outcome = await _send(step, pfi, document, unqualified, author, flags=_EVERYWHERE)
        step.check(outcome.answer.first("MSA").get(1) == "AE" and not outcome.channels, "AE", outcome.channels)
        step.say(outcome.answer.first("ERR").get(8))


def _chain(outcome: Outcome) -> str:
    told = [f"{one.name} {'reçu' if one.acknowledged else one.error}" for one in outcome.channels]
    return f"corrélation {outcome.correlation} : " + " ; ".join(told)
