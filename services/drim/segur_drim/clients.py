"""Whom the box calls: Pro Santé Connect to check tokens, the DMP to publish, both through the gateway."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

import httpx
from lxml import etree

from segur.kernel.http_client import HttpClient
from segur.kernel.ids import new_id, new_urn_uuid
from segur.kernel.introspection import TokenCheck
from segur.kernel.pki import Authority, Identity
from segur.kernel.tls import client_context
from segur.wire import mtom, saml, soap, xds, xds_query, xml
from segur.wire.saml_signature import SigningKey
from segur.wire.xds import QueryResponse, RegistryResponse, Submission
from segur_drim import errors
from segur_drim.domain.kos_entry import vihf_of
from segur_drim.domain.report import Report
from segur_drim.settings import Settings

_SERVICES = "/si-dmp-server/v2/services/"
_SUBMIT = "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b"
_SEARCH = "urn:ihe:iti:2007:RegistryStoredQuery"
_UPDATE = "urn:ihe:iti:2010:UpdateDocumentSet"
_CONTENT_ID = "kos1@drimbox"
_BUSY = frozenset({"XDSRepositoryBusy", "XDSRegistryBusy", "XDSRegistryNotAvailable", "XDSRepositoryOutOfResources"})
T = TypeVar("T")
_KEPT = 16
"""Structures whose connections stay open."""


def token_check(settings: Settings) -> TokenCheck:
    """Who asks Pro Santé Connect about access tokens; `PSC_AWAY` when it does not answer."""
    login = (settings.introspection_client, settings.introspection_secret)
    return TokenCheck(settings.gateway_url, login, errors.PSC_AWAY)


class DmpAway(Exception):
    """The DMP did not answer, or asked to come again later; what it did with the submission is not known."""


class DmpRefused(Exception):
    """The DMP refused for good; `code` is its XDS or DMP code."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(f"{code}: {reason}")
        self.code, self.reason = code, reason


@dataclass(slots=True)
class _Connection:
    """What the calls of a structure go over; `users` are under way on it."""

    client: HttpClient
    key: SigningKey
    users: int = 0


