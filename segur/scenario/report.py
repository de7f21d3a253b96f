"""What is shown of tellings: text, JSON, JUnit, and one HTML file with the exchanges and links to the traces."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Sequence
from datetime import datetime
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import Environment
from rich.console import Console
from rich.markup import escape

from segur.scenario.story import Result


def as_json(results: Sequence[Result]) -> dict[str, Any]:
    """The shape of `segur scenario run --json`."""
    return {
        "held": bool(results) and all(result.held for result in results),
        "scenarios": [r.as_json() for r in results],
    }


def print_text(results: Sequence[Result], console: Console, control: str) -> None:
    """For a terminal."""
    for result in results:
        console.print(f"\n[bold]{result.story.id}[/bold] {result.story.title}")
        for number, step in enumerate(result.steps, 1):
            mark = "[green]✔[/green]" if step.held else "[red]✘[/red]"
            console.print(f"  {mark} {number:>2}. {step.name} [dim]({step.actor}, {step.seconds * 1000:.0f} ms)[/dim]")
            if step.detail:
                console.print(f"       {step.detail}", markup=False)
            if step.facts:
                console.print(f"       [cyan]faits : {', '.join(step.facts)}[/cyan]")
        for clue in result.clues:
            console.print(f"  [yellow]indice[/yellow] {escape(clue)}")
        verdict = "[green]tenu[/green]" if result.held else "[red]NON TENU[/red]"
        console.print(f"  {verdict} — services de la trace : {', '.join(result.services)}")
        console.print(f"  trace : {control}/traces/{result.trace_id}")


def write_junit(results: Sequence[Result], path: Path) -> None:
    """JUnit XML: a test suite per story, a test case per step."""
    root = ET.Element("testsuites")
    for result in results:
        suite = ET.SubElement(
            root,
            "testsuite",
            name=f"{result.story.id} {result.story.title}",
            tests=str(len(result.steps)),
            failures=str(sum(not step.held for step in result.steps)),
        )
        for step in result.steps:
            case = ET.SubElement(
                suite, "testcase", classname=result.story.id, name=step.name, time=f"{step.seconds:.3f}"
            )
            if not step.held:
                ET.SubElement(case, "failure", message=step.detail)
    ET.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


def write_html(results: Sequence[Result], folder: Path, control: str) -> Path:
    """One HTML file with everything in it; give its path."""
    folder.mkdir(parents=True, exist_ok=True)
    template = resources.files("segur.scenario").joinpath("report.html").read_text(encoding="utf-8")
    page = (
        Environment(autoescape=True)
        .from_string(template)
        .render(results=results, control=control, at=f"{datetime.now().astimezone():%d/%m/%Y %H:%M}")
    )
    path = folder / "rapport.html"
    path.write_text(page, encoding="utf-8")
    return path
