"""What a software sent to the DMP, in order: its transactions, and who its VIHF said it was."""

from __future__ import annotations

from dataclasses import dataclass

import httpx
from lxml import etree

from segur.scenario.actors.lps import Software
from segur.wire import mtom, saml, soap
from segur.wire.xml import local_name

_TRANSACTIONS = {
    "PRPA_IN201307UV02": "TD0.2",
    "PRPA_IN201305UV02": "TD0.5",
    "setAuthorization": "TD0.3",
    "patientList": "TD0.4",
    "listAuthorizationByPatient": "TD1.6",
    "ProvideAndRegisterDocumentSetRequest": "TD2.1",
    "AdhocQueryRequest": "TD3.1",
    "RetrieveDocumentSetRequest": "TD3.2",
    "SubmitObjectsRequest": "TD3.3",
}


@dataclass(frozen=True, slots=True)
class Sent:
    """One request: its DMP transaction, its body and its assertion."""

    transaction: str
    body: etree._Element
    vihf: saml.Vihf

    def slots(self) -> dict[str, str]:
        """The parameters of a stored query, as written."""
        found = self.body.iterfind(".//{*}Slot")
        return {str(slot.get("name")): "".join(map(str, slot.itertext())).strip() for slot in found}


class Wire:
    """Listens to a software from now on."""

    def __init__(self, software: Software) -> None:
        self.sent: list[Sent] = []
        hooks = software.client.event_hooks
        hooks["request"].append(self._note)
        software.client.event_hooks = hooks

    @property
    def transactions(self) -> list[str]:
        """Names of the transactions, in order."""
        return [one.transaction for one in self.sent]

    def clear(self) -> None:
        """Begin anew."""
        self.sent.clear()

    async def _note(self, request: httpx.Request) -> None:
        message = mtom.read(request.headers.get("content-type", ""), request.content)
        envelope = soap.read_envelope(message.root)
        name = local_name(envelope.body)
        assertion = envelope.assertion
        if assertion is not None:
            self.sent.append(Sent(_TRANSACTIONS.get(name, name), envelope.body, saml.read_vihf(assertion)))