class DmpClient:
    """Publishes as an editor would: TD2.1 with MTOM, mutual TLS, and a VIHF signed by the structure [DB/SO.19, .89]."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._authority: Authority | None = None
        self._ready: OrderedDict[str, _Connection] = OrderedDict()
        self._opening: dict[str, asyncio.Task[_Connection]] = {}

    async def submit(self, report: Report, submission: Submission, content: bytes) -> None:
        """TD2.1: submit one KOS; raise `DmpAway` or `DmpRefused`."""
        [entry] = submission.entries
        part = xds.DocumentPart(entry.entry_uuid, content_id=_CONTENT_ID)
        body = xds.write_provide_and_register(xds.ProvideAndRegister(submission, (part,)))
        answer = await self._call(report, "repository", _SUBMIT, body, (mtom.Attachment(_CONTENT_ID, content),))
        _judge(answer, xds.read_registry_response)

    async def entry_uuid(self, report: Report, unique_id: str) -> str:
        """TD3.1b: the entryUUID the DMP gave a document, empty when it shows none; raise `DmpAway`, `DmpRefused`."""
        params = {"$XDSDocumentEntryUniqueId": ((unique_id,),)}
        body = xds_query.write_query(xds_query.StoredQuery("GetDocuments", params, xds_query.OBJECT_REF))
        answer = await self._call(report, "registry", _SEARCH, body)
        return next(iter(_judge(answer, xds.read_query_response).references), "")

    async def update(self, report: Report, submission: Submission) -> None:
        """TD3.3: change what is there; raise `DmpAway` or `DmpRefused`."""
        answer = await self._call(report, "registry", _UPDATE, xds.write_submission(submission))
        _judge(answer, xds.read_registry_response)

    async def close(self) -> None:
        """Let the connections go."""
        for task in self._opening.values():
            task.cancel()
        await asyncio.gather(*self._opening.values(), return_exceptions=True)
        for connection in self._ready.values():
            await connection.client.close()

    async def _call(
        self,
        report: Report,
        door: str,
        action: str,
        body: etree._Element,
        documents: tuple[mtom.Attachment, ...] = (),
    ) -> httpx.Response:
        """Send a call about the patient of a report in the name of its structure; raise `DmpAway`."""
        async with self._connected(report) as connection:
            token = saml.write_vihf(vihf_of(report, connection.key, f"_{new_id()}", datetime.now(UTC)), connection.key)
            envelope = soap.write_envelope(body, action=action, message_id=new_urn_uuid(), assertion=token)
            if documents:
                content_type, chunks = mtom.build(envelope, documents, action=action)
                content = b"".join(bytes(chunk) for chunk in chunks)
            else:
                content_type, content = f'{mtom.SOAP_TYPE}; charset=UTF-8; action="{action}"', xml.serialize(envelope)
            try:
                # httpx's own limit begins anew with every byte: this one holds for the whole answer
                async with asyncio.timeout(self._settings.drim_dmp_timeout_s):
                    return await connection.client.post(
                        _SERVICES + door, content=content, headers={"content-type": content_type}
                    )
            except httpx.HTTPError as error:
                raise DmpAway(type(error).__name__) from error
            except TimeoutError as error:
                raise DmpAway(f"no answer in {self._settings.drim_dmp_timeout_s:g} s") from error

    @contextlib.asynccontextmanager
    async def _connected(self, report: Report) -> AsyncIterator[_Connection]:
        """What calls in the name of the structure that signed the report go over, kept open while it is in use."""
        structure = report.structure.value
        connection = self._ready.get(structure) or await self._open(structure, report)
        self._ready.setdefault(structure, connection)
        self._ready.move_to_end(structure)
        connection.users += 1
        try:
            yield connection
        finally:
            connection.users -= 1
            await self._let_go()

    async def _open(self, structure: str, report: Report) -> _Connection:
        """Make it once, however many wait for it: certificates are drawn in a thread, under a lock of all processes."""
        if structure not in self._opening:
            signer = report.header.legal_authenticator
            name = signer.organization.name if signer else structure

            async def opened() -> _Connection:
                context, key = await asyncio.to_thread(self._identify, structure, name)
                return _Connection(HttpClient(self._settings.gateway_tls_url, verify=context), key)

            self._opening[structure] = task = asyncio.create_task(opened(), name=f"identity of {structure}")
            task.add_done_callback(lambda _: self._opening.pop(structure, None))
        return await asyncio.shield(self._opening[structure])

    async def _let_go(self) -> None:
        """Close what was idle the longest, beyond those that stay open."""
        idle = [structure for structure, connection in self._ready.items() if not connection.users]
        for structure in idle[: max(len(self._ready) - _KEPT, 0)]:
            await self._ready.pop(structure).client.close()

    def _identify(self, structure: str, name: str) -> tuple[ssl.SSLContext, SigningKey]:
        self._authority = self._authority or Authority.of_home(self._settings.home)

        def issue(kind: str) -> Identity:
            assert self._authority is not None
            return self._authority.issue(
                f"drimbox-{structure}-{kind}",
                kind,
                common_name="DRIMBOX SEGURSTACK",
                organisation=name[:64] or structure,
                unit=structure,
            )

        signing = issue("org-sign")
        key = SigningKey.load(signing.key.read_bytes(), signing.certificate.read_bytes())
        return client_context(self._authority.bundle, issue("org-auth")), key


def _judge(answer: httpx.Response, read: Callable[[etree._Element], T]) -> T:
    """The answer, read; raise `DmpAway` or `DmpRefused` when it is none or says no."""
    try:
        message = mtom.read(answer.headers.get("content-type", "text/xml"), answer.content)
        received = soap.read_envelope(message.root, required=())
        fault = soap.read_fault(received.body)
        if fault is None:
            found = read(received.body)
    except ValueError as error:
        # neither a fault nor an answer: a proxy on the way speaks, and the DMP may or may not have the document
        raise DmpAway(f"HTTP {answer.status_code}, no SOAP answer") from error
    if fault is not None:
        if fault.code == "Receiver" or fault.subcode in _BUSY:
            raise DmpAway(fault.subcode or fault.reason)
        raise DmpRefused(fault.subcode or fault.code, fault.reason)
    response = found.response if isinstance(found, QueryResponse) else found
    assert isinstance(response, RegistryResponse)
    if not response.succeeded:
        first = next(iter(response.errors), None)
        code = first.code if first else "XDSRepositoryError"
        if code in _BUSY:
            raise DmpAway(code)
        raise DmpRefused(code, first.context if first else "no reason given")
    return found
