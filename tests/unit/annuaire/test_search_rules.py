"""How resources are published and searches read, without a store."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from segur_annuaire.domain.criteria import Period, TokenClause, UpdatedClause, WordClause
from segur_annuaire.domain.index import fold, index
from segur_annuaire.domain.resources import practitioner, publish, roles
from segur_annuaire.edges.fhir_query import read_query

from segur.kernel.errors import SegurError
from segur.personas.country import build_country
from segur.personas.model import Mailbox
from segur.personas.states import MailboxKind

COUNTRY = build_country()
NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


def read(*pairs: tuple[str, str], kind: str = "Practitioner"):  # type: ignore[no-untyped-def]
    return read_query(kind, pairs, page=50, largest_page=10_000)


def test_every_resource_has_an_id_of_its_own_and_its_references_lead_somewhere() -> None:
    resources = list(publish(COUNTRY, NOW))
    names = [f"{r['resourceType']}/{r['id']}" for r in resources]
    assert len(names) == len(set(names))
    for resource in resources:
        for field in ("practitioner", "organization", "partOf"):
            if field in resource:
                assert resource[field]["reference"] in names


def test_an_account_without_national_identity_is_not_in_the_directory() -> None:
    assert "COMPTE-GENERIQUE" not in {
        r["name"][0]["family"] for r in publish(COUNTRY, NOW) if r["resourceType"] == "Practitioner" and r["active"]
    }


def test_a_practitioner_shows_neither_gender_nor_address() -> None:
    doctor = COUNTRY.professional("PS3")
    shown = practitioner(doctor, COUNTRY.mailboxes_of("PS3"), NOW)
    assert not {"gender", "birthDate", "address", "photo", "communication"} & set(shown)
    assert [i["value"] for i in shown["identifier"]] == ["8" + str(doctor.rpps), str(doctor.rpps)]
    assert shown["telecom"][0]["value"] == doctor.mailbox


def test_a_mailbox_at_a_structure_is_published_on_the_situation() -> None:
    doctor, boxes = COUNTRY.professional("PS1"), COUNTRY.mailboxes_of("PS1")
    assert "telecom" not in practitioner(doctor, boxes, NOW)
    assert [t["value"] for r in roles(doctor, boxes, NOW) for t in r["telecom"]] == [doctor.mailbox]


def test_red_listed_and_closed_mailboxes_are_not_published() -> None:
    doctor = COUNTRY.professional("PS3")
    hidden = Mailbox("a@medecin.test", MailboxKind.PER, "PS3", "mss-a", red_listed=True)
    closed = Mailbox("b@medecin.test", MailboxKind.PER, "PS3", "mss-a", is_open=False)
    assert "telecom" not in practitioner(doctor, (hidden, closed), NOW)


def test_a_token_is_found_by_code_by_system_and_by_both() -> None:
    shown = practitioner(COUNTRY.professional("PS1"), (), NOW)
    tokens = index(shown).tokens
    system = "https://mos.esante.gouv.fr/NOS/TRE_G15-ProfessionSante/FHIR/TRE-G15-ProfessionSante"
    for token in ("10", f"{system}|10", f"{system}|"):
        assert f"qualification-code={token}" in tokens
    assert "qualification-code=21" not in tokens
    assert "active=true" in tokens


def test_an_ordinary_mail_address_is_no_mailbox() -> None:
    meta = {"lastUpdated": "2026-11-24T08:00:00+00:00"}
    plain = {
        "resourceType": "Organization",
        "id": "x",
        "meta": meta,
        "telecom": [{"system": "email", "value": "a@b.fr"}],
    }
    assert index(plain).words["mailbox-mss"] == []


def test_strings_are_compared_without_case_and_accents() -> None:
    assert fold("  Élise  DÛ-PRÉ ") == "elise du-pre"
    assert read(("family", "Géné,Dû")).clauses == (WordClause("family", ("gene", "du")),)
    assert read(("family:contains", "X")).clauses == (WordClause("family", ("x",), anywhere=True),)
    assert read(("family:exact", "X")).clauses == (TokenClause(("family:exact=X",)),)


def test_names_may_be_written_as_the_documentation_does() -> None:
    assert read(("name:family", "X"), ("name:given", "Y")).clauses == (
        WordClause("family", ("x",)),
        WordClause("given", ("y",)),
    )


def test_commas_are_alternatives_unless_escaped() -> None:
    assert read(("identifier", "1,2\\,3")).clauses == (TokenClause(("identifier=1", "identifier=2,3")),)
    assert read(("active:not", "true")).clauses == (TokenClause(("active=true",), negated=True),)


def test_references_are_read_bare_relative_or_absolute() -> None:
    wanted = (TokenClause(("organization=Organization/001-1",)),)
    for text in ("001-1", "Organization/001-1", "https://x/fhir/v2/Organization/001-1"):
        assert read(("organization", text), kind="PractitionerRole").clauses == wanted


def test_dates_bound_the_update() -> None:
    assert read(("_lastUpdated", "ge2026-11-01")).clauses == (UpdatedClause((Period("20261101"),)),)
    assert read(("_lastUpdated", "gt2026")).clauses == (UpdatedClause((Period("2027"),)),)
    assert read(("_lastUpdated", "ne2026")).clauses == (UpdatedClause((Period("2026", "2027", outside=True),)),)


def test_empty_parameters_are_left_aside_and_counts_are_bounded() -> None:
    query = read(("family", ""), ("_count", "99999"), ("_total", "none"))
    assert (query.clauses, query.count, query.total) == ((), 10_000, False)


@pytest.mark.parametrize(
    ("name", "value", "word"),
    [
        ("birthdate", "2000", "birthdate"),
        ("family:above", "X", ":above"),
        ("_count", "-1", "_count"),
        ("_lastUpdated", "hier", "_lastUpdated"),
        ("_lastUpdated", "zz2026", "prefix"),
        ("_include", "PractitionerRole:practitioner", "_include"),
        ("_revinclude", "Device:organization", "_revinclude"),
        ("_total", "maybe", "_total"),
        ("_format", "xml", "xml"),
        ("family", "x" * 201, "200"),
        ("family", ",", "family"),
        ("family", "\u0301", "letter"),
    ],
)
def test_what_cannot_be_searched_is_refused_with_its_name(name: str, value: str, word: str) -> None:
    with pytest.raises(SegurError) as refused:
        read((name, value))
    assert word in refused.value.detail
