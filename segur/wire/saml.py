"""The VIHF (Vecteur d'Identification et d'Habilitation Formelles): the SAML token of every call to the DMP.

Read it in two steps: `verify_signature` says whose key signed it, `read_vihf` what it claims; `missing_attributes`
lists what the table of the DMP demands and it lacks. Source: [DMP digest 2.1, 2.2, 2.3].
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from lxml import etree

from segur.vocab import oids
from segur.vocab.ins import Ins, InvalidIns
from segur.wire.saml_assertion import (
    X509_SUBJECT,
    Assertion,
    AttributeValue,
    Coded,
    CodedValue,
    VihfRefused,
    read_assertion,
    write_assertion,
)
from segur.wire.saml_signature import Digest, SigningKey, distinguished_name, sign, verify_signature

__all__ = [
    "BREAK_GLASS",
    "REGULATION",
    "SMARTCARD",
    "Assertion",
    "AuthenticationMode",
    "Coded",
    "Digest",
    "SigningKey",
    "Vihf",
    "VihfRefused",
    "distinguished_name",
    "missing_attributes",
    "purpose",
    "read_assertion",
    "read_vihf",
    "sign",
    "verify_signature",
    "write_assertion",
    "write_vihf",
]

SMARTCARD: Final = "urn:oasis:names:tc:SAML:2.0:ac:classes:SmartcardPKI"
NORMAL: Final = "normal"
BREAK_GLASS: Final = "bris_de_glace"
REGULATION: Final = "centre_15"

SUBJECT_ID: Final = "urn:oasis:names:tc:xspa:1.0:subject:subject-id"
ROLE: Final = "urn:oasis:names:tc:xacml:2.0:subject:role"
RESOURCE_ID: Final = "urn:oasis:names:tc:xacml:2.0:resource:resource-id"
PURPOSE_OF_USE: Final = "urn:oasis:names:tc:xspa:1.0:subject:purposeofuse"
CONFIDENTIALITY: Final = "urn:oasis:names:tc:xspa:1.0:resource:patient:hl7:confidentiality-code"

_PURPOSES: Final = {
    NORMAL: "Accès normal",
    BREAK_GLASS: "Accès bris de glace",
    REGULATION: "Accès Centre de régulation",
}


class AuthenticationMode(StrEnum):
    """How the professional was authenticated [DMP digest 2.3]."""

    DIRECT = "DIRECTE"
    INDIRECT = "INDIRECTE"
    REINFORCED = "INDIRECTE_RENFORCEE"
    """AIR: through Pro Santé Connect."""


def purpose(code: str = NORMAL) -> Coded:
    """The access mode as a coded value of TRE_R248: `normal`, `bris_de_glace` or `centre_15`."""
    return Coded(code, oids.ACCESS_MODE, _PURPOSES.get(code, code), "mode acces VIHF 2.0")


@dataclass(frozen=True, slots=True)
class Vihf:
    """What a VIHF claims. Instants are aware and in UTC; an absent text is empty, an absent code None."""

    id: str
    issue_instant: datetime
    issuer: str
    name_id: str
    mode: AuthenticationMode | None = AuthenticationMode.DIRECT
    version: str = "2.0"
    issuer_format: str = X509_SUBJECT
    name_qualifier: str = ""
    authn_instant: datetime | None = None
    authn_class: str = ""
    authn_decl: str = ""
    not_before: datetime | None = None
    not_on_or_after: datetime | None = None
    audiences: tuple[str, ...] = ()
    """Whom the token is for; the DMP's samples do not say."""
    vihf_version: str = "3.0"
    structure: str = ""
    """Struct_IdNat: prefix and number, such as `10B0152872`."""
    sector: Coded | None = None
    """`SAnn` of TRE_R02."""
    subject_id: str = ""
    """Given and family name."""
    roles: tuple[Coded, ...] = ()
    """Profession first, then speciality."""
    resource_id: str = ""
    """The patient as sent, `INS^^^&OID&ISO^NH`."""
    resource_urn: str = "urn:dmp"
    purpose: Coded | None = None
    reason: str = ""
    """`Mode_Acces_Raison`, mandatory when the glass is broken."""
    confidentiality: str = ""
    lps_id: str = ""
    lps_name: str = ""
    lps_version: str = ""
    lps_approval: str = ""
    """`LPS_ID_HOMOLOGATION_DMP`, the number of the certification."""

    @property
    def patient(self) -> Ins | None:
        """The patient of the call, None when absent or not an INS (`resource_id` keeps what was sent)."""
        try:
            return Ins.from_cx(self.resource_id) if self.resource_id else None
        except InvalidIns:
            return None

    @property
    def profession(self) -> Coded | None:
        """The first role."""
        return self.roles[0] if self.roles else None

    @property
    def speciality(self) -> Coded | None:
        """The second role."""
        return self.roles[1] if len(self.roles) > 1 else None


