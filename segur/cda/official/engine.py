"""Official rules by Saxon: documents are judged in a process of its own (`saxon`), findings are read here.

`saxonche` is an optional part of the installation (a hundred megabytes): without it the message says how to get it.
What is compiled stays in that process; the XSLT made from a schematron is kept on disk by the digest of its files.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path
from threading import Lock
from typing import Any, Final, TypeVar

from lxml.etree import _Element

from segur.cda.finding import Finding, Severity
from segur.cda.official import saxon
from segur.cda.official.schematron import RulesRefused
from segur.wire import xml

T = TypeVar("T")
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
    """The XSLT processor, in a process of its own that starts with the first call and starts anew if it ended.

    Safe to use from several threads: what is asked waits in line.
    """

    def __init__(self, cache: Path | None = None) -> None:
        """`cache` is a folder for the programs made from schematrons; without it nothing is kept on disk."""
        self._cache = cache
        self._lock = Lock()
        self._pool: ProcessPoolExecutor | None = None

    def start(self) -> None:
        """Load Saxon now rather than at the first document; raise `EngineMissing` when it is not installed."""
        self._ask(saxon.load)

    def prepare(self, rules: Path, folder: Path) -> None:
        """Have a schematron compiled before a document needs it; nobody waits, what fails is told by `judge`."""
        with suppress(EngineMissing):
            self._started().submit(saxon.compile_rules, rules, folder, self._cache)

    def close(self) -> None:
        """Forget what was to be prepared; what runs ends by itself."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=False, cancel_futures=True)

    def judge(self, root: _Element, rules: Path, folder: Path) -> tuple[Finding, ...]:
        """Every finding of the schematron `rules` (inside `folder`) on a `ClinicalDocument`; raise `RulesRefused`."""
        answer = xml.parse(self._ask(saxon.run, xml.serialize(root).decode(), rules, folder, self._cache))
        # a check that cannot be worked out fails wherever it looks: told once
        told = {(one.get("rule"), one.get("test") or number): one for number, one in enumerate(xml.children(answer))}
        return tuple(_finding(one, rules.stem) for one in told.values())

    def _ask(self, what: Callable[..., T], *asked: Any) -> T:
        for _ in range(2):  # the process may have ended since the last call
            pool = self._started()
            try:
                return pool.submit(what, *asked).result()
            except BrokenProcessPool:
                with self._lock:
                    if self._pool is pool:
                        self._pool = None
        raise RulesRefused("Saxon s'arrête sur ces règles, deux fois de suite.")

    def _started(self) -> ProcessPoolExecutor:
        if find_spec("saxonche") is None:
            raise EngineMissing
        with self._lock:
            if self._pool is None:
                # spawned, not forked: the caller has threads, sockets and a loop that are not the child's
                self._pool = ProcessPoolExecutor(1, get_context("spawn"), saxon.live_with_parent)
            return self._pool


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
