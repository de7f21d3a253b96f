"""The file of identities to verify, a CSV of ours: the national format of the mass verification is not public.

UTF-8, semicolons, one header line with the names of `COLUMNS` in this order; `reference` is the software's own and
comes back beside the verdict. Source: [INS digest 2.4], which suggests such a file.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

from segur_ins.domain.traits import problem_of
from segur_ins.domain.verification import Claim, claim_of

COLUMNS: Final = (
    "reference",
    "matricule",
    "oid",
    "nomNaissance",
    "listePrenom",
    "sexe",
    "dateNaissance",
    "lieuNaissance",
)
UNREADABLE: Final = "ILLISIBLE"
"""The verdict on a line that is not a claim."""

_LONGEST_FIELD: Final = 2_000
_LONGEST_REFERENCE: Final = 80


class FileRefused(ValueError):
    """The file as a whole cannot be read; the text says why, in French."""


def read_rows(body: bytes, most: int) -> list[tuple[str, ...]]:
    """The lines below the header, as texts; blank lines do not count. Raise `FileRefused`."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileRefused(f"UTF-8 attendu (octet {error.start}).") from error
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=";", strict=True)
    rows: list[tuple[str, ...]] = []
    try:
        header = tuple(cell.strip() for cell in next(lines, []))
        if header != COLUMNS:
            raise FileRefused(f"la première ligne doit être {';'.join(COLUMNS)}.")
        for cells in lines:
            if not any(cells):
                continue
            if len(rows) == most:
                raise FileRefused(f"au plus {most} identités par fichier.")
            if sum(map(len, cells)) > _LONGEST_FIELD:
                raise FileRefused(f"ligne {lines.line_num} : plus de {_LONGEST_FIELD} caractères.")
            rows.append(tuple(cells))
    except csv.Error as error:
        raise FileRefused(f"ligne {lines.line_num} : guillemets ou séparateurs incorrects ({error}).") from error
    if not rows:
        raise FileRefused("aucune identité après la première ligne.")
    return rows


def claim_in(row: Sequence[str]) -> Claim | None:
    """The claim of a line, None when the line is not one."""
    if len(row) != len(COLUMNS):
        return None
    claim = claim_of(*row[1:])
    if len(claim.matricule) != 15 or not claim.oid or problem_of(claim.traits) is not None:
        return None
    return claim


def reference_of(row: Sequence[str]) -> str:
    """The software's own reference of a line."""
    return row[0].strip()[:_LONGEST_REFERENCE] if row else ""


def write_results(results: Iterable[tuple[str, str]]) -> bytes:
    """The file of verdicts: reference and OK, KO or ILLISIBLE."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(("reference", "resultat"))
    writer.writerows(results)
    return out.getvalue().encode()
