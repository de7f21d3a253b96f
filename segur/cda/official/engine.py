"""Saxon, started once: compiles the program of a schematron and runs it on documents.

`saxonche` is an optional part of the installation (a hundred megabytes): without it the message says how to get it.
What is compiled stays in this process; the XSLT made from a schematron is kept on disk by the digest of its files.
"""

from __future__ import annotations

import hashlib
import re
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from lxml.etree import _Element

from segur.cda.finding import Finding, Severity
from segur.cda.official.schematron import RulesRefused, Schema, read_schema
from segur.cda.official.stylesheet import stylesheet
from segur.wire import xml

_VERSION: Final = b"2"
"""Of the compiler: another one makes other programs of the same rules."""
_NAMESPACE = re.compile(r"Q\{[^}]*\}")
_ONLY = re.compile(r"\[1\](?=/|$)")
_WARNINGS: Final = ("warning", "warn", "info", "information", "avertissement")
MISSING: Final = (
    "Les règles officielles demandent XSLT 2 : installez l'option « validation » "
    '(pip install "segurstack[validation]", une centaine de mégaoctets).'
)


class EngineMissing(RulesRefused):
    """saxonche is not installed."""

    def __init__(self) -> None:
        super().__init__(MISSING)


class Engine:
    """The XSLT processor of this process, and the rules compiled so far.

    Safe to use from several threads: Saxon itself stays on one thread of its own, as its objects belong to the thread
    that made them.
    """

    def __init__(self, cache: Path | None = None) -> None:
        """`cache` is a folder for the programs made from schematrons; without it nothing is kept on disk."""
        self._cache = cache
        self._compiled: dict[Path, Any] = {}
        self._thread = ThreadPoolExecutor(1, "saxon")

    @cached_property
    def _processor(self) -> Any:
        try:
            from saxonche import PySaxonProcessor
        except ImportError as error:
            raise EngineMissing from error
        processor = PySaxonProcessor(license=False)
        # rules may read value sets beside them, never the network
        processor.set_configuration_property("http://saxon.sf.net/feature/allowedProtocols", "file")
        return processor

    def start(self) -> None:
        """Load Saxon now rather than at the first document; raise `EngineMissing` when it is not installed."""
        self._thread.submit(lambda: self._processor).result()

    def prepare(self, rules: Path, folder: Path) -> None:
        """Have a schematron compiled before a document needs it; nobody waits, what fails is told by `judge`."""
        self._thread.submit(self._program, rules, folder)

    def close(self) -> None:
        """Forget what was to be prepared; what runs ends by itself."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def judge(self, root: _Element, rules: Path, folder: Path) -> tuple[Finding, ...]:
        """Every finding of the schematron `rules` (inside `folder`) on a `ClinicalDocument`; raise `RulesRefused`."""
        answer = xml.parse(self._thread.submit(self._run, xml.serialize(root).decode(), rules, folder).result())
        # a check that cannot be worked out fails wherever it looks: told once
        told = {(one.get("rule"), one.get("test") or number): one for number, one in enumerate(xml.children(answer))}
        return tuple(_finding(one, rules.stem) for one in told.values())

    def _run(self, document: str, rules: Path, folder: Path) -> bytes:
        program = self._program(rules, folder)
        try:
            result = program.transform_to_string(xdm_node=self._processor.parse_xml(xml_text=document))
        except Exception as error:  # Saxon's own class is known only where it is installed
            raise RulesRefused(f"{rules.name}: {_words(error)}") from error
        return str(result).encode()

    def _program(self, rules: Path, folder: Path) -> Any:
        if rules not in self._compiled:
            processor = self._processor
            schema = read_schema(rules, folder)
            try:
                self._compiled[rules] = processor.new_xslt30_processor().compile_stylesheet(
                    stylesheet_text=self._kept(schema).decode(), encoding="UTF-8"
                )
            except Exception as error:  # as above
                raise RulesRefused(f"{rules.name}: {_words(error)}") from error
        return self._compiled[rules]

    def _kept(self, schema: Schema) -> bytes:
        if self._cache is None:
            return stylesheet(schema)
        digest = hashlib.sha256(_VERSION + str(schema.path).encode())
        for path in schema.files:
            digest.update(hashlib.sha256(path.read_bytes()).digest())
        file = self._cache / f"{digest.hexdigest()}.xsl"
        if not file.is_file():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(stylesheet(schema))
        return file.read_bytes()


def _finding(told: _Element, source: str) -> Finding:
    words = " ".join(xml.text(told).split())
    rule = told.get("rule") or told.get("pattern") or source
    if xml.local_name(told) == "unjudged":
        test = " ".join(told.get("test", "").split())[:120]
        return Finding(rule, "", f"« {test} » : {words[:300]}", severity=Severity.UNJUDGED, source=source)
    role = told.get("role", "").lower()
    warning = role in _WARNINGS or (not role and told.get("kind") == "report")
    place = _ONLY.sub("", _NAMESPACE.sub("", told.get("location", "")))
    return Finding(rule, place, words, severity=Severity.WARNING if warning else Severity.ERROR, source=source)


def _words(error: Exception) -> str:
    return " ".join(str(error).split())[:500]
