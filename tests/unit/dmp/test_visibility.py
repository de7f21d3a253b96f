"""Who sees a document: a test per cell of the visibility table [DMP digest 6.3], and the documents of a profession."""

from __future__ import annotations

import pytest
from segur_dmp.domain.rights import MatrixRefused, matrix_of
from segur_dmp.domain.visibility import Viewer, visible

MASKED, HIDDEN, FROM_RL = "MASQUE_PS", "INVISIBLE_PATIENT", "INVISIBLE_REPRESENTANTS_LEGAUX"
OTHER, AUTHOR, TREATING, PATIENT, REPRESENTATIVE = tuple(Viewer)

# as the digest prints it: who is in the row sees the document
SEES = {
    ("N",): {OTHER, AUTHOR, TREATING, PATIENT, REPRESENTATIVE},
    ("N", MASKED): {AUTHOR, TREATING, PATIENT, REPRESENTATIVE},
    ("N", HIDDEN): {OTHER, AUTHOR, TREATING},
    ("N", FROM_RL): {OTHER, AUTHOR, TREATING, PATIENT},
    ("N", MASKED, HIDDEN): {AUTHOR, TREATING},
    ("N", MASKED, FROM_RL): {AUTHOR, TREATING, PATIENT},
    ("N", HIDDEN, FROM_RL): {OTHER, AUTHOR, TREATING},
    ("R",): {OTHER, AUTHOR, TREATING, PATIENT, REPRESENTATIVE},
    ("V",): {OTHER, AUTHOR, TREATING, PATIENT, REPRESENTATIVE},
}
CELLS = [
    pytest.param(codes, viewer, viewer in seeing, id=f"{'+'.join(codes)} {viewer}")
    for codes, seeing in SEES.items()
    for viewer in Viewer
]


@pytest.mark.parametrize(("codes", "viewer", "sees"), CELLS)
def test_each_cell_of_the_table_holds(codes: tuple[str, ...], viewer: Viewer, sees: bool) -> None:
    assert visible(codes, viewer) is sees


@pytest.mark.parametrize(("codes", "viewer", "sees"), CELLS)
def test_agreeing_to_emergencies_opens_masked_documents_to_professionals_and_nothing_else(
    codes: tuple[str, ...], viewer: Viewer, sees: bool
) -> None:
    opened = viewer is OTHER and MASKED in codes
    assert visible(codes, viewer, agreed=True) is (sees or opened)


@pytest.mark.parametrize(
    ("profession", "type_code", "class_code", "reads"),
    [
        ("10", "68599-0", "11", True),
        ("60", "11488-4", "10", True),
        ("60", "68599-0", "11", False),
        ("69", "68599-0", "11", True),
        ("70", "34842-5", "11", False),
        ("50", "EXPPAT_1", "90", True),
        ("35", "PRESC-INF", "42", True),
        ("35", "11488-4", "10", False),
        ("93", "83901-9", "11", True),
        ("", "11369-6", "52", True),
        ("", "11488-4", "10", False),
    ],
)
def test_the_most_precise_line_of_the_table_says_what_a_profession_reads(
    profession: str, type_code: str, class_code: str, reads: bool
) -> None:
    assert matrix_of("").reads(profession, type_code, class_code) is reads


def test_a_table_of_ones_own_replaces_ours() -> None:
    own = matrix_of("profession\tdocuments\tread\tsource\n*\t*\ty\ttest\n10\tclass:31\t-\ttest\n")
    assert own.reads("35", "11488-4", "10")
    assert not own.reads("10", "IMG-KOS", "31")
    assert not own.reads("10", "11488-4", "10"), "who has lines of their own has those only"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("profession,documents", "first line"),
        ("profession\tdocuments\tread\tsource\n10\t*\tyes\tx", "line 2"),
        ("profession\tdocuments\tread\tsource\n10\t*\ty\tx\n10\t*\t-\tx", "line 3"),
    ],
)
def test_a_table_that_cannot_be_read_names_the_line(text: str, words: str) -> None:
    with pytest.raises(MatrixRefused, match=words):
        matrix_of(text)
