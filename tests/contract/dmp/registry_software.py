"""What the tests of registry and repository ask by SOAP, and what comes back."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from segur.kernel.ids import new_oid
from segur.personas.model import Patient
from segur.scenario.actors.lps import Software, submission_of
from segur.vocab.ins import Ins
from segur.wire import mtom, saml, xds, xds_query, xds_uuids
from segur.wire.xds import Association, DocumentEntry, DocumentPart, ProvideAndRegister, Submission, SubmissionSet
from tests.contract.dmp.conftest import Dmp

SUBMIT = "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b"
QUERY = "urn:ihe:iti:2007:RegistryStoredQuery"
UPDATE = "urn:ihe:iti:2010:UpdateDocumentSet"
RETRIEVE = "urn:ihe:iti:2007:RetrieveDocumentSet"
AIR, INDIRECT = saml.AuthenticationMode.REINFORCED, saml.AuthenticationMode.INDIRECT
LIVING = (xds_uuids.APPROVED, xds_uuids.ARCHIVED)


async def provide(
    software: Software, submission: Submission, *data: bytes, patient: Patient | None = None
) -> xds.RegistryResponse:
    """TD2.1 of several documents, in indirect mode; `patient` is that of the VIHF where it is another."""
    names = [entry.entry_uuid for entry in submission.entries]
    parts = tuple(DocumentPart(name, content_id=f"{name}@lps") for name in names)
    attachments = tuple(mtom.Attachment(f"{name}@lps", one) for name, one in zip(names, data, strict=True))
    request = xds.write_provide_and_register(ProvideAndRegister(submission, parts))
    ins = patient.ins if patient is not None else Ins.from_cx(submission.submission_set.patient_id)
    return xds.read_registry_response(
        (await software.call("repository", SUBMIT, request, ins, INDIRECT, attachments)).root
    )


async def ask(
    software: Software, patient: Patient, name: str, returns: str = "LeafClass", **params: Any
) -> xds.QueryResponse:
    """TD3.1 in AIR; a parameter is a value or a list of alternatives, `__` stands for `$`."""
    groups = {
        f"${key}": (tuple([value] if isinstance(value, str) else value),) for key, value in params.items() if value
    }
    query = xds_query.write_query(xds_query.StoredQuery(name, groups, returns))
    return xds.read_query_response((await software.call("registry", QUERY, query, patient.ins, AIR)).root)


async def find(
    software: Software, patient: Patient, statuses: Iterable[str] = LIVING, **more: Any
) -> tuple[DocumentEntry, ...]:
    """FindDocuments; `more` are parameters without `$XDSDocumentEntry`."""
    params = {f"XDSDocumentEntry{key}": value for key, value in more.items()}
    answer = await ask(
        software,
        patient,
        "FindDocuments",
        XDSDocumentEntryPatientId=patient.ins.cx,
        XDSDocumentEntryStatus=list(statuses),
        **params,
    )
    assert answer.response.succeeded, answer.response.errors
    return answer.entries


async def stored(software: Software, patient: Patient, unique_id: str) -> DocumentEntry:
    """The current version of a document, as a registry gives it."""
    answer = await ask(software, patient, "GetDocuments", XDSDocumentEntryUniqueId=unique_id)
    [entry] = [one for one in answer.entries if one.status != xds_uuids.DEPRECATED]
    return entry


def update_set(entry: DocumentEntry) -> SubmissionSet:
    """A fresh submission set for a change of a document."""
    return SubmissionSet(
        entry_uuid="SubmissionSet01",
        unique_id=new_oid(7),
        patient_id=entry.patient_id,
        source_id="1.2.250.1.999.7",
        submission_time=f"{datetime.now(UTC):%Y%m%d%H%M%S}",
        content_type=xds.Code("60", "1.2.250.1.213.2.2", "Consultations et actes"),
        authors=entry.authors,
        title="Mise à jour",
    )


def new_confidentiality(entry: DocumentEntry, *codes: xds.Code, version: int | None = None) -> Submission:
    """TD3.3a/b: the document as read, with other codes of TRE_A07 beside its level."""
    levels = tuple(code for code in entry.confidentiality if code.code in ("N", "R", "V"))
    changed = replace(entry, entry_uuid="Document01", confidentiality=(*levels, *codes))
    lot = update_set(entry)
    previous = entry.version if version is None else version
    link = Association("as1", xds_uuids.HAS_MEMBER, lot.entry_uuid, "Document01", "Original", previous)
    return Submission(lot, (changed,), (link,))


def new_status(entry: DocumentEntry, after: str, *, before: str = "") -> Submission:
    """TD3.3c/d."""
    lot = update_set(entry)
    link = Association(
        "a1",
        xds_uuids.UPDATE_STATUS,
        lot.entry_uuid,
        entry.entry_uuid,
        original_status=before or entry.status,
        new_status=after,
    )
    return Submission(lot, (), (link,))


async def update(
    software: Software, patient: Patient, submission: Submission, mode: saml.AuthenticationMode = AIR
) -> xds.RegistryResponse:
    """TD3.3."""
    request = xds.write_submission(submission)
    return xds.read_registry_response((await software.call("registry", UPDATE, request, patient.ins, mode)).root)


def linked(document: bytes, software: Software, kind: str, target: str) -> Submission:
    """The submission of a document that replaces, completes or transforms another."""
    submission = submission_of(document, software.user)
    link = Association("r1", kind, "Document01", target)
    return replace(submission, associations=(*submission.associations, link))


def codes(response: xds.RegistryResponse) -> list[str]:
    """The error codes of an answer."""
    return [error.code for error in response.errors]


@asynccontextmanager
async def parameters(dmp: Dmp, changes: dict[str, Any]) -> AsyncIterator[None]:
    """The DMP's parameters changed for a while."""
    url = f"{dmp.base}/dmp/api/parametres"
    before = (await dmp.client().get(url)).json()
    answer = await dmp.client().put(url, json=changes)
    assert answer.status_code == 200, answer.text
    try:
        yield
    finally:
        await dmp.client().put(url, json={name: before[name] for name in changes})
