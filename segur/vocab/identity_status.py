"""The status of a local identity, and what makes it rise and fall: the identity rules of the RNIV as pure values.

Two independent facts give the status: INSi was used (récupération), a high-trust document was checked (validation).
Only a qualified identity may carry its matricule out of the system. The rules stand here, beside the INS itself, since
everybody needs them and nobody owns them: personas, stories, services and editors' test code. An identity is frozen;
each act gives the next one and adds a line to its log. Source: [INS digest 2.3], RNIV EXI SI 07 and EXI SI 08.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from segur.vocab.ins import Ins


class IdentityStatus(StrEnum):
    """How far the identity of a patient has been checked; the value is the FHIR code [INS digest 2.3]."""

    PROVISOIRE = "PROV"
    RECUPEREE = "RECUP"
    VALIDEE = "VALI"
    QUALIFIEE = "QUAL"

    @property
    def pid32(self) -> str:
        """The code in an HL7 v2 PID-32, whose older table has no word for qualified and says VALI."""
        return "VALI" if self is IdentityStatus.QUALIFIEE else self.value

    @classmethod
    def of(cls, *, retrieved: bool, document_checked: bool) -> IdentityStatus:
        """The status that the two facts give [INS digest 2.3, table]."""
        if retrieved:
            return cls.QUALIFIEE if document_checked else cls.RECUPEREE
        return cls.VALIDEE if document_checked else cls.PROVISOIRE


class Attribute(StrEnum):
    """What limits the use of an identity; the value is the FHIR code (`HOMD`, `DOUA` are its older spellings)."""

    HOMONYME = "HOMA"
    DOUTEUSE = "DOUT"
    FICTIVE = "FICT"


class Method(StrEnum):
    """How the traits came in; the value is the FHIR code [INS digest 2.3]."""

    SAISIE = "SM"
    CARTE_VITALE = "CV"
    INSI = "INSI"
    DATAMATRIX = "CB"
    RFID = "RFID"
    APPLI_CARTE_VITALE = "AV"


class Proof(StrEnum):
    """What a person shows; the value is what a user reads."""

    PASSEPORT = "passeport"
    CARTE_IDENTITE = "carte nationale d'identité"
    TITRE_SEJOUR = "titre de séjour"
    LIVRET_FAMILLE = "livret de famille"
    ACTE_NAISSANCE = "extrait d'acte de naissance"
    PERMIS_CONDUIRE = "permis de conduire"


HIGH_TRUST = frozenset({Proof.PASSEPORT, Proof.CARTE_IDENTITE, Proof.TITRE_SEJOUR})
"""Documents that validate an identity by themselves."""
MINORS_ONLY = frozenset({Proof.LIVRET_FAMILLE, Proof.ACTE_NAISSANCE})
"""Documents that validate a minor's identity, together with a high-trust document of a parent."""

_NEVER_MORE_THAN_PROVISIONAL = frozenset({Attribute.DOUTEUSE, Attribute.FICTIVE})


class NotAllowed(ValueError):
    """An act the identity rules forbid: `rule` says which, `fix` what to do; both French, for the user."""

    def __init__(self, rule: str, fix: str) -> None:
        self.rule, self.fix = rule, fix
        super().__init__(f"{rule} {fix}")


@dataclass(frozen=True, slots=True)
class StrictTraits:
    """The five strict traits of an identity. `birth_date` is a text since it may be lunar; `birth_place` a COG code."""

    birth_name: str
    first_names: tuple[str, ...]
    sex: str
    birth_date: str
    birth_place: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """One trait that INSi tells otherwise than the local identity: what the user sees before accepting."""

    trait: str
    local: str
    national: str


def differences(local: StrictTraits, national: StrictTraits) -> tuple[Difference, ...]:
    """What differs, in the order of the screen; a trait that the local identity lacks differs too.

    One first name known locally does not differ from a list that begins with it: INSi completes the list.
    """
    shown = {
        "birth_name": (local.birth_name, national.birth_name),
        "first_names": (" ".join(local.first_names), " ".join(national.first_names)),
        "sex": (local.sex, national.sex),
        "birth_date": (local.birth_date, national.birth_date),
        "birth_place": (local.birth_place, national.birth_place),
    }
    if local.first_names and local.first_names == national.first_names[: len(local.first_names)]:
        del shown["first_names"]
    return tuple(Difference(trait, here, there) for trait, (here, there) in shown.items() if here != there)


