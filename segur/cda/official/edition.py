"""A folder of rules as downloaded: which schematrons are in it, and which of them a document must meet.

The folder of the ANS (testContenuCDA) holds one schematron per content model and version, general ones under `profils`,
and the schema `CDA_extended.xsd`; a folder of one's own may hold anything. A schematron is for a document when

- it stands under `profils`, or names no content model and has no version in its file name: it is for every document;
- the document names it (`<?oxygen SCHSchema=…?>`, `<?xml-model href=…?>`);
- else, when the document names none: one of its versions names the document's model (templateId), in its file or in the
  header rules it includes, and it is the version the document says, or the newest.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from lxml import etree
from lxml.etree import _Element

from segur.cda.official.schematron import RulesRefused
from segur.wire import cda

_MODEL = re.compile(rb"1\.2\.250\.1\.213\.1\.1\.1\.(\d+(?:\.\d+)*)")
_HEADER_RULES = re.compile(rb"""href\s*=\s*["']([^"']*entete[^"']*)["']""", re.IGNORECASE)
_ROOT = re.compile(rb"<(?:\w+:)?schema[\s>]")
_NAMED = re.compile(r"""(?:SCHSchema|href)\s*=\s*["']([^"']+\.sch)["']""")
_VERSIONED = re.compile(r"^(?P<stem>.+?)_(?P<version>\d[\d.]*)$")
_MINIMAL_STRUCTURE: Final = b"1"
_PARTS: Final = frozenset({"include", "abstract", "moteur", "tmp"})
_GENERAL: Final = "profils"
_SCHEMA: Final = "CDA_extended.xsd"
_HEAD: Final = 64 * 1024


@dataclass(frozen=True)
class Edition:
    """One folder of rules; `name` tells it from the others."""

    name: str
    folder: Path

    @cached_property
    def schematrons(self) -> tuple[Path, ...]:
        """Every schematron that stands by itself (parts of others and scraps of the official tool left out)."""
        found = (path for path in sorted(self.folder.rglob("*.sch")) if not _PARTS & set(self._folders(path)))
        return tuple(path for path in found if _ROOT.search(path.read_bytes()[:_HEAD]))

    @cached_property
    def schema(self) -> Path | None:
        """The XML schema of CDA, when the folder has it."""
        return next(iter(sorted(self.folder.rglob(_SCHEMA))), None)

    @cached_property
    def _models(self) -> dict[Path, frozenset[bytes] | None]:
        """The content models each schematron is for, by what any of its versions names; `None` for a general one."""
        named: dict[str, frozenset[bytes]] = defaultdict(frozenset)
        for path in self.schematrons:
            named[_stem(path)[0]] |= _models_of(path)
        return {
            path: None if self._is_general(path, named[_stem(path)[0]]) else named[_stem(path)[0]]
            for path in self.schematrons
        }

    def _is_general(self, path: Path, models: frozenset[bytes]) -> bool:
        return _GENERAL in self._folders(path) or (not models and not _stem(path)[1])

    @property
    def general(self) -> tuple[Path, ...]:
        """The schematrons that are for every document."""
        return tuple(path for path, models in self._models.items() if models is None)

    def for_document(self, root: _Element, *, only: Sequence[str] = ()) -> tuple[Path, ...]:
        """The schematrons a document must meet; `only` (file names, the ending may be missing) chooses by hand."""
        if only:
            return tuple(self._of_name(name) for name in only)
        named = set(_named_by(root))
        own = [path for path, models in self._models.items() if models is not None and path.name in named]
        return tuple(dict.fromkeys((*self.general, *(own or self._by_model(root)))))

    def _of_name(self, name: str) -> Path:
        for path in self.schematrons:
            if name in (path.name, path.stem):
                return path
        raise RulesRefused(f"{self.name}: no schematron is called {name!r}")

    def _by_model(self, root: _Element) -> Iterable[Path]:
        header = cda.header_of(root)
        said = {template.root.encode(): template.extension for template in header.templates}
        models = {found[1]: said[oid] for oid in said if (found := _MODEL.fullmatch(oid)) is not None}
        models.pop(_MINIMAL_STRUCTURE, None)
        versions: dict[str, dict[str, Path]] = defaultdict(dict)
        for path, named in self._models.items():
            if named is not None and named & models.keys():
                stem, version = _stem(path)
                versions[stem][version] = path
        for paths in versions.values():
            exact = next((paths[version] for version in models.values() if version in paths), None)
            yield exact or paths[max(paths)]

    def _folders(self, path: Path) -> tuple[str, ...]:
        return path.relative_to(self.folder).parts[:-1]


def editions(folders: Sequence[Path]) -> tuple[Edition, ...]:
    """The folders as editions, each under a name of its own; raise `RulesRefused` for one that holds no rules."""
    made: list[Edition] = []
    for folder in folders:
        if not folder.is_dir():
            raise RulesRefused(f"{folder}: no such folder of rules")
        path = folder.resolve()
        name = path.name if all(one.name != path.name for one in made) else f"{path.parent.name}/{path.name}"
        edition = Edition(name, path)
        if not edition.schematrons and edition.schema is None:
            raise RulesRefused(f"{folder}: holds neither a schematron nor {_SCHEMA}")
        made.append(edition)
    return tuple(made)


def _models_of(path: Path) -> frozenset[bytes]:
    text = path.read_bytes()
    for reference in _HEADER_RULES.findall(text):
        included = path.parent / reference.decode("utf-8", "replace")
        text += included.read_bytes() if included.is_file() else b""
    return frozenset(_MODEL.findall(text)) - {_MINIMAL_STRUCTURE}


def _named_by(root: _Element) -> Iterable[str]:
    """File names of the schematrons a document names in processing instructions before its root."""
    for instruction in root.itersiblings(etree.ProcessingInstruction, preceding=True):
        found = _NAMED.search(instruction.text or "")
        if found:
            yield found[1].replace("\\", "/").rpartition("/")[2]


def _stem(path: Path) -> tuple[str, str]:
    found = _VERSIONED.match(path.stem)
    return (found["stem"], found["version"]) if found else (path.stem, "")
