"""E-00: the journey of a wave-2 imaging report, from the radiologist's login to the patient's choice to mask it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx

from segur.kernel.ids import Pseudonyms, new_id, new_oid
from segur.personas import roles, samples_cda
from segur.personas.model import Patient
from segur.scenario.actors import psc_client
from segur.scenario.actors.lps import Refused, Software
from segur.scenario.stage import Stage
from segur.scenario.story import Step, story
from segur.vocab.ins import Ins
from segur.wire import cda
from segur.wire.saml_signature import SigningKey

MES_CODE = {"x-mes-code": "000000"}
"""Every synthetic patient's code for Mon espace santé."""


@dataclass(slots=True)
class Journey:
    """What the steps hand on."""

    stage: Stage
    patient: Patient
    document: bytes
    radiologist: Software
    doctor: Software
    other: Software
    browser: httpx.AsyncClient
    pseudonym: str
    unique_id: str = ""
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def mes(self) -> str:
        """The patient's address in Mon espace santé."""
        return f"{self.stage.http}/mes/api/patients/{self.patient.ins.matricule}"


@story("E-00", "Un compte rendu d'imagerie, du radiologue au patient", pillar="cross", requirements=("DMP/UX.12",))
async def wave2_journey(stage: Stage) -> None:
    """The whole journey; the document may be the user's own."""
    journey = _prepare(stage)
    await _the_edge_stands(journey)
    if stage.has("psc"):
        await _sign_in(journey)
    if stage.has("dmp"):
        await _submit(journey)
        await _patient_reads(journey)
        await _doctor_reads(journey)
        await _patient_masks(journey)
        await _failure_and_retry(journey)


def _prepare(stage: Stage) -> Journey:
    country = stage.country
    patient = country.patient(roles.PATIENT)
    document = stage.document.read_bytes() if stage.document is not None else _report(stage, patient)

    def software(key: str) -> Software:
        user = country.professional(key)
        tls_identity, signer = Software.identities(stage.authority, user)
        signing = SigningKey.load(signer.key.read_bytes(), signer.certificate.read_bytes())
        return Software(stage.client(tls_identity), stage.https, user, signing)

    return Journey(
        stage,
        patient,
        document,
        software(roles.RADIOLOGIST),
        software(roles.GENERAL_PRACTITIONER),
        software(roles.OTHER_DOCTOR),
        stage.client(),
        Pseudonyms.of_home(stage.running.plan.home).of(patient.ins),
    )


def _report(stage: Stage, patient: Patient) -> bytes:
    radiologist = stage.country.professional(roles.RADIOLOGIST)
    return samples_cda.imaging_report(
        patient,
        radiologist,
        radiologist.structure,
        document_id=new_oid(1),
        study_uid=new_oid(2),
        accession=f"ACC{new_id()[-8:]}",
        order=f"DEM{new_id()[-8:]}",
        at=datetime.now(UTC),
        requester=stage.country.professional(roles.GENERAL_PRACTITIONER),
    )


async def _the_edge_stands(journey: Journey) -> None:
    """A wrong address is told, with its reason, and is a fact; the TLS edge takes the structure's certificate."""
    stage = journey.stage
    async with stage.step("Le logiciel vise une adresse de production : refus motivé, et un fait", "LPS") as step:
        answer = await journey.radiologist.client.get(
            f"{stage.https}/auth", headers={"host": "auth.esw.esante.gouv.fr"}
        )
        step.check(answer.status_code == 421, "421", answer.status_code)
        step.check("production" in answer.json()["detail"], "la raison du refus", answer.text)
        await stage.fact(step, "gateway.request.refused", code="production_host")
        step.say(answer.json()["detail"])


async def _sign_in(journey: Journey) -> None:
    stage = journey.stage
    async with stage.step("Le radiologue se connecte avec Pro Santé Connect (code + PKCE)", "radiologue") as step:
        user = journey.radiologist.user
        signed_in = await psc_client.sign_in(journey.browser, stage.https, str(user.id_nat))
        found = signed_in.userinfo.get("SubjectNameID")
        step.check(found == str(user.id_nat), f"SubjectNameID {user.id_nat}", found)
        step.check(signed_in.tokens.get("expires_in") == 120, "un jeton de 120 s", signed_in.tokens.get("expires_in"))
        await stage.fact(step, "psc.session.opened", id_nat=str(user.id_nat))
        journey.tokens["radiologist"] = signed_in.access_token
        step.say(f"{user.given_name} {user.family_name}, {user.profession_label}")


async def _submit(journey: Journey) -> None:
    stage = journey.stage
    name = "Le RIS dépose le compte rendu au DMP (TD2.1, TLS mutuel, VIHF, MTOM)"
    async with stage.step(name, "RIS", "DMP/ALI") as step:
        entry, answer = await journey.radiologist.submit(journey.document)
        step.check(answer.succeeded, "RegistryResponse Success", [(e.code, e.context) for e in answer.errors])
        journey.unique_id = entry.unique_id
        if stage.document is not None:
            _follow(journey, Ins.from_cx(entry.patient_id))
        await stage.fact(step, "dmp.document.submitted", document_id=entry.unique_id, door="soap")
        header = cda.read_header(journey.document)
        step.say(f"{header.title or entry.type_code} : {entry.unique_id}, {len(journey.document)} octets")


