"""The official rules of the ANS (schematrons, XML schema), from folders that a user downloaded; none is shipped here.

`editions(folders)` reads the folders, `Court(editions, Engine(cache)).judge(root)` gives each edition's word on a
document, `differences(judgements)` where they disagree: editions do, in real life. XSLT 2 needs `saxonche`, an optional
part of the installation; `EngineMissing` says so. How to plug rules: docs/cda.md.
"""

from __future__ import annotations

from segur.cda.official.edition import Edition, editions
from segur.cda.official.engine import MISSING, Engine, EngineMissing
from segur.cda.official.schematron import RulesRefused
from segur.cda.official.verdict import Court, Difference, Judgement, differences

__all__ = [
    "MISSING",
    "Court",
    "Difference",
    "Edition",
    "Engine",
    "EngineMissing",
    "Judgement",
    "RulesRefused",
    "differences",
    "editions",
]
