"""Who reads and feeds the DMP in the stories of pillar 1, the documents they bring, and the patient's own acts."""

from __future__ import annotations

import itertools
from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from typing import Any

from segur.kernel.ids import Pseudonyms, new_oid
from segur.personas import samples_cda
from segur.personas.cda_header import Version
from segur.personas.model import Patient, Professional
from segur.scenario.actors.dmp_lps import Lps
from segur.scenario.actors.lps import Refused, Software
from segur.scenario.acts.cast import MES_CODE
from segur.scenario.acts.ground import Ground
from segur.scenario.story import NotHeld, Step
from segur.wire import xds
from segur.wire.saml_signature import SigningKey

_SERIAL = itertools.count(1)


def lps(own: Ground, role: str, *, http: Any = None, user: Professional | None = None) -> Lps:
    """The software of a professional, in this sandbox, with the certificates of the structure."""
    who = user or own.stage.country.professional(role)
    connection, signer = Software.identities(own.stage.authority, who)
    key = SigningKey.load(signer.key.read_bytes(), signer.certificate.read_bytes())
    return Lps(http or own.stage.client(connection), own.base, who, key)


def document(
    type_code: str,
    patient: Patient,
    author: Professional,
    *,
    at: datetime | None = None,
    unique_id: str = "",
    version: Version | None = None,
    text: str = "",
) -> bytes:
    """A level 1 document; each one differs from all others, even of the same moment."""
    lines = (text or f"Document de démonstration n° {next(_SERIAL)}, {new_oid(1)[-12:]}.",)
    return samples_cda.clinical_document(
        type_code,
        patient,
        author,
        author.structure,
        document_id=unique_id or new_oid(1),
        at=at or datetime.now(UTC),
        paragraphs=lines,
        version=version,
    )


def days_ago(days: float) -> datetime:
    """So many days before now."""
    return datetime.now(UTC) - timedelta(days=days)


async def feed(step: Step, software: Software, content: bytes, **options: Any) -> xds.DocumentEntry:
    """TD2.1, which must succeed; give the entry sent."""
    entry, answer = await software.submit(content, **options)
    step.check(answer.succeeded, "RegistryResponse Success", [(one.code, one.context) for one in answer.errors])
    return entry


async def refused(act: Awaitable[object]) -> Refused:
    """The refusal an act must meet; not held when it goes through."""
    try:
        told = await act
    except Refused as refusal:
        return refusal
    raise NotHeld(f"attendu : un refus ; trouvé : {str(told)[:200]}")


def pseudonym(own: Ground, patient: Patient) -> str:
    """The patient's name in facts."""
    return Pseudonyms.of_home(own.stage.running.plan.home).of(patient.ins)


class Space:
    """The patient in Mon espace santé."""

    def __init__(self, own: Ground, patient: Patient) -> None:
        self._http = own.stage.client(headers=MES_CODE)
        self._base = f"{own.base}/mes/api/patients/{patient.ins.matricule}"

    async def block(self, who: Professional, *, blocked: bool = True) -> None:
        """Shut a professional out, or let them ask again."""
        action = "block" if blocked else "unblock"
        await self._ask("POST", "/consents", {"action": action, "professional": str(who.id_nat)})

    async def mask(self, unique_id: str) -> None:
        """Hide a document from professionals."""
        await self._ask("POST", f"/documents/{unique_id}/mask")

    async def documents(self) -> list[dict[str, Any]]:
        """What the patient sees."""
        listed: list[dict[str, Any]] = (await self._ask("GET", "/documents"))["documents"]
        return listed

    async def permit(self, purpose: str, *, permitted: bool) -> None:
        """Permit or deny an emergency access: `ETREAT` (centre 15), `BTG` (broken glass), `MASKED`."""
        await self._ask("PUT", "/emergency", {"purpose": purpose, "permitted": permitted})

    async def notifications(self) -> list[dict[str, Any]]:
        """What the patient was told, newest first."""
        told: list[dict[str, Any]] = (await self._ask("GET", "/notifications"))["notifications"]
        return told

    async def mails(self) -> list[dict[str, Any]]:
        """The e-mails and SMS that left for the patient."""
        sent: list[dict[str, Any]] = (await self._ask("GET", "/mails"))["mails"]
        return sent

    async def history(self) -> list[dict[str, Any]]:
        """The access history, newest first."""
        lines: list[dict[str, Any]] = (await self._ask("GET", "/history"))["traces"]
        return lines

    async def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        answer = await self._http.request(method, self._base + path, json=body)
        if answer.status_code >= 300:
            raise NotHeld(f"{method} {path} : {answer.status_code} {answer.text[:300]}")
        told: dict[str, Any] = answer.json() if answer.content else {}
        return told
