"""`viva admin create`: an admin's account, made at the machine itself."""

import sys

import typer

from deploy.cli.session import operate

app = typer.Typer()
admins = typer.Typer(help="Accounts of admins.", no_args_is_help=True)
app.add_typer(admins, name="admin")


@admins.command()
def create(
    email: str,
    name: str = typer.Option("", help="shown to others"),
    generate: bool = typer.Option(False, "--generate", help="make a password up and print it"),
) -> None:
    """Make an admin. Asks for a password (10 to 128 characters); piped in, the first line is it."""
    password = "" if generate else _asked()
    chosen = operate("create-admin", email, "--name", name, said=password)
    typer.echo(f"{email} is an admin.")
    if not password:
        typer.echo(f"password: {chosen}")


def _asked() -> str:
    """Empty lets one be made up."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    hidden: str = typer.prompt(
        "Password (empty: make one up)",
        hide_input=True,
        confirmation_prompt=True,
        default="",
        show_default=False,
    )
    return hidden


@admins.callback()
def _group() -> None:
    """Keeps `create` a word of its own while it is the only command."""
