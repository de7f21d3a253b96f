"""What a VIHF must say, attribute by attribute [DMP digest 2.1, 2.3].

Where the specification prescribes something that nobody has seen refused, only a `strict` sandbox asks for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from segur.vocab import oids
from segur.vocab.professional_ids import IdNat
from segur.vocab.professions import PHARMACY_SECTION
from segur.vocab.structures import ACTIVITY_SECTORS, StructId
from segur.vocab.vihf_roles import CARE_ROLE, DESCRIBED_BY_ROLE, ROLES
from segur.wire import saml
from segur.wire.saml import AuthenticationMode, Vihf
from segur.wire.saml_assertion import X509_SUBJECT
from segur_dmp import errors
from segur_dmp.domain.rights import PURPOSES, is_nominative
from segur_dmp.domain.visibility import HIDDEN_FROM_REPRESENTATIVES

VERSIONS: Final = ("2.0", "3.0", "4.0")
SPECIALISTS: Final = {"10": "médecin", "21": "pharmacien"}
"""Professions whose second role is mandatory."""
_RESOURCE: Final = "urn:dmp"
_DOCTORS_SPECIALITY, _ANY_MODE = oids.SPECIALITY, frozenset(AuthenticationMode)
_CLASSES: Final = {
    saml.SMARTCARD: _ANY_MODE,
    "urn:oasis:names:tc:SAML:2.0:ac:classes:Password": _ANY_MODE - {AuthenticationMode.DIRECT},
    "urn:oasis:names:tc:SAML:2.0:ac:classes:TLSClient": _ANY_MODE - {AuthenticationMode.DIRECT},
    "urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified": frozenset({AuthenticationMode.INDIRECT}),
    "urn:oasis:names:tc:SAML:2.0:ac:classes:MobileTwoFactorUnregistered": _ANY_MODE - {AuthenticationMode.DIRECT},
}
"""AuthnContextClassRef → the modes it is coherent with: a card in direct mode, the local login or PSC otherwise."""

Finding = tuple[str, str]
"""Attribute, and what is wrong with it, in French."""


def check_claims(vihf: Vihf, *, patient_expected: bool = True, strict: bool = False) -> None:
    """Mandatory attributes and their values; raise `SegurError` naming the first wrong attribute.

    `patient_expected` is False for TD0.4 and TD0.5, which name no patient.
    """
    missing = saml.missing_attributes(vihf, patient_expected=patient_expected)
    if missing:
        raise errors.MISSING_ATTRIBUTE.error(names=", ".join(missing), field=missing[0], fix="Complétez le VIHF.")
    for field, reason in (*_wrong_values(vihf), *_wrong_roles(vihf)):
        raise errors.WRONG_ATTRIBUTE.error(name=field.rpartition(":")[2], reason=reason, field=field)
    profession = vihf.profession
    assert profession is not None, "missing_attributes names it"
    specialist = SPECIALISTS.get(profession.code) if profession.system == oids.PROFESSION else None
    if profession.code == DESCRIBED_BY_ROLE:
        specialist = "acteur caractérisé par son rôle"
    if specialist and vihf.speciality is None:
        raise errors.NO_SPECIALITY.error(profession=specialist, field=saml.ROLE)
    if strict:
        for field, reason in _departures(vihf):
            raise errors.WRONG_ATTRIBUTE.error(name=field.rpartition(":")[2], reason=reason, field=field)


def check_dates(vihf: Vihf, now: datetime, *, lifetime: timedelta, skew: timedelta) -> None:
    """The token must be of now, give or take the skew, and the login before it; raise `SegurError`."""
    if vihf.issue_instant > now + skew or (vihf.not_before is not None and vihf.not_before > now + skew):
        raise errors.STALE_VIHF.error(reason="il est daté dans le futur", fix="Vérifiez l'horloge du poste.")
    expired = vihf.not_on_or_after is not None and vihf.not_on_or_after <= now - skew
    if expired or vihf.issue_instant + lifetime <= now - skew:
        raise errors.STALE_VIHF.error(reason="il a expiré", fix="Émettez un nouveau VIHF.")
    if vihf.authn_instant is not None and vihf.authn_instant > vihf.issue_instant + skew:
        raise errors.STALE_VIHF.error(reason="l'authentification est postérieure à l'émission", field="AuthnInstant")


def _wrong_values(vihf: Vihf) -> Iterator[Finding]:
    if vihf.version != "2.0":
        yield "Version", "une assertion SAML 2.0 est attendue"
    if vihf.vihf_version not in VERSIONS:
        yield "VIHF_Version", f"{vihf.vihf_version[:10]!r}, valeurs admises : {', '.join(VERSIONS)}"
    if vihf.resource_urn != _RESOURCE:
        yield "Ressource_URN", f"{vihf.resource_urn[:40]!r}, {_RESOURCE} est attendu"
    if vihf.audiences and _RESOURCE not in vihf.audiences:
        yield "AudienceRestriction", f"le jeton est destiné à {', '.join(vihf.audiences)[:80]}"
    sector = vihf.sector
    if sector is not None and (sector.code not in ACTIVITY_SECTORS or sector.system not in ("", oids.ACTIVITY_SECTOR)):
        yield "Secteur_Activite", f"{sector.code[:20]!r} n'est pas une valeur de JDV_J61 (SAnn^{oids.ACTIVITY_SECTOR})"
    if vihf.purpose is not None and vihf.purpose.code not in PURPOSES:
        yield (
            saml.PURPOSE_OF_USE,
            f"mode d'accès {vihf.purpose.code[:40]!r} inconnu, valeurs de TRE_R248 : {', '.join(PURPOSES)}",
        )
    if vihf.confidentiality not in ("", HIDDEN_FROM_REPRESENTATIVES):
        yield saml.CONFIDENTIALITY, f"{HIDDEN_FROM_REPRESENTATIVES} est la seule valeur admise (JDV_J64)"
    if vihf.resource_id and vihf.patient is None:
        yield saml.RESOURCE_ID, "resource-id n'est pas un INS au format CX (INS^^^&OID&ISO^NH)"


def _wrong_roles(vihf: Vihf) -> Iterator[Finding]:
    if len(vihf.roles) > 2:
        yield saml.ROLE, f"{len(vihf.roles)} rôles : profession puis spécialité, au plus"
    role = vihf.profession
    if role is not None and role.code not in ROLES.get(role.system, ()):
        yield saml.ROLE, f"{role.code[:30]!r} de {role.system[:40] or 'système absent'} n'est pas dans JDV_J65"
    second = vihf.speciality
    if second is not None and not second.code:
        yield saml.ROLE, "la spécialité est vide"


def _departures(vihf: Vihf) -> Iterator[Finding]:
    """What the specification prescribes beyond that."""
    mode, classes = vihf.mode, _CLASSES.get(vihf.authn_class)
    assert mode is not None, "missing_attributes names it"
    if vihf.issuer_format != X509_SUBJECT:
        yield "Issuer", f"Format {X509_SUBJECT} attendu"
    if vihf.authn_instant is None:
        yield "AuthnInstant", "la date d'authentification de l'utilisateur est attendue"
    if classes is None:
        yield "AuthnContextClassRef", f"{vihf.authn_class[:80] or 'absent'} n'est pas une classe admise"
    elif mode not in classes:
        yield "AuthnContextClassRef", f"{vihf.authn_class.rpartition(':')[2]} n'est pas cohérent avec le mode {mode}"
    if mode is AuthenticationMode.REINFORCED and not vihf.authn_decl:
        yield "AuthnContextDecl", "l'AIR dit comment Pro Santé Connect a authentifié le professionnel (EX_AIR-050)"
    if mode is not AuthenticationMode.REINFORCED and vihf.authn_decl:
        yield "AuthnContextDecl", "réservé à l'AIR"
    yield from _odd_identifiers(vihf)
    if vihf.purpose is not None and vihf.purpose.system != oids.ACCESS_MODE:
        yield saml.PURPOSE_OF_USE, f"le système de codes est TRE_R248, {oids.ACCESS_MODE}"
    role, second = vihf.profession, vihf.speciality
    expected = {"10": _DOCTORS_SPECIALITY, "21": PHARMACY_SECTION, DESCRIBED_BY_ROLE: CARE_ROLE}
    system = expected.get(role.code) if role is not None else None
    if system is not None and second is not None and second.system != system:
        yield saml.ROLE, f"la spécialité est attendue dans le système {system}"


def _odd_identifiers(vihf: Vihf) -> Iterator[Finding]:
    try:
        StructId.parse(vihf.structure)
    except ValueError as error:
        yield "Identifiant_Structure", str(error)
    if is_nominative(vihf.name_id):
        try:
            IdNat.parse(vihf.name_id)
        except ValueError as error:
            yield "NameID", str(error)
    elif vihf.name_id.partition("/")[0][1:] != vihf.structure[1:]:
        yield "NameID", "un identifiant interne commence par celui de la structure, puis / et l'identifiant"
