"""Which tests run on one test worker, and which come first.

xdist 3.8 hands the group of a test over in its node id, which pytest 9.2 no longer lets it write: `--dist loadgroup`
then deals every test by itself, silently, and each worker starts anew what a module's fixtures start (pytest-xdist
issue 1386). A scheduler of our own goes by the file, which the workers and the controller both know.
"""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling

_LIFE = "tests/journey/test_platform_life.py"
_PILLARS = "tests/journey/test_pillar_"
_JOURNEYS = "tests/journey/"
_FIRST_TO_LAST = ("platform", "pillars", "tests/contract/", "life", "tests/foreign/")
"""Long units first, so that no worker is left with one at the end. Stories mostly wait: they pass beside the rest."""


def unit_of(nodeid: str) -> str:
    """The unit of work a test belongs to: its file, or the running platform its file shares with others."""
    file = nodeid.partition("::")[0]
    if file == _LIFE:
        return "life"
    if file.startswith(_PILLARS):
        return "pillars"
    return "platform" if file.startswith(_JOURNEYS) else file


def turn_of(nodeid: str) -> int:
    """When the unit of a test has its turn, the first being 0."""
    unit = unit_of(nodeid)
    turns = (turn for turn, prefix in enumerate(_FIRST_TO_LAST) if unit.startswith(prefix))
    return next(turns, len(_FIRST_TO_LAST))


class UnitScheduling(LoadScopeScheduling):
    """Deals whole units, in the order of the collection."""

    def _split_scope(self, nodeid: str) -> str:
        return unit_of(nodeid)
