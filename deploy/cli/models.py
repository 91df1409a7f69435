"""`viva models pull|list|verify|rm`: weights by name. Runs no model."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Table

from deploy.cli.console import BROKEN, DEGRADED, READY, Finding, console, show, worst
from deploy.local.environment import default_models, this_mesh
from deploy.weights import catalogue as catalogues
from deploy.weights.download import Report
from deploy.weights.errors import CatalogueError, LicenceRefusedError
from deploy.weights.shelf import Presence, Shelf, Verdict
from deploy.weights.sources import FolderSource, Source, WebSource, web_client

app = typer.Typer()
models = typer.Typer(
    help="Model weights: pull them by name, list, verify and remove them.", no_args_is_help=True
)
app.add_typer(models, name="models")
SHIPPED = Path(catalogues.__file__).with_name("catalogue.yaml")
LEVELS = {
    Verdict.RIGHT: READY, Verdict.UNRECORDED: DEGRADED, Verdict.WRONG: BROKEN, Verdict.GONE: BROKEN,
}  # fmt: skip


def _web_folder(address: str) -> str:
    try:
        return catalogues.web_folder(address) if address else ""
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


Names = Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", show_default=False)]
CatalogueFile = Annotated[
    Path, typer.Option("--catalogue", envvar="VIVA_MODELS_CATALOGUE", help="A catalogue of your own.")
]


@models.command()
def pull(
    names: Names = None,
    accept_licence: Annotated[
        bool, typer.Option("--accept-licence", help="Accept without being asked.")
    ] = False,
    mirror: Annotated[
        str,
        typer.Option(
            envvar="VIVA_MODELS_MIRROR",
            callback=_web_folder,
            help="Web address with the same paths as the sources.",
        ),
    ] = "",
    folder: Annotated[
        Path | None,
        typer.Option("--from", file_okay=False, exists=True, help="A folder that holds the files."),
    ] = None,
    catalogue: CatalogueFile = SHIPPED,
) -> None:
    """Fetch models; without names those that are suggested. An interrupted pull goes on where it ended."""
    shelf = open_shelf(catalogue)
    chosen = names or shelf.catalogue.suggested()
    for name in chosen:
        accept(shelf, name, accept_licence)
    with web_client() as client, progress() as report:
        source: Source = FolderSource(folder) if folder else WebSource(shelf.catalogue, client, mirror)
        for name in chosen:
            fetched = shelf.pull(name, source, report)
            _say(f"{name}: {'pulled' if fetched else 'is here already'}")
    for name in chosen:
        tell_of_neighbours(shelf, name)


@models.command(name="list")
def listing(catalogue: CatalogueFile = SHIPPED) -> None:
    """What can be pulled, under which licence, and what is here."""
    shelf = open_shelf(catalogue)
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("name", "for", "state", "size"):
        table.add_column(column, no_wrap=True)
    for column in ("licence", "what"):
        table.add_column(column, overflow="fold")
    for name, model in shelf.catalogue.models.items():
        licence = shelf.catalogue.licence_of(name)
        words = licence.name if licence.commercial else f"{licence.name} (no commercial use)"
        state = shelf.presence(name)
        table.add_row(
            name, model.serves, state, in_words(shelf.size(name)), escape(words), escape(model.what)
        )
    console.print(table)
    _say(f"\nmodels folder: {shelf.folder}\nget one with: viva models pull NAME")


@models.command()
def verify(names: Names = None, catalogue: CatalogueFile = SHIPPED) -> None:
    """Read every byte of what is here. Exit status: 0 all right, 3 never recorded, 1 wrong or gone."""
    shelf = open_shelf(catalogue)
    present = [name for name in shelf.catalogue.models if shelf.presence(name) is not Presence.ABSENT]
    findings = []
    for name in names or present:
        for path, verdict in shelf.verify(name).items():
            remedy = "" if verdict in (Verdict.RIGHT, Verdict.UNRECORDED) else f"viva models pull {name}"
            findings.append(Finding(f"{name}/{path}", LEVELS[verdict], verdict.value, remedy))
    show(findings)
    raise typer.Exit(worst(findings))


@models.command()
def rm(
    names: Annotated[list[str], typer.Argument(metavar="NAME...")],
    forget: Annotated[
        bool, typer.Option("--forget", help="Also forget its recorded hashes and revision.")
    ] = False,
    catalogue: CatalogueFile = SHIPPED,
) -> None:
    """Remove models. A later pull is held to the recorded hashes unless they are forgotten."""
    shelf = open_shelf(catalogue)
    for name in names:
        shelf.catalogue.model(name)
    for name in names:
        _say(f"{name}: {in_words(shelf.remove(name, forget=forget))} freed")


def open_shelf(catalogue: Path) -> Shelf:
    try:
        text = catalogue.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise CatalogueError(f"{catalogue} cannot be read: {error}", "give another --catalogue") from error
    return Shelf(default_models(this_mesh().outside), catalogues.parse(text, catalogue.name))


def accept(shelf: Shelf, name: str, already: bool) -> None:
    """Shows the licence, and asks unless it was accepted before; raises LicenceRefusedError."""
    if shelf.is_accepted(name):
        return
    licence = shelf.catalogue.licence_of(name)
    _say(f"{name} is under the {licence.name}\n  {licence.link}")
    if licence.note:
        _say(f"  {licence.note}")
    if not already and not (sys.stdin.isatty() and typer.confirm("Do you accept it?")):
        raise LicenceRefusedError(
            f"The licence of {name} was not accepted; nothing was pulled.",
            f"viva models pull {name} --accept-licence",
        )
    shelf.accept(name)


@contextmanager
def progress() -> Iterator[Report]:
    """A bar for each file."""
    columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn()
    with Progress(*columns, TimeRemainingColumn(), console=console) as bars:
        tasks: dict[str, TaskID] = {}

        def report(path: str, done: int, size: int | None) -> None:
            if path not in tasks:
                tasks[path] = bars.add_task(path, total=size)
            bars.update(tasks[path], completed=done, total=size)

        yield report


def tell_of_neighbours(shelf: Shelf, name: str) -> None:
    model = shelf.catalogue.model(name)
    if shelf.neighbours(name):
        chosen = model.files[0].path if model.folder == model.serves else model.folder.partition("/")[2]
        _say(f"{model.serves} has more than one model; choose: VIVA_{model.serves.upper()}_MODEL={chosen}")


def in_words(size: int | None) -> str:
    if size is None:
        return "unknown"
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.1f} MB"


def _say(line: str) -> None:
    console.print(line, markup=False)
