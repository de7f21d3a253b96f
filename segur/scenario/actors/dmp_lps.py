"""The reference LPS of wave 2: what a professional's software asks of the DMP by SOAP [DMP digest 1.4 to 1.8, 8].

Reading goes in AIR, under the user's own name; feeding and deleting one's own under the structure's certificate. The
mode of access is a switch of the software (`turned_to`): normal, broken glass with its reason, medical regulation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from segur.kernel.ids import new_id, new_oid
from segur.personas.model import Patient
from segur.scenario.actors.access_mode import AccessMode
from segur.scenario.actors.lps import Refused, Software, sender, submission_of
from segur.vocab import oids
from segur.vocab.ins import Ins
from segur.wire import (
    authorization_list,
    habilitations,
    hl7v3,
    hl7v3_candidates,
    mtom,
    patient_list,
    xds,
    xds_query,
    xds_uuids,
)
from segur.wire.saml import AuthenticationMode

_QUERY = "urn:ihe:iti:2007:RegistryStoredQuery"
_CANDIDATES = "urn:hl7-org:v3:PRPA_IN201305UV02"
_UPDATE = "urn:ihe:iti:2010:UpdateDocumentSet"
_SUBMIT = "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b"
_RETRIEVE = "urn:ihe:iti:2007:RetrieveDocumentSet"
_AIR, _INDIRECT = AuthenticationMode.REINFORCED, AuthenticationMode.INDIRECT
_ENTRY = "$XDSDocumentEntry"
_LEVELS = ("N", "R", "V")
_HIDING = "1.2.250.1.213.1.1.4.13"
_LABELS = {
    "MASQUE_PS": "Masqué aux professionnels de santé",
    "INVISIBLE_PATIENT": "Document non visible par le patient",
}


@dataclass(frozen=True, slots=True)
class Retrieved:
    """Contents by uniqueId, and what the repository said of the others."""

    contents: dict[str, bytes]
    errors: tuple[xds.RegistryError, ...]


@dataclass(frozen=True, slots=True)
class Lps(Software):
    """One installation; a call that meets a SOAP fault raises `Refused`, registry errors are in the answers."""

    def turned_to(self, access: AccessMode) -> Lps:
        """The same installation after its user chose another mode of access."""
        return replace(self, access=access)

    async def query(self, patient: Patient, name: str, **params: str | Sequence[str]) -> xds.QueryResponse:
        """TD3.1 with any stored query; a parameter is a value or a list of alternatives, its `$` left out."""
        return await self.ask(patient, name, {f"${key}": value for key, value in params.items()})

    async def ask(
        self, patient: Patient, name: str, params: Mapping[str, str | Sequence[str]], returns: str = "LeafClass"
    ) -> xds.QueryResponse:
        """The same with full names of parameters, and the choice of what comes back (`ObjectRef`)."""
        groups = {key: ((value,) if isinstance(value, str) else tuple(value),) for key, value in params.items()}
        wanted: dict[str, xds_query.Groups] = {key: group for key, group in groups.items() if group[0]}
        request = xds_query.write_query(xds_query.StoredQuery(name, wanted, returns))
        return xds.read_query_response((await self.call("registry", _QUERY, request, patient.ins, _AIR)).root)

    async def search(
        self, patient: Patient, *, statuses: Sequence[str] = (xds_uuids.APPROVED,), **criteria: str | Sequence[str]
    ) -> tuple[xds.DocumentEntry, ...]:
        """FindDocuments; `criteria` are its parameters without `$XDSDocumentEntry`. Raise `Refused` for an error."""
        named = {f"{_ENTRY}{key}": value for key, value in criteria.items()}
        subject = {f"{_ENTRY}PatientId": patient.ins.cx, f"{_ENTRY}Status": tuple(statuses)}
        answer = await self.ask(patient, "FindDocuments", {**subject, **named})
        if not answer.response.succeeded:
            raise _refused(answer.response)
        return tuple(answer.entries)

    async def current(self, patient: Patient, unique_id: str) -> xds.DocumentEntry | None:
        """The living version of a document, by its uniqueId (TD3.1b, then its metadata); None when there is none."""
        answer = await self.query(patient, "GetDocuments", XDSDocumentEntryUniqueId=unique_id)
        gone = (xds_uuids.DEPRECATED, xds_uuids.DELETED)
        return next((entry for entry in answer.entries if entry.status not in gone), None)

    async def reference(self, patient: Patient, unique_id: str) -> str:
        """TD3.1b as feeding software may ask it, without reading: the entryUUID, empty when there is none."""
        wanted: dict[str, xds_query.Groups] = {f"{_ENTRY}UniqueId": ((unique_id,),)}
        request = xds_query.write_query(xds_query.StoredQuery("GetDocuments", wanted, "ObjectRef"))
        answer = xds.read_query_response((await self.call("registry", _QUERY, request, patient.ins, _INDIRECT)).root)
        return answer.references[-1] if answer.references else ""

    async def retrieve_all(self, patient: Patient, unique_ids: Sequence[str]) -> Retrieved:
        """TD3.2 of several documents in one call."""
        wanted = [xds.DocumentRequest(oids.DMP_REPOSITORY, one) for one in unique_ids]
        request = xds.write_retrieve_request(wanted)
        answer = await self.call("repository", _RETRIEVE, request, patient.ins, _AIR)
        received = xds.read_retrieve_response(answer.root)
        contents = {
            one.document_unique_id: bytes(
                one.content if one.content is not None else answer.attachments[one.content_id]
            )
            for one in received.documents
        }
        return Retrieved(contents, received.response.errors)

    async def provide(self, submission: xds.Submission, *documents: bytes) -> xds.RegistryResponse:
        """TD2.1 of a submission as it is, in indirect mode."""
        names = [entry.entry_uuid for entry in submission.entries]
        parts = tuple(xds.DocumentPart(name, content_id=f"{name}@lps") for name in names)
        sent = tuple(mtom.Attachment(f"{name}@lps", one) for name, one in zip(names, documents, strict=True))
        request = xds.write_provide_and_register(xds.ProvideAndRegister(submission, parts))
        ins = Ins.from_cx(submission.submission_set.patient_id)
        return xds.read_registry_response((await self.call("repository", _SUBMIT, request, ins, _INDIRECT, sent)).root)

    async def replace(self, document: bytes, entry_uuid: str, *, masks: tuple[str, ...] = ()) -> xds.RegistryResponse:
        """TD2.1 with RPLC: a new version in the place of the document `entry_uuid`."""
        submission = submission_of(document, self.user, masks=masks)
        link = xds.Association("as2", xds_uuids.REPLACES, submission.entries[0].entry_uuid, entry_uuid)
        return await self.provide(replace(submission, associations=(*submission.associations, link)), document)

    async def hide(self, patient: Patient, entry: xds.DocumentEntry, *codes: str) -> xds.RegistryResponse:
        """TD3.3a and b: the document with other codes of TRE_A07 (`MASQUE_PS` …) than it has; none shows it."""
        levels = tuple(code for code in entry.confidentiality if code.code in _LEVELS)
        hidden = tuple(xds.Code(code, _HIDING, _LABELS.get(code, code)) for code in codes)
        changed = replace(entry, entry_uuid="Document01", confidentiality=(*levels, *hidden))
        lot = self._lot(entry)
        link = xds.Association("as1", xds_uuids.HAS_MEMBER, lot.entry_uuid, "Document01", "Original", entry.version)
        return await self._update(patient, xds.Submission(lot, (changed,), (link,)), _AIR)

    async def archive(self, patient: Patient, entry: xds.DocumentEntry) -> xds.RegistryResponse:
        """TD3.3d."""
        return await self._update(patient, self._status(entry, xds_uuids.ARCHIVED), _AIR)

    async def delete(
        self, patient: Patient, entry: xds.DocumentEntry, mode: AuthenticationMode = _INDIRECT
    ) -> xds.RegistryResponse:
        """TD3.3c, which needs no authorization for what one's own structure fed [EX_3.3-1060]."""
        return await self._update(patient, self._status(entry, xds_uuids.DELETED), mode)

    async def withdraw(self, patient: Patient) -> habilitations.SetAuthorizationAnswer:
        """TD0.3 SUPPRESSION."""
        change = habilitations.write_set_authorization(
            habilitations.SetAuthorization(habilitations.AuthorizationChange.REMOVE)
        )
        answer = await self.call("habilitations", habilitations.ACTION, change, patient.ins, _AIR)
        return habilitations.read_set_authorization_answer(answer.root)

    async def authorizations(self, patient: Patient) -> tuple[authorization_list.ListedAuthorization, ...]:
        """TD1.6, everybody let in or shut out."""
        request = authorization_list.write_list_request(authorization_list.ListMode.ALL)
        answer = await self.call("habilitations", authorization_list.ACTION, request, patient.ins, _AIR)
        return authorization_list.read_list_answer(answer.root)

    async def patients(self, of: Ins, since: datetime) -> tuple[patient_list.ListedPatient, ...]:
        """TD0.4: the DMPs this user was authorized on since then; `of` is any INS, for the VIHF."""
        query = patient_list.PatientListQuery(since, patient_list.DateType.LAST_AUTHORIZATION)
        answer = await self.call("patients", patient_list.ACTION, patient_list.write_patient_list(query), of, _AIR)
        return patient_list.read_patient_list_answer(answer.root)

    async def candidates(self, traits: hl7v3_candidates.Traits) -> tuple[hl7v3.DmpRecord, ...]:
        """TD0.5, best match first: who a caller of the centre 15 may be, when nobody knows their INS."""
        query = hl7v3_candidates.CandidatesQuery(
            id=hl7v3.Identifier(f"{oids.SEGURSTACK}.7.1", new_id()),
            query_id=hl7v3.Identifier(f"{oids.SEGURSTACK}.7.2", new_id()),
            traits=traits,
            sender=hl7v3.Device(f"{oids.SEGURSTACK}.7", "SEGURSTACK-LPS"),
            created=datetime.now(UTC),
        )
        request = hl7v3_candidates.write_candidates_query(query)
        answer = await self.call("patients", _CANDIDATES, request, None, _AIR)
        return hl7v3_candidates.read_candidates_answer(answer.root).records

    async def _update(
        self, patient: Patient, submission: xds.Submission, mode: AuthenticationMode
    ) -> xds.RegistryResponse:
        request = xds.write_submission(submission)
        return xds.read_registry_response((await self.call("registry", _UPDATE, request, patient.ins, mode)).root)

    def _status(self, entry: xds.DocumentEntry, after: str) -> xds.Submission:
        lot = self._lot(entry)
        link = xds.Association(
            "as1",
            xds_uuids.UPDATE_STATUS,
            lot.entry_uuid,
            entry.entry_uuid,
            original_status=entry.status or xds_uuids.APPROVED,
            new_status=after,
        )
        return xds.Submission(lot, (), (link,))

    def _lot(self, entry: xds.DocumentEntry) -> xds.SubmissionSet:
        return xds.SubmissionSet(
            entry_uuid="SubmissionSet01",
            unique_id=new_oid(7),
            patient_id=entry.patient_id,
            source_id=f"{oids.SEGURSTACK}.7",
            submission_time=datetime.now(UTC).strftime("%Y%m%d%H%M%S"),
            content_type=xds.Code("60", "1.2.250.1.213.2.2", "Consultations et actes"),
            authors=(sender(self.user),),
            title="Mise à jour",
        )


def _refused(response: xds.RegistryResponse) -> Refused:
    [error, *_] = response.errors
    return Refused(error.code, error.context, 200)
