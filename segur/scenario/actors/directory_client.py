"""Software that looks for a correspondent in the Annuaire Santé: who, and at which MSSanté address [PSC digest 3]."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

BASE_PATH = "/fhir/v2"
API_KEY = {"ESANTE-API-KEY": "00000000-0000-4000-8000-000000000001"}
"""The national gateway wants a key; SégurStack takes any."""

_PROFESSION = "TRE-G15-ProfessionSante"
_SPECIALITY = "TRE-R38-SpecialiteOrdinale"
_MAIL_TYPE = "fr-core-contact-point-email-type"
_METADATA = "as-ext-mailbox-mss-metadata"


@dataclass(slots=True)
class Refused(Exception):
    """The directory said no: HTTP status and its words, from an OperationOutcome or from the gateway."""

    status: int
    reason: str

    def __str__(self) -> str:
        return f"Annuaire {self.status}: {self.reason}"


@dataclass(frozen=True, slots=True)
class PublishedMailbox:
    """An MSSanté mailbox of the directory: `kind` PER, CAB, ORG or APP, `holder` the resource that carries it."""

    address: str
    kind: str
    holder: str
    preferred: bool = False
    description: str = ""
    service: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """An active professional as the directory knows them."""

    id: str
    rpps: str
    family: str
    given: str
    profession: str
    speciality: str = ""


async def find_mailboxes(
    client: httpx.AsyncClient, base: str, rpps: str, *, structures: bool = False
) -> tuple[PublishedMailbox, ...]:
    """The mailboxes of a professional: their own, then those of their situations; the preferred one of each first.

    `structures` adds the organisational and applicative mailboxes of where they work. Ordinary e-mail addresses are
    left out. Raise `Refused`.
    """
    query = {"identifier": rpps, "active": "true", "_revinclude": "PractitionerRole:practitioner"}
    found = [resource async for resource in _search(client, base, "Practitioner", query)]
    if structures:
        for person in [resource for resource in found if resource["resourceType"] == "Practitioner"]:
            more = {"practitioner": person["id"], "_include": "PractitionerRole:organization"}
            found += [
                resource
                async for resource in _search(client, base, "PractitionerRole", more)
                if resource["resourceType"] == "Organization"
            ]
    boxes: dict[str, PublishedMailbox] = {}
    for resource in found:
        for box in _mailboxes(resource):
            boxes.setdefault(box.address, box)
    return tuple(boxes.values())


async def find_practitioners(
    client: httpx.AsyncClient,
    base: str,
    *,
    family: str = "",
    given: str = "",
    qualification: str = "",
    page: int = 50,
) -> tuple[Person, ...]:
    """The active professionals whose names begin so, with this profession or speciality; every page is followed."""
    asked = {"family": family, "given": given, "qualification-code": qualification}
    query = {"active": "true", "_count": str(page), **{name: value for name, value in asked.items() if value}}
    return tuple([_person(resource) async for resource in _search(client, base, "Practitioner", query)])


async def _search(
    client: httpx.AsyncClient, base: str, resource_type: str, query: Mapping[str, str]
) -> AsyncIterator[dict[str, Any]]:
    """Every resource of every page; `next` links are followed unchanged, with the key."""
    answer = await client.get(f"{base}{BASE_PATH}/{resource_type}", params=query, headers=API_KEY)
    while True:
        bundle = _read(answer)
        for entry in bundle.get("entry", ()):
            yield entry["resource"]
        following = [link["url"] for link in bundle["link"] if link["relation"] == "next"]
        if not following:
            return
        answer = await client.get(following[0], headers=API_KEY)


def _read(answer: httpx.Response) -> dict[str, Any]:
    try:
        body: dict[str, Any] = answer.json()
    except ValueError:
        raise Refused(answer.status_code, answer.text[:300]) from None
    if answer.status_code == 200 and body.get("resourceType") == "Bundle":
        return body
    issues = [str(issue.get("diagnostics", "")) for issue in body.get("issue", ())]
    raise Refused(answer.status_code, " ".join(issues) or str(body.get("message", body))[:300])


def _mailboxes(resource: Mapping[str, Any]) -> Iterable[PublishedMailbox]:
    holder = f"{resource['resourceType']}/{resource['id']}"
    found = []
    for telecom in resource.get("telecom", ()):
        extensions = {one["url"].rpartition("/")[2]: one for one in telecom.get("extension", ())}
        if extensions.get(_MAIL_TYPE, {}).get("valueCoding", {}).get("code") != "MSSANTE":
            continue
        about = {one["url"]: one for one in extensions.get(_METADATA, {}).get("extension", ())}
        coding = about.get("type", {}).get("valueCodeableConcept", {}).get("coding", [{}])
        found.append(
            PublishedMailbox(
                telecom["value"],
                coding[0].get("code", ""),
                holder,
                telecom.get("rank") == 1,
                about.get("description", {}).get("valueString", ""),
                about.get("service", {}).get("valueString", ""),
            )
        )
    return sorted(found, key=lambda box: not box.preferred)


def _person(resource: Mapping[str, Any]) -> Person:
    numbers = {one["system"].rpartition("//")[2]: one["value"] for one in resource["identifier"]}
    name = resource.get("name", [{}])[0]
    codes = {
        coding["system"].rpartition("/")[2]: coding["code"]
        for qualification in resource.get("qualification", ())
        for coding in qualification["code"]["coding"]
    }
    return Person(
        resource["id"],
        numbers.get("rpps.esante.gouv.fr", ""),
        name.get("family", ""),
        " ".join(name.get("given", ())),
        codes.get(_PROFESSION, ""),
        codes.get(_SPECIALITY, ""),
    )
