"""A mesh's state as one file: a tar of a database dump, the blobs and the signing keys. Knows no table."""

import contextlib
import json
import os
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from deploy.local.environment import LocalMesh
from deploy.local.errors import UnusableError
from deploy.local.mesh import Report
from deploy.local.postgres import packaged_binaries
from deploy.local.supervisor import Supervisor

FORMAT = 1
DUMP = "database.dump"
FOLDERS = ("blobs", "keys")  # without its signing keys a restored mesh would refuse every issued token
LIBPQ = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
}


def write_archive(mesh: LocalMesh, file: Path, report: Report) -> None:
    """Writes `file` at once, readable by its owner only; the mesh may be running."""
    with database_running(mesh) as dsn, TemporaryDirectory(prefix="viva-backup-") as name:
        report("reading the database")
        _tool("pg_dump", dsn, ["--format=custom", "--no-owner", "--file", str(Path(name) / DUMP)])
        manifest = {"format": FORMAT, "written_at": datetime.now(UTC).isoformat()}
        (Path(name) / "manifest.json").write_text(json.dumps(manifest))
        draft = file.with_name(f".{file.name}.{os.getpid()}")
        draft.touch(mode=0o600)
        with tarfile.open(draft, "w") as archive:
            kept = [mesh.home / folder for folder in FOLDERS if (mesh.home / folder).exists()]
            for path in (Path(name) / "manifest.json", Path(name) / DUMP, *kept):
                archive.add(path, path.name)
        draft.rename(file)


def restore_archive(mesh: LocalMesh, file: Path, report: Report) -> None:
    """Replaces database and blobs. Until the dump is loaded whole, what was there stays untouched."""
    if Supervisor(mesh).is_up():
        raise UnusableError("The mesh is running.", "viva down, then viva restore again")
    with TemporaryDirectory(prefix="viva-restore-") as name:
        folder = Path(name)
        _unpack(file, folder)
        with database_running(mesh) as dsn:
            report("loading the database")
            _load(dsn, folder / DUMP)
        for kept in (each for each in FOLDERS if (folder / each).exists()):
            shutil.rmtree(mesh.home / kept, ignore_errors=True)
            shutil.copytree(folder / kept, mesh.home / kept)
        report("emptying JetStream, which is refilled from the database")
        shutil.rmtree(mesh.home / "nats", ignore_errors=True)


@contextlib.contextmanager
def database_running(mesh: LocalMesh) -> Iterator[str]:
    """The DSN of this mesh's database, with the embedded server started for the while if it is down."""
    mesh.make_folders()
    server = mesh.postgres()
    if not mesh.uses_own_postgres or (Supervisor(mesh).is_up() and server.accepts()):
        yield mesh.environment()["DATABASE_URL"]
        return
    server.prepare()
    with (mesh.logs / "postgres.log").open("ab") as log, server.running(log.fileno()):
        yield server.dsn


def _unpack(file: Path, folder: Path) -> None:
    try:
        with tarfile.open(file) as archive:
            archive.extractall(folder, filter="data")
        manifest = json.loads((folder / "manifest.json").read_text())
    except (OSError, tarfile.TarError, ValueError) as error:
        raise UnusableError(
            f"{file} is not a backup: {error}", "name a file that `viva backup` wrote"
        ) from error
    if manifest.get("format") != FORMAT or not (folder / DUMP).exists():
        raise UnusableError(f"{file} has an unknown format.", "restore it with the release that wrote it")


def _load(dsn: str, dump: Path) -> None:
    """Loads into a new database, then puts it in the place of the old one."""
    name = str(conninfo_to_dict(dsn)["dbname"])
    fresh, old = sql.Identifier(f"{name}_restoring"), sql.Identifier(f"{name}_before_restore")
    with psycopg.connect(make_conninfo(dsn, dbname="postgres"), autocommit=True) as connection:
        run = connection.execute
        run(sql.SQL("DROP DATABASE IF EXISTS {}").format(fresh))
        run(sql.SQL("DROP DATABASE IF EXISTS {}").format(old))
        run(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(fresh))
        options = ["--no-owner", "--exit-on-error", "--dbname", f"{name}_restoring", str(dump)]
        _tool("pg_restore", dsn, options)
        with connection.transaction():
            run(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(name), old))
            run(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(fresh, sql.Identifier(name)))
        run(sql.SQL("DROP DATABASE {}").format(old))


def _tool(program: str, dsn: str, options: list[str]) -> None:
    """Runs a packaged client program; the password travels in its environment, not in its arguments."""
    given = conninfo_to_dict(dsn)
    settings = {variable: str(given[key]) for key, variable in LIBPQ.items() if given.get(key) is not None}
    command = [str(packaged_binaries() / program), *options]
    done = subprocess.run(command, env=os.environ | settings, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise UnusableError(f"{program} failed: {done.stderr.strip()[-600:]}", "viva doctor")
