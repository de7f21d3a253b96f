"""Software in front of the DMP's FHIR door (PDSm): plain HTTP and JSON [DMP digest 4].

Feeding shows the structure's certificate; reading and changing carry the professional's Pro Santé Connect token.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from segur.personas.model import Professional
from segur.scenario.actors.lps import submission_of
from segur.vocab.ins import Ins
from segur.wire import fhir_pdsm
from segur.wire.fhir_json import CONFIDENTIALITY, RFC3986, VISIBILITY
from segur.wire.fhir_patch import JSON_PATCH
from segur.wire.fhir_pdsm_write import IS_ARCHIVED

BASE = "/dmp/fhir"
JSON = {"content-type": "application/fhir+json"}


@dataclass(frozen=True, slots=True)
class Refused(Exception):
    """The DMP answered with an OperationOutcome: HTTP status, national code (or the issue's), diagnostics."""

    status: int
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class FhirSoftware:
    """One installation; `token` is the user's PSC access token, empty to act with the certificate alone."""

    client: httpx.AsyncClient
    base: str
    user: Professional
    token: str = ""

    async def submit(self, document: bytes, *, masks: tuple[str, ...] = ()) -> tuple[str, str]:
        """ITI-65: submit a CDA; give its uniqueId and the id of the DocumentReference. Raise `Refused`."""
        submission = submission_of(document, self.user, masks=masks)
        [entry] = submission.entries
        bundle = fhir_pdsm.bundle_from_submission(submission, {entry.entry_uuid: document})
        answer = await self._call("POST", "", json=bundle)
        located = [part["response"]["location"] for part in answer.json()["entry"]]
        [reference] = [place for place in located if place.startswith("DocumentReference/")]
        return entry.unique_id, reference.partition("/")[2]

    async def find(self, patient: Ins, **criteria: str) -> list[dict[str, Any]]:
        """ITI-67: the DocumentReferences of a patient this professional may see, all pages. Raise `Refused`."""
        return await self._search("DocumentReference", {"status": "current", **_patient(patient), **criteria})

    async def find_sets(self, patient: Ins, **criteria: str) -> list[dict[str, Any]]:
        """ITI-66: the submission sets of a patient. Raise `Refused`."""
        fixed = {"status": "current", "code": "submissionset"}
        return await self._search("List", {**fixed, **_patient(patient), **criteria})

    async def read(self, kind: str, identity: str) -> dict[str, Any]:
        """A DocumentReference or a List by its id. Raise `Refused`."""
        found: dict[str, Any] = (await self._call("GET", f"/{kind}/{identity}")).json()
        return found

    async def content(self, reference: Mapping[str, Any]) -> bytes:
        """ITI-68: the bytes a DocumentReference leads to. Raise `Refused`."""
        url = reference["content"][0]["attachment"]["url"]
        return (await self._call("GET", url, headers={"accept": "*/*"})).content

    async def change(self, unique_id: str, *operations: Mapping[str, Any], version: str = "") -> dict[str, Any]:
        """TD3.3: a JSON Patch of the document of that uniqueId; give the DocumentReference after it. Raise `Refused`.

        `version` is the versionId the software knows: the change of another version is refused (412).
        """
        headers = {"content-type": JSON_PATCH, **({"if-match": f'W/"{version}"'} if version else {})}
        named = {"identifier": f"{RFC3986}|urn:oid:{unique_id}"}
        body = json.dumps(operations).encode()
        answer = await self._call("PATCH", "/DocumentReference", params=named, content=body, headers=headers)
        changed: dict[str, Any] = answer.json()
        return changed

    async def hide(self, unique_id: str, *codes: str) -> dict[str, Any]:
        """TD3.3a and b: other codes of TRE_A07 (`MASQUE_PS` …) than the document has; none shows it. Raise `Refused`.

        The level (N, R, V) of a document is not told anew: it stays.
        """
        labels = [{"coding": [{"system": VISIBILITY, "code": code}]} for code in codes]
        # a DocumentReference has at least one label: none to hide it is said by the level every document has
        shown = labels or [{"coding": [{"system": CONFIDENTIALITY, "code": "N"}]}]
        return await self.change(unique_id, {"op": "replace", "path": "/securityLabel", "value": shown})

    async def archive(self, unique_id: str) -> dict[str, Any]:
        """TD3.3d. Raise `Refused`."""
        archived = {"url": IS_ARCHIVED, "valueBoolean": True}
        return await self.change(unique_id, {"op": "add", "path": "/extension", "value": [archived]})

    async def delete(self, unique_id: str) -> dict[str, Any]:
        """TD3.3c, which the certificate of the structure that fed the document may do alone. Raise `Refused`."""
        return await self.change(unique_id, {"op": "replace", "path": "/status", "value": "entered-in-error"})

    async def has_dmp(self, patient: Ins) -> bool:
        """The existence test (TD0.2): whether the patient has an open DMP. Raise `Refused`."""
        found = await self._search("Patient", {"identifier": f"urn:oid:{patient.oid}|{patient.matricule}"})
        return bool(found) and found[0]["active"] is True

    async def _search(self, kind: str, parameters: Mapping[str, str]) -> list[dict[str, Any]]:
        form = {"content-type": "application/x-www-form-urlencoded"}
        answer = await self._call("POST", f"/{kind}/_search", data=dict(parameters), headers=form)
        found: list[dict[str, Any]] = []
        while True:
            bundle = answer.json()
            parts = bundle.get("entry", [])
            found += [part["resource"] for part in parts if part["search"]["mode"] == "match"]
            following = [link["url"] for link in bundle["link"] if link["relation"] == "next"]
            if not following:
                return found
            answer = await self._call("GET", following[0])

    async def _call(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {"accept": "application/fhir+json", **JSON, **options.pop("headers", {})}
        if self.token:
            headers["authorization"] = f"Bearer {self.token}"
        url = path if path.startswith("http") else f"{self.base}{BASE}{path}"
        answer = await self.client.request(method, url, headers=headers, **options)
        if answer.status_code >= 400:
            raise _refused(answer)
        return answer


def _patient(patient: Ins) -> dict[str, str]:
    return {"patient.identifier": f"urn:oid:{patient.oid}|{patient.matricule}"}


def _refused(answer: httpx.Response) -> Refused:
    try:
        issue = answer.json()["issue"][0]
        coding = issue.get("details", {}).get("coding", [{}])[0]
        return Refused(answer.status_code, str(coding.get("code") or issue["code"]), str(issue.get("diagnostics", "")))
    except (ValueError, KeyError, IndexError, TypeError):
        return Refused(answer.status_code, "", answer.text[:300])
