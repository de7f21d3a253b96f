"""Values of INSi: searches, identities, answers, header blocks, faults, and the names of the contract.

Source: [INS digest 2.4, 2.5, 2.6, 2.7].
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from segur.vocab.ins import Ins, InvalidIns
from segur.wire import soap, xml

SEARCH_NS: Final = "http://www.cnamts.fr/INSiRecSans"
CARD_NS: Final = "http://www.cnamts.fr/INSiRecVit"
RESULT_NS: Final = "http://www.cnamts.fr/INSiResultat"
LPS_NS: Final = "urn:siram:lps:ctxlps"
BAM_NS: Final = "urn:siram:bam:ctxbam"
SIRAM_NS: Final = "urn:siram"

SEARCH: Final = xml.qname(SEARCH_NS, "RECSANSVITALE")
CARD_SEARCH: Final = xml.qname(CARD_NS, "RECVITALE")
RESULT: Final = xml.qname(RESULT_NS, "RESULTAT")
OPERATION: Final = "rechercherInsAvecTraitsIdentite"
ACTION: Final = f"urn:ServiceIdentiteCertifiee:1.0.0:{OPERATION}"
RESPONSE_ACTION: Final = ACTION + "Response"

FOUND: Final = "00"
NOT_FOUND: Final = "01"
SEVERAL: Final = "02"
LABELS: Final = {FOUND: "OK", NOT_FOUND: "Aucune identite trouvee", SEVERAL: "Plusieurs identites trouvees"}
"""The real service writes them without accents."""


class InsiRefused(ValueError):
    """The message cannot be read: `field` names the part, `reason` the rule broken and the fix."""

    def __init__(self, reason: str, field: str) -> None:
        self.reason = reason
        self.field = field
        super().__init__(f"INSi, {field}: {reason}")


@dataclass(frozen=True, slots=True)
class IdentitySearch:
    """The traits typed by the user; empty when not given."""

    birth_name: str = ""
    first_names: tuple[str, ...] = ()
    sex: str = ""
    birth_date: str = ""
    """`YYYY-MM-DD`, possibly lunar."""
    birth_place: str = ""
    """INSEE code (COG) of five characters."""


@dataclass(frozen=True, slots=True)
class InsIdentifier:
    """A matricule in its two parts, its authority, and its validity when history gives one (`YYYY-MM-DD`)."""

    number: str
    oid: str
    key: str = ""
    kind: str = ""
    start: str = ""
    end: str = ""

    @property
    def ins(self) -> Ins | None:
        """The matricule as an INS, None when it is not one."""
        try:
            return Ins.parse(self.number + self.key, self.oid)
        except InvalidIns:
            return None

    @classmethod
    def of(cls, ins: Ins, *, start: str = "", end: str = "") -> InsIdentifier:
        """Split an INS into number and key."""
        return cls(ins.matricule[:13], ins.oid, ins.matricule[13:], "", start, end)


@dataclass(frozen=True, slots=True)
class Traits:
    """The traits INSi returns; `first_names` is the civil list, separated by spaces."""

    birth_name: str = ""
    first_name: str = ""
    first_names: str = ""
    sex: str = ""
    birth_date: str = ""
    birth_place: str = ""


@dataclass(frozen=True, slots=True)
class Individual:
    """One identity: the active INS, the former ones, the traits."""

    active: InsIdentifier
    traits: Traits
    history: tuple[InsIdentifier, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """`00` with an individual, `01` nobody, `02` several (nobody is disclosed)."""

    code: str
    label: str
    individual: Individual | None = None

    @classmethod
    def found(cls, individual: Individual) -> Answer:
        """One identity."""
        return cls(FOUND, LABELS[FOUND], individual)

    @classmethod
    def without(cls, code: str) -> Answer:
        """`NOT_FOUND` or `SEVERAL`."""
        return cls(code, LABELS[code])


@dataclass(frozen=True, slots=True)
class LpsContext:
    """Header block `ContexteLPS`: which software calls. `idam` is the authorisation number given by the CNDA."""

    id: str
    issuer: str
    idam: str
    version: str = ""
    instance: str = ""
    name: str = ""
    time: str = ""
    nature: str = "CTXLPS"
    idam_r: str = "4"


@dataclass(frozen=True, slots=True)
class BamContext:
    """Header block `ContexteBAM`, with no cover, as without a Vitale card."""

    id: str
    issuer: str
    time: str = ""


@dataclass(frozen=True, slots=True)
class InsiFault:
    """A refusal: SOAP code and `siram_<n>` subcode, what the user reads, and the technical `Erreur` of the detail."""

    code: soap.FaultCode
    subcode: str
    user_text: str
    error_code: str
    error_text: str
    severity: str = "erreur"
    message_id: str = ""
    """MessageID of the request, echoed."""
