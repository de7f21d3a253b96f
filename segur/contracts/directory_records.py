"""What the directory's facts carry: a professional as registered, with every place of work written out.

Who follows the directory needs no question to it: a fact is enough to sign somebody in, to open a mailbox, to check a
post. All of it is public register data of invented people [PSC digest 1.11, 3.5].
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from segur.personas.model import Address, Professional, Situation, Structure
from segur.vocab.professional_ids import IdNat, Rpps
from segur.vocab.structures import StructId


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class PlaceAddress(_Record):
    """A postal address; `commune` is a COG code."""

    number: str = ""
    street_type: str = ""
    street: str = ""
    postal_code: str = ""
    city: str = ""
    commune: str = ""


class PlaceRecord(_Record):
    """A structure: `id` is the Struct_idNat, `technical_id` the identifier PSC gives, `sector` a TRE_R02 code."""

    key: str
    id: str
    technical_id: str
    name: str
    sector: str
    address: PlaceAddress = PlaceAddress()
    phone: str = ""
    mail_domain: str = ""
    oid: str = ""
    finess_site: str = ""
    finess_legal: str = ""
    siret: str = ""

    @classmethod
    def of(cls, place: Structure) -> PlaceRecord:
        """The record of a structure."""
        same = {name: getattr(place, name) for name in cls.model_fields if name not in ("id", "address")}
        parts = {name: getattr(place.address, name) for name in PlaceAddress.model_fields}
        return cls(id=place.struct_id.value, address=PlaceAddress(**parts), **same)

    def persona(self) -> Structure:
        """The structure, as the floor below knows one; raise `InvalidStructId`."""
        fields = self.model_dump(exclude={"id", "address"})
        return Structure(struct_id=StructId.parse(self.id), address=Address(**self.address.model_dump()), **fields)


class SituationRecord(_Record):
    """A situation d'exercice: `mode` TRE_R23, `role` TRE_R21, `genre` TRE_R22, `section` of the pharmacists' order."""

    identifier: str
    mode: str
    role: str = ""
    genre: str = "GENR01"
    section: str = ""
    structure: PlaceRecord


class ProfessionalRecord(_Record):
    """A professional: `profession` TRE_G15, `speciality` a savoir-faire, `card` the CPS number (empty without one)."""

    key: str
    id_nat: str
    rpps: str = ""
    family_name: str
    given_name: str
    civility: str = ""
    exercise_civility: str = ""
    profession: str
    profession_label: str = ""
    speciality: str = ""
    speciality_label: str = ""
    category: str = "C"
    authority: str = ""
    card: str = ""
    has_ecps: bool = True
    mailbox: str = ""
    situations: tuple[SituationRecord, ...] = ()

    @classmethod
    def of(cls, person: Professional) -> ProfessionalRecord:
        """The record of a professional."""
        odd = ("id_nat", "rpps", "situations")
        posts = tuple(
            SituationRecord(
                structure=PlaceRecord.of(post.structure),
                **{name: getattr(post, name) for name in SituationRecord.model_fields if name != "structure"},
            )
            for post in person.situations
        )
        return cls(
            id_nat=person.id_nat.value,
            rpps=person.rpps.value if person.rpps is not None else "",
            situations=posts,
            **{name: getattr(person, name) for name in cls.model_fields if name not in odd},
        )

    def persona(self) -> Professional:
        """The professional, as the floor below knows one; raise `ValueError` for an identifier that is none."""
        posts = tuple(
            Situation(structure=post.structure.persona(), **post.model_dump(exclude={"structure"}))
            for post in self.situations
        )
        return Professional(
            id_nat=IdNat.parse(self.id_nat),
            rpps=Rpps.parse(self.rpps) if self.rpps else None,
            situations=posts,
            **self.model_dump(exclude={"id_nat", "rpps", "situations"}),
        )
