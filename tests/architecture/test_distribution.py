"""A unit of work runs on one worker: what its fixtures start is started once."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from tests.distribution import UnitScheduling, turn_of

COLLECTED = [
    "tests/journey/test_bad_input.py::test_one",
    "tests/journey/test_crash.py::test_one",
    "tests/journey/test_pillar_dmp.py::test_one",
    "tests/journey/test_pillar_psc.py::test_one",
    *(f"tests/contract/psc/test_trips.py::test_trip[a::b-{number}@x]" for number in range(4)),
    "tests/journey/test_platform_life.py::test_one",
    "tests/unit/wire/test_xml.py::test_one",
    "tests/unit/wire/test_xml.py::test_two",
    "tests/unit/wire/test_xml.py::test_three",
    "tests/unit/wire/test_soap.py::test_one",
]
ONE_UNIT_EACH = [{0, 1}, {2, 3}, {4, 5, 6, 7}, {8}, {9, 10, 11}, {12}]


class Worker:
    """A test worker that runs nothing and remembers what it was given."""

    def __init__(self, name: str) -> None:
        self.gateway = SimpleNamespace(id=name)
        self.given: list[int] = []
        self.shutting_down = False

    def send_runtest_some(self, indices: list[int]) -> None:
        self.given += indices

    def shutdown(self) -> None:
        self.shutting_down = True


def test_no_unit_of_work_is_split_over_two_workers() -> None:
    options: dict[str, Any] = {"tx": ["popen", "popen"]}
    config = SimpleNamespace(
        getvalue=options.get, option=SimpleNamespace(loadscopereorder=False, debug=False), hook=None
    )
    workers = [Worker("gw0"), Worker("gw1")]
    scheduler = UnitScheduling(config)
    for worker in workers:
        scheduler.add_node(worker)
        scheduler.add_node_collection(worker, COLLECTED)
    scheduler.schedule()
    for worker in [*workers, *workers]:
        for index in list(worker.given):
            scheduler.mark_test_complete(worker, index)
    given = [set(worker.given) for worker in workers]
    assert given[0] | given[1] == set(range(len(COLLECTED)))
    assert all(unit <= given[0] or unit <= given[1] for unit in ONE_UNIT_EACH)
    assert not given[0] & given[1]


def test_the_long_units_have_their_turn_first() -> None:
    assert sorted(COLLECTED, key=turn_of) == COLLECTED


def test_the_suite_is_dealt_by_units(pytestconfig: pytest.Config) -> None:
    options = SimpleNamespace(getvalue={"dist": "loadgroup", "tx": ["popen"]}.get, option=SimpleNamespace(debug=False))
    made = pytestconfig.hook.pytest_xdist_make_scheduler(config=options, log=None)
    assert isinstance(made, UnitScheduling)
    assert options.option.loadscopereorder is False
