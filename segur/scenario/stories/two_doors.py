"""DMP-FHIR: reports go in by one door and are read, masked and shown by the other: two doors, one record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from segur.kernel.ids import new_oid
from segur.personas import roles, samples_cda
from segur.personas.model import Patient
from segur.scenario.actors import psc_client
from segur.scenario.actors.dmp_lps import Lps
from segur.scenario.actors.fhir_lps import FhirSoftware
from segur.scenario.actors.fhir_lps import Refused as FhirRefused
from segur.scenario.actors.lps import Software
from segur.scenario.stage import Stage
from segur.scenario.story import story
from segur.wire.saml_signature import SigningKey


@dataclass(slots=True)
class Doors:
    """The cast: who deposits and who reads, by each door."""

    stage: Stage
    patient: Patient
    soap_author: Lps
    soap_reader: Lps
    fhir_author: FhirSoftware
    fhir_reader: FhirSoftware


@story("DMP-FHIR", "Le même DMP par ses deux portes, SOAP et FHIR", pillar="dmp", requirements=("DMP/UX.14", "DMP/PSC"))
async def two_doors(stage: Stage) -> None:
    """Deposit by FHIR and read by SOAP, and back; mask by one door, show by the other; a token alone does not feed."""
    doors = await _open(stage)
    await _fhir_to_soap(doors)
    unique_id = await _soap_to_fhir(doors)
    await _changed_by_both(doors, unique_id)
    await _token_does_not_feed(doors)


async def _open(stage: Stage) -> Doors:
    author = stage.country.professional(roles.RADIOLOGIST)
    reader = stage.country.professional(roles.GENERAL_PRACTITIONER)
    async with stage.step("Le médecin traitant se connecte avec Pro Santé Connect", "LGC") as step:
        signed_in = await psc_client.sign_in(stage.client(), stage.https, str(reader.id_nat))
        step.say(f"{reader.display_name}, jeton d'accès obtenu")
    softwares = []
    for user in (author, reader):
        connection, signer = Software.identities(stage.authority, user)
        key = SigningKey.load(signer.key.read_bytes(), signer.certificate.read_bytes())
        softwares.append(Lps(stage.client(connection), stage.https, user, key))
    return Doors(
        stage,
        stage.country.patient(roles.PATIENT),
        softwares[0],
        softwares[1],
        FhirSoftware(softwares[0].client, stage.https, author),
        FhirSoftware(stage.client(), stage.https, reader, signed_in.access_token),
    )


def _report(doors: Doors) -> bytes:
    author = doors.soap_author.user
    return samples_cda.clinical_document(
        "11488-4", doors.patient, author, author.structure, document_id=new_oid(1), at=datetime.now(UTC)
    )


async def _fhir_to_soap(doors: Doors) -> None:
    stage, document = doors.stage, _report(doors)
    async with stage.step("Le RIS dépose un compte rendu par FHIR (ITI-65, TLS mutuel)", "RIS") as step:
        unique_id, reference = await doors.fhir_author.submit(document)
        await stage.fact(step, "dmp.document.submitted", document_id=unique_id, door="fhir")
        step.say(f"DocumentReference/{reference}")
    async with stage.step(
        "Le médecin traitant le trouve et le lit par SOAP (TD3.1, TD3.2)", "LGC", "DMP/UX.14"
    ) as step:
        await doors.soap_reader.authorize(doors.patient)
        found = [entry.unique_id for entry in await doors.soap_reader.find(doors.patient)]
        step.check(unique_id in found, f"le document {unique_id}", found)
        content = await doors.soap_reader.retrieve(doors.patient, unique_id)
        step.check(content == document, "le document déposé, octet pour octet", len(content))
        await stage.fact(step, "dmp.document.consulted", document_id=unique_id, door="soap")


async def _soap_to_fhir(doors: Doors) -> str:
    """Give the uniqueId of the report."""
    stage, document = doors.stage, _report(doors)
    async with stage.step("Le RIS dépose un second compte rendu par SOAP (TD2.1)", "RIS") as step:
        entry, answer = await doors.soap_author.submit(document)
        step.check(answer.succeeded, "RegistryResponse Success", [(e.code, e.context) for e in answer.errors])
        await stage.fact(step, "dmp.document.submitted", document_id=entry.unique_id, door="soap")
    name = "Le médecin traitant le trouve et le lit par FHIR (ITI-67, ITI-68) avec son jeton PSC"
    async with stage.step(name, "LGC", "DMP/PSC") as step:
        step.check(await doors.fhir_reader.has_dmp(doors.patient.ins), "un DMP ouvert")
        found = await doors.fhir_reader.find(doors.patient.ins, identifier=f"urn:oid:{entry.unique_id}")
        step.check(len(found) == 1, "une DocumentReference", len(found))
        content = await doors.fhir_reader.content(found[0])
        step.check(content == document, "le document déposé, octet pour octet", len(content))
        await stage.fact(step, "dmp.document.consulted", document_id=entry.unique_id, door="fhir")
        lots = await doors.fhir_reader.find_sets(doors.patient.ins)
        listed = [item["item"]["reference"] for lot in lots for item in lot["entry"]]
        step.check(f"DocumentReference/{found[0]['id']}" in listed, "le lot qui l'a apporté", listed[:5])
    return entry.unique_id


async def _changed_by_both(doors: Doors, unique_id: str) -> None:
    """TD3.3a: the same document masked by FHIR and shown again by SOAP, one chain of versions."""
    stage, reader = doors.stage, doors.soap_reader
    async with stage.step("Le médecin traitant le masque par FHIR (PATCH)", "LGC", "DMP/UX.14") as step:
        masked = await doors.fhir_reader.hide(unique_id, "MASQUE_PS")
        step.check(masked["meta"]["versionId"] == "2", "la version 2", masked["meta"]["versionId"])
        await stage.fact(step, "dmp.document.masked", document_id=unique_id)
    async with stage.step("Par SOAP il est masqué ; il le démasque (TD3.3a)", "LGC", "DMP/UX.14") as step:
        current = await reader.current(doors.patient, unique_id)
        codes = [code.code for code in current.confidentiality] if current else []
        step.check("MASQUE_PS" in codes, "MASQUE_PS", codes)
        if current is None:
            return
        step.check(current.entry_uuid.endswith(masked["id"]), f"l'entryUUID {masked['id']}", current.entry_uuid)
        answer = await reader.hide(doors.patient, current)
        step.check(answer.succeeded, "RegistryResponse Success", [(e.code, e.context) for e in answer.errors])
        await stage.fact(step, "dmp.document.unmasked", document_id=unique_id)
    async with stage.step("Par FHIR il est de nouveau visible, en version 3", "LGC", "DMP/UX.14") as step:
        [shown] = await doors.fhir_reader.find(doors.patient.ins, identifier=f"urn:oid:{unique_id}")
        labels = [label["coding"][0]["code"] for label in shown["securityLabel"]]
        step.check((shown["meta"]["versionId"], labels) == ("3", ["N"]), "version 3, N", (shown["meta"], labels))
        former = await doors.fhir_reader.read("DocumentReference", masked["id"])
        step.check(former["status"] == "superseded", "la version 2 dépassée", former["status"])


async def _token_does_not_feed(doors: Doors) -> None:
    stage = doors.stage
    async with stage.step("Un jeton PSC seul ne permet pas d'alimenter : refus, et un fait", "LGC", "DMP/PSC") as step:
        try:
            unique_id, _ = await doors.fhir_reader.submit(_report(doors))
        except FhirRefused as refusal:
            step.check(refusal.status == 403, "403", refusal.status)
            step.say(f"{refusal.code} : {refusal.reason}")
        else:
            step.check(False, "un refus", unique_id)
        await stage.fact(step, "dmp.access.refused", operation="TD2.1", code="DMPAccessDeniedByRightsService")
