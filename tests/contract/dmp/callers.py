"""Software of many kinds in front of the SOAP services: cards, employees, gateways, with a VIHF that can be changed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from lxml import etree

from segur.kernel.ids import new_id, new_urn_uuid
from segur.personas import roles
from segur.personas.model import Patient
from segur.scenario.actors.lps import Refused, Software, submission_of
from segur.vocab import oids
from segur.vocab.ins import Ins
from segur.vocab.vihf_roles import NON_PROFESSIONAL
from segur.wire import (
    authorization_list,
    habilitations,
    hl7v3,
    hl7v3_candidates,
    hl7v3_revise,
    patient_list,
    saml,
    soap,
    xds,
    xds_query,
    xds_uuids,
)
from segur.wire.hl7v3_values import DmpRecord, Identifier
from segur.wire.saml_signature import SigningKey
from tests.contract.dmp.conftest import Dmp

__all__ = [
    "AIR",
    "DIRECT",
    "INDIRECT",
    "Caller",
    "Refused",
    "emergency",
    "envelope",
    "professional",
    "raw",
    "secretary",
    "with_card",
]

AIR, INDIRECT, DIRECT = (
    saml.AuthenticationMode.REINFORCED,
    saml.AuthenticationMode.INDIRECT,
    saml.AuthenticationMode.DIRECT,
)
DEVICE = hl7v3.Device(f"{oids.SEGURSTACK}.7", "SEGURSTACK-LPS")


@dataclass(frozen=True, slots=True)
class Caller(Software):
    """A software that calls in one mode, with a changed VIHF."""

    mode: saml.AuthenticationMode = AIR
    changes: dict[str, Any] = field(default_factory=dict)

    def vihf(self, patient: Ins, mode: saml.AuthenticationMode) -> etree._Element:
        # super() without arguments fails in a dataclass with slots
        good = saml.read_vihf(Software.vihf(self, patient, mode))
        return saml.write_vihf(replace(good, **self.changes), self.signing)

    def but(self, **changes: Any) -> Caller:
        """The same, with other claims."""
        return replace(self, changes={**self.changes, **changes})

    async def ask(self, service: str, action: str, body: etree._Element, patient: Patient) -> etree._Element:
        """One call; the body of the answer. Raise `Refused`."""
        return (await self.call(service, action, body, patient.ins, self.mode)).root

    async def tested(self, patient: Patient, reason: str = hl7v3.EXISTENCE_TEST) -> hl7v3.DemographicsAnswer:
        """TD0.2, or TD1.3a."""
        query = hl7v3.DemographicsQuery(
            id=Identifier("1.2.3", new_id()),
            query_id=Identifier("1.2.4", new_id()),
            patients=(Identifier(patient.ins.oid, patient.ins.matricule),),
            sender=DEVICE,
            reason=reason,
        )
        body = hl7v3.write_query(query)
        return hl7v3.read_answer(await self.ask("patients", "urn:hl7-org:v3:PRPA_IN201307UV02", body, patient))

    async def set(self, patient: Patient, action: str = "AJOUT", *, treating: bool = False) -> str:
        """TD0.3: the sentence of the answer."""
        change = habilitations.SetAuthorization(habilitations.AuthorizationChange(action), treating)
        body = habilitations.write_set_authorization(change)
        answer = await self.ask("habilitations", habilitations.ACTION, body, patient)
        return habilitations.read_set_authorization_answer(answer).context

    async def listed(self, patient: Patient, mode: str = "TOUTE") -> tuple[authorization_list.ListedAuthorization, ...]:
        """TD1.6."""
        body = authorization_list.write_list_request(authorization_list.ListMode(mode))
        return authorization_list.read_list_answer(
            await self.ask("habilitations", authorization_list.ACTION, body, patient)
        )

    async def patients(self, query: patient_list.PatientListQuery, near: Patient) -> list[patient_list.ListedPatient]:
        """TD0.4; `near` is only there because an envelope is made with one, the VIHF names nobody."""
        nobody = self.but(resource_id="")
        body = patient_list.write_patient_list(query)
        return list(
            patient_list.read_patient_list_answer(await nobody.ask("patients", patient_list.ACTION, body, near))
        )

    async def sought(self, traits: hl7v3_candidates.Traits, near: Patient) -> hl7v3_candidates.CandidatesAnswer:
        """TD0.5."""
        query = hl7v3_candidates.CandidatesQuery(
            Identifier("1.2.3", new_id()), Identifier("1.2.4", new_id()), traits, DEVICE
        )
        body = hl7v3_candidates.write_candidates_query(query)
        nobody = self.but(resource_id="")
        return hl7v3_candidates.read_candidates_answer(
            await nobody.ask("patients", "urn:hl7-org:v3:PRPA_IN201305UV02", body, near)
        )

    async def revised(self, patient: Patient, reason: str, **more: Any) -> hl7v3_revise.RevisionAnswer:
        """TD1.1 to TD1.4; `record` fields and `issue`, `kind` in `more`."""
        issue, kind = more.pop("issue", ""), more.pop("kind", hl7v3_revise.REVISE)
        record = DmpRecord(ids=(Identifier(patient.ins.oid, patient.ins.matricule),), **more)
        message = hl7v3_revise.Revision(Identifier("1.2.3", new_id()), DEVICE, reason, record, issue, kind=kind)
        action = "urn:hl7-org:v3:PRPA_IN201314UV02"
        answer = await self.ask("patients", action, hl7v3_revise.write_revision(message), patient)
        return hl7v3_revise.read_revision_answer(answer)

    async def feed(self, document: bytes, *masks: str) -> tuple[xds.DocumentEntry, xds.RegistryResponse]:
        """TD2.1, or TD2.2 by an employee: the entry sent and the answer."""
        submission = submission_of(document, self.user, masks=masks)
        [entry] = submission.entries
        part = xds.DocumentPart(entry.entry_uuid, content=document)
        body = xds.write_provide_and_register(xds.ProvideAndRegister(submission, (part,)))
        action, ins = "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b", Ins.from_cx(entry.patient_id)
        answer = (await self.call("repository", action, body, ins, self.mode)).root
        return entry, xds.read_registry_response(answer)

    async def search(self, patient: Patient) -> tuple[str, ...]:
        """TD3.1: the uniqueIds seen."""
        params = {
            "$XDSDocumentEntryPatientId": ((patient.ins.cx,),),
            "$XDSDocumentEntryStatus": ((xds_uuids.APPROVED,),),
        }
        query = xds_query.write_query(xds_query.StoredQuery("FindDocuments", params))
        answer = await self.ask("registry", "urn:ihe:iti:2007:RegistryStoredQuery", query, patient)
        return tuple(entry.unique_id for entry in xds.read_query_response(answer).entries)


def professional(dmp: Dmp, key: str = roles.OTHER_DOCTOR, mode: saml.AuthenticationMode = AIR) -> Caller:
    """A professional's software with the certificates of the structure."""
    plain = dmp.software(key)
    return Caller(plain.client, plain.base, plain.user, plain.signing, mode=mode)


