"""What a VIHF must say, attribute by attribute, and what only a strict sandbox asks [DMP digest 2.1, 2.3]."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from segur_dmp.domain.vihf_claims import check_claims, check_dates

from segur.kernel.errors import SegurError
from segur.vocab import oids
from segur.vocab.professions import PHARMACY_SECTION
from segur.vocab.vihf_roles import CARE_ROLE, NON_PROFESSIONAL, OTHER, ROLES, SOCIAL
from segur.wire import saml
from segur.wire.saml import AuthenticationMode, Coded
from tests.unit.dmp.test_dmp_rules import GOOD, NOW

DIRECT, INDIRECT, AIR = AuthenticationMode.DIRECT, AuthenticationMode.INDIRECT, AuthenticationMode.REINFORCED
CLASSES = "urn:oasis:names:tc:SAML:2.0:ac:classes:"
STRICT = replace(
    GOOD, authn_instant=NOW, authn_class=f"{CLASSES}MobileTwoFactorUnregistered", authn_decl="APP_BROWSER_AUTH"
)


def refused(vihf: saml.Vihf, **how: bool) -> str:
    """The row and the field of the refusal, empty when there is none."""
    try:
        check_claims(vihf, **how)
    except SegurError as error:
        return f"{error.refusal.name} {error.field.rpartition(':')[2]}"
    return ""


@pytest.mark.parametrize("version", ["2.0", "3.0", "4.0"])
def test_each_version_in_use_is_taken(version: str) -> None:
    assert refused(replace(GOOD, vihf_version=version)) == ""


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"vihf_version": "1.0"}, "wrong_attribute VIHF_Version"),
        ({"version": "1.1"}, "wrong_attribute Version"),
        ({"resource_urn": "urn:autre"}, "wrong_attribute Ressource_URN"),
        ({"audiences": ("urn:autre",)}, "wrong_attribute AudienceRestriction"),
        ({"audiences": ("urn:dmp",)}, ""),
        ({"sector": Coded("SA99", oids.ACTIVITY_SECTOR)}, "wrong_attribute Secteur_Activite"),
        ({"sector": Coded("SA01", "1.2.3")}, "wrong_attribute Secteur_Activite"),
        ({"purpose": Coded("curiosite", oids.ACCESS_MODE)}, "wrong_attribute purposeofuse"),
        ({"confidentiality": "MASQUE_PS"}, "wrong_attribute confidentiality-code"),
        ({"confidentiality": "INVISIBLE_REPRESENTANTS_LEGAUX"}, ""),
        ({"resource_id": "279035121518989"}, "wrong_attribute resource-id"),
        ({"resource_id": ""}, "missing_attribute resource-id"),
        ({"roles": (Coded("10", SOCIAL), Coded("SM04", oids.SPECIALITY))}, "wrong_attribute role"),
        ({"roles": (*GOOD.roles, GOOD.roles[1])}, "wrong_attribute role"),
        ({"roles": (Coded("10", oids.PROFESSION), Coded("", oids.SPECIALITY))}, "wrong_attribute role"),
        ({"roles": (Coded("10", oids.PROFESSION),)}, "no_speciality role"),
        ({"roles": (Coded("21", oids.PROFESSION),)}, "no_speciality role"),
        ({"roles": (Coded("99", OTHER),)}, "no_speciality role"),
        ({"roles": (Coded("99", OTHER), Coded("313", CARE_ROLE))}, ""),
        ({"roles": (Coded("60", oids.PROFESSION),)}, ""),
        ({"roles": ()}, "missing_attribute role"),
        ({"purpose": saml.purpose(saml.BREAK_GLASS)}, "missing_attribute Mode_Acces_Raison"),
        ({"purpose": saml.purpose(saml.BREAK_GLASS), "reason": "Urgence"}, ""),
        ({"purpose": saml.purpose(saml.REGULATION)}, ""),
        ({"subject_id": ""}, "missing_attribute subject-id"),
        ({"subject_id": "", "mode": DIRECT}, ""),
        *(({name: ""}, f"missing_attribute {attribute}") for name, attribute in (
            ("lps_name", "LPS_Nom"), ("lps_version", "LPS_Version"), ("lps_approval", "LPS_ID_HOMOLOGATION_DMP"),
            ("structure", "Identifiant_Structure"), ("vihf_version", "VIHF_Version"), ("resource_urn", "Ressource_URN"),
        )),
        ({"lps_id": ""}, ""),
    ],
)  # fmt: skip
def test_each_attribute_is_judged_and_named(changes: dict[str, Any], said: str) -> None:
    assert refused(replace(GOOD, **changes)) == said


@pytest.mark.parametrize(
    ("system", "code"), [(system, code) for system, codes in ROLES.items() for code in sorted(codes)]
)
def test_every_role_of_the_value_set_is_taken(system: str, code: str) -> None:
    assert refused(replace(GOOD, roles=(Coded(code, system), Coded("SM04", oids.SPECIALITY)))) == ""


def test_lists_and_searches_name_no_patient() -> None:
    assert refused(replace(GOOD, resource_id=""), patient_expected=False) == ""


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, ""),
        ({"issuer_format": "urn:x"}, "wrong_attribute Issuer"),
        ({"authn_instant": None}, "wrong_attribute AuthnInstant"),
        ({"authn_class": ""}, "wrong_attribute AuthnContextClassRef"),
        ({"authn_class": f"{CLASSES}unspecified"}, "wrong_attribute AuthnContextClassRef"),
        ({"authn_class": saml.SMARTCARD}, ""),
        ({"authn_decl": ""}, "wrong_attribute AuthnContextDecl"),
        ({"mode": DIRECT, "authn_decl": ""}, "wrong_attribute AuthnContextClassRef"),
        ({"mode": DIRECT, "authn_class": saml.SMARTCARD, "authn_decl": ""}, ""),
        ({"mode": INDIRECT}, "wrong_attribute AuthnContextDecl"),
        ({"mode": INDIRECT, "authn_class": f"{CLASSES}unspecified", "authn_decl": ""}, ""),
        ({"structure": "990000017"}, "wrong_attribute Identifiant_Structure"),
        ({"name_id": "99700010012"}, "wrong_attribute NameID"),
        ({"name_id": "1999999999/LPS"}, "wrong_attribute NameID"),
        ({"name_id": f"{GOOD.structure}/LPS"}, ""),
        ({"purpose": Coded("normal", "1.2.3")}, "wrong_attribute purposeofuse"),
        ({"roles": (GOOD.roles[0], Coded("SM04", "1.2.3"))}, "wrong_attribute role"),
        ({"roles": (Coded("21", oids.PROFESSION), Coded("A", PHARMACY_SECTION))}, ""),
        ({"roles": (Coded("SECRETARIAT_MEDICAL", NON_PROFESSIONAL),)}, ""),
    ],
)
def test_a_strict_sandbox_asks_for_what_is_prescribed(changes: dict[str, Any], said: str) -> None:
    changed = replace(STRICT, **changes)
    assert refused(changed, strict=True) == said
    assert refused(changed) == "", "a lenient one takes it"


def test_a_login_after_the_token_is_refused() -> None:
    late = replace(GOOD, authn_instant=GOOD.issue_instant + timedelta(minutes=6))
    with pytest.raises(SegurError) as error:
        check_dates(late, NOW, lifetime=timedelta(hours=1), skew=timedelta(minutes=5))
    assert error.value.field == "AuthnInstant"
