"""A reading software of wave 2, written from the national algorithm and on its own ebRIM: nothing of `segur.wire.xds`.

It keeps the local index by entryUUID, logicalId and uniqueId and plays the optimised flow of DMP digest 8.1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from lxml import etree

from segur.personas.model import Patient
from segur.scenario.actors.lps import Software
from segur.wire.saml import AuthenticationMode

RIM = "{urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0}"
REQUEST = """<q:AdhocQueryRequest xmlns:q="urn:oasis:names:tc:ebxml-regrep:xsd:query:3.0"
    xmlns="urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0">
  <q:ResponseOption returnComposedObjects="true" returnType="LeafClass"/>
  <AdhocQuery id="urn:uuid:{query}">{slots}</AdhocQuery>
</q:AdhocQueryRequest>"""
SLOT = "<Slot name='{name}'><ValueList><Value>{value}</Value></ValueList></Slot>"
FIND_DOCUMENTS = "14d4debf-8f97-4251-9a74-a90016b0af0d"
FIND_SETS = "f26abbcb-ac74-4422-8a30-edb644bbc1a9"
ASSOCIATIONS = "a7ae438b-4bc2-4642-93e9-be891f7bb155"
DOCUMENTS_AND_ASSOCIATIONS = "bab9529a-4a10-40b3-a01f-f68a615d247a"
APPROVED = "urn:oasis:names:tc:ebxml-regrep:StatusType:Approved"
UNIQUE_ID = "urn:uuid:2e82c1f6-a085-4c72-9da3-8640a32e42ab"
CONFIDENTIALITY = "urn:uuid:f4f85eac-e6cb-4883-b524-f2705394840f"


@dataclass(frozen=True)
class Local:
    """A document as the software knows it."""

    entry_uuid: str
    logical_id: str
    unique_id: str
    status: str
    confidentiality: frozenset[str]
    replaced_by: str = ""


@dataclass(frozen=True)
class Link:
    """An association as the software reads it."""

    kind: str
    source: str
    target: str
    new_status: str = ""


@dataclass
class Reader:
    """The software's memory of one patient; `new`, `changed`, `replaced` and `deleted` say what the last call told."""

    software: Software
    patient: Patient
    batch: int = 20
    documents: dict[str, Local] = field(default_factory=dict)
    new: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    calls: int = 0

    async def first_opening(self, service_start_from: str) -> None:
        """FindDocuments, Approved, bounded in the past."""
        answer = await self._ask(
            FIND_DOCUMENTS,
            ("$XDSDocumentEntryPatientId", f"'{self._patient_id}'"),
            ("$XDSDocumentEntryStatus", f"('{APPROVED}')"),
            ("$XDSDocumentEntryServiceStartTimeFrom", service_start_from),
        )
        self.documents = {one.logical_id: one for one in map(_local, answer.iter(f"{RIM}ExtrinsicObject"))}

    async def next_opening(self, since: str) -> None:
        """Sets since the last call, their associations, the members in batches."""
        self.new, self.changed, self.replaced, self.deleted = [], [], [], []
        answer = await self._ask(
            FIND_SETS,
            ("$XDSSubmissionSetPatientId", f"'{self._patient_id}'"),
            ("$XDSSubmissionSetStatus", f"('{APPROVED}')"),
            ("$XDSSubmissionSetSubmissionTimeFrom", since),
        )
        sets = [one.get("id", "") for one in answer.iter(f"{RIM}RegistryPackage")]
        if not sets:
            return
        links = [
            _link(one) for one in (await self._ask(ASSOCIATIONS, ("$uuid", _list(sets)))).iter(f"{RIM}Association")
        ]
        for link in links:
            if link.kind == "UpdateAvailabilityStatus" and link.new_status.endswith("Deleted"):
                self.deleted += [key for key, one in self.documents.items() if one.entry_uuid == link.target]
        members = list(dict.fromkeys(link.target for link in links if link.kind == "HasMember"))
        for at in range(0, len(members), self.batch):
            await self._learn(members[at : at + self.batch])

    async def _learn(self, members: Sequence[str]) -> None:
        answer = await self._ask(DOCUMENTS_AND_ASSOCIATIONS, ("$XDSDocumentEntryEntryUUID", _list(members)))
        links = [_link(one) for one in answer.iter(f"{RIM}Association")]
        for one in map(_local, answer.iter(f"{RIM}ExtrinsicObject")):
            if one.status.endswith("Deprecated"):
                continue
            known = self.documents.get(one.logical_id)
            (self.new if known is None else self.changed).append(one.unique_id)
            self.documents[one.logical_id] = one
            for link in links:
                if link.kind == "RPLC" and link.source == one.entry_uuid:
                    self._note_replaced(link.target, one)

    def _note_replaced(self, entry_uuid: str, by: Local) -> None:
        for key, old in self.documents.items():
            if old.entry_uuid == entry_uuid:
                self.documents[key] = replace(old, replaced_by=by.unique_id)
                self.replaced.append(old.unique_id)

    @property
    def _patient_id(self) -> str:
        ins = self.patient.ins
        return f"{ins.matricule}^^^&amp;{ins.oid}&amp;ISO^NH"

    async def _ask(self, query: str, *slots: tuple[str, str]) -> etree._Element:
        self.calls += 1
        written = "".join(SLOT.format(name=name, value=value) for name, value in slots)
        body = etree.fromstring(REQUEST.format(query=query, slots=written))
        action = "urn:ihe:iti:2007:RegistryStoredQuery"
        mode = AuthenticationMode.REINFORCED
        answer = (await self.software.call("registry", action, body, self.patient.ins, mode)).root
        assert answer.get("status", "").endswith(":Success"), etree.tostring(answer)
        return answer


def _list(values: Sequence[str]) -> str:
    return "(" + ",".join(f"'{value}'" for value in values) + ")"


def _local(element: etree._Element) -> Local:
    unique = element.find(f"{RIM}ExternalIdentifier[@identificationScheme='{UNIQUE_ID}']")
    codes = element.findall(f"{RIM}Classification[@classificationScheme='{CONFIDENTIALITY}']")
    assert unique is not None
    return Local(
        element.get("id", ""),
        element.get("lid", ""),
        unique.get("value", ""),
        element.get("status", ""),
        frozenset(code.get("nodeRepresentation", "") for code in codes),
    )


def _link(element: etree._Element) -> Link:
    status = element.find(f"{RIM}Slot[@name='NewStatus']/{RIM}ValueList/{RIM}Value")
    return Link(
        element.get("associationType", "").rpartition(":")[2],
        element.get("sourceObject", ""),
        element.get("targetObject", ""),
        (status.text or "") if status is not None else "",
    )
