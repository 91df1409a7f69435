"""`viva backup FILE` and `viva restore FILE`. Knows nothing of what is in the database and the blobs."""

from pathlib import Path

import typer

from deploy.cli.console import console
from deploy.local.archive import restore_archive, write_archive
from deploy.local.environment import this_mesh

app = typer.Typer()


@app.command()
def backup(file: Path) -> None:
    """Write all that the mesh keeps into FILE, whether it runs or not. Guard FILE: it holds signing keys."""
    write_archive(this_mesh(), file, _say)
    _say(f"wrote {file} ({file.stat().st_size / 1e6:.1f} MB)")


@app.command()
def restore(file: Path) -> None:
    """Replace everything the mesh keeps by what FILE holds. The mesh must be down."""
    restore_archive(this_mesh(), file, _say)
    _say("restored; start it with: viva up")


def _say(line: str) -> None:
    console.print(line, markup=False)
