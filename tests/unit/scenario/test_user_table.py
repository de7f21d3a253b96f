"""The table of users follows names and roles, keeps accounts, and is filled and read in bulk."""

from __future__ import annotations

import io
import zipfile

import pytest

from segur.scenario.actors.user_table import User, UserTable, differences, user_of

ALICE = User("899700010020", "PROMPTSECOURS", "ALICE", "10", "SM59")
COLUMNS = ("Identification nationale PP", "Nom d'exercice", "Prénom d'exercice", "Code profession", "Code savoir-faire")


def archive(*rows: tuple[str, ...]) -> bytes:
    """An extraction with these lines, and a file beside it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as inside:
        inside.writestr("PS_LibreAcces_SavoirFaire_202611240800.txt", "autre|chose\n")
        lines = ["|".join(COLUMNS), *("|".join(row) for row in rows)]
        inside.writestr("PS_LibreAcces_Personne_activite_202611240800.txt", "\n".join(lines) + "\n")
    return out.getvalue()


def test_a_changed_name_is_told_and_the_account_stays() -> None:
    table = UserTable()
    assert table.follow(ALICE) == ("créé",)
    assert table.follow(ALICE) == ()
    married = User(ALICE.identifiant, "NOUVEAUNOM", "ALICE", "10", "SM26")
    assert table.follow(married) == ("nom", "savoir_faire")
    assert table.users == {ALICE.identifiant: married}


def test_the_bulk_file_fills_the_table_one_account_a_person() -> None:
    table = UserTable()
    row = (ALICE.identifiant, "PROMPTSECOURS", "ALICE", "10", "SM59")
    second = (ALICE.identifiant, "PROMPTSECOURS", "ALICE", "10", "")
    quoted = ("899700010038", 'L"ESPERANCE', "PAUL", "60", "")
    assert table.load(archive(row, second, quoted)) == 2
    assert table.users[ALICE.identifiant] == ALICE
    assert table.users["899700010038"].nom == 'L"ESPERANCE'


def test_two_extractions_differ_by_the_lines_that_changed() -> None:
    table = UserTable()
    table.follow(ALICE)
    table.follow(User("899700010038", "GENEREUX", "PAUL", "10"))
    before = table.extract()
    assert differences(before, before) == []
    table.follow(User(ALICE.identifiant, "NOUVEAUNOM", "ALICE", "10", "SM59"))
    assert differences(before, table.extract()) == [
        "-899700010020;PROMPTSECOURS;ALICE;10;SM59",
        "+899700010020;NOUVEAUNOM;ALICE;10;SM59",
    ]


def test_claims_without_practice_still_name_the_user() -> None:
    claims = {"SubjectNameID": "899700010020", "family_name": "PROMPTSECOURS", "given_name": "ALICE"}
    assert user_of(claims) == User("899700010020", "PROMPTSECOURS", "ALICE", "")
    with pytest.raises(KeyError, match="SubjectNameID"):
        user_of({})
