"""A professional's software in front of the DMP's SOAP services: mutual TLS, VIHF, MTOM [DMP digest 1.2 to 1.8, 2]."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import httpx
from lxml import etree

from segur.kernel.ids import new_id, new_oid, new_urn_uuid
from segur.kernel.pki import Authority, Identity
from segur.personas.model import Patient, Professional
from segur.scenario.actors.access_mode import NORMAL, AccessMode
from segur.vocab import oids
from segur.vocab.ins import Ins
from segur.vocab.professions import AUTHOR_SPECIALTY, PHARMACY_SECTION, PHARMACY_SECTIONS
from segur.vocab.vihf_roles import NON_PROFESSIONAL
from segur.wire import cda, habilitations, hl7v3, mtom, saml, soap, xds, xds_query
from segur.wire.saml_signature import SigningKey
from segur.wire.xds_uuids import APPROVED, HAS_MEMBER

SERVICES = "/si-dmp-server/v2/services"


@dataclass(frozen=True, slots=True)
class Refused(Exception):
    """The DMP answered with a fault; `code` is its subcode."""

    code: str
    reason: str
    status: int


def sender(user: Professional) -> xds.Author:
    """The author of a submission set: the user, in the structure whose certificates the software holds."""
    person = xds.Person(str(user.id_nat), user.family_name, user.given_name, id_type=_id_type(user))
    structure = xds.Structure(user.structure.name, str(user.structure.struct_id))
    code, label = user.author_specialty
    specialties = (f"{code}^{label}^{AUTHOR_SPECIALTY}",) if code else ()
    return xds.Author(person.xcn, (structure.xon,), specialties)


def submission_of(document: bytes, user: Professional, *, masks: tuple[str, ...] = ()) -> xds.Submission:
    """The submission of one CDA: its entry with the metadata of its header, sent by the user."""
    entry = cda.entry_from_header(cda.read_header(document), content=document, masks=masks)
    lot = xds.SubmissionSet(
        entry_uuid="SubmissionSet01",
        unique_id=new_oid(7),
        patient_id=entry.patient_id,
        source_id=f"{oids.SEGURSTACK}.7",
        submission_time=datetime.now(UTC).strftime("%Y%m%d%H%M%S"),
        content_type=xds.Code("04", "1.2.250.1.213.2.2", "Hospitalisation de jour"),
        authors=(sender(user),),
        title=entry.title,
    )
    member = xds.Association("as1", HAS_MEMBER, lot.entry_uuid, entry.entry_uuid, submission_set_status="Original")
    return xds.Submission(lot, (entry,), (member,))


def _role(user: Professional) -> saml.Coded:
    if not user.profession:
        return saml.Coded("SECRETARIAT_MEDICAL", NON_PROFESSIONAL, display="Secrétariat médical")
    return saml.Coded(user.profession, oids.PROFESSION, display=user.profession_label)


def _id_type(user: Professional) -> str:
    return "IDNPS" if user.rpps is not None else "EI"


@dataclass(frozen=True, slots=True)
class Software:
    """One installation: the professional's structure has certificates, the software signs its VIHF with them."""

    client: httpx.AsyncClient
    base: str
    user: Professional
    signing: SigningKey
    access: AccessMode = NORMAL
    """How its user enters a DMP; every VIHF says so."""

    @staticmethod
    def identities(authority: Authority, user: Professional) -> tuple[Identity, Identity]:
        """The structure's AUTH_CLI and SIGN certificates, issued on first use."""
        unit = str(user.structure.struct_id)
        name = unit.replace("/", "-")
        return (
            authority.issue(
                f"{name}-auth", "org-auth", common_name="LPS SEGURSTACK", organisation=user.structure.name, unit=unit
            ),
            authority.issue(
                f"{name}-sign", "org-sign", common_name="LPS SEGURSTACK", organisation=user.structure.name, unit=unit
            ),
        )

    def vihf(self, patient: Ins | None, mode: saml.AuthenticationMode) -> etree._Element:
        """A fresh signed VIHF for a call about a patient, None for one who is sought without INS."""
        user, now = self.user, datetime.now(UTC)
        roles = [_role(user)]
        section = user.situations[0].section
        if user.speciality:
            roles.append(saml.Coded(user.speciality, oids.SPECIALITY, display=user.speciality_label))
        elif section:
            roles.append(saml.Coded(section, PHARMACY_SECTION, display=PHARMACY_SECTIONS[section[0]]))
        return saml.write_vihf(
            saml.Vihf(
                id=f"_{new_id()}",
                issue_instant=now,
                issuer=self.signing.subject,
                name_id=str(user.id_nat),
                mode=mode,
                authn_instant=now,
                authn_class="urn:oasis:names:tc:SAML:2.0:ac:classes:MobileTwoFactorUnregistered",
                structure=str(user.structure.struct_id),
                sector=saml.Coded(user.structure.sector, oids.ACTIVITY_SECTOR),
                subject_id=f"{user.given_name} {user.family_name}",
                roles=tuple(roles),
                resource_id=patient.cx if patient is not None else "",
                purpose=self.access.purpose,
                reason=self.access.reason,
                lps_name="SEGURSTACK-LPS",
                lps_version="1.0",
                lps_approval="SEG-000000-tmp1",
            ),
            self.signing,
        )

    async def call(
        self,
        door: str,
        action: str,
        body: etree._Element,
        patient: Ins | None,
        mode: saml.AuthenticationMode,
        documents: tuple[mtom.Attachment, ...] = (),
    ) -> mtom.Message:
        """Send a request; give the answer, unpacked. Raise `Refused` for a SOAP fault."""
        envelope = soap.write_envelope(
            body, action=action, message_id=new_urn_uuid(), assertion=self.vihf(patient, mode)
        )
        if documents:
            content_type, chunks = mtom.build(envelope, documents, action=action)
            content = b"".join(bytes(chunk) for chunk in chunks)
        else:
            content_type, content = f'application/soap+xml; charset=UTF-8; action="{action}"', etree.tostring(envelope)
        answer = await self.client.post(
            f"{self.base}{SERVICES}/{door}", content=content, headers={"content-type": content_type}
        )
        try:
            message = mtom.read(answer.headers.get("content-type", "text/xml"), answer.content)
            received = soap.read_envelope(message.root, required=())
        except ValueError as error:
            raise Refused(str(answer.status_code), answer.text[:300], answer.status_code) from error
        fault = soap.read_fault(received.body)
        if fault is not None:
            raise Refused(fault.subcode, fault.reason, answer.status_code)
        return mtom.Message(received.body, message.attachments, message.packaged)

    async def submit(
        self, document: bytes, *, masks: tuple[str, ...] = ()
    ) -> tuple[xds.DocumentEntry, xds.RegistryResponse]:
        """TD2.1: submit a CDA with the metadata of its header; give the entry sent and the registry's answer."""
        submission = submission_of(document, self.user, masks=masks)
        [entry] = submission.entries
        patient = Ins.from_cx(entry.patient_id)
        request = xds.write_provide_and_register(
            xds.ProvideAndRegister(submission, (xds.DocumentPart(entry.entry_uuid, content_id="doc1@lps"),))
        )
        answer = await self.call(
            "repository",
            "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b",
            request,
            patient,
            saml.AuthenticationMode.INDIRECT,
            (mtom.Attachment("doc1@lps", document),),
        )
        return entry, xds.read_registry_response(answer.root)

    async def test_existence(self, patient: Patient) -> hl7v3.DemographicsAnswer:
        """TD0.2."""
        query = hl7v3.DemographicsQuery(
            id=hl7v3.Identifier(f"{oids.SEGURSTACK}.7.1", new_id()),
            query_id=hl7v3.Identifier(f"{oids.SEGURSTACK}.7.2", new_id()),
            patients=(hl7v3.Identifier(patient.ins.oid, patient.ins.matricule),),
            sender=hl7v3.Device(f"{oids.SEGURSTACK}.7", "SEGURSTACK-LPS"),
            reason=hl7v3.EXISTENCE_TEST,
            created=datetime.now(UTC),
        )
        answer = await self.call(
            "patients",
            "urn:hl7-org:v3:PRPA_IN201307UV02",
            hl7v3.write_query(query),
            patient.ins,
            saml.AuthenticationMode.REINFORCED,
        )
        return hl7v3.read_answer(answer.root)

    async def authorize(self, patient: Patient) -> habilitations.SetAuthorizationAnswer:
        """TD0.3: declare that the patient lets this professional in."""
        change = habilitations.SetAuthorization(habilitations.AuthorizationChange.ADD)
        answer = await self.call(
            "habilitations",
            "urn:si-dmp-habilitations:HabilitationsEndPoint:setAuthorization",
            habilitations.write_set_authorization(change),
            patient.ins,
            saml.AuthenticationMode.REINFORCED,
        )
        return habilitations.read_set_authorization_answer(answer.root)

    async def find(self, patient: Patient) -> tuple[xds.DocumentEntry, ...]:
        """TD3.1: the documents of a patient that this professional may see."""
        params = {"$XDSDocumentEntryPatientId": ((patient.ins.cx,),), "$XDSDocumentEntryStatus": ((APPROVED,),)}
        query = xds_query.write_query(xds_query.StoredQuery("FindDocuments", params))
        answer = await self.call(
            "registry", "urn:ihe:iti:2007:RegistryStoredQuery", query, patient.ins, saml.AuthenticationMode.REINFORCED
        )
        return tuple(xds.read_query_response(answer.root).entries)

    async def retrieve(self, patient: Patient, unique_id: str) -> bytes:
        """TD3.2: the content of a document."""
        wanted = xds.DocumentRequest(oids.DMP_REPOSITORY, unique_id)
        answer = await self.call(
            "repository",
            "urn:ihe:iti:2007:RetrieveDocumentSet",
            xds.write_retrieve_request((wanted,)),
            patient.ins,
            saml.AuthenticationMode.REINFORCED,
        )
        received = xds.read_retrieve_response(answer.root)
        if not received.documents:
            [error, *_] = received.response.errors
            raise Refused(error.code, error.context, 200)
        [document] = received.documents
        return bytes(document.content if document.content is not None else answer.attachments[document.content_id])
