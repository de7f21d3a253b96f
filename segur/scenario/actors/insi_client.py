"""Patient administration software in front of INSi: asks for an identity by its traits or by the Vitale card, and
verifies the INS it holds [INS digest 2.4 to 2.7]."""

from __future__ import annotations

import asyncio
import csv
import io
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx
from lxml import etree

from segur.kernel.pki import Authority, Identity
from segur.personas.model import Patient, Structure
from segur.personas.vitale import VitaleCard, card_of
from segur.vocab.identity_status import StrictTraits
from segur.vocab.ins import Ins
from segur.wire import insi, insi_card, soap, xml
from segur.wire.insi import IdentitySearch, InsIdentifier, Traits
from segur.wire.insi_card import CardMatricule, CardSearch, Cover

PATH = "/insi/lps"
VERIFICATION, VERIFICATIONS = "/insi/verification", "/insi/verifications"
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

    @property
    def ins(self) -> Ins:
        """The INS found; raise `InvalidIns` when nobody was."""
        return Ins.parse(self.matricule, self.oid)

    @property
    def strict_traits(self) -> StrictTraits:
        """The national traits found, in the words of the identity rules; raise `ValueError` when nobody was."""
        if self.traits is None:
            raise ValueError(f"INSi: {self.code} {self.label}, no traits")
        names = self.traits.first_names or self.traits.first_name
        return StrictTraits(
            self.traits.birth_name,
            tuple(names.split()),
            self.traits.sex,
            self.traits.birth_date,
            self.traits.birth_place,
        )


def identity(authority: Authority, structure: Structure, common_name: str = "INSI-AUTO") -> Identity:
    """The structure's ORG AUTH_CLI certificate for INSi, CN INSI-AUTO or INSI-MANU; issued on first use."""
    unit = str(structure.struct_id)
    return authority.issue(
        f"{unit.replace('/', '-')}-{common_name.lower()}",
        "org-auth",
        common_name=common_name,
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


def reading_of(card: VitaleCard) -> CardSearch:
    """What a reader makes of a card for its beneficiary."""
    return CardSearch(
        individual=_matricule(card.individual) if card.individual is not None else CardMatricule(),
        holder=_matricule(card.holder),
        birth_name=card.birth_name,
        birth_date=card.birth_date.isoformat(),
        birth_rank=str(card.birth_rank),
    )


async def search_by_traits(
    client: httpx.AsyncClient,
    base: str,
    patient: Patient | IdentitySearch,
    *,
    issuer: str = "10B0152872",
    software: str = SOFTWARE,
    assertion: etree._Element | None = None,
    headers: Mapping[str, str] | None = None,
) -> Found:
    """Ask INSi at `base` for a patient (or for traits); `issuer` is the structure's identifier, or the card's.

    `assertion` is that of a card (CPx mode), `headers` are further HTTP headers (a proxy's token). Raise `Refused` for
    a fault, `ValueError` for an answer that is not one of INSi's.
    """
    search = traits_of(patient) if isinstance(patient, Patient) else patient
    request = insi.write_request(
        search, message_id=f"uuid:{uuid.uuid4()}", headers=_contexts(issuer, software), assertion=assertion
    )
    return await _ask(client, base, request, insi.ACTION, headers or {})


async def search_by_card(
    client: httpx.AsyncClient,
    base: str,
    patient: Patient | CardSearch,
    *,
    issuer: str = "10B0152872",
    software: str = SOFTWARE,
    assertion: etree._Element | None = None,
    headers: Mapping[str, str] | None = None,
) -> Found:
    """Ask INSi for the beneficiary of a Vitale card, by default the patient's; for the rest see `search_by_traits`."""
    reading = reading_of(card_of(patient)) if isinstance(patient, Patient) else patient
    lps, bam = _contexts(issuer, software)
    request = insi_card.write_card_request(
        reading,
        message_id=f"uuid:{uuid.uuid4()}",
        headers=(lps, insi_card.with_cover(bam, Cover.of(reading))),
        assertion=assertion,
    )
    return await _ask(client, base, request, insi_card.CARD_ACTION, headers or {})


async def verify(client: httpx.AsyncClient, base: str, ins: Ins, traits: StrictTraits) -> bool:
    """Whether the INS and the traits still go together: OK or KO. Raise `Refused` (a door of SégurStack's own)."""
    answer = await client.post(base + VERIFICATION, json=_claim(ins, traits))
    if answer.status_code != 200:
        raise _problem(answer)
    return bool(answer.json()["resultat"] == "OK")


async def deposit(client: httpx.AsyncClient, base: str, held: Mapping[str, tuple[Ins, StrictTraits]]) -> str:
    """Deposit a file of INS to verify, by reference; give the address of the batch. Raise `Refused`."""
    out = io.StringIO(newline="")
    lines = csv.writer(out, delimiter=";")
    names = ("matricule", "oid", "nomNaissance", "listePrenom", "sexe", "dateNaissance", "lieuNaissance")
    lines.writerow(("reference", *names))
    for reference, (ins, traits) in held.items():
        claim = _claim(ins, traits)
        lines.writerow((reference, *(claim[name] for name in names)))
    answer = await client.post(
        base + VERIFICATIONS, content=out.getvalue().encode(), headers={"content-type": "text/csv; charset=utf-8"}
    )
    if answer.status_code != 202:
        raise _problem(answer)
    return answer.headers["location"]


async def verdicts(client: httpx.AsyncClient, batch: str, patience_s: float = 30.0) -> dict[str, str]:
    """Wait for a batch to be TERMINE and give the verdicts by reference; raise `Refused` or `TimeoutError`."""
    async with asyncio.timeout(patience_s):
        while True:
            state = await client.get(batch)
            if state.status_code != 200:
                raise _problem(state)
            if state.json()["etat"] == "TERMINE":
                break
            await asyncio.sleep(0.1)
    answer = await client.get(f"{batch}/resultat")
    if answer.status_code != 200:
        raise _problem(answer)
    return {row["reference"]: row["resultat"] for row in csv.DictReader(io.StringIO(answer.text), delimiter=";")}


def _matricule(ins: Ins) -> CardMatricule:
    return CardMatricule(ins.matricule[:13], ins.matricule[13:])


def _claim(ins: Ins, traits: StrictTraits) -> dict[str, str]:
    return {
        "matricule": ins.matricule,
        "oid": ins.oid,
        "nomNaissance": traits.birth_name,
        "listePrenom": " ".join(traits.first_names),
        "sexe": traits.sex,
        "dateNaissance": traits.birth_date,
        "lieuNaissance": traits.birth_place,
    }


def _problem(answer: httpx.Response) -> Refused:
    told = answer.json()
    return Refused("", str(told.get("title", "")), str(told.get("detail", "")), answer.status_code)


def _contexts(issuer: str, software: str) -> tuple[etree._Element, etree._Element]:
    time = insi.format_time(datetime.now(UTC))
    return insi.write_contexts(
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


async def _ask(
    client: httpx.AsyncClient, base: str, request: etree._Element, action: str, headers: Mapping[str, str]
) -> Found:
    answer = await client.post(
        base + PATH,
        content=etree.tostring(request),
        headers={"content-type": f'application/soap+xml; charset=utf-8; action="{action}"', **headers},
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
