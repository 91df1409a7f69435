"""Asks the session's own program to do what only it can, in the mesh's environment. Knows no rule of it."""

import os
import subprocess
import sys

import typer

from deploy.cli.console import BROKEN
from deploy.local.environment import this_mesh

OPERATE = "services.session.operate"
TIMEOUT_S = 120.0


def operate(*words: str, said: str = "") -> str:
    """What the program answers; ends the command with its words when it refuses. `said` is its stdin."""
    environment = dict(os.environ) | this_mesh().environment()
    done = subprocess.run(
        [sys.executable, "-m", OPERATE, *words],
        input=said + "\n",
        env=environment,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    if done.returncode != 0:
        typer.echo(done.stderr.strip(), err=True)
        raise typer.Exit(BROKEN)
    return done.stdout.strip()
