"""Which types of document a profession may read: the matrice d'habilitation, a table anybody may replace [6.2]."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final

ANY: Final = "*"
_HEADER: Final = ("profession", "documents", "read", "source")


class MatrixRefused(ValueError):
    """The table cannot be read: the message names line and rule."""


@dataclass(frozen=True, slots=True)
class DocumentMatrix:
    """(profession, documents) → may read, as the table has it."""

    cells: Mapping[tuple[str, str], bool]
    professions: frozenset[str]

    def reads(self, profession: str, type_code: str, class_code: str) -> bool:
        """Whether the profession may read documents of that type; who has no line of their own reads as `*` does."""
        row = profession if profession in self.professions else ANY
        for documents in (type_code, f"class:{class_code}", ANY):
            found = self.cells.get((row, documents))
            if found is not None:
                return found
        return False


@lru_cache(maxsize=64)
def read_matrix(text: str) -> DocumentMatrix:
    """A table like `document_matrix.tsv`; raise `MatrixRefused`."""
    cells: dict[tuple[str, str], bool] = {}
    lines = [
        (number, line.split("\t"))
        for number, line in enumerate(text.splitlines(), 1)
        if line.strip() and not line.startswith("#")
    ]
    if not lines or tuple(lines[0][1]) != _HEADER:
        raise MatrixRefused(f"the first line names the columns, separated by tabs: {', '.join(_HEADER)}")
    for number, line in lines[1:]:
        if len(line) != len(_HEADER) or line[2] not in ("y", "-"):
            raise MatrixRefused(f"line {number}: four columns separated by tabs, `read` is y or -")
        key = (line[0].strip(), line[1].strip())
        if key in cells:
            raise MatrixRefused(f"line {number}: {key[0]} {key[1]} is given twice")
        cells[key] = line[2] == "y"
    return DocumentMatrix(MappingProxyType(cells), frozenset(profession for profession, _ in cells))


@lru_cache(maxsize=1)
def usual_matrix() -> DocumentMatrix:
    """The table that comes with the DMP."""
    return read_matrix(files(__package__).joinpath("document_matrix.tsv").read_text(encoding="utf-8"))


def matrix_of(text: str) -> DocumentMatrix:
    """The table in `text`, or the usual one when that is empty; raise `MatrixRefused`."""
    return read_matrix(text) if text.strip() else usual_matrix()
