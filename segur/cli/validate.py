"""`segur validate`: documents against the minimal structure and the official rules one downloaded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.markup import escape

from segur.cda import minimal, official
from segur.cda.finding import Finding, Severity
from segur.cli.documents import read
from segur.cli.output import DEFAULT_HOME, NOT_HELD, WRONG_USE, AsJson, Home, fail, out, print_json
from segur.wire import cda

_STYLES = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.UNJUDGED: "dim"}
_WORDS = {
    "fr": {
        "minimal": "Structure minimale (règles de SégurStack)",
        "edition": "Règles {name} : {applied}",
        "clean": "rien à redire",
        "unusable": "règle inutilisable : {why}",
        "differences": "Où les éditions diffèrent",
        "difference": "{by} le dit, {not_by} non",
        "held": "{file} : conforme",
        "broken": "{file} : {errors} erreur(s)",
    },
    "en": {
        "minimal": "Minimal structure (SégurStack's own rules)",
        "edition": "Rules {name}: {applied}",
        "clean": "nothing to say",
        "unusable": "rule that cannot be used: {why}",
        "differences": "Where the editions differ",
        "difference": "{by} says so, {not_by} does not",
        "held": "{file}: conforms",
        "broken": "{file}: {errors} error(s)",
    },
}


def register(app: typer.Typer) -> None:
    """Hang the command into the tree."""
    app.command("validate")(validate)


def validate(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="CDA documents.")],
    rules: Annotated[
        list[Path] | None,
        typer.Option("--rules", metavar="DIR", help="A folder of official rules; several editions: say it again."),
    ] = None,
    schematron: Annotated[
        list[str] | None, typer.Option(help="Only these schematrons of the folders (default: those for the document).")
    ] = None,
    lang: Annotated[Literal["fr", "en"], typer.Option(help="Language of the report.")] = "fr",
    home: Home = DEFAULT_HOME,
    as_json: AsJson = False,
) -> None:
    """Judge documents: the minimal structure always, official schematrons and XML schema with --rules.

    Exit 0 when no document has an error, 1 when one has (or a rule file cannot be used), 2 for wrong use.
    """
    try:
        court = official.Court(official.editions(rules or ()), official.Engine(home / "cache" / "rules"))
        reports = [_report(file, court, schematron or (), lang) for file in files]
    except official.RulesRefused as error:
        fail(str(error), WRONG_USE)
    if as_json:
        print_json({"held": all(report["held"] for report in reports), "documents": reports})
    else:
        for report in reports:
            _show(report, _WORDS[lang])
    if not all(report["held"] for report in reports):
        raise typer.Exit(NOT_HELD)


def _report(file: Path, court: official.Court, only: Sequence[str], lang: str) -> dict[str, Any]:
    content = read(file)
    own = minimal.check(content, english=lang == "en")
    judgements: tuple[official.Judgement, ...] = ()
    if all(one.rule != minimal.NOT_A_CDA for one in own):
        judgements = court.judge(cda.clinical_document(content)[0], only=only)
    errors = sum(one.is_error for one in own) + sum(len(one.errors) for one in judgements)
    return {
        "file": str(file),
        "held": not errors and not any(one.unusable for one in judgements),
        "errors": errors,
        "minimal": [asdict(one) for one in own],
        "editions": [asdict(one) for one in judgements],
        "differences": [asdict(one) for one in official.differences(judgements)],
    }


def _show(report: dict[str, Any], words: dict[str, str]) -> None:
    verdict = words["held" if report["held"] else "broken"].format(file=report["file"], errors=report["errors"])
    out.print(f"[bold]{escape(verdict)}[/bold]")
    _show_findings(words["minimal"], report["minimal"], words)
    for edition in report["editions"]:
        title = words["edition"].format(name=edition["edition"], applied=", ".join(edition["applied"]) or "–")
        _show_findings(title, edition["findings"], words)
        for why in edition["unusable"]:
            out.print(f"    [red]{escape(words['unusable'].format(why=why))}[/red]")
    if report["differences"]:
        out.print(f"  {words['differences']}")
    for difference in report["differences"]:
        by, not_by = ", ".join(difference["by"]), ", ".join(difference["not_by"])
        out.print(f"    [cyan]{escape(words['difference'].format(by=by, not_by=not_by))}[/cyan]")
        _show_finding(difference["finding"], words)


def _show_findings(title: str, findings: Sequence[dict[str, Any]], words: dict[str, str]) -> None:
    out.print(f"  {escape(title)}")
    if not findings:
        out.print(f"    [green]{words['clean']}[/green]")
    for finding in findings:
        _show_finding(finding, words)


def _show_finding(finding: dict[str, Any], words: dict[str, str]) -> None:
    one = Finding(**finding)
    style, severity = _STYLES[one.severity], one.severity.value if words is _WORDS["en"] else one.severity.french
    fix = f"\n        → {escape(one.fix)}" if one.fix else ""
    place = f"\n        {escape(one.path)}" if one.path else ""
    out.print(f"    [{style}]{severity}[/{style}] {escape(one.rule)} : {escape(one.wrong)}{place}{fix}")
