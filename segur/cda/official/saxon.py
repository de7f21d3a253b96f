"""Saxon itself, in a process of its own: what runs there may end it, and nothing else.

A fatal error inside SaxonC ends the process it runs in, and so does one of its objects that is freed on another thread
than the one that made it. `engine` calls these functions there, one at a time, and keeps no object of Saxon.
"""

from __future__ import annotations

import hashlib
import os
import threading
from functools import cache
from multiprocessing import parent_process
from pathlib import Path
from typing import Any, Final

from segur.cda.official.schematron import RulesRefused, Schema, read_schema
from segur.cda.official.stylesheet import stylesheet

_VERSION: Final = b"2"
"""Of the compiler: another one makes other programs of the same rules."""
_compiled: Final[dict[Path, Any]] = {}


def live_with_parent() -> None:
    """End this process when the one that started it is gone, however it went."""

    def wait() -> None:
        if (parent := parent_process()) is not None:
            parent.join()
            os._exit(0)

    threading.Thread(target=wait, daemon=True).start()


def run(document: str, rules: Path, folder: Path, kept: Path | None) -> bytes:
    """The findings of the schematron `rules` on a document, as XML; raise `RulesRefused`."""
    program = prepare(rules, folder, kept)
    try:
        result = program.transform_to_string(xdm_node=processor().parse_xml(xml_text=document))
    except Exception as error:  # Saxon's own class is known only where it is installed
        raise RulesRefused(f"{rules.name}: {_words(error)}") from None
    return str(result).encode()


def compile_rules(rules: Path, folder: Path, kept: Path | None) -> None:
    """Have `rules` compiled before a document needs them; raise `RulesRefused`."""
    prepare(rules, folder, kept)


def load() -> None:
    """Start Saxon."""
    processor()


def prepare(rules: Path, folder: Path, kept: Path | None) -> Any:
    """The compiled program of `rules`, which stays in this process."""
    if rules not in _compiled:
        schema = read_schema(rules, folder)
        try:
            _compiled[rules] = (
                processor()
                .new_xslt30_processor()
                .compile_stylesheet(stylesheet_text=_program_of(schema, kept).decode(), encoding="UTF-8")
            )
        except Exception as error:  # as above
            raise RulesRefused(f"{rules.name}: {_words(error)}") from None
    return _compiled[rules]


@cache
def processor() -> Any:
    """The one processor of this process."""
    from saxonche import PySaxonProcessor

    made = PySaxonProcessor(license=False)
    # rules may read value sets beside them, never the network
    made.set_configuration_property("http://saxon.sf.net/feature/allowedProtocols", "file")
    return made


def _program_of(schema: Schema, kept: Path | None) -> bytes:
    if kept is None:
        return stylesheet(schema)
    digest = hashlib.sha256(_VERSION + str(schema.path).encode())
    for path in schema.files:
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    file = kept / f"{digest.hexdigest()}.xsl"
    if not file.is_file():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(stylesheet(schema))
    return file.read_bytes()


def _words(error: Exception) -> str:
    return " ".join(str(error).split())[:500]
