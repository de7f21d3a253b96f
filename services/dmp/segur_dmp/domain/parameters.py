"""The DMP's parameters, which software fetches instead of hard-coding them; each sandbox may have its own [8.2]."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class SignaturePolicy(StrEnum):
    """What becomes of a submission whose signature is absent or wrong [DMP digest 1.6.1]."""

    REFUSE = "refuser"
    REPORT = "signaler"
    IGNORE = "ignorer"


Reaction = SignaturePolicy
"""The same three for the other findings a sandbox may refuse or only tell."""


class Control(StrEnum):
    """The controls of TD2.1 that can be switched off; the number is that of DMP digest 1.6.

    The others hold the registry together and are always on: uniqueId new (2), one patient (3), target of RPLC (12); the
    masks that exclude each other (9) and the signature (11) have a parameter of their own, the version rules (13) are
    the reader's.
    """

    UNIQUE_ID = "uniqueId-oid"
    """1"""
    VALUE_SETS = "jeux-de-valeurs"
    """4"""
    CLASS_OF_TYPE = "classe-du-type"
    """5"""
    DOCUMENT = "en-tete-document"
    """6"""
    VACCINATION_NOTE = "note-de-vaccination"
    """6, EX_2.1-2035"""
    AUTHOR_NAMES = "noms-des-auteurs"
    """7"""
    AUTHOR_INSTITUTION = "structure-de-l-auteur"
    """8"""
    SECRECY = "connexion-secrete"
    """10"""
    UNCHANGED = "document-inchange"
    """10b, EX_GEN-1060"""
    FORMATS = "formats-identifiants"
    """3.6: XCN, XON, CX"""


@dataclass(frozen=True, slots=True)
class Parameters:
    """Rules a sandbox may set; `document_matrix` is a table like `document_matrix.tsv`, empty for that one.

    `strict` asks of a VIHF what the specification prescribes without having been seen refused.
    """

    minors_managed: bool = True
    """`fonctions-gestion-mineurs`"""
    majority_age: int = 18
    hidden_and_masked: bool = False
    """`cumul-invisible_patient-masque_ps`"""
    strict: bool = False
    revoked: tuple[str, ...] = ()
    """SHA-256 fingerprints of certificates, 64 lower-case hexadecimal characters."""
    document_matrix: str = ""
    strict_versions: bool = False
    """TD3.3a: PreviousVersion must be the current version, which the official sample's is not."""
    signatures: str = SignaturePolicy.REPORT
    minimal_structure: str = Reaction.REPORT
    """What becomes of a document that breaks the minimal structure of CDA [DMP digest 5.2]."""
    official_rules: str = Reaction.REPORT
    """The same for the official rules plugged in, when there are any."""
    unchecked: tuple[str, ...] = ()
    """Controls of a submission that are off, by their names in `Control`."""

    def checks(self, control: Control) -> bool:
        """Whether a control of submissions is on."""
        return control not in self.unchecked

    def is_minor(self, birth_date: str, now: datetime) -> bool:
        """Whether somebody born on `YYYYMMDD` is under age; a lunar date counts from its first known day."""
        if not self.minors_managed or not birth_date[:4].isdigit():
            return False
        year, month, day = int(birth_date[:4]), birth_date[4:6] or "01", birth_date[6:8] or "01"
        anniversary = f"{year + self.majority_age:04d}{'01' if month == '00' else month}{'01' if day == '00' else day}"
        return f"{now:%Y%m%d}" < anniversary
