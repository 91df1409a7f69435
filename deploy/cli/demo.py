"""`viva demo`: whole interviews through the public API, then a check of everything they left behind.

Knows how a demonstration is shown; what happens in it is in `deploy.demo`.
"""

import asyncio
import contextlib
import json
import time
from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import psutil
import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from viva.v1 import common_pb2

from deploy.cli.console import BROKEN, console
from deploy.demo import waterfall
from deploy.demo.answers import read_answers
from deploy.demo.database import database_findings
from deploy.demo.errors import DemoError
from deploy.demo.findings import findings
from deploy.demo.interview import Interviewed, Step
from deploy.demo.run import Wanted, run
from deploy.local.environment import LocalMesh, addresses_variable, this_mesh
from deploy.local.mesh import first_addresses, started_mesh

app = typer.Typer()
MOST_PARALLEL = 200
BARS = 8  # more interviews than these share one bar


class Language(StrEnum):
    KO = "ko"
    EN = "en"


class Via(StrEnum):
    GRPC = "grpc"


@app.command()
def demo(
    resume: Annotated[Path | None, typer.Option(help="PDF, DOCX or text; one is made up otherwise.")] = None,
    answers: Annotated[
        Path | None, typer.Option(help="YAML: `stage_id: text` lines, or a list in order.")
    ] = None,
    parallel: Annotated[int, typer.Option(help="Interviews side by side.", min=1, max=MOST_PARALLEL)] = 1,
    scenario: Annotated[str, typer.Option(help="Such as standard or career_transition.")] = "standard",
    lang: Annotated[Language, typer.Option(help="Of the questions and the report.")] = Language.KO,
    out: Annotated[Path, typer.Option(help="Folder for report.html and report.json.")] = Path("demo"),
    via: Annotated[Via, typer.Option(help="The public interface it goes through.")] = Via.GRPC,
    seed: Annotated[int | None, typer.Option(help="Repeats what was made up in an earlier run.")] = None,
) -> None:
    """A whole interview from a résumé to a report, and a check that nothing of it is missing."""
    told = read_answers(answers) if answers else None
    wanted = Wanted(scenario, lang.value, parallel, resume=resume, answers=told)
    wanted = wanted if seed is None else Wanted(scenario, lang.value, parallel, seed, resume, told)
    made_up = " and ".join(what for what, given in (("résumé", resume), ("answers", told)) if not given)
    _say(f"{parallel} x {scenario} in {lang.value} over {via.value}")
    if made_up:
        _say(f"{made_up} made up from seed {wanted.seed}; --seed {wanted.seed} makes the same again")
    mesh = this_mesh()
    began = time.monotonic()
    with _serving(mesh) as address:
        started_s = time.monotonic() - began
        with _bars(parallel) as step_of:
            ended = asyncio.run(run(address, wanted, step_of))
        held = [each for each in ended if isinstance(each, Interviewed)]
        wrong = _wrong(mesh, ended)
    write_reports(out, held)
    _show(held, out, started_s)
    _judge(wrong, len(held))


@contextlib.contextmanager
def _serving(mesh: LocalMesh) -> Iterator[str]:
    """The session's address; a mesh of this machine is started unless it runs or another one is named."""
    if mesh.outside.get(addresses_variable("session")):
        yield first_addresses(mesh)["session"]
        return
    with console.status("starting the mesh") as status:
        mesh_is_up = started_mesh(mesh, report=lambda line: status.update(line))
        with mesh_is_up:
            status.stop()
            yield first_addresses(mesh)["session"]


@contextlib.contextmanager
def _bars(parallel: int) -> Iterator["_Bars"]:
    columns = (
        TextColumn("{task.fields[name]:<12}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as progress:
        yield _Bars(progress, parallel)


class _Bars:
    """One bar an interview, or one for all of many."""

    def __init__(self, progress: Progress, parallel: int) -> None:
        self._progress = progress
        self._parallel = parallel
        own = parallel <= BARS
        names = [f"interview {each + 1}" for each in range(parallel)] if own else ["interviews"]
        self._tasks = [progress.add_task("registering", total=None, name=name) for name in names]
        self._reached = [(0, 1)] * parallel

    def __call__(self, number: int) -> Step:
        def step(what: str, done: int, total: int) -> None:
            self._reached[number] = (done, total)
            if len(self._tasks) == self._parallel:
                self._progress.update(self._tasks[number], description=what, completed=done, total=total)
                return
            reached, steps = map(sum, zip(*self._reached, strict=True))
            self._progress.update(self._tasks[0], description="", completed=reached, total=steps)

        return step


def _wrong(mesh: LocalMesh, ended: Sequence[Interviewed | DemoError]) -> list[str]:
    """Every miss, by the public API and by the database where it can be reached."""
    wrong = []
    for number, each in enumerate(ended, start=1):
        lines = findings(each) if isinstance(each, Interviewed) else [f"{each} Mend it: {each.remedy}"]
        wrong += [f"interview {number}: {line}" for line in lines]
    held = [each for each in ended if isinstance(each, Interviewed)]
    dsn = _database_of(mesh)
    return wrong + (database_findings(dsn, held) if dsn and held else [])


def _database_of(mesh: LocalMesh) -> str:
    """Empty when the interviews were held at another machine whose database is not named."""
    if mesh.outside.get(addresses_variable("session")):
        return mesh.outside.get("DATABASE_URL", "")
    return mesh.environment()["DATABASE_URL"]


def write_reports(out: Path, held: Sequence[Interviewed]) -> None:
    """report.html and report.json of the first interview, report-2.html and so on of the others."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        for number, done in enumerate(held, start=1):
            name = "report" if number == 1 else f"report-{number}"
            (out / f"{name}.html").write_bytes(done.html)
            text = json.dumps(done.report, ensure_ascii=False, indent=2)
            (out / f"{name}.json").write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise DemoError(
            f"{out} cannot be written: {error.strerror}.", "name another folder: --out"
        ) from error


def _show(held: Sequence[Interviewed], out: Path, started_s: float) -> None:
    if not held:
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("where the time went", "p50", "p95"):
        table.add_column(column, justify="left" if column.startswith("where") else "right")
    installing = installing_s()
    if installing is not None:
        table.add_row("make, before viva", waterfall.spoken(installing), "")
    table.add_row("mesh up", waterfall.spoken(started_s), "")
    for row in waterfall.rows(held):
        table.add_row(*row)
    console.print(table)
    _say("")
    for part in held[0].parts:
        state = common_pb2.CapabilityState.Name(part.state).removeprefix("CAPABILITY_STATE_").lower()
        _say(f"{part.name} ran on {part.engine or 'nothing'} ({state}): {part.detail}")
    names = f"{out / 'report.html'}, {out / 'report.json'}"
    _say(f"\nwrote {names}" + (f" and {len(held) - 1} more of each" if len(held) > 1 else ""))


def installing_s() -> float | None:
    """Seconds that `make` ran before it started this process; None when it did not."""
    own = psutil.Process()
    for parent in own.parents()[:2]:
        if parent.name() in ("make", "gmake"):
            return max(0.0, own.create_time() - parent.create_time())
    return None


def _judge(wrong: Sequence[str], held: int) -> None:
    if wrong:
        console.print(f"[red]{len(wrong)} things are wrong[/]")
        for line in wrong:
            _say(f"  {line}")
        raise typer.Exit(BROKEN)
    console.print(
        f"[green]checked[/]: {held} x every stage in order; question, answer and evaluation joined by ids; "
        "every score's evidence in the answer; one report"
    )


def _say(line: str) -> None:
    console.print(line, markup=False)