def with_card(dmp: Dmp, key: str = roles.OTHER_DOCTOR, id_nat: str = "") -> Caller:
    """A professional with the own card: CPS, or CPE when `id_nat` is an internal id."""
    plain = professional(dmp, key, DIRECT)
    number = id_nat or str(plain.user.id_nat)
    name = number.replace("/", "-")
    signer = dmp.authority.issue(f"card-{name}-sign", "ps-sign", common_name=number)
    connection = dmp.authority.issue(f"card-{name}-auth", "ps-auth", common_name=number)
    signing = SigningKey.load(signer.key.read_bytes(), signer.certificate.read_bytes())
    caller = replace(plain, client=dmp.client(connection), signing=signing)
    return caller.but(name_id=number, issuer=signing.subject, authn_class=saml.SMARTCARD)


def secretary(dmp: Dmp, of: str = roles.GENERAL_PRACTITIONER) -> Caller:
    """The bearer of a CPE in the practice of a doctor."""
    structure = str(dmp.country.professional(of).structure.struct_id)
    card = with_card(dmp, of, f"{structure}/ACCUEIL")
    return card.but(roles=(saml.Coded("SECRETARIAT_MEDICAL", NON_PROFESSIONAL),))


def emergency(caller: Caller, purpose: str) -> Caller:
    """The same in break-glass or regulation."""
    return caller.but(purpose=saml.purpose(purpose), reason="Patient inconscient")


async def raw(dmp: Dmp, path: str, body: bytes, content_type: str = "application/soap+xml") -> tuple[int, soap.Fault]:
    """Send bytes as they are; the status and the fault of the answer."""
    answer = await dmp.client().post(f"{dmp.base}{path}", content=body, headers={"content-type": content_type})
    fault = soap.read_fault(soap.read_envelope(etree.fromstring(answer.content), required=()).body)
    assert fault is not None, answer.text
    return answer.status_code, fault


def envelope(body: etree._Element, action: str, assertion: etree._Element | None = None) -> etree._Element:
    """A request that can be spoiled before it is sent."""
    return soap.write_envelope(body, action=action, message_id=new_urn_uuid(), assertion=assertion)
