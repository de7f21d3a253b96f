"""The stories there are as a page of documentation: id, title, requirements, what it shows; written, never kept up."""

from __future__ import annotations

from collections.abc import Mapping

from segur.scenario.story import PILLARS, Story

_TITLES = {
    "psc": "Pillar 3: Pro Santé Connect and security",
    "dmp": "Pillar 1: DMP",
    "mssante": "Pillar 2: MSSanté",
    "drim": "DRIM imaging",
    "cross": "Journeys across the pillars",
}
_HEAD = """\
# Stories

What an editor must prove, told as steps against the running platform; each step checks the answer on the wire and the
facts it causes. `segur scenario run SEC-01` tells one, `segur scenario run --all --pillar psc` a pillar; `--report DIR`
writes the evidence: steps, exchanges, facts, the link to the trace.

This page is written by `segur scenario list --markdown`, from the stories themselves.
"""


def markdown(stories: Mapping[str, Story]) -> str:
    """The page, pillar by pillar in the order of `PILLARS`, ids in their order."""
    parts = [_HEAD]
    for pillar in PILLARS:
        rows = [_row(story) for story in stories.values() if story.pillar == pillar]
        if rows:
            head = ["| id | title | requirements | what it shows |", "|---|---|---|---|"]
            parts.append("\n".join([f"## {_TITLES[pillar]}", "", *head, *rows]) + "\n")
    return "\n".join(parts)


def _row(story: Story) -> str:
    what = " ".join((story.tell.__doc__ or "").split("\n\n")[0].split())
    return f"| {story.id} | {story.title} | {', '.join(story.requirements)} | {what} |"
