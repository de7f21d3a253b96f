"""What every interaction of the FHIR door works with: who asks, about whom, and the addresses it gives."""

from __future__ import annotations

import re
from contextlib import AbstractAsyncContextManager
from typing import Final

from starlette.requests import Request

from segur.kernel import request as present
from segur.wire import fhir_pdsm
from segur.wire.fhir_json import FhirRefused, Resource
from segur.wire.xds_query import DocumentFilter
from segur_dmp import faults
from segur_dmp.context import Context
from segur_dmp.domain.rights import Act
from segur_dmp.edges.fhir import requests
from segur_dmp.operations.identify_by_token import Visitor, about, identify_by_token
from segur_dmp.pipeline import Attempt, Caller, attempt
from segur_dmp.store import StoredDocument, StoredSet

DOOR: Final = "fhir"
BASE: Final = "/dmp/fhir"
_PATIENT: Final = re.compile(r"(?:(?:https?://[^\s|?]{1,200}/)?Patient/)?([A-Za-z0-9.-]{1,64})", re.ASCII)


class Desk:
    """The context, and the steps the interactions share."""

    def __init__(self, context: Context) -> None:
        self.context = context

    def attempt(self, operation: str) -> AbstractAsyncContextManager[Attempt]:
        """A block whose refusals become facts."""
        return attempt(self.context, operation, DOOR)

    async def visitor(self, request: Request, act: Act) -> Visitor:
        """Who asks, before anything of the question is judged."""
        return await identify_by_token(self.context, request.headers.get("authorization", ""), act)

    def caller(self, trial: Attempt, visitor: Visitor, patient: str, path: str = "patient.identifier") -> Caller:
        """The visitor about a patient, a CX found at `path` of the request."""
        return about(self.context, trial, visitor, requests.ins_of(patient, path))

    async def by_ins(self, pairs: requests.Pairs) -> requests.Pairs:
        """Parameters with the patient by the INS, where `patient` refers to a Patient of this door by its id.

        Raise `FhirRefused` (404) for an id that is nobody's.
        """
        found: requests.Pairs = []
        for name, value in pairs:
            reference = _PATIENT.fullmatch(value) if name == "patient" else None
            if reference is None:
                found.append((name, value))
                continue
            account = await self.context.records.accounts.of(reference[1])
            if account is None:
                raise unknown("Patient", reference[1])
            ins = requests.ins_of(account.ins, name)
            found.append(("patient.identifier", f"urn:oid:{ins.oid}|{ins.matricule}"))
        return found

    async def named(self, wanted: DocumentFilter) -> StoredDocument | None:
        """The document that one `identifier` names: its uniqueId, its logicalId (the current version), an entryUUID."""
        documents = self.context.records.documents
        if wanted.unique_ids:
            return await documents.of_unique_id(wanted.unique_ids[0])
        [uuid] = wanted.entry_uuids
        found = await documents.of_entry(uuid)
        if found is not None and found.entry.logical_id == uuid:
            return await documents.of_unique_id(found.entry.unique_id)
        return found

    async def stored(
        self, request: Request, trial: Attempt, kind: str, act: Act = Act.READ
    ) -> tuple[StoredDocument, Caller]:
        """The document of an id in the path and the caller about its patient; the unknown is told after who asks."""
        visitor = await self.visitor(request, act)
        stored = await self.context.records.documents.of_entry(f"urn:uuid:{request.path_params['id']}")
        if stored is None:
            raise unknown(kind, request.path_params["id"])
        return stored, self.caller(trial, visitor, stored.entry.patient_id, f"{kind}.subject")

    def loses_answer(self, caller: Caller) -> bool:
        """Whether a fault wants the answer to a submission to get lost on the way."""
        struck = self.context.floor.faults.strikes(
            faults.SUBMIT_LOST_ANSWER, patient=caller.patient, actor=caller.id_nat
        )
        return struck is not None


def base() -> str:
    """The address of the door the client came by."""
    return present.current().base + BASE


def url(kind: str, entry_uuid: str) -> str:
    """The address of a resource."""
    return f"{base()}/{kind}/{identity(entry_uuid)}"


def identity(entry_uuid: str) -> str:
    """The id of a resource, from its entryUUID."""
    return entry_uuid.removeprefix("urn:uuid:")


def version(stored: StoredDocument) -> str:
    """`meta.versionId`: the version of the metadata, and after it how often the status changed.

    The registry's own number stands still when only the status changes, a FHIR version must not.
    """
    number = str(stored.entry.version or 1)
    return number if len(stored.sets) <= 1 else f"{number}.{len(stored.sets) - 1}"


def etag(stored: StoredDocument) -> str:
    """The weak entity tag of a version."""
    return f'W/"{version(stored)}"'


def reference_of(stored: StoredDocument, replaces: tuple[str, ...] = ()) -> Resource:
    """A document as DocumentReference."""
    entry = stored.entry
    resource = fhir_pdsm.document_reference(entry, url=url("Binary", entry.entry_uuid), replaces=replaces)
    resource["meta"]["versionId"] = version(stored)
    return resource


def list_of(stored: StoredSet) -> Resource:
    """A submission set as List."""
    references = [f"DocumentReference/{identity(member)}" for member in stored.members]
    return fhir_pdsm.submission_set_list(stored.submission_set, references)


def unknown(kind: str, named: str) -> FhirRefused:
    """Nothing is there, or nothing the caller may know of."""
    return FhirRefused(f"{kind}/{named[:64]}", "unknown", issue="not-found", status=404)
