"""The page of the stories says what the stories are."""

from __future__ import annotations

from pathlib import Path

from segur.scenario.catalogue import markdown
from segur.scenario.story import Story, load_all

_PAGE = Path(__file__).parents[3] / "docs" / "scenarios.md"


def test_the_page_is_the_one_the_command_writes() -> None:
    assert _PAGE.read_text(encoding="utf-8") == markdown(load_all()), (
        "segur scenario list --markdown > docs/scenarios.md"
    )


def test_every_story_has_a_title_and_says_what_it_shows() -> None:
    untold = [story.id for story in load_all().values() if not (story.title and story.tell.__doc__)]
    assert untold == []


def test_a_row_holds_no_line_break() -> None:
    async def tell(_: object) -> None:
        """First line
        and second.

        The rest.
        """

    page = markdown({"X-1": Story("X-1", "Un titre", "psc", ("A", "B"), tell)})
    assert page.endswith("| X-1 | Un titre | A, B | First line and second. |\n")