def _follow(journey: Journey, ins: Ins) -> None:
    """The user's document is about another patient of the country: the journey goes on with that one."""
    found = journey.stage.country.patient_by_ins(ins)
    if found is not None:
        journey.patient = found
        journey.pseudonym = Pseudonyms.of_home(journey.stage.running.plan.home).of(found.ins)


async def _patient_reads(journey: Journey) -> None:
    stage = journey.stage
    async with stage.step("Le patient est prévenu et lit le document dans Mon espace santé", "patient") as step:
        await stage.fact(step, "dmp.patient.notified", document_id=journey.unique_id)
        await _listed(journey, step)
        content = await journey.browser.get(f"{journey.mes}/documents/{journey.unique_id}/content", headers=MES_CODE)
        step.check(content.status_code == 200, "200", content.status_code)
        step.check(content.content == journey.document, "le document déposé, octet pour octet", len(content.content))


async def _listed(journey: Journey, step: Step) -> None:
    listed = await journey.browser.get(f"{journey.mes}/documents", headers=MES_CODE)
    step.check(listed.status_code == 200, "200", f"{listed.status_code} {listed.text[:200]}")
    ids = [document["uniqueId"] for document in listed.json()["documents"]]
    step.check(journey.unique_id in ids, f"le document {journey.unique_id} dans la liste", ids)


async def _doctor_reads(journey: Journey) -> None:
    stage, doctor = journey.stage, journey.doctor
    async with stage.step("Le médecin traitant teste l'existence du DMP (TD0.2)", "LGC", "DMP/UX") as step:
        answer = await doctor.test_existence(journey.patient)
        step.check(answer.record is not None and answer.record.status == "active", "un DMP actif", answer)
        await stage.fact(step, "dmp.record.tested", patient=journey.pseudonym, reader=str(doctor.user.id_nat))
        step.say(f"autorisation : {answer.authorization}")
    async with stage.step("Il déclare son autorisation d'accès (TD0.3)", "LGC") as step:
        granted = await doctor.authorize(journey.patient)
        step.check(granted.status == "DMPOk", "DMPOk", granted)
        step.say(granted.context or "DMPOk")
    async with stage.step("Il cherche les documents (TD3.1) et trouve le compte rendu", "LGC", "DMP/UX.12") as step:
        found = [entry.unique_id for entry in await doctor.find(journey.patient)]
        step.check(journey.unique_id in found, f"le document {journey.unique_id}", found)
        await stage.fact(step, "dmp.record.searched", patient=journey.pseudonym, reader=str(doctor.user.id_nat))
    async with stage.step("Il récupère le document (TD3.2)", "LGC") as step:
        content = await doctor.retrieve(journey.patient, journey.unique_id)
        step.check(content == journey.document, "le document déposé, octet pour octet", len(content))
        await stage.fact(step, "dmp.document.consulted", document_id=journey.unique_id, reader=str(doctor.user.id_nat))


async def _patient_masks(journey: Journey) -> None:
    stage = journey.stage
    async with stage.step(
        "Le patient masque le document : un autre professionnel ne le trouve plus", "patient"
    ) as step:
        await journey.other.authorize(journey.patient)
        before = [entry.unique_id for entry in await journey.other.find(journey.patient)]
        step.check(journey.unique_id in before, "visible avant le masquage", before)
        masked = await journey.browser.post(f"{journey.mes}/documents/{journey.unique_id}/mask", headers=MES_CODE)
        step.check(masked.status_code in (200, 204), "200", f"{masked.status_code} {masked.text[:200]}")
        await stage.fact(step, "dmp.document.masked", document_id=journey.unique_id, by="patient")
        after = [entry.unique_id for entry in await journey.other.find(journey.patient)]
        step.check(journey.unique_id not in after, "absent après le masquage", after)


async def _failure_and_retry(journey: Journey) -> None:
    stage = journey.stage
    name = "Le DMP tombe en panne pendant un dépôt : la reprise ne le stocke qu'une fois"
    async with stage.step(name, "RIS") as step:
        document = _report(stage, stage.country.patient(roles.PATIENT))
        rule = {"id": new_id(), "point": "dmp.submit.busy", "count": 1}
        async with httpx.AsyncClient(trust_env=False, timeout=10) as operator:
            armed = await operator.post(f"{stage.control}/api/faults", json=rule)
            step.check(armed.status_code < 300, "la panne armée", armed.text[:200])
        refusals = 0
        for _ in range(4):
            try:
                entry, answer = await journey.radiologist.submit(document)
            except Refused as refusal:
                refusals += 1
                step.say(f"première réponse : {refusal.code} {refusal.reason}")
                await asyncio.sleep(0.2)
                continue
            step.check(answer.succeeded, "RegistryResponse Success", answer.errors)
            break
        async with httpx.AsyncClient(trust_env=False, timeout=10) as operator:
            await operator.delete(f"{stage.control}/api/faults/{rule['id']}")
        step.check(refusals == 1, "une seule panne", refusals)
        await stage.fact(step, "dmp.document.submitted", document_id=entry.unique_id)
        listed = await journey.browser.get(
            f"{stage.http}/mes/api/patients/{stage.country.patient(roles.PATIENT).ins.matricule}/documents",
            headers=MES_CODE,
        )
        times = [document["uniqueId"] for document in listed.json()["documents"]].count(entry.unique_id)
        step.check(times == 1, "stocké exactement une fois", times)
