"""DMP-02: hospital doctors read in AIR, each under their own name; who has no name, or no right, does not."""

from __future__ import annotations

import tempfile
from pathlib import Path

import httpx

from segur.kernel.pki import Authority
from segur.personas import roles
from segur.personas.model import Patient
from segur.scenario.actors.dmp_lps import Lps
from segur.scenario.actors.lps import Refused, Software
from segur.scenario.acts import dmp
from segur.scenario.acts.ground import Ground, ground
from segur.scenario.acts.soap_wire import Wire
from segur.scenario.stage import Stage
from segur.scenario.story import NotHeld, story
from segur.wire.saml import AuthenticationMode

_NOT_FOR_MIDWIVES = "68599-0"
"""A psychiatric summary, which the matrix of document types keeps from midwives [DMP digest 6.2, inferred]."""


@story(
    "DMP-02",
    "Consultation en AIR par un médecin hospitalier nommé",
    pillar="dmp",
    requirements=("DMP/AIRS.03", "DMP/AIRS.06", "DMP/AIRS.07", "DMP/UX.08"),
)
async def named_readers(stage: Stage) -> None:
    """Two doctors of one hospital, two identities in the VIHF; a generic account, a foreign certificate and a
    profession without the right do not read."""
    async with ground(stage, "dmp-02") as own:
        patient, author = stage.country.patient(roles.PATIENT), dmp.lps(own, roles.GENERAL_PRACTITIONER)
        async with stage.step("Le dossier de P1 reçoit une lettre et une synthèse psychiatrique", "LGC") as step:
            letter = await dmp.feed(step, author, dmp.document("11490-0", patient, author.user))
            summary = await dmp.feed(step, author, dmp.document(_NOT_FOR_MIDWIVES, patient, author.user))
        identities = [
            await _reads(own, role, patient, letter.unique_id, first=role == roles.OTHER_DOCTOR)
            for role in (roles.OTHER_DOCTOR, roles.EMERGENCY_DOCTOR)
        ]
        async with stage.step("Deux lecteurs, deux identités, une structure", "DPI", "DMP/AIRS.06") as step:
            names, structures = {who for who, _ in identities}, {where for _, where in identities}
            step.check((len(names), len(structures)) == (2, 1), "deux RPPS, une structure", identities)
            step.say(f"{' puis '.join(who for who, _ in identities)} pour {structures.pop()}")
        await _not_everybody(own, patient, letter.unique_id, summary.unique_id)


async def _reads(own: Ground, role: str, patient: Patient, unique_id: str, *, first: bool) -> tuple[str, str]:
    """One doctor opens the record; give NameID and structure of the VIHF that went over the wire."""
    reader = dmp.lps(own, role)
    wire = Wire(reader)
    name = "Première connexion, information lue et cochée ; " if first else ""
    async with own.stage.step(
        f"{name}{reader.user.display_name} : TD0.2, TD3.1, TD3.2", "DPI", "DMP/AIRS.03", "DMP/AIRS.06"
    ) as step:
        await reader.test_existence(patient)
        found = [entry.unique_id for entry in await reader.search(patient)]
        step.check(unique_id in found, "la lettre dans la liste", found)
        await reader.retrieve(patient, unique_id)
        await own.fact(step, "dmp.document.consulted", document_id=unique_id, reader=str(reader.user.id_nat))
        step.check(wire.transactions == ["TD0.2", "TD3.1", "TD3.2"], "TD0.2, TD3.1, TD3.2", wire.transactions)
        told = {(one.vihf.name_id, one.vihf.structure, one.vihf.mode) for one in wire.sent}
        expected = {(str(reader.user.id_nat), str(reader.user.structure.struct_id), AuthenticationMode.REINFORCED)}
        step.check(told == expected, "le RPPS de qui agit, sa structure, AIR", told)
        [(who, where, mode)] = told
        step.say(f"NameID {who}, Identifiant_Structure {where}, {mode}")
    return who, where


async def _not_everybody(own: Ground, patient: Patient, letter: str, summary: str) -> None:
    stage = own.stage
    async with stage.step("Compte générique (PS-X) : le DMP refuse", "DPI", "DMP/AIRS.07") as step:
        generic = dmp.lps(own, roles.GENERIC_ACCOUNT)
        refusal = await dmp.refused(generic.search(patient))
        await own.fact(step, "dmp.access.refused", code=refusal.code)
        step.say(f"{refusal.code} : {refusal.reason}")
    async with stage.step("Profession sans droit sur un type : le document n'est pas dans la liste", "DPI") as step:
        midwife = dmp.lps(own, roles.MIDWIFE)
        await midwife.authorize(patient)
        found = [entry.unique_id for entry in await midwife.search(patient)]
        step.check(letter in found and summary not in found, "la lettre sans la synthèse", found)
    async with stage.step("Certificat d'une autre autorité, puis révoqué : dit comme tel", "DPI") as step:
        with tempfile.TemporaryDirectory() as elsewhere:
            stranger, _ = Software.identities(
                Authority.of_home(Path(elsewhere)), stage.country.professional(roles.OTHER_DOCTOR)
            )
            foreign = dmp.lps(own, roles.OTHER_DOCTOR, http=stage.client(stranger))
        told = await _line_refused(foreign, patient)
        rule = await own.break_at("dmp.tls.client_revoked", count=1)
        revoked = await dmp.refused(dmp.lps(own, roles.OTHER_DOCTOR).search(patient))
        await own.mend(rule)
        step.check(revoked.code == "DMPInvalidCertificate", "DMPInvalidCertificate", revoked)
        step.say(f"autre autorité : {told} ; révoqué : {revoked.code}")


async def _line_refused(software: Lps, patient: Patient) -> str:
    try:
        found = await software.search(patient)
    except httpx.TransportError as broken:
        return f"échec TLS ({type(broken).__name__})"
    except Refused as refusal:
        return f"{refusal.status} {refusal.code}"
    raise NotHeld(f"attendu : un échec TLS ou un refus ; trouvé : {len(found)} documents")
