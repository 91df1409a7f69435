"""`viva demo`: whole interviews through the public API, then a check of everything they left behind.

Knows how a demonstration is shown; what happens in it is in `deploy.demo`.
"""

import asyncio
import contextlib
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import psutil
import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from viva.v1 import common_pb2

from deploy.cli.console import BROKEN, console
from deploy.cli.token import mesh_token
from deploy.demo import waterfall
from deploy.demo.answers import read_answers
from deploy.demo.database import database_findings
from deploy.demo.errors import DemoError
from deploy.demo.findings import findings
from deploy.demo.interview import Interviewed, Step
from deploy.demo.over_grpc import over_grpc
from deploy.demo.over_rest import over_rest
from deploy.demo.person import Entrance
from deploy.demo.run import Wanted, run
from deploy.demo.speech import Recorded, Speech, Synthesised
from deploy.demo.spoken import Spoken
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
    REST = "rest"


WAYS: Mapping[Via, tuple[str, Entrance]] = {Via.GRPC: ("session", over_grpc), Via.REST: ("edge", over_rest)}
"""The service that is met, and how."""


@app.command()
def demo(
    resume: Annotated[Path | None, typer.Option(help="PDF, DOCX or text; one is made up otherwise.")] = None,
    answers: Annotated[
        Path | None, typer.Option(help="YAML: `stage_id: text` lines, or a list in order.")
    ] = None,
    parallel: Annotated[int, typer.Option(help="Interviews side by side.", min=1, max=MOST_PARALLEL)] = 1,
    scenario: Annotated[str, typer.Option(help="Such as standard or career_transition.")] = "standard",
    lang: Annotated[Language, typer.Option(help="Of the questions and the report.")] = Language.KO,
    out: Annotated[Path, typer.Option(help="Folder for report.html, .json and .pdf.")] = Path("demo"),
    via: Annotated[Via, typer.Option(help="The public interface it goes through.")] = Via.GRPC,
    seed: Annotated[int | None, typer.Option(help="Repeats what was made up in an earlier run.")] = None,
    voice: Annotated[bool, typer.Option(help="Answers are said over WebRTC; goes via rest.")] = False,
    speech: Annotated[
        Path | None, typer.Option(help="Folder of recorded answers, STAGE-1-1.ogg and so on, to say.")
    ] = None,
) -> None:
    """A whole interview from a résumé to a report, and a check that nothing of it is missing."""
    told = read_answers(answers) if answers else None
    wanted = Wanted(scenario, lang.value, parallel, resume=resume, answers=told)
    wanted = wanted if seed is None else replace(wanted, seed=seed)
    mesh = this_mesh()
    if voice:
        via, wanted = Via.REST, replace(wanted, room=Spoken(_speech(mesh, speech, lang.value)))
    made_up = " and ".join(what for what, given in (("résumé", resume), ("answers", told)) if not given)
    _say(f"{parallel} x {scenario} in {lang.value} over {via.value}")
    if made_up:
        _say(f"{made_up} made up from seed {wanted.seed}; --seed {wanted.seed} makes the same again")
    service, entrance = WAYS[via]
    began = time.monotonic()
    with _serving(mesh, service) as address:
        started_s = time.monotonic() - began
        with _bars(parallel) as step_of:
            ended = asyncio.run(run(address, wanted, step_of, entrance))
        held = [each for each in ended if isinstance(each, Interviewed)]
        wrong = _wrong(ended, _database_of(mesh, service))
    write_reports(out, held)
    _show(held, out, started_s)
    _judge(wrong, len(held))


def _speech(mesh: LocalMesh, folder: Path | None, language: str) -> Speech:
    if folder is not None:
        return Recorded(folder)
    return Synthesised(first_addresses(mesh)["tts"], mesh_token(), language)


@contextlib.contextmanager
def _serving(mesh: LocalMesh, service: str) -> Iterator[str]:
    """The service's address; a mesh of this machine is started unless it runs or another one is named."""
    if mesh.outside.get(addresses_variable(service)):
        yield first_addresses(mesh)[service]
        return
    with console.status("starting the mesh") as status:
        mesh_is_up = started_mesh(mesh, report=lambda line: status.update(line))
        with mesh_is_up:
            status.stop()
            yield first_addresses(mesh)[service]


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


def _wrong(ended: Sequence[Interviewed | DemoError], dsn: str) -> list[str]:
    """Every miss, by the public API and by the database where it is known."""
    wrong = []
    for number, each in enumerate(ended, start=1):
        lines = findings(each) if isinstance(each, Interviewed) else [f"{each} Mend it: {each.remedy}"]
        wrong += [f"interview {number}: {line}" for line in lines]
    held = [each for each in ended if isinstance(each, Interviewed)]
    return wrong + (database_findings(dsn, held) if dsn and held else [])


def _database_of(mesh: LocalMesh, service: str) -> str:
    """Empty when the interviews were held at another machine whose database is not named."""
    if any(mesh.outside.get(addresses_variable(each)) for each in ("session", service)):
        return mesh.outside.get("DATABASE_URL", "")
    return mesh.environment()["DATABASE_URL"]


def write_reports(out: Path, held: Sequence[Interviewed]) -> None:
    """report.html, .json and, where there is one, .pdf of the first interview, report-2.html and so on."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        for number, done in enumerate(held, start=1):
            name = "report" if number == 1 else f"report-{number}"
            (out / f"{name}.html").write_bytes(done.html)
            if done.pdf is not None:
                (out / f"{name}.pdf").write_bytes(done.pdf)
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
    if spoken := [told for done in held for told in done.turns if told.spoke_from is not None]:
        exact = sum(told.submitted == told.meant for told in spoken)
        _say(f"{exact} of {len(spoken)} spoken answers were taken down word for word")
    for part in held[0].parts:
        state = common_pb2.CapabilityState.Name(part.state).removeprefix("CAPABILITY_STATE_").lower()
        _say(f"{part.name} ran on {part.engine or 'nothing'} ({state}): {part.detail}")
    if held[0].absent:
        _say(held[0].absent)
    endings = ["html", "json"] if held[0].pdf is None else ["html", "json", "pdf"]
    names = ", ".join(str(out / f"report.{each}") for each in endings)
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
