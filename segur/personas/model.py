"""What a persona is: frozen values, shared by every service's seeding, by the stories and by the load driver.

Dates of birth are `datetime.date`; place codes are INSEE (COG) codes on 5 characters; texts that end users read are
French. Source: INS digest 2.1 to 2.3, PSC digest 1.11, MSSanté digest 1.3 and 1.4, DMP digest 6.5, wave 2 digest 3.0.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from segur.personas.states import DmpState, IdentityStatus, MailboxKind, MesState
from segur.vocab.ins import Ins
from segur.vocab.professional_ids import IdNat, Rpps
from segur.vocab.professions import author_specialty
from segur.vocab.structures import ACTIVITY_SECTORS, StructId, practice_setting


@dataclass(frozen=True, slots=True)
class Address:
    """A French postal address, in the parts the national formats want."""

    number: str
    street_type: str
    street: str
    postal_code: str
    city: str
    commune: str

    @property
    def department(self) -> str:
        """The department, two characters (three overseas)."""
        return self.commune[:3] if self.commune.startswith("97") else self.commune[:2]


@dataclass(frozen=True, slots=True)
class LegalRepresentative:
    """A person who acts for a minor: `link` is `MTH` or `FTH` (HL7 RoleCode), `email` an ordinary mail address."""

    family_name: str
    given_name: str
    link: str
    email: str
    phone: str


@dataclass(frozen=True, slots=True)
class DmpCase:
    """What is special about a patient's DMP when the country begins [DMP digest 6.4, 6.6].

    `case` says it in French. `blocked` and `lapsed` are keys of professionals: shut out by the patient, or authorized
    too long ago. `denies` holds purposes of Mon espace santé (`ETREAT`, `BTG`); `masked_in_emergency` permits `MASKED`.
    `nameless` DMPs answer NON RENSEIGNE; `attached` is whether Mon espace santé governs it, None for the usual.
    `closing` is the reason of a closed one.
    """

    case: str = ""
    blocked: tuple[str, ...] = ()
    lapsed: tuple[str, ...] = ()
    denies: tuple[str, ...] = ()
    masked_in_emergency: bool = False
    nameless: bool = False
    attached: bool | None = None
    closing: str = ""


USUAL_DMP = DmpCase()


@dataclass(frozen=True, slots=True)
class Patient:
    """A patient as the national registers know them.

    `ins` is the truth of the national base, even when `status` says the local identity may not carry it yet.
    `given_names` is the whole ordered list; `sex` is `M` or `F`; `birth_place` a COG code; `authorised` the keys of the
    professionals whom the DMP already lets in; `treating_doctor` the key of a professional or None.
    """

    key: str
    ins: Ins
    birth_name: str
    given_names: tuple[str, ...]
    sex: str
    birth_date: date
    birth_place: str
    birth_city: str
    address: Address
    email: str
    phone: str
    used_name: str = ""
    used_given_name: str = ""
    status: IdentityStatus = IdentityStatus.QUALIFIEE
    dmp: DmpState = DmpState.ACTIF
    mes: MesState = MesState.ACTIVE
    opposed_to_consultation: bool = False
    opposed_to_feeding: bool = False
    is_minor: bool = False
    legal_representatives: tuple[LegalRepresentative, ...] = ()
    died_on: date | None = None
    treating_doctor: str | None = None
    authorised: tuple[str, ...] = ()
    dmp_case: DmpCase = USUAL_DMP

    @property
    def given_name(self) -> str:
        """The first birth given name."""
        return self.given_names[0]

    @property
    def deceased(self) -> bool:
        """True when the person is in the death file."""
        return self.died_on is not None

    @property
    def carries_ins(self) -> bool:
        """True when exchanges may carry the matricule: only a qualified identity may [INS digest 2.3]."""
        return self.status is IdentityStatus.QUALIFIEE

    @property
    def citizen_address(self) -> str:
        """The address of the citizen mailbox, whether or not it exists [MSSanté digest 4.1]."""
        return f"{self.ins.matricule}@patient.mssante.fr"

    @property
    def display_name(self) -> str:
        """Name as a reader expects it: used name when there is one, first given name."""
        return f"{self.used_name or self.birth_name} {self.used_given_name or self.given_name}"


@dataclass(frozen=True, slots=True)
class Structure:
    """A structure where professionals work.

    `finess_site` and `finess_legal` are FINESS numbers or empty; `siret` or empty; `struct_id` the Struct_idNat it
    signs with; `technical_id` the identifiantTechniqueDeLaStructure of PSC; `sector` a TRE_R02 code; `mail_domain` the
    MSSanté domain of its shared mailboxes; `oid` its own arc, for local patient and order numbers.
    """

    key: str
    name: str
    sector: str
    struct_id: StructId
    technical_id: str
    address: Address
    phone: str
    mail_domain: str
    oid: str
    finess_site: str = ""
    finess_legal: str = ""
    siret: str = ""

    @property
    def sector_label(self) -> str:
        """French label of the sector."""
        return ACTIVITY_SECTORS[self.sector]

    @property
    def setting(self) -> tuple[str, str]:
        """Code and label of the cadre d'exercice, for documents."""
        return practice_setting(self.sector)


