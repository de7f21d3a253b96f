"""The French minimal structure of a CDA, judged from a table of rules (`rules.tsv`). [DMP digest 5.1, 5.2, 5.3]

A table and not code, so that someone who knows the specification and no Python can read it, and doubt a row.
"""

from __future__ import annotations

from segur.cda.minimal.check import NOT_A_CDA, check, check_root
from segur.cda.minimal.table import RULES, Rule

__all__ = ["NOT_A_CDA", "RULES", "Rule", "check", "check_root"]
