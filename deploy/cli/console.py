"""What the operator sees: lines, tables and failures with their remedy. Decides nothing."""

from collections.abc import Iterable
from dataclasses import dataclass

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from deploy.local.errors import MeshError

console = Console(highlight=False, soft_wrap=True)
READY, BROKEN, DEGRADED = 0, 1, 3
WORDS = {READY: "ready", DEGRADED: "degraded", BROKEN: "broken"}
COLOURS = {READY: "green", DEGRADED: "yellow", BROKEN: "red"}


@dataclass(frozen=True)
class Finding:
    """One row: `level` is READY, DEGRADED or BROKEN; `remedy` is empty when there is nothing to mend.

    `word` is shown in place of the level's own word.
    """

    name: str
    level: int
    detail: str
    remedy: str = ""
    word: str = ""


def show(findings: Iterable[Finding]) -> None:
    """A table, then the remedies as lines that can be copied whole."""
    findings = list(findings)
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("", "state", "what"):
        table.add_column(column, overflow="fold")
    for finding in findings:
        word = finding.word or WORDS[finding.level]
        table.add_row(finding.name, f"[{COLOURS[finding.level]}]{word}[/]", escape(finding.detail))
    console.print(table)
    remedies = [finding for finding in findings if finding.remedy]
    if remedies:
        console.print("\nWhat mends it:")
    for finding in remedies:
        console.print(f"  {finding.name}: {finding.remedy}", markup=False)


def worst(findings: Iterable[Finding]) -> int:
    """The exit status for a list of findings: broken before degraded before ready."""
    levels = {finding.level for finding in findings}
    return next((level for level in (BROKEN, DEGRADED) if level in levels), READY)


def show_failure(error: MeshError) -> None:
    console.print("[red]failed[/]", end=" ")
    console.print(str(error), markup=False)
    console.print(f"mend it: {error.remedy}", markup=False)