@dataclass(frozen=True, slots=True)
class LocalIdentity:
    """An identity in an editor's software.

    `ins` is what INSi gave, None when never retrieved or given up; `proof` the document checked, or None; `to_review`
    why a human has to look at it, empty when nobody has to; `log` what happened, oldest first.
    """

    traits: StrictTraits
    method: Method = Method.SAISIE
    ins: Ins | None = None
    proof: Proof | None = None
    attributes: frozenset[Attribute] = frozenset()
    to_review: str = ""
    log: tuple[str, ...] = ()

    @property
    def status(self) -> IdentityStatus:
        """From the two facts; a doubtful or fictive identity is provisional whatever was done."""
        if self.attributes & _NEVER_MORE_THAN_PROVISIONAL:
            return IdentityStatus.PROVISOIRE
        return IdentityStatus.of(retrieved=self.ins is not None, document_checked=self.proof is not None)

    @property
    def transmissible_ins(self) -> Ins | None:
        """The INS that may leave the system: only that of a qualified identity [RNIV EXI SI 08]."""
        return self.ins if self.status is IdentityStatus.QUALIFIEE else None

    def retrieved(self, national: StrictTraits, ins: Ins) -> LocalIdentity:
        """INSi answered 00 and the user accepted: the national traits replace the local ones.

        A document checked for other traits proves nothing about these: it must be checked again. Raise `NotAllowed`
        for a doubtful or fictive identity.
        """
        self._forbid_doubt("récupérer l'INS")
        changed = bool(differences(self.traits, national))
        return self._next(
            "INS récupérée" + (", pièce à contrôler de nouveau" if changed and self.proof else ""),
            traits=national,
            method=Method.INSI,
            ins=ins,
            proof=None if changed else self.proof,
            to_review="",
        )

    def checked(self, proof: Proof, *, minor: bool = False, parent_proof: Proof | None = None) -> LocalIdentity:
        """A document was compared with the traits. Raise `NotAllowed` when it does not prove them."""
        self._forbid_doubt("valider l'identité")
        if proof in MINORS_ONLY:
            if not minor:
                raise NotAllowed(f"Un {proof} ne valide que l'identité d'un mineur.", "Demander une pièce d'identité.")
            if parent_proof not in HIGH_TRUST:
                raise NotAllowed(f"Un {proof} demande la pièce d'identité d'un parent.", "La demander au parent.")
        elif proof not in HIGH_TRUST:
            raise NotAllowed(
                f"Un {proof} n'est pas un dispositif à haut niveau de confiance.",
                "Demander un passeport, une carte nationale d'identité ou un titre de séjour.",
            )
        return self._next(f"pièce contrôlée : {proof}", proof=proof)

    def corrected(self, **traits: Any) -> LocalIdentity:
        """A trait was changed by hand: the INS goes, and with it its number; a value that is the same changes nothing.

        The names of the arguments are those of `StrictTraits`. The identity falls back to validée when the document
        stays checked, else to provisoire [INS digest 2.3].
        """
        changed = replace(self.traits, **traits)
        if changed == self.traits:
            return self
        return self._next("trait strict modifié à la main, INS retirée", traits=changed, method=Method.SAISIE, ins=None)

    def marked(self, attribute: Attribute) -> LocalIdentity:
        """An attribute was set; doubt and fiction take the INS away."""
        ins = None if attribute in _NEVER_MORE_THAN_PROVISIONAL else self.ins
        return self._next(f"attribut {attribute.name.lower()} posé", attributes=self.attributes | {attribute}, ins=ins)

    def cleared(self, attribute: Attribute) -> LocalIdentity:
        """An attribute was taken off; what it took away must be earned again."""
        return self._next(f"attribut {attribute.name.lower()} retiré", attributes=self.attributes - {attribute})

    def verified(self, *, ok: bool) -> LocalIdentity:
        """INSi was asked whether matricule and traits still hold. KO: the INS goes, a human has to look [I15]."""
        if ok:
            return self._next("vérification INSi : OK", to_review="")
        return self._next("vérification INSi : KO, INS retirée", ins=None, to_review="vérification INSi KO")

    def merged(self, other: LocalIdentity) -> LocalIdentity:
        """One identity out of two that name the same person: the better checked stays, the other's log is kept.

        Raise `NotAllowed` when both carry an INS and they differ: then these are two people.
        """
        if self.ins is not None and other.ins is not None and self.ins != other.ins:
            raise NotAllowed("Deux INS différentes ne désignent pas la même personne.", "Ne pas fusionner ; vérifier.")
        keeps, gives = (self, other) if _rank(self) >= _rank(other) else (other, self)
        return replace(
            keeps,
            attributes=keeps.attributes | gives.attributes,
            log=(*gives.log, *keeps.log, "doublon fusionné"),
        )

    def _forbid_doubt(self, act: str) -> None:
        if found := self.attributes & _NEVER_MORE_THAN_PROVISIONAL:
            names = ", ".join(sorted(attribute.name.lower() for attribute in found))
            raise NotAllowed(
                f"Une identité {names} ne permet pas de {act}.", "Lever le doute, puis retirer l'attribut."
            )

    def _next(self, event: str, **changes: Any) -> LocalIdentity:
        return replace(self, **changes, log=(*self.log, event))


_ORDER = tuple(IdentityStatus)


def _rank(identity: LocalIdentity) -> int:
    return _ORDER.index(identity.status)
