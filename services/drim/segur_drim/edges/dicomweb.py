"""DICOMweb: STOW-RS in, WADO-RS out, OPTIONS as the sign of life [DRIM digest 3.1], PS3.18.

One surface under three bases: `/drimbox/rs`, which RetrieveURLs name, and `/dicom-web` and `/wado`, where editors look
first. Refusals are a line of text and a header `drim-error` with their code.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Sequence

import orjson
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from segur.kernel import request as call
from segur.kernel.errors import SegurError
from segur.wire.dicom import EXPLICIT_LE, IMPLICIT_LE
from segur.wire.multipart import HeaderValue, MultipartRefused
from segur.wire.multipart_stream import MultipartDecoder
from segur_drim import errors, faults
from segur_drim.context import Context
from segur_drim.domain.instance import NOT_AUTHORISED
from segur_drim.domain.kos import warm_up
from segur_drim.operations.publish_kos import BASE
from segur_drim.operations.retrieve_images import Asked, Delivery, prepare, stream
from segur_drim.operations.store_instances import Outcome, store_instances

BASES = (BASE, "/dicom-web", "/wado")
_JSON = "application/dicom+json"
_RETRY_AFTER_S = "5"
_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"]


class DicomWeb:
    """Reads requests, calls the acts, writes answers."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._under_way = 0

    def app(self, others: Sequence[Route] = ()) -> Starlette:
        """The routes, and those of the box's other doors."""
        routes = list(others)
        for base in BASES:
            study = base + "/studies/{study}"
            series = study + "/series/{series}"
            routes += [
                Route(base + "/studies", self.store, methods=["POST"]),
                Route(study, self.store, methods=["POST"]),
                *(Route(path, self.retrieve) for path in (study, series, series + "/instances/{instance}")),
                *(Route(path, self.alive, methods=["GET", "OPTIONS"]) for path in (base, base + "/")),
                Route(base + "/{rest:path}", self.capabilities, methods=["OPTIONS"]),
            ]
        return Starlette(routes=[*routes, Route("/{rest:path}", self.nowhere, methods=_METHODS)])

    async def store(self, request: Request) -> Response:
        """STOW-RS: 200 all stored, 202 some, 409 none (403 when for a production identity)."""
        call.note(operation="drim.store")
        kind = HeaderValue.parse(request.headers.get("content-type", ""))
        if kind.value != "multipart/related" or kind.parameters.get("type", "").lower() != "application/dicom":
            return _refused(errors.NOT_MULTIPART.error(field="Content-Type"))
        study = request.path_params.get("study", "")
        try:
            outcome = await store_instances(self._context, self._objects(request), study)
        except MultipartRefused as error:
            return _refused(errors.BAD_BODY.error(rule=str(error)))
        except SegurError as refusal:
            return _refused(refusal)
        return _stored(call.current().base + _base_of(request), study, outcome)

    async def retrieve(self, request: Request) -> Response:
        """WADO-RS of a study, a series or an instance."""
        board = self._context.floor.faults
        if self._under_way >= self._context.settings.drim_max_streams or board.strikes(faults.TOO_MANY):
            return _refused(errors.TOO_MANY.error())
        self._under_way += 1
        try:
            delivery = await prepare(self._context, _asked(request))
            await board.delayed(faults.SLOW, actor=delivery.reader)
        except SegurError as refusal:
            self._under_way -= 1
            return _refused(refusal)
        except BaseException:
            self._under_way -= 1
            raise
        return StreamingResponse(self._counted(delivery), headers={"content-type": self._type(delivery)})

    async def alive(self, request: Request) -> Response:
        """The address of the service: healthcheck of the national client, or capabilities."""
        if request.method == "OPTIONS":
            return await self.capabilities(request)
        return Response(orjson.dumps({"status": "UP", "service": "DRIMbox source"}), media_type="application/json")

    async def capabilities(self, request: Request) -> Response:
        """Retrieve Capabilities [PS3.18 8.9]: answered even when the PACS is away [DB/SO.103, CO.112]."""
        wadl = _WADL.format(base=call.current().base + _base_of(request))
        return Response(wadl, headers={"allow": "GET, POST, OPTIONS"}, media_type="application/vnd.sun.wadl+xml")

    async def nowhere(self, request: Request) -> Response:
        """Any other address."""
        served = ", ".join(f"{base}/studies/{{study}}[/series/{{series}}[/instances/{{uid}}]]" for base in BASES)
        return _refused(errors.NOT_HERE.error(rule=f"Adresses servies : {served}."))

    async def _objects(self, request: Request) -> AsyncIterator[bytes]:
        """The objects of a body, one at a time, while it arrives."""
        decoder = MultipartDecoder(
            request.headers["content-type"], max_part_bytes=self._context.settings.drim_max_instance_bytes
        )
        async for chunk in request.stream():
            for part in decoder.feed(chunk):
                if part.content_type.value != "application/dicom":
                    raise MultipartRefused(f"part of type {part.content_type.value[:60]!r}: application/dicom expected")
                yield bytes(part.body)
        decoder.finish()

    async def _counted(self, delivery: Delivery) -> AsyncIterator[bytes]:
        try:
            async for piece in stream(self._context, delivery):
                yield piece
        finally:
            self._under_way -= 1

    def _type(self, delivery: Delivery) -> str:
        board = self._context.floor.faults
        if board.strikes(faults.WRONG_TYPE, actor=delivery.reader):
            return "text/html; charset=utf-8"
        syntaxes = {one.syntax for one in delivery.objects}
        parameters = {"type": "application/dicom", "start": f"<{delivery.objects[0].uid}>"}
        if board.strikes(faults.WRONG_SYNTAX, actor=delivery.reader):
            parameters["transfer-syntax"] = IMPLICIT_LE if EXPLICIT_LE in syntaxes else EXPLICIT_LE
        elif len(syntaxes) == 1:
            parameters["transfer-syntax"] = syntaxes.pop()
        return str(HeaderValue("multipart/related", {**parameters, "boundary": delivery.boundary}))


