"""The identity rules: what a status is made of, how it rises and falls, when the INS may leave the system."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segur.vocab.identity_status import (
    Attribute,
    Difference,
    IdentityStatus,
    LocalIdentity,
    Method,
    NotAllowed,
    Proof,
    StrictTraits,
    differences,
)
from segur.vocab.ins import Ins, InvalidIns, matricule_key

NATIONAL = StrictTraits("PAT-TROIS", ("DOMINIQUE", "MARIE-LOUISE"), "F", "1979-03-28", "51215")
TYPED = StrictTraits("PAT-TROIS", ("DOMINIQUE",), "F", "1979-03-28")
INS = Ins("279035121518989")
PROVISIONAL = LocalIdentity(TYPED)
RETRIEVED = PROVISIONAL.retrieved(NATIONAL, INS)
VALIDATED = PROVISIONAL.checked(Proof.PASSEPORT)
QUALIFIED = RETRIEVED.checked(Proof.PASSEPORT)
P, R, V, Q = IdentityStatus


@pytest.mark.parametrize(
    ("retrieved", "checked", "status", "code"),
    [(False, False, P, "PROV"), (True, False, R, "RECUP"), (False, True, V, "VALI"), (True, True, Q, "QUAL")],
)
def test_two_facts_give_the_status(retrieved: bool, checked: bool, status: IdentityStatus, code: str) -> None:
    assert IdentityStatus.of(retrieved=retrieved, document_checked=checked) is status
    assert status.value == code


def test_the_status_rises_by_retrieval_and_by_a_document() -> None:
    assert [each.status for each in (PROVISIONAL, RETRIEVED, VALIDATED, QUALIFIED)] == [P, R, V, Q]
    assert RETRIEVED.method is Method.INSI
    assert RETRIEVED.traits == NATIONAL


def test_only_a_qualified_identity_lets_its_ins_out() -> None:
    assert [each.transmissible_ins for each in (PROVISIONAL, RETRIEVED, VALIDATED)] == [None] * 3
    assert QUALIFIED.transmissible_ins == INS


@pytest.mark.parametrize(
    "change",
    [
        {"birth_name": "PAT-QUATRE"},
        {"first_names": ("DOMINIQUE",)},
        {"sex": "M"},
        {"birth_date": "1979-00-00"},
        {"birth_place": "2A020"},
    ],
)
def test_a_strict_trait_changed_by_hand_takes_the_ins_away(change: dict[str, object]) -> None:
    fallen = QUALIFIED.corrected(**change)
    assert (fallen.status, fallen.ins, fallen.method) == (V, None, Method.SAISIE)
    assert RETRIEVED.corrected(**change).status is P


def test_the_same_value_changes_nothing() -> None:
    assert QUALIFIED.corrected(sex="F") is QUALIFIED


def test_a_document_checked_for_other_traits_must_be_checked_again() -> None:
    other = VALIDATED.corrected(birth_name="PAT TROIS")
    assert other.retrieved(NATIONAL, INS).status is R
    same = LocalIdentity(NATIONAL).checked(Proof.CARTE_IDENTITE)
    assert same.retrieved(NATIONAL, INS).status is Q


@pytest.mark.parametrize("attribute", [Attribute.DOUTEUSE, Attribute.FICTIVE])
def test_doubt_and_fiction_keep_an_identity_provisional(attribute: Attribute) -> None:
    doubtful = QUALIFIED.marked(attribute)
    assert (doubtful.status, doubtful.ins) == (P, None)
    with pytest.raises(NotAllowed, match="récupérer"):
        doubtful.retrieved(NATIONAL, INS)
    with pytest.raises(NotAllowed, match="valider"):
        doubtful.checked(Proof.PASSEPORT)
    assert doubtful.cleared(attribute).status is V


def test_a_homonym_may_be_qualified() -> None:
    assert QUALIFIED.marked(Attribute.HOMONYME).status is Q


@pytest.mark.parametrize("proof", [Proof.PASSEPORT, Proof.CARTE_IDENTITE, Proof.TITRE_SEJOUR])
def test_high_trust_documents_validate(proof: Proof) -> None:
    assert PROVISIONAL.checked(proof).status is V


@pytest.mark.parametrize("minor", [True, False])
def test_a_driving_licence_validates_nobody(minor: bool) -> None:
    with pytest.raises(NotAllowed, match="permis de conduire") as refused:
        PROVISIONAL.checked(Proof.PERMIS_CONDUIRE, minor=minor)
    assert "passeport" in refused.value.fix


@pytest.mark.parametrize("proof", [Proof.LIVRET_FAMILLE, Proof.ACTE_NAISSANCE])
def test_a_family_record_validates_a_minor_with_a_parents_document(proof: Proof) -> None:
    assert PROVISIONAL.checked(proof, minor=True, parent_proof=Proof.PASSEPORT).status is V
    for told in ({"minor": False}, {"minor": True}, {"minor": True, "parent_proof": Proof.PERMIS_CONDUIRE}):
        with pytest.raises(NotAllowed):
            PROVISIONAL.checked(proof, **told)  # type: ignore[arg-type]


def test_a_ko_takes_the_ins_away_and_asks_for_a_human() -> None:
    ko = QUALIFIED.verified(ok=False)
    assert (ko.status, ko.transmissible_ins, ko.to_review) == (V, None, "vérification INSi KO")
    assert ko.retrieved(NATIONAL, INS).to_review == ""
    assert QUALIFIED.verified(ok=True).status is Q


def test_merging_keeps_the_better_checked_identity() -> None:
    for merged in (PROVISIONAL.merged(QUALIFIED), QUALIFIED.merged(PROVISIONAL)):
        assert (merged.status, merged.ins, merged.log[-1]) == (Q, INS, "doublon fusionné")
    assert PROVISIONAL.merged(QUALIFIED.marked(Attribute.HOMONYME)).attributes == {Attribute.HOMONYME}


def test_two_ins_are_two_people() -> None:
    other = replace(QUALIFIED, ins=Ins("297022A02077878"))
    with pytest.raises(NotAllowed, match="Ne pas fusionner"):
        QUALIFIED.merged(other)


def test_differences_are_shown_before_the_user_accepts() -> None:
    assert differences(NATIONAL, NATIONAL) == ()
    assert differences(TYPED, NATIONAL) == (Difference("birth_place", "", "51215"),)
    assert differences(replace(TYPED, first_names=("DOMINIQUE", "ANNE"), birth_name="PAT TROIS"), NATIONAL) == (
        Difference("birth_name", "PAT TROIS", "PAT-TROIS"),
        Difference("first_names", "DOMINIQUE ANNE", "DOMINIQUE MARIE-LOUISE"),
        Difference("birth_place", "", "51215"),
    )
    unnamed = differences(replace(TYPED, first_names=()), NATIONAL)
    assert [each.trait for each in unnamed] == ["first_names", "birth_place"]


ACTS = st.sampled_from(
    [
        lambda identity: identity.retrieved(NATIONAL, INS),
        lambda identity: identity.checked(Proof.PASSEPORT),
        lambda identity: identity.corrected(birth_name="PAT TROIS"),
        lambda identity: identity.corrected(birth_name="PAT-TROIS"),
        lambda identity: identity.marked(Attribute.DOUTEUSE),
        lambda identity: identity.cleared(Attribute.DOUTEUSE),
        lambda identity: identity.verified(ok=False),
        lambda identity: identity.merged(PROVISIONAL),
        lambda identity: identity.merged(QUALIFIED),
    ]
)


@given(st.lists(ACTS, max_size=12))
def test_whatever_happens_the_ins_leaves_only_with_the_national_traits_and_a_document(acts: list) -> None:  # type: ignore[type-arg]
    identity = PROVISIONAL
    for act in acts:
        try:
            identity = act(identity)
        except NotAllowed:
            assert identity.attributes
        if identity.transmissible_ins is not None:
            assert (identity.traits, identity.proof is None, identity.attributes) == (NATIONAL, False, frozenset())


PUBLISHED_KEYS = {
    "297022A020778": "78", "160012B020777": "13", "180032B020401": "23", "2360663220836": "56",
    "2790351215189": "89", "1810163220751": "40", "1090763220834": "89", "2751263220749": "74",
    "1100863220830": "60", "1090763220888": "35", "2070585756270": "97", "2090663220123": "55",
}  # fmt: skip


@pytest.mark.parametrize(("number", "key"), PUBLISHED_KEYS.items())
def test_published_numbers_have_the_computed_key(number: str, key: str) -> None:
    """[INS digest 2.2], Corsica among them."""
    assert matricule_key(number) == key


def test_one_published_person_has_keys_the_formula_does_not_give() -> None:
    assert (matricule_key("1810363220456"), matricule_key("2810363220456")) == ("76", "26")
    assert Ins.parse("181036322045660", INS.oid).matricule.endswith("60")
    with pytest.raises(InvalidIns, match="Corsican"):
        matricule_key("297022C020778")