@dataclass(frozen=True, slots=True)
class Situation:
    """One situation d'exercice, an `activity` of PSC [PSC digest 1.11]: where and how a professional works.

    `identifier` is its number in the RPPS; `mode` a TRE_R23 code (L or S), `role` a TRE_R21 function, `genre` a TRE_R22
    code, `section` the pharmacy section.
    """

    structure: Structure
    identifier: str
    mode: str
    role: str = ""
    genre: str = "GENR01"
    section: str = ""


@dataclass(frozen=True, slots=True)
class Professional:
    """A professional as the RPPS, PSC and the directory know them.

    `id_nat` is `8` and the RPPS, or `<structure>/<internal id>` with `rpps` None for an account without national
    identity. `civility` is `M` or `MME`, `exercise_civility` `DR` or empty. `profession` is a TRE_G15 code,
    `speciality` a savoir-faire code or empty. `situations` holds at least one entry; the first is the default in PSC.
    `card` is the number of the test CPS card, empty without one; `has_ecps` tells whether a phone can approve logins.
    """

    key: str
    id_nat: IdNat
    rpps: Rpps | None
    family_name: str
    given_name: str
    civility: str
    exercise_civility: str
    profession: str
    profession_label: str
    situations: tuple[Situation, ...]
    speciality: str = ""
    speciality_label: str = ""
    category: str = "C"
    authority: str = ""
    card: str = ""
    has_ecps: bool = True
    mailbox: str = ""

    @property
    def structure(self) -> Structure:
        """The structure of the default situation."""
        return self.situations[0].structure

    @property
    def author_specialty(self) -> tuple[str, str]:
        """Code and label of TRE_A01, for documents and metadata; both empty for an account without profession."""
        if not self.profession:
            return "", ""
        return author_specialty(self.profession, self.speciality, self.situations[0].section)

    @property
    def skill_type(self) -> str:
        """TRE_R04 type of the savoir-faire: S for an ordinal speciality, PAC, or empty."""
        return "" if not self.speciality else "PAC" if self.speciality.startswith("PAC") else "S"

    @property
    def display_name(self) -> str:
        """Name as a reader expects it: `Dr Claire RAYONNET`."""
        title = "Dr" if self.exercise_civility == "DR" else "Mme" if self.civility == "MME" else "M."
        return f"{title} {self.given_name.title()} {self.family_name}"


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An MSSanté mailbox.

    `owner` is the key of a professional (PER), structure (ORG, APP) or patient (CIT); `operator` is `mss-a`, `mss-b` or
    `mes`; `members` are the keys of the professionals who may open an ORG mailbox; a red-listed mailbox works but is
    absent from the directory.
    """

    address: str
    kind: MailboxKind
    owner: str
    operator: str
    description: str = ""
    service: str = ""
    members: tuple[str, ...] = ()
    red_listed: bool = False
    is_open: bool = True
