"""Folders a patient sorts documents into [DMP digest 6.5]: the patient's own, no folder of the registry (XDS).

Flat; a document lies in one at most; a folder that goes leaves its documents. Rules of a name as the application checks
them [confirmed: S9]: at most 50 characters, no special ones, none twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from segur_dmp.domain.mes.own_documents import NotTaken

MAX_NAME: Final = 50
MOST: Final = 200
"""Folders of one patient; ours, against what never ends."""
FORBIDDEN: Final = frozenset("<>\"«»=()+'‘`.,;:&?![]{}|/%@~^§¤²µ\\")


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder; `documents` are uniqueIds."""

    id: str
    patient: str
    name: str
    documents: tuple[str, ...] = ()


def checked_name(name: str) -> str:
    """The name without blanks around it; raise `NotTaken`."""
    name = name.strip()
    if not name:
        raise NotTaken("name", "un nom de dossier est attendu")
    if len(name) > MAX_NAME:
        raise NotTaken("name", f"le nom du dossier dépasse {MAX_NAME} caractères")
    if found := sorted(FORBIDDEN & set(name)) or [c for c in name if not c.isprintable()]:
        raise NotTaken("name", f"le nom du dossier contient un caractère non autorisé : {found[0]!r}")
    return name


def folder_of(folders: list[Folder], unique_id: str) -> Folder | None:
    """The folder a document lies in, None for none."""
    return next((one for one in folders if unique_id in one.documents), None)
