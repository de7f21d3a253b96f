"""The parts that resources of the directory share: meta, identifiers, codes, mailboxes, inactive shells."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from segur.personas.mailboxes import in_sandbox
from segur.personas.model import Mailbox
from segur_annuaire.domain import systems

Resource = dict[str, Any]

_CHANGING: Final = ("lastUpdated", "versionId", "extension")


def resource(kind: str, identifier: str, register: str, moment: datetime, profile: str = "") -> Resource:
    """A resource with its meta: `register` is the source system, `profile` another than the usual one of its kind."""
    return {
        "resourceType": kind,
        "id": identifier,
        "meta": {
            "extension": [
                {
                    "url": systems.DATA_TRACE,
                    "extension": [
                        {"url": "systeme-information", "valueCode": register},
                        {"url": "date-maj-ae", "valueDate": moment.astimezone(UTC).date().isoformat()},
                    ],
                }
            ],
            "versionId": "1",
            "lastUpdated": instant(moment),
            "source": systems.SOURCE,
            "profile": [profile] if profile else list(systems.PROFILES[kind]),
        },
        "language": "fr",
    }


def instant(moment: datetime) -> str:
    """A FHIR instant."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


def identifier(system: str, value: str, kind: str) -> Resource:
    """An official identifier with its type."""
    return {
        "use": "official",
        "type": concept((systems.IDENTIFIER_TYPE, kind)),
        "system": system,
        "value": value,
    }


def concept(*codings: tuple[str, str]) -> Resource:
    """A CodeableConcept of pairs of system and code."""
    return {"coding": [{"system": system, "code": code} for system, code in codings]}


def mailbox(box: Mailbox, rank: int, sandbox: str) -> Resource:
    """A mailbox as a telecom, under the address by which the outside names it [PSC digest 3.6]."""
    about: list[Resource] = [
        {"url": "type", "valueCodeableConcept": concept((systems.MAILBOX_TYPE, str(box.kind)))},
    ]
    texts = (("description", box.description), ("service", box.service))
    about.extend({"url": url, "valueString": text} for url, text in texts if text)
    entry: Resource = {
        "extension": [
            {"url": systems.MAIL_TYPE_EXTENSION, "valueCoding": {"system": systems.MAIL_TYPE, "code": "MSSANTE"}},
            {"url": systems.MAILBOX_EXTENSION, "extension": about},
        ],
        "system": "email",
        "value": in_sandbox(box.address, sandbox),
    }
    return entry | ({"rank": 1} if rank == 1 else {})


def telecom(holder: Resource, entries: list[Resource]) -> None:
    """Set the telecoms, if there are any: FHIR has no empty arrays."""
    if entries:
        holder["telecom"] = entries


def shell(former: Resource) -> Resource:
    """What stays of a resource that is no longer active, for copies that follow the updates [PSC digest 3.5]."""
    kept = {name: former[name] for name in ("resourceType", "id", "meta", "identifier") if name in former}
    kept["meta"] = {name: value for name, value in former["meta"].items() if name != "extension"}
    match former["resourceType"]:
        case "Organization":
            return kept | {"active": False, "name": former["name"]}
        case "Device":
            return kept | {"language": former.get("language", "fr"), "status": "inactive"}
        case _:
            return kept | {"active": False}


def updated(former: Resource | None, present: Resource, moment: datetime) -> Resource | None:
    """`present` as the next version of `former`; None when nothing but the date of it differs."""
    if former is None:
        return present
    if _content(former) == _content(present):
        return None
    meta = present["meta"] | {
        "versionId": str(int(former["meta"]["versionId"]) + 1),
        "lastUpdated": instant(moment),
    }
    return present | {"meta": meta}


def _content(whole: Resource) -> Resource:
    return whole | {"meta": {name: value for name, value in whole["meta"].items() if name not in _CHANGING}}
