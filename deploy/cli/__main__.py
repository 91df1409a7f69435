"""The `viva` command. Adding one: a module with a typer `app`, and its name in COMMANDS."""

import sys

import typer

from deploy.cli import admin, backup, demo, doctor, models, status, stt, token, up
from deploy.cli.console import BROKEN, show_failure
from deploy.local.errors import MeshError

COMMANDS = (up, demo, models, status, stt, doctor, admin, token, backup)

app = typer.Typer(
    name="viva",
    help="Run and look after a Viva mesh on this machine.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for module in COMMANDS:
    app.add_typer(module.app)


def main() -> None:
    try:
        app()
    except MeshError as error:
        show_failure(error)
        sys.exit(BROKEN)


if __name__ == "__main__":
    main()
