"""The DMP from its doors, on a real store: a document goes in by SOAP and is found, fetched, masked."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from segur_dmp.service import build
from segur_dmp.settings import Settings

from segur.kernel.http_server import Surface
from segur.kernel.ids import new_oid, new_urn_uuid
from segur.kernel.pki import Authority
from segur.personas.country import build_country
from segur.wire import mtom, saml, soap, xds, xds_query, xds_uuids, xml
from segur.wire.xds import Author, Code, DocumentEntry, DocumentPart, ProvideAndRegister, Submission, SubmissionSet

DOCTOR, OTHER = "801000000001", "801000000002"
PATIENT = next(p for p in build_country().patients if p.dmp.value == "ACTIF")
CODE = Code("11488-4", "2.16.840.1.113883.6.1", "CR")


@dataclass
class Dmp:
    """A client of the DMP under test."""

    service: Any
    http: httpx.AsyncClient
    key: saml.SigningKey

    async def call(self, body: Any, who: str = DOCTOR, **claims: Any) -> mtom.Message:
        now = self.service.floor.clock.now()
        values = {"id": "_v" + new_oid()[-9:], "issue_instant": now, "issuer": "CN=x", "name_id": who,
                  "resource_id": PATIENT.ins.cx, **claims}  # fmt: skip
        token = saml.write_vihf(saml.Vihf(**values), self.key)
        root = soap.write_envelope(body, action="urn:a", message_id=new_urn_uuid(), assertion=token)
        answer = await self.http.post(
            "/si-dmp-server/v2/services/x", content=xml.serialize(root), headers={"content-type": mtom.SOAP_TYPE}
        )
        return mtom.read(answer.headers["content-type"], answer.content)

    async def search(self, who: str) -> int:
        query = xds_query.StoredQuery(
            "FindDocuments",
            {"$XDSDocumentEntryPatientId": ((PATIENT.ins.cx,),), "$XDSDocumentEntryStatus": ((xds_uuids.APPROVED,),)},
        )
        answer = await self.call(xds_query.write_query(query), who)
        return len(xds.read_query_response(soap.read_envelope(answer.root, required=()).body).entries)


def submission(unique_id: str) -> Any:
    author = Author(f"{DOCTOR}^RAYONNET^Claire^^^^^^&1.2.250.1.71.4.2.1&ISO^D^^^IDNPS", ("Cabinet",))
    cx = PATIENT.ins.cx
    entry = DocumentEntry(
        "Document01", unique_id, cx, type_code=CODE, class_code=CODE, format_code=CODE, facility_type=CODE,
        practice_setting=CODE, confidentiality=(Code("N", "2.16.840.1.113883.5.25"),), authors=(author,),
        title="Compte rendu", language="fr-FR", creation_time="20260101", service_start="20260101",
        legal_authenticator=author.person, source_patient_id=cx, source_patient_info=("PID-5|A^B",),
    )  # fmt: skip
    lot = SubmissionSet(
        "SubmissionSet01", new_oid(), cx, source_id="1.2", submission_time="20260101", content_type=CODE,
        authors=(author,),
    )  # fmt: skip
    has_member = xds_uuids.ASSOCIATION_NAMES["HasMember"]
    member = xds.Association("A1", has_member, lot.entry_uuid, entry.entry_uuid, "Original")
    return xds.write_provide_and_register(
        ProvideAndRegister(Submission(lot, (entry,), (member,)), (DocumentPart("Document01", b"<cda/>"),))
    )


def status(message: mtom.Message) -> xds.RegistryResponse:
    return xds.read_registry_response(soap.read_envelope(message.root, required=()).body)


def subcode(message: mtom.Message) -> str:
    fault = soap.read_fault(soap.read_envelope(message.root, required=()).body)
    return fault.subcode if fault else ""


async def story(home: Path, servers: Any) -> None:
    base = servers.settings(home)
    settings = Settings(**base.model_dump())
    authority = Authority.of_home(home)
    identity = authority.issue("doctor", "ps-sign", common_name=DOCTOR)
    wrong = authority.issue("doctor-auth", "ps-auth", common_name=DOCTOR)
    service = build(settings)
    await service.floor.store.open()
    assert service.seed is not None
    await service.seed("default")
    app = Surface(service.app, default_base="http://dmp", max_body_bytes=10_000_000)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://dmp") as http:
        dmp = Dmp(service, http, saml.SigningKey.load(identity.key.read_bytes(), identity.certificate.read_bytes()))
        unique = new_oid()
        assert status(await dmp.call(submission(unique))).succeeded
        assert status(await dmp.call(submission(unique))).errors[0].code == "XDSDuplicateUniqueIdInRegistry"
        assert (await dmp.search(DOCTOR), await dmp.search(OTHER)) == (1, 1)
        wanted = xds.DocumentRequest(settings.dmp_repository_id, unique)
        fetched = await dmp.call(xds.write_retrieve_request([wanted]))
        assert [bytes(part) for part in fetched.attachments.values()] == [b"<cda/>"]
        patient = f"/mes/api/patients/{PATIENT.ins.matricule}"
        code = {"x-mes-code": "000000"}
        assert (await http.get(f"{patient}/documents")).status_code == 401
        assert len((await http.get(f"{patient}/notifications", headers=code)).json()["notifications"]) == 1
        masked = await http.post(f"{patient}/documents/{unique}/mask", headers=code)
        assert masked.json()["masked"] is True
        assert (await dmp.search(DOCTOR), await dmp.search(OTHER)) == (1, 0)
        mode = saml.AuthenticationMode.REINFORCED
        assert subcode(await dmp.call(submission(new_oid()), mode=mode)) == "DMPAccessDeniedByRightsService"
        old = service.floor.clock.now() - timedelta(hours=3)
        assert subcode(await dmp.call(submission(new_oid()), issue_instant=old)) == "DMPInvalidVIHF"
        bad = replace(dmp, key=saml.SigningKey.load(wrong.key.read_bytes(), wrong.certificate.read_bytes()))
        assert subcode(await bad.call(submission(new_oid()))) == "DMPInvalidCertificate"
    await service.floor.store.close()


def test_a_document_goes_in_is_found_fetched_and_masked(tmp_path: Path, servers: Any) -> None:
    asyncio.run(asyncio.wait_for(story(tmp_path, servers), 60))
