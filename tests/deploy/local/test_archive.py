"""Backup and restore with real clusters: a round trip, and the way across a major version."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from deploy.local.archive import restore_archive, write_archive
from deploy.local.children import can_reach, demoted, hand_over, tied_to_parent
from deploy.local.environment import LocalMesh, free_ports
from deploy.local.errors import UnusableError
from deploy.local.mesh import silent, started_mesh
from deploy.local.postgres import packaged_binaries

pytestmark = pytest.mark.integration
ROWS = (
    "CREATE TABLE kept AS SELECT g AS id, '[1,2]'::vector AS v, '가나다' AS t FROM generate_series(1, 1000) g"
)
LOOK = "SELECT count(*), sum(id), max(t), max(v::text) FROM kept"
SEEN = (1000, 500500, "가나다", "[1,2]")


def execute(dsn: str, statement: str) -> tuple[object, ...] | None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchone() if cursor.description else None


def test_f26_a_backup_of_a_running_mesh_restores_every_row_and_blob(mesh: LocalMesh, tmp_path: Path) -> None:
    file = tmp_path / "viva.backup"
    with started_mesh(mesh):
        execute(mesh.postgres().dsn, ROWS)
        (mesh.home / "blobs" / "one").write_bytes(b"recording")
        (mesh.home / "keys").mkdir(mode=0o700)
        (mesh.home / "keys" / "access-tokens").write_text("a:b")
        write_archive(mesh, file, silent)
        (mesh.home / "keys" / "access-tokens").write_text("c:d")
        execute(mesh.postgres().dsn, "DROP TABLE kept")
        (mesh.home / "blobs" / "one").unlink()
        with pytest.raises(UnusableError, match="running"):
            restore_archive(mesh, file, silent)
    restore_archive(mesh, file, silent)
    with started_mesh(mesh):
        assert execute(mesh.postgres().dsn, LOOK) == SEEN
    assert (mesh.home / "blobs" / "one").read_bytes() == b"recording"
    assert (mesh.home / "keys" / "access-tokens").read_text() == "a:b"
    assert file.stat().st_mode & 0o777 == 0o600


def test_f26_a_backup_carries_the_rows_of_an_older_postgres_into_this_one(
    mesh_variables: dict[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "viva.backup"
    with postgres_16(Path(mesh_variables["VIVA_HOME"])) as dsn:
        execute(dsn, "CREATE EXTENSION vector")
        execute(dsn, ROWS)
        write_archive(LocalMesh.from_environment(mesh_variables | {"DATABASE_URL": dsn}), file, silent)
    mesh = LocalMesh.from_environment(mesh_variables)
    restore_archive(mesh, file, silent)
    with started_mesh(mesh):
        assert execute(mesh.postgres().dsn, LOOK) == SEEN
        version = execute(mesh.postgres().dsn, "SHOW server_version_num")
    assert version is not None
    assert str(version[0]).startswith("18")


def test_a_file_that_is_no_backup_changes_nothing(mesh: LocalMesh, tmp_path: Path) -> None:
    with started_mesh(mesh):
        execute(mesh.postgres().dsn, ROWS)
    (tmp_path / "notes.txt").write_text("not a backup")
    with pytest.raises(UnusableError, match="is not a backup"):
        restore_archive(mesh, tmp_path / "notes.txt", silent)
    with started_mesh(mesh):
        assert execute(mesh.postgres().dsn, LOOK) == SEEN


def test_a_dump_that_breaks_off_leaves_the_old_rows(mesh: LocalMesh, tmp_path: Path) -> None:
    import tarfile

    with started_mesh(mesh):
        execute(mesh.postgres().dsn, ROWS)
        write_archive(mesh, tmp_path / "whole", silent)
    with tarfile.open(tmp_path / "whole") as whole:
        whole.extractall(tmp_path / "parts", filter="data")
    dump = tmp_path / "parts" / "database.dump"
    os.truncate(dump, dump.stat().st_size - 200)
    with tarfile.open(tmp_path / "broken", "w") as broken:
        for part in (tmp_path / "parts").iterdir():
            broken.add(part, part.name)
    with pytest.raises(UnusableError, match="pg_restore failed"):
        restore_archive(mesh, tmp_path / "broken", silent)
    with started_mesh(mesh):
        assert execute(mesh.postgres().dsn, LOOK) == SEEN


@contextmanager
def postgres_16(folder: Path) -> Iterator[str]:
    """A cluster of an older major version, whose binaries the same package holds."""
    programs = packaged_binaries().parents[1] / "pginstall" / "bin"
    if not can_reach(programs / "postgres"):
        shutil.copytree(programs.parent, folder / "postgres-16", symlinks=True)
        programs = folder / "postgres-16" / "bin"
    data, port = folder / "older", free_ports(1)[0]
    data.mkdir(mode=0o700)
    hand_over(data)
    initdb = [
        str(programs / "initdb"),
        "-D",
        str(data),
        "-U",
        "viva",
        "-E",
        "UTF8",
        "--locale=C",
        "--no-sync",
    ]
    subprocess.run(demoted(initdb), check=True, capture_output=True, cwd="/")
    options = ["-c", f"port={port}", "-c", "unix_socket_directories=", "-c", "fsync=off"]
    server = demoted([str(programs / "postgres"), "-D", str(data), *options], death_signal="INT")
    with subprocess.Popen(tied_to_parent(server, "INT"), stderr=subprocess.DEVNULL) as process:
        try:
            dsn = f"postgresql://viva@127.0.0.1:{port}/postgres"
            _wait(dsn)
            yield dsn
        finally:
            process.send_signal(signal.SIGINT)


def _wait(dsn: str) -> None:
    for _ in range(200):
        try:
            psycopg.connect(dsn, connect_timeout=1).close()
        except psycopg.OperationalError:
            continue
        return
    raise AssertionError("the older Postgres did not start")