_TEXTS: Final[tuple[tuple[str, str], ...]] = (
    ("VIHF_Version", "vihf_version"),
    ("Identifiant_Structure", "structure"),
    (SUBJECT_ID, "subject_id"),
    (RESOURCE_ID, "resource_id"),
    ("Ressource_URN", "resource_urn"),
    ("Mode_Acces_Raison", "reason"),
    (CONFIDENTIALITY, "confidentiality"),
    ("LPS_ID", "lps_id"),
    ("LPS_Nom", "lps_name"),
    ("LPS_Version", "lps_version"),
    ("LPS_ID_HOMOLOGATION_DMP", "lps_approval"),
)
"""Attributes with one text value, and the field of `Vihf` that holds each."""

_ALWAYS: Final = ("VIHF_Version", "Identifiant_Structure", "Ressource_URN", "LPS_Nom", "LPS_Version")


def read_vihf(element: etree._Element) -> Vihf:
    """Read what the assertion claims; its signature is `verify_signature`'s.

    Absent attributes are left empty (see `missing_attributes`). Raise `VihfRefused` for a part that is malformed,
    repeated, or without which the token identifies nobody.
    """
    base = read_assertion(element)
    texts = {field: _single(base, name) for name, field in _TEXTS}
    mode = _single(base, "Authentification_mode")
    if mode and mode not in tuple(AuthenticationMode):
        raise VihfRefused(f"{mode[:40]!r} is not one of {', '.join(AuthenticationMode)}", "Authentification_mode")
    sector, _, system = _single(base, "Secteur_Activite").partition("^")
    purposes = base.codes(PURPOSE_OF_USE)
    if len(purposes) > 1:
        raise VihfRefused("several access modes, send one", PURPOSE_OF_USE)
    return Vihf(
        id=base.id,
        issue_instant=base.issue_instant,
        issuer=base.issuer,
        name_id=base.name_id,
        mode=AuthenticationMode(mode) if mode else None,
        version=base.version,
        issuer_format=base.issuer_format,
        name_qualifier=base.name_qualifier,
        authn_instant=base.authn_instant,
        authn_class=base.authn_class,
        authn_decl=base.authn_decl,
        not_before=base.not_before,
        not_on_or_after=base.not_on_or_after,
        audiences=base.audiences,
        sector=Coded(sector, system) if sector else None,
        roles=base.codes(ROLE),
        purpose=purposes[0] if purposes else None,
        **texts,
    )


def _single(base: Assertion, name: str) -> str:
    values = base.texts(name)
    if len(values) > 1:
        raise VihfRefused("several values, send one", name)
    return values[0] if values else ""


def missing_attributes(vihf: Vihf, *, patient_expected: bool = True) -> tuple[str, ...]:
    """The names of the mandatory attributes the token lacks, for its authentication mode [DMP digest 2.1, table].

    `patient_expected` is False for TD0.4 and TD0.5, which name no patient.
    """
    values = {name: getattr(vihf, field) for name, field in _TEXTS}
    missing = [name for name in (*_ALWAYS, "LPS_ID_HOMOLOGATION_DMP") if not values[name]]
    if vihf.mode is None:
        missing.append("Authentification_mode")
    if vihf.sector is None:
        missing.append("Secteur_Activite")
    if not vihf.roles:
        missing.append(ROLE)
    if vihf.purpose is None:
        missing.append(PURPOSE_OF_USE)
    if patient_expected and not vihf.resource_id:
        missing.append(RESOURCE_ID)
    if not vihf.subject_id and vihf.mode in (AuthenticationMode.INDIRECT, AuthenticationMode.REINFORCED):
        missing.append(SUBJECT_ID)
    if not vihf.reason and vihf.purpose is not None and vihf.purpose.code == BREAK_GLASS:
        missing.append("Mode_Acces_Raison")
    return tuple(missing)


def write_vihf(vihf: Vihf, signing_key: SigningKey, *, digest: Digest = "sha256") -> etree._Element:
    """Write and sign the token; empty fields are left out. `digest="sha1"` gives what the official samples use."""
    values: dict[str, tuple[AttributeValue, ...]] = {}
    texts = {name: str(getattr(vihf, field)) for name, field in _TEXTS}
    texts["Authentification_mode"] = vihf.mode or ""
    texts["Secteur_Activite"] = f"{vihf.sector.code}^{vihf.sector.system}" if vihf.sector is not None else ""
    for name, text in texts.items():
        if text:
            values[name] = (text,)
    if vihf.roles:
        values[ROLE] = tuple(CodedValue("Role", role) for role in vihf.roles)
    if vihf.purpose is not None:
        values[PURPOSE_OF_USE] = (CodedValue("PurposeOfUse", vihf.purpose),)
    base = Assertion(
        id=vihf.id,
        issue_instant=vihf.issue_instant,
        issuer=vihf.issuer,
        name_id=vihf.name_id,
        version=vihf.version,
        issuer_format=vihf.issuer_format,
        name_qualifier=vihf.name_qualifier,
        authn_instant=vihf.authn_instant,
        authn_class=vihf.authn_class,
        authn_decl=vihf.authn_decl,
        not_before=vihf.not_before,
        not_on_or_after=vihf.not_on_or_after,
        audiences=vihf.audiences,
        attributes=values,
    )
    return sign(write_assertion(base), signing_key, digest=digest)
