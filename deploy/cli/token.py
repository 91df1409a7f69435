"""`viva token ...`: tokens for clients of this mesh, and the keys they are signed with."""

import os
from pathlib import Path

import typer

from deploy.cli.session import operate
from deploy.local.environment import this_mesh
from deploy.local.secret import read_or_make_secret

app = typer.Typer()
tokens = typer.Typer(help="Print a token for a client of this mesh.", no_args_is_help=True)
app.add_typer(tokens, name="token")


@tokens.command()
def ops() -> None:
    """For an operator's reflection client: every server of this mesh takes it. Keep it on this machine."""
    typer.echo(mesh_token())


@tokens.command()
def mesh() -> None:
    """The token that the servers of this mesh share; the same as `ops`."""
    typer.echo(mesh_token())


@tokens.command()
def service(
    name: str = typer.Argument(help="what the audit log and the list of tokens call it"),
    days: int = typer.Option(90, min=1, max=366, help="days it is good for"),
    company: str = typer.Option("", help="id of the one company it acts for; all without it"),
) -> None:
    """For another backend. Shown once; revoke it with AccountService/RevokeServiceToken."""
    scope = ["--company", company] if company else []
    typer.echo(operate("issue-service-token", name, "--days", str(days), *scope))


@tokens.command()
def rotate() -> None:
    """Sign with a new key from the next start on. Tokens of the key before stay good, older ones end."""
    typer.echo(operate("rotate-keys"))


def mesh_token() -> str:
    """What the servers of the mesh take, made now when none of them has started yet."""
    given = os.environ.get("VIVA_MESH_TOKEN")
    if given:
        return given
    return read_or_make_secret(Path(this_mesh().environment()["VIVA_MESH_TOKEN_FILE"]))
