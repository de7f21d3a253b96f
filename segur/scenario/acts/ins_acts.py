"""The admission desk of a hospital: identities in its own software, INSi behind it, and who may change what."""

from __future__ import annotations

from dataclasses import dataclass, field

import httpx

from segur.personas.model import Patient, Structure
from segur.personas.vitale import card_of
from segur.scenario.actors import insi_client
from segur.scenario.actors.insi_client import Found
from segur.scenario.acts.ground import Ground
from segur.scenario.story import Step
from segur.vocab.identity_status import Difference, LocalIdentity, Method, StrictTraits, differences
from segur.vocab.ins import Ins
from segur.wire.insi import IdentitySearch


@dataclass(slots=True)
class Desk:
    """One structure's identity repository: its files by name, and INSi over mutual TLS with INSI-MANU."""

    own: Ground
    structure: Structure
    client: httpx.AsyncClient
    files: dict[str, LocalIdentity] = field(default_factory=dict)

    @classmethod
    def of(cls, own: Ground, structure: Structure, common_name: str = "INSI-MANU") -> Desk:
        """The desk of a structure."""
        stage = own.stage
        return cls(own, structure, stage.client(insi_client.identity(stage.authority, structure, common_name)))

    @property
    def issuer(self) -> str:
        """Emetteur: the OU of the certificate."""
        return str(self.structure.struct_id)

    def admit(self, name: str, traits: StrictTraits) -> LocalIdentity:
        """Open a file from what was typed."""
        self.files[name] = LocalIdentity(traits)
        return self.files[name]

    async def ask(self, traits: StrictTraits) -> Found:
        """INS2, with one first name unless `traits` has but one text, and the place when it is known."""
        search = IdentitySearch(
            traits.birth_name, traits.first_names[:1], traits.sex, traits.birth_date, traits.birth_place
        )
        return await insi_client.search_by_traits(self.client, self.own.base, search, issuer=self.issuer)

    async def read_card(self, patient: Patient) -> Found:
        """INS1, with the Vitale card on which the patient stands."""
        return await insi_client.search_by_card(self.client, self.own.base, patient, issuer=self.issuer)

    def accept(self, name: str, found: Found) -> tuple[Difference, ...]:
        """The user sees what INSi tells otherwise, accepts, and the file takes it over; give what differed."""
        local = self.files[name]
        shown = differences(local.traits, found.strict_traits)
        self.files[name] = local.retrieved(found.strict_traits, found.ins)
        return shown

    async def verify(self, name: str) -> bool:
        """Ask whether the file's INS still holds, and note the answer on it."""
        local = self.files[name]
        assert local.ins is not None, "only an INS can be verified"
        ok = await insi_client.verify(self.client, self.own.base, local.ins, local.traits)
        self.files[name] = local.verified(ok=ok)
        return ok

    async def verify_all(self) -> dict[str, str]:
        """The periodic verification of every file that has an INS, by the file; give the verdicts by name."""
        held: dict[str, tuple[Ins, StrictTraits]] = {
            name: (local.ins, local.traits) for name, local in self.files.items() if local.ins is not None
        }
        batch = await insi_client.deposit(self.client, self.own.base, held)
        found = await insi_client.verdicts(self.client, batch)
        for name, verdict in found.items():
            self.files[name] = self.files[name].verified(ok=verdict == "OK")
        return found

    @property
    def worklist(self) -> list[str]:
        """The files a human has to look at."""
        return [name for name, local in self.files.items() if local.to_review]


def typed(patient: Patient, **changes: str) -> StrictTraits:
    """What a clerk types for a patient: one first name and no place, with slips by `changes`."""
    told = {
        "birth_name": patient.birth_name,
        "first_name": patient.given_name,
        "sex": patient.sex,
        "birth_date": patient.birth_date.isoformat(),
        **changes,
    }
    return StrictTraits(told["birth_name"], (told["first_name"],), told["sex"], told["birth_date"])


def on_card(patient: Patient) -> LocalIdentity:
    """A file opened from what a Vitale card shows of a beneficiary."""
    card = card_of(patient)
    traits = StrictTraits(card.birth_name, (patient.given_name,), patient.sex, card.birth_date.isoformat())
    return LocalIdentity(traits, Method.CARTE_VITALE)


def check_status(step: Step, local: LocalIdentity, status: str, *, leaves: bool = False) -> None:
    """The file has this status (French), and its INS leaves the system only if `leaves`."""
    names = {"PROV": "provisoire", "RECUP": "récupérée", "VALI": "validée", "QUAL": "qualifiée"}
    step.check(names[local.status.value] == status, f"identité {status}", names[local.status.value])
    found = local.transmissible_ins is not None
    step.check(found == leaves, "l'INS transmise" if leaves else "aucune INS transmise", found)


def words(shown: tuple[Difference, ...]) -> str:
    """Differences as a screen shows them."""
    return " ; ".join(f"{each.trait} : {each.local or '(vide)'} → {each.national}" for each in shown)
