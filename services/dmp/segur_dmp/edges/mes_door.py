"""Mon espace santé for the patient: a REST JSON door of SégurStack's own; no national interface exists for it.

The patient authenticates with the header `x-mes-code`, equal to the demo code `000000` (`Settings.mes_code`): it stands
for the citizen login and proves nothing. `{ins}` in the paths is the matricule of a synthetic patient.
"""

from __future__ import annotations

import hmac

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from segur.contracts.dmp import DocumentConsulted
from segur.kernel import request as present
from segur.vocab import oids
from segur.vocab.ins import Ins, InvalidIns
from segur.wire import xds_uuids
from segur.wire.xds import DocumentEntry
from segur_dmp import errors
from segur_dmp.context import Context
from segur_dmp.domain.visibility import is_masked, seen_by_patient
from segur_dmp.operations.change_visibility import change_visibility
from segur_dmp.pipeline import attempt
from segur_dmp.store import StoredDocument

DOOR = "mes"


class MesDoor:
    """What a patient may do with the own documents; refusals are `SegurError`, written as problem+json."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def routes(self) -> list[Route]:
        """The routes under `/mes/api`."""
        patient = "/mes/api/patients/{ins}"
        document = patient + "/documents/{unique_id}"
        return [
            Route(patient + "/documents", self.documents),
            Route(patient + "/notifications", self.notifications),
            Route(document + "/content", self.content),
            Route(document + "/mask", self.mask, methods=["POST"]),
            Route(document + "/unmask", self.unmask, methods=["POST"]),
        ]

    async def documents(self, request: Request) -> Response:
        """All documents the patient may see, whatever their status but deleted."""
        patient = await self._patient(request)
        found = await self._context.records.documents.current_of(patient)
        return JSONResponse({"documents": [_shown(entry) for entry in found if _listed(entry)]})

    async def notifications(self, request: Request) -> Response:
        """What the patient was told, newest first; `code` is one of Mon espace santé's [DMP digest 6.5]."""
        found = await self._context.records.notifications.of(await self._patient(request))
        listed = [
            {
                "code": n["code"],
                "documentId": n["document_id"],
                "urn": f"urn:document:{n['document_id']}",
                "title": n["title"],
                "at": n["at"].isoformat(),
            }
            for n in found
        ]
        return JSONResponse({"notifications": listed})

    async def content(self, request: Request) -> Response:
        """The bytes of a document."""
        stored = await self._document(request, await self._patient(request))
        entry = stored.entry
        fact = DocumentConsulted(
            document_id=entry.unique_id,
            patient=stored.patient,
            type_code=entry.type_code.code,
            reader="patient",
            door=DOOR,
        )
        await self._context.floor.store.commit([], [fact])
        return StreamingResponse(
            self._context.floor.blobs.stream(stored.digest),
            media_type=entry.mime_type,
            headers={"content-length": str(entry.size)},
        )

    async def mask(self, request: Request) -> Response:
        """Hide a document from professionals."""
        return await self._change(request, masked=True)

    async def unmask(self, request: Request) -> Response:
        """Show a document to professionals again."""
        return await self._change(request, masked=False)

    async def _change(self, request: Request, *, masked: bool) -> Response:
        stored = await self._document(request, await self._patient(request))
        return JSONResponse(_shown(await change_visibility(self._context, stored, masked=masked, by="patient")))

    async def _patient(self, request: Request) -> str:
        async with attempt(self._context, "MES", DOOR):
            given = request.headers.get("x-mes-code", "").encode()
            if not hmac.compare_digest(given, self._context.settings.mes_code.encode()):
                raise errors.WRONG_CODE.error(field="x-mes-code", fix="Envoyez l'en-tête x-mes-code: 000000.")
            for authority in self._authorities():
                try:
                    ins = Ins.parse(request.path_params["ins"], authority)
                except InvalidIns:
                    continue
                patient = self._context.floor.pseudonyms.of(ins)
                account = await self._context.records.accounts.of(patient)
                if account is not None and account["state"] != "NONE":
                    present.note(patient=patient, actor="patient")
                    return patient
            raise errors.NOT_FOUND.error(field="ins")

    def _authorities(self) -> tuple[str, ...]:
        real = sorted(oids.INS_PRODUCTION_AUTHORITIES) if self._context.settings.allow_production_identities else []
        return (oids.INS_NIR_TEST, *sorted(oids.INS_TEST_AUTHORITIES - {oids.INS_NIR_TEST}), *real)

    async def _document(self, request: Request, patient: str) -> StoredDocument:
        stored = await self._context.records.documents.of_unique_id(request.path_params["unique_id"])
        if stored is None or stored.patient != patient or not _listed(stored.entry):
            raise errors.NOT_FOUND.error(field="uniqueId")
        return stored


def _listed(entry: DocumentEntry) -> bool:
    return seen_by_patient(entry) and entry.status != xds_uuids.DELETED


def _shown(entry: DocumentEntry) -> dict[str, object]:
    return {
        "uniqueId": entry.unique_id,
        "title": entry.title,
        "typeCode": entry.type_code.code,
        "type": entry.type_code.display,
        "mimeType": entry.mime_type,
        "createdAt": entry.creation_time,
        "authors": [author.who.family for author in entry.authors],
        "status": entry.status.rpartition(":")[2],
        "masked": is_masked(entry),
        "version": entry.version,
        "size": entry.size,
    }
