"""Patient administration software in front of INSi: asks for an identity by its traits [INS digest 2.4 to 2.7]."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx
from lxml import etree

from segur.kernel.pki import Authority, Identity
from segur.personas.model import Patient, Structure
from segur.wire import insi, soap, xml
from segur.wire.insi import IdentitySearch, InsIdentifier, Traits

PATH = "/insi/lps"
SOFTWARE = "SEGURSTACK-IDAM"


@dataclass(slots=True)
class Refused(Exception):
    """INSi answered with a fault: `siram_…` subcode, `desir_…` or `insi_…` code, technical text, HTTP status."""

    subcode: str
    code: str
    reason: str
    status: int

    def __str__(self) -> str:
        return f"INSi {self.status} {self.subcode}/{self.code}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Found:
    """What INSi says: the return code and, with 00, the INS with its authority, the traits and the former numbers."""

    code: str
    label: str
    matricule: str = ""
    oid: str = ""
    traits: Traits | None = None
    history: tuple[InsIdentifier, ...] = ()


def identity(authority: Authority, structure: Structure) -> Identity:
    """The structure's ORG AUTH_CLI certificate for INSi, whose CN must be INSI-AUTO; issued on first use."""
    unit = str(structure.struct_id)
    return authority.issue(
        f"{unit.replace('/', '-')}-insi-auto",
        "org-auth",
        common_name="INSI-AUTO",
        organisation=structure.name,
        unit=unit,
    )


def traits_of(patient: Patient, *, first_name: str = "", with_birth_place: bool = False) -> IdentitySearch:
    """The traits an agent types for a patient: by default the first birth given name and no place."""
    return IdentitySearch(
        birth_name=patient.birth_name,
        first_names=(first_name or patient.given_name,),
        sex=patient.sex,
        birth_date=patient.birth_date.isoformat(),
        birth_place=patient.birth_place if with_birth_place else "",
    )


async def search_by_traits(
    client: httpx.AsyncClient,
    base: str,
    patient: Patient | IdentitySearch,
    *,
    issuer: str = "10B0152872",
    software: str = SOFTWARE,
) -> Found:
    """Ask INSi at `base` for a patient (or for traits); `issuer` is the structure's identifier.

    Raise `Refused` for a fault, `ValueError` for an answer that is not one of INSi's.
    """
    search = traits_of(patient) if isinstance(patient, Patient) else patient
    time = insi.format_time(datetime.now(UTC))
    contexts = insi.write_contexts(
        insi.LpsContext(
            id=str(uuid.uuid4()),
            issuer=issuer,
            idam=software,
            version="1.0",
            instance=str(uuid.uuid4()),
            name="urn:lps:segurstack:1.0",
            time=time,
        ),
        insi.BamContext(str(uuid.uuid4()), issuer, time),
    )
    request = insi.write_request(search, message_id=f"uuid:{uuid.uuid4()}", headers=contexts)
    answer = await client.post(
        base + PATH,
        content=etree.tostring(request),
        headers={"content-type": f'application/soap+xml; charset=utf-8; action="{insi.ACTION}"'},
    )
    try:
        body = soap.read_envelope(xml.parse(answer.content), required=()).body
    except ValueError as error:
        raise ValueError(f"INSi: HTTP {answer.status_code}, {answer.text[:300]}") from error
    fault = insi.read_fault(body)
    if fault is not None:
        raise Refused(fault.subcode, fault.error_code, fault.error_text or fault.user_text, answer.status_code)
    read = insi.read_answer(body)
    if read.individual is None:
        return Found(read.code, read.label)
    active = read.individual.active
    return Found(
        read.code,
        read.label,
        active.number + active.key,
        active.oid,
        read.individual.traits,
        read.individual.history,
    )