def _asked(request: Request) -> Asked:
    path = request.path_params
    return Asked(
        study=path["study"],
        series=path.get("series", ""),
        instance=path.get("instance", ""),
        authorization=request.headers.get("authorization", ""),
        accept=request.headers.getlist("accept"),
        kos_uid=request.headers.get("kos-sopinstanceuid", "").strip(),
    )


def _base_of(request: Request) -> str:
    return next((base for base in BASES if request.url.path.startswith(base)), BASE)


def _stored(base: str, study: str, outcome: Outcome) -> Response:
    """The Store Instances Response in DICOM JSON [PS3.18 10.5.3, PS3.3 C.12.1.15]."""
    referenced = [
        {
            "00081150": {"vr": "UI", "Value": [sop_class]},
            "00081155": {"vr": "UI", "Value": [uid]},
            "00081190": {"vr": "UR", "Value": [f"{base}/studies/{of}/series/{series}/instances/{uid}"]},
        }
        for of, series, uid, sop_class in outcome.stored
    ]
    failed = [
        {
            "00081150": {"vr": "UI", "Value": [one.sop_class]},
            "00081155": {"vr": "UI", "Value": [one.uid]},
            "00081197": {"vr": "US", "Value": [one.reason]},
        }
        for one in outcome.failed
        if one.uid
    ]
    unreadable = [{"00081197": {"vr": "US", "Value": [one.reason]}} for one in outcome.failed if not one.uid]
    studies = {study} if study else {of for of, *_ in outcome.stored}
    body: dict[str, object] = {}
    if len(studies) == 1:
        body["00081190"] = {"vr": "UR", "Value": [f"{base}/studies/{studies.pop()}"]}
    for tag, items in (("00081198", failed), ("00081199", referenced), ("0008119A", unreadable)):
        if items:
            body[tag] = {"vr": "SQ", "Value": items}
    headers = {}
    if outcome.failed:
        # the response module has no place for words: they go where PS3.18 puts warnings
        said = "; ".join(dict.fromkeys(one.explanation for one in outcome.failed[:10]))
        headers["warning"] = f'299 SegurStack "{said}"'.encode("ascii", "replace").decode()
        headers["drim-error"] = f"{outcome.failed[0].reason:04X}"
    answer = Response(orjson.dumps(body), _status(outcome), headers, _JSON)
    if "pydicom" not in sys.modules:
        answer.background = BackgroundTask(warm_up)  # after the answer, in a thread
    return answer


def _status(outcome: Outcome) -> int:
    if not outcome.failed:
        return 200
    if outcome.stored:
        return 202
    return 403 if all(one.reason == NOT_AUTHORISED for one in outcome.failed) else 409


def _refused(refusal: SegurError) -> Response:
    headers = {"drim-error": refusal.code}
    status = errors.status_of(refusal.refusal)
    if status == 401:
        told = ', error="invalid_token"' if refusal.refusal is errors.TOKEN_REFUSED else ""
        headers["www-authenticate"] = f'Bearer realm="DRIMbox"{told}'
    if status == 503:
        headers["retry-after"] = _RETRY_AFTER_S
    return PlainTextResponse(refusal.detail + "\n", status, headers)


_WADL = """<?xml version="1.0" encoding="UTF-8"?>
<application xmlns="http://wadl.dev.java.net/2009/02">
  <resources base="{base}">
    <resource path="studies">
      <method name="POST" id="StoreInstances"/>
      <resource path="{{study}}">
        <method name="GET" id="RetrieveStudy"/>
        <method name="POST" id="StoreStudyInstances"/>
        <resource path="series/{{series}}">
          <method name="GET" id="RetrieveSeries"/>
          <resource path="instances/{{instance}}"><method name="GET" id="RetrieveInstance"/></resource>
        </resource>
      </resource>
    </resource>
  </resources>
</application>
"""
