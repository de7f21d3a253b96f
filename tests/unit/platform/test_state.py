"""State written by another version is set aside, never misread and never lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from segur.platform import state


def written(home: Path, text: str) -> None:
    """A home with some state."""
    for part in ("store", "blobs", "pki"):
        (home / part).mkdir(parents=True, exist_ok=True)
        (home / part / "file").write_text(text)


def test_a_new_home_is_marked_and_its_state_stays(tmp_path: Path) -> None:
    home = tmp_path / "new" / "home"
    assert state.claim(home) is None
    written(home, "ours")
    assert state.claim(home) is None
    assert (home / "store" / "file").read_text() == "ours"


@pytest.mark.parametrize("mark", [None, "1\n", f"{state.FORMAT + 1}\n"])
def test_the_state_of_another_version_is_moved_whole_and_the_authority_stays(tmp_path: Path, mark: str | None) -> None:
    written(tmp_path, "theirs")
    if mark is not None:
        (tmp_path / "format").write_text(mark)
    aside = state.claim(tmp_path)
    assert aside is not None
    assert (aside / "store" / "file").read_text() == (aside / "blobs" / "file").read_text() == "theirs"
    assert not (tmp_path / "store").exists()
    assert (tmp_path / "pki" / "file").exists()
    written(tmp_path, "ours")
    assert state.claim(tmp_path) is None
