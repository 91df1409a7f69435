"""The embedded Postgres: where it lives, whom it runs as, and what it survives."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from deploy.local.children import can_reach, demoted
from deploy.local.environment import free_ports
from deploy.local.errors import UnusableError
from deploy.local.postgres import Postgres, packaged_binaries, reachable_data_dir, runnable_binaries

pytestmark = pytest.mark.integration


@pytest.fixture
def cluster() -> Iterator[Postgres]:
    with tempfile.TemporaryDirectory(prefix="viva-cluster-") as name:
        Path(name).chmod(0o711)
        server = Postgres(Path(name) / "data", free_ports(1)[0], durable=False)
        server.prepare()
        yield server


def execute(server: Postgres, statement: str) -> None:
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute(statement)


def one(server: Postgres, query: str) -> object:
    with psycopg.connect(server.dsn) as connection:
        row = connection.execute(query).fetchone()
    return row[0] if row else None


def test_a_fresh_database_has_vectors(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        found = connection.execute("SELECT '[1,2]'::vector <-> '[1,4]'::vector").fetchone()
    assert found == (2.0,)


@pytest.mark.parametrize("time", ["first", "second"])
def test_two_tests_never_share_a_database(database_url: str, time: str) -> None:
    with psycopg.connect(database_url) as connection:
        found = connection.execute("SELECT to_regclass('left_behind')").fetchone()
        connection.execute("CREATE TABLE left_behind (id int)")
    assert found == (None,)


def test_rows_survive_a_kill_and_the_lock_that_it_leaves(cluster: Postgres) -> None:
    with cluster.running() as process:
        execute(cluster, "CREATE TABLE kept AS SELECT 7 AS value")
        process.kill()
        process.wait()
    assert (cluster.data_dir / "postmaster.pid").exists()
    cluster.prepare()
    with cluster.running():
        assert one(cluster, "SELECT value FROM kept") == 7


def test_a_lock_that_names_some_other_living_process_is_cleared(cluster: Postgres) -> None:
    (cluster.data_dir / "postmaster.pid").write_text(f"{os.getpid()}\n{cluster.data_dir}\n")
    cluster.clear_stale_lock()
    assert not (cluster.data_dir / "postmaster.pid").exists()


def test_the_lock_of_a_living_server_is_left_alone(cluster: Postgres) -> None:
    with cluster.running():
        cluster.clear_stale_lock()
        assert (cluster.data_dir / "postmaster.pid").exists()


def test_strangers_without_the_password_are_refused(cluster: Postgres) -> None:
    with cluster.running(), pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(f"postgresql://viva:wrong@127.0.0.1:{cluster.port}/viva")


def test_a_lost_password_file_is_made_anew(cluster: Postgres) -> None:
    cluster.password_file.unlink()
    cluster.prepare()
    with cluster.running():
        assert one(cluster, "SELECT current_user") == "viva"


def test_the_password_file_is_for_its_owner_only(cluster: Postgres) -> None:
    assert cluster.password_file.stat().st_mode & 0o777 == 0o600
    assert list(cluster.data_dir.parent.glob("*new*")) == []


def test_writes_wait_for_the_disk_unless_a_test_says_otherwise(cluster: Postgres) -> None:
    assert "fsync=off" in cluster.command()
    assert "fsync=off" not in Postgres(cluster.data_dir, cluster.port).command()


def test_f26_a_folder_of_another_major_version_is_refused_with_the_way_across(cluster: Postgres) -> None:
    (cluster.data_dir / "PG_VERSION").write_text("16\n")
    with pytest.raises(UnusableError, match="Postgres 16; this release runs Postgres 18") as refused:
        cluster.prepare()
    assert "viva backup" in refused.value.remedy
    assert "viva restore" in refused.value.remedy


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: an ordinary user's server is his own")
def test_root_runs_the_server_as_nobody(cluster: Postgres) -> None:
    with cluster.running() as process:
        assert psutil.Process(process.pid).username() == "nobody"
        assert pwd.getpwuid(cluster.data_dir.stat().st_uid).pw_name == "nobody"


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: nobody else changes user")
def test_root_keeps_the_data_where_nobody_can_reach_it(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    elsewhere = reachable_data_dir(closed / "postgres")
    assert not elsewhere.is_relative_to(closed)
    assert elsewhere == reachable_data_dir(closed / "postgres")
    assert can_reach(elsewhere.parent)
    elsewhere.parent.rmdir()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: nobody else changes user")
def test_root_copies_the_programs_to_where_nobody_can_run_them(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    shutil.copytree(packaged_binaries().parent, closed, symlinks=True)
    copy = runnable_binaries(closed / "bin")
    try:
        assert not copy.is_relative_to(tmp_path)
        assert (
            subprocess.run(demoted([str(copy / "postgres"), "--version"]), cwd="/", check=False).returncode
            == 0
        )
    finally:
        shutil.rmtree(copy.parent)
