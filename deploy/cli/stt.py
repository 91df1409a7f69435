"""`viva stt eval`: how well recordings are understood whose texts are known. Recognises nothing itself."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from deploy.local.environment import this_mesh

app = typer.Typer()
speech = typer.Typer(help="Look at speech recognition.", no_args_is_help=True)
app.add_typer(speech, name="stt")


@speech.callback()
def _group() -> None:
    """Keeps `eval` a word of its own while it is the only one."""


@speech.command("eval")
def evaluate(
    folder: Annotated[Path, typer.Argument(help="Recordings, with transcripts.json or a .txt beside each.")],
    model: Annotated[
        Path | None, typer.Option(help="Folder of a CTranslate2 Whisper; default: the mesh's.")
    ] = None,
    language: Annotated[str, typer.Option(help="ko, en, or auto to detect it.")] = "ko",
) -> None:
    """Character and word error rates of the recogniser on recordings; runs beside a mesh, not in it."""
    arguments = [str(folder), "--language", language, *(["--model", str(model)] if model else [])]
    command = [sys.executable, "-m", "services.stt.evaluation", *arguments]
    raise typer.Exit(
        subprocess.run(command, env=dict(os.environ) | this_mesh().environment(), check=False).returncode
    )
