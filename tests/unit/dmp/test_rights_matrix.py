"""The matrix of functional rights: who may do what, in which access mode [DMP digest 6.1]."""

from __future__ import annotations

import pytest
from segur_dmp.domain.rights import Act, Kind, Limit, Right, Standing, right, why_not
from segur_dmp.domain.rights.matrix import matrix

from segur.wire.saml import BREAK_GLASS, NORMAL, REGULATION, AuthenticationMode

DIRECT, INDIRECT, AIR = AuthenticationMode.DIRECT, AuthenticationMode.INDIRECT, AuthenticationMode.REINFORCED
NURSE = Standing("899700010100", DIRECT, "60")
DOCTOR = Standing("899700010012", DIRECT, "10", "SM04")
COMPANY_DOCTOR = Standing("899700010013", DIRECT, "10", "SM25")
SECRETARY = Standing("3990000014/ACCUEIL", DIRECT)
HOSPITAL = Standing("10B0000001/LPS", INDIRECT)
IN_REGULATION = Standing("899700010012", DIRECT, "10", purpose=REGULATION)
_OF_THE_SHEET = {
    "ps": NURSE,
    "medecin": DOCTOR,
    "travail": COMPANY_DOCTOR,
    "mt": DOCTOR,
    "cpe": SECRETARY,
    "etablissement": HOSPITAL,
}
_MODES = {"n": NORMAL, "15": REGULATION, "bg": BREAK_GLASS}


def _caller(kind: str, mode: str) -> Standing:
    """Somebody who stands in that column."""
    base = _OF_THE_SHEET["cpe" if kind == "air_autre" else kind.removeprefix("air_")]
    given = AIR if kind.startswith("air") else base.mode
    return Standing(base.id_nat, given, base.profession, base.speciality, _MODES[mode])


CELLS = [
    pytest.param(act, kind, mode, cell, id=f"{act} {kind}.{mode}")
    for act, row in matrix().items()
    for (kind, mode), cell in row.items()
]


@pytest.mark.parametrize(("act", "kind", "mode", "cell"), CELLS)
def test_somebody_of_each_column_gets_the_cell_of_the_sheet(act: Act, kind: Kind, mode: str, cell: Right) -> None:
    caller = _caller(kind, mode)
    treating = kind.endswith("mt")
    assert caller.kind(treating=treating) is kind
    assert right(act, caller, treating=treating) == cell
    assert bool(why_not(act, caller, treating=treating)) is not cell.allowed


def test_the_sheet_has_every_act_and_every_column() -> None:
    assert set(matrix()) == set(Act)
    assert {len(row) for row in matrix().values()} == {22}


@pytest.mark.parametrize(
    ("act", "caller", "cell"),
    [
        (Act.FEED, HOSPITAL, Right(True, Limit.IMPUTED_TO_STRUCTURE)),
        (Act.FEED, Standing("899700010012", AIR, "10"), Right(False)),
        (Act.READ, HOSPITAL, Right(False)),
        (Act.READ, Standing("899700010012", AIR, "10"), Right(True)),
        (Act.READ, COMPANY_DOCTOR, Right(False)),
        (Act.REFERENCE, HOSPITAL, Right(True, Limit.REFERENCE_ONLY)),
        (Act.AUTHORIZE, SECRETARY, Right(True, Limit.TO_STRUCTURE)),
        (Act.AUTHORIZE, Standing("899700010012", DIRECT, "10", purpose=BREAK_GLASS), Right(False)),
        (Act.READ_MASKED, IN_REGULATION, Right(True, Limit.AGREED_BEFOREHAND)),
        (Act.DELETE, SECRETARY, Right(True, Limit.STRUCTURES_DOCUMENTS)),
        (Act.FIND_PATIENT, Standing("1/SAMU", INDIRECT, purpose=REGULATION), Right(True)),
    ],
)  # fmt: skip
def test_the_cells_everybody_asks_about(act: Act, caller: Standing, cell: Right) -> None:
    assert right(act, caller) == cell


def test_a_refusal_says_who_in_which_mode_and_what_to_do() -> None:
    said = why_not(Act.FEED, Standing("899700010012", AIR, "10"))
    assert said == (
        "TD2.1 n'est pas permise à un médecin non traitant en AIR (Pro Santé Connect) en accès normal : "
        "utilisez la CPS ou le certificat de la structure"
    )


def test_the_treating_doctor_in_regulation_is_a_doctor_like_another() -> None:
    caller = Standing("899700010012", DIRECT, "10", purpose=REGULATION)
    assert right(Act.FIND_PATIENT, caller, treating=True) == right(Act.FIND_PATIENT, caller)
