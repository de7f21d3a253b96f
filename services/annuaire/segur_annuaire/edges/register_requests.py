"""What the register's door reads: JSON bodies, checked field by field. All of it is ours: no national API writes."""

from __future__ import annotations

from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator

from segur.personas.crowd import MOST
from segur.vocab.professions import PROFESSION_LABELS, SAVOIR_FAIRE
from segur.vocab.structures import ACTIVITY_SECTORS
from segur_annuaire import errors
from segur_annuaire.operations.publish_mailbox import Declared
from segur_annuaire.operations.register_professional import Newcomer, Post

_PRINTABLE = r"^[^\x00-\x1f\x7f]*$"
Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=80, pattern=r"^[^\x00-\x1f]*\w[^\x00-\x1f]*$"),
]
Reference = Annotated[str, StringConstraints(pattern=_PRINTABLE, strip_whitespace=True, max_length=60)]
Code = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9-]{0,12}$")]
_Mode = Literal["L", "S", "B"]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _known_profession(code: str) -> str:
    if code not in PROFESSION_LABELS:
        raise ValueError(f"code de TRE_G15 attendu : {', '.join(PROFESSION_LABELS)}")
    return code


def _known_speciality(code: str) -> str:
    if code and code not in SAVOIR_FAIRE:
        raise ValueError("code de savoir-faire attendu : SM01 à SM72, SCD01 à SCD03, SI01 à SI04, PAC00, ou vide")
    return code


def _known_sector(code: str) -> str:
    if code not in ACTIVITY_SECTORS:
        raise ValueError("code de TRE_R02 attendu : SA01 à SA69 (sans SA11 ni SA62)")
    return code


class PostBody(_Body):
    """A situation d'exercice asked for."""

    structure: Reference = ""
    mode: _Mode = "L"
    role: Code = ""
    genre: Code = "GENR01"
    section: Code = ""

    def post(self) -> Post:
        """For the operations."""
        return Post(self.structure, self.mode, self.role, self.genre, self.section)


class PostChanges(_Body):
    """What of a situation d'exercice shall be otherwise."""

    structure: Reference | None = None
    mode: _Mode | None = None
    role: Code | None = None
    genre: Code | None = None
    section: Code | None = None


class ProfessionalBody(_Body):
    """A professional asked for."""

    family_name: Name
    given_name: Name
    profession: str
    civility: Literal["M", "MME"] = "MME"
    speciality: str = ""
    category: Literal["C", "M", "E"] = "C"
    rpps: Annotated[str, StringConstraints(pattern=r"^([0-9]{11})?$")] = ""
    card: bool = True
    has_ecps: bool = True
    mailbox: bool = True
    situations: Annotated[list[PostBody], Field(max_length=20)] = []

    _profession = field_validator("profession")(_known_profession)
    _speciality = field_validator("speciality")(_known_speciality)

    def newcomer(self) -> Newcomer:
        """For the operations."""
        fields = self.model_dump(exclude={"situations"})
        return Newcomer(**fields, posts=tuple(body.post() for body in self.situations) or (Post(),))


class ProfessionalChanges(_Body):
    """What of a professional shall be otherwise."""

    family_name: Name | None = None
    given_name: Name | None = None
    civility: Literal["M", "MME"] | None = None
    profession: str | None = None
    speciality: str | None = None
    category: Literal["C", "M", "E"] | None = None
    card: bool | None = None
    has_ecps: bool | None = None

    _profession = field_validator("profession")(lambda code: code if code is None else _known_profession(code))
    _speciality = field_validator("speciality")(lambda code: code if code is None else _known_speciality(code))


class AddressBody(_Body):
    """Parts of a postal address."""

    number: Annotated[str, StringConstraints(pattern=_PRINTABLE, max_length=10)] | None = None
    street_type: Annotated[str, StringConstraints(pattern=_PRINTABLE, max_length=10)] | None = None
    street: Annotated[str, StringConstraints(pattern=_PRINTABLE, max_length=80)] | None = None
    postal_code: Annotated[str, StringConstraints(pattern=r"^[0-9]{5}$")] | None = None
    city: Annotated[str, StringConstraints(pattern=_PRINTABLE, min_length=1, max_length=60)] | None = None
    commune: Annotated[str, StringConstraints(pattern=r"^[0-9][0-9AB][0-9]{3}$")] | None = None

    def given(self) -> dict[str, str]:
        """The parts that were told."""
        return self.model_dump(exclude_none=True)


class StructureBody(_Body):
    """A structure asked for."""

    name: Name
    sector: str = "SA01"
    phone: Annotated[str, StringConstraints(pattern=_PRINTABLE, max_length=20)] = ""
    mail_domain: Annotated[str, StringConstraints(pattern=r"^([a-z0-9-]{1,60}\.emulateur\.mssante\.fr)?$")] = ""
    address: AddressBody = AddressBody()

    _sector = field_validator("sector")(_known_sector)


class StructureChanges(_Body):
    """What of a structure shall be otherwise."""

    name: Name | None = None
    sector: str | None = None
    phone: Annotated[str, StringConstraints(pattern=_PRINTABLE, max_length=20)] | None = None
    address: AddressBody = AddressBody()

    _sector = field_validator("sector")(lambda code: code if code is None else _known_sector(code))


class MailboxBody(_Body):
    """A mailbox asked for; `kind` is PER or CAB for a professional, ORG or APP for a structure."""

    address: Annotated[str, StringConstraints(pattern=r"^([^@\s]{1,64}@[a-z0-9.-]{1,100})?$", to_lower=True)] = ""
    kind: Literal["", "PER", "CAB", "ORG", "APP"] = ""
    description: Annotated[str, StringConstraints(pattern=_PRINTABLE, max_length=160)] = ""
    service: Annotated[str, StringConstraints(pattern=_PRINTABLE, max_length=80)] = ""
    red_listed: bool = False

    def declared(self, kinds: tuple[str, str]) -> Declared:
        """For the operations; raise `BAD_ENTRY` for a kind its owner cannot have."""
        if self.kind not in ("", *kinds):
            raise errors.BAD_ENTRY.error(field="kind", rule=f"{' ou '.join(kinds)} attendu.")
        return Declared(**self.model_dump())


class PopulationBody(_Body):
    """A crowd asked for: so many professionals who are in the directory alone."""

    professionals: Annotated[int, Field(ge=1, le=MOST)]


B = TypeVar("B", bound=_Body)


def read_body(model: type[B], body: bytes) -> B:
    """A body as values; raise `BAD_ENTRY` naming the first field that is wrong, and the rule."""
    try:
        return model.model_validate_json(body or b"{}")
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "corps"
        raise errors.BAD_ENTRY.error(field=field, rule=f"{first['msg']}.") from error
