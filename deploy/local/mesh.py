"""Starts and stops a whole mesh in order. Knows names, ports and health; nothing of what is served."""

import contextlib
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NoReturn

import psutil
import psycopg

from deploy.local.children import USER
from deploy.local.environment import ROOT, LocalMesh, addresses_variable
from deploy.local.errors import NotServingError, UnusableError
from deploy.local.health import process_serves
from deploy.local.programs import Program, environment_of, programs_of, read_procfile
from deploy.local.supervisor import ProcessState, Supervisor
from deploy.local.taken import assert_ports_free

SERVING_TIMEOUT_S = 120.0
INFRASTRUCTURE_TIMEOUT_S = 60.0
CHECK_TIMEOUT_S = 60.0
LEFTOVER_GRACE_S = 10.0
POLL_S = 0.1
SAID_EVERY_S = 5.0
FAILED_STARTS = 2  # after so many in a row the service's own --check is asked

Report = Callable[[str], None]


def silent(_: str) -> None:
    """A Report for callers that show nothing."""


def start_mesh(
    mesh: LocalMesh, programs: Sequence[Program] | None = None, report: Report = silent, *, tied: bool = True
) -> Supervisor:
    """Starts everything and returns when every process serves; on MeshError nothing is left running.

    `tied` ends the mesh together with this process, however this process ends.
    """
    programs = programs_of(mesh, read_procfile(mesh.procfile) if programs is None else programs)
    supervisor = Supervisor(mesh)
    if supervisor.is_running():
        raise UnusableError("This mesh is already running.", "viva status, or viva down")
    supervisor.wait_gone()
    mesh.make_folders()
    clear_leftovers(mesh)
    assert_ports_free(mesh, programs)
    _prepare(mesh, report)
    supervisor.launch(programs, tied=tied)
    try:
        _start_infrastructure(mesh, supervisor, programs, report)
        services = [program for program in programs if not program.is_infrastructure]
        supervisor.start([program.name for program in services])
        wait_until_all_serve(mesh, supervisor, services, report)
    except BaseException:
        stop_mesh(supervisor, silent)
        raise
    return supervisor


def stop_mesh(supervisor: Supervisor, report: Report = silent) -> None:
    """Services first, side by side, so that they can still write; then NATS and Postgres. Safe to repeat."""
    with contextlib.suppress(NotServingError):
        names = list(supervisor.states())
        report("stopping the services")
        supervisor.stop([name for name in names if name not in ("postgres", "nats")])
        report("stopping Postgres and NATS")
        supervisor.stop([name for name in names if name in ("postgres", "nats")])
        supervisor.shutdown()
    supervisor.wait_gone()


@contextlib.contextmanager
def started_mesh(
    mesh: LocalMesh, programs: Sequence[Program] | None = None, report: Report = silent
) -> Iterator[Supervisor]:
    """The mesh that runs already, or one that is started here and stopped at the end."""
    running = Supervisor(mesh)
    if running.is_running():
        yield running
        return
    supervisor = start_mesh(mesh, programs, report)
    try:
        yield supervisor
    finally:
        stop_mesh(supervisor, report)


def wait_until_all_serve(
    mesh: LocalMesh, supervisor: Supervisor, services: Iterable[Program], report: Report
) -> None:
    """Returns when the health of every service's process says SERVING; says now and then who is awaited."""
    waiting = {program.name: program for program in services}
    addresses = first_addresses(mesh)
    failed: dict[str, set[int]] = {name: set() for name in waiting}
    began = said = time.monotonic()
    while waiting:
        states = supervisor.states()
        for name in list(waiting):
            _assert_starts(mesh, supervisor, waiting[name], states[name], failed[name])
            if states[name].pid and process_serves(name, addresses[name]):
                report(f"{name} serves")
                del waiting[name]
        now = time.monotonic()
        if now > began + SERVING_TIMEOUT_S:
            raise NotServingError(
                f"Not serving after {SERVING_TIMEOUT_S:.0f} s: {', '.join(waiting)}.", "viva doctor"
            )
        if waiting and now > said + SAID_EVERY_S:
            said = now
            report(f"loading for {now - began:.0f} s: {', '.join(waiting)}")
        time.sleep(POLL_S)


def first_addresses(mesh: LocalMesh) -> dict[str, str]:
    """Name of a service → host:port of its first replica."""
    environment = mesh.environment()
    return {name: environment[addresses_variable(name)].split(",")[0] for name in mesh.ports.listen}


def check_service(mesh: LocalMesh, program: Program, *options: str) -> tuple[int, str]:
    """Runs the service's own --check. Exit status (0 ready, 3 degraded, 1 broken) and what it said.

    `--json` as an option makes it say one object a line: name, state, detail, remedy and others.
    """
    environment = mesh.inherited_environment() | environment_of(program, mesh.environment())
    try:
        done = subprocess.run(
            [*program.command, "--check", *options], cwd=ROOT, env=environment,
            capture_output=True, text=True, check=False, timeout=CHECK_TIMEOUT_S,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return 1, f"no answer after {CHECK_TIMEOUT_S:.0f} s"
    return done.returncode, (done.stdout + done.stderr).strip()


def _give_up(mesh: LocalMesh, supervisor: Supervisor, program: Program, state: ProcessState) -> NoReturn:
    """Raises NotServingError with the program's last words and what its --check says."""
    last = "\n".join(f"  {line}" for line in supervisor.last_lines(program.name))
    said = (
        ""
        if program.is_infrastructure
        else f"\n{program.name} --check says:\n{check_service(mesh, program)[1]}"
    )
    raise NotServingError(
        f"{program.name} does not start ({state.description}).\n{last}{said}", "viva doctor"
    )


def _assert_starts(
    mesh: LocalMesh, supervisor: Supervisor, program: Program, state: ProcessState, failed: set[int]
) -> None:
    if state.state == "BACKOFF":
        failed.add(state.started_at)
    if state.state == "FATAL" or len(failed) >= FAILED_STARTS:
        _give_up(mesh, supervisor, program, state)


def clear_leftovers(mesh: LocalMesh) -> None:
    """Ends processes of this mesh that a killed supervisor left; they were told to end when it died."""
    left = list(leftovers(mesh))
    _, stubborn = psutil.wait_procs(left, timeout=LEFTOVER_GRACE_S)
    for process in stubborn:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGKILL)
    psutil.wait_procs(stubborn, timeout=LEFTOVER_GRACE_S)


def leftovers(mesh: LocalMesh) -> Iterator[psutil.Process]:
    """Processes that a supervisor of this mesh started. Postgres hides its environment: its lock names it."""
    postgres = mesh.postgres().running_process() if mesh.uses_own_postgres else None
    if postgres is not None:
        yield postgres
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            environment = process.environ()
            if environment.get("VIVA_PROCESS") and environment.get("VIVA_HOME") == str(mesh.home):
                yield process


def _prepare(mesh: LocalMesh, report: Report) -> None:
    if mesh.uses_own_postgres:
        postgres = mesh.postgres()
        fresh = not (postgres.data_dir / "PG_VERSION").exists()
        report(f"making the database in {postgres.data_dir}" if fresh else f"database in {postgres.data_dir}")
        if not postgres.data_dir.is_relative_to(mesh.home):
            report(f"  (root runs Postgres as {USER}, who cannot reach {mesh.home})")
        postgres.prepare()
    if mesh.uses_own_nats:
        nats = mesh.nats()
        report("looking for nats-server")
        nats.prepare()


def _start_infrastructure(
    mesh: LocalMesh, supervisor: Supervisor, programs: Sequence[Program], report: Report
) -> None:
    accepts = {"postgres": mesh.postgres().accepts, "nats": mesh.nats().accepts}
    waiting = [program for program in programs if program.is_infrastructure]
    supervisor.start([program.name for program in waiting])
    deadline = time.monotonic() + INFRASTRUCTURE_TIMEOUT_S
    for program in waiting:
        failed: set[int] = set()
        while not accepts[program.name]():
            state = supervisor.states()[program.name]
            _assert_starts(mesh, supervisor, program, state, failed)
            if time.monotonic() > deadline:
                _give_up(mesh, supervisor, program, state)
            time.sleep(POLL_S)
        report(f"{program.name} accepts connections")
    if not mesh.uses_own_postgres:
        assert_database(mesh.outside["DATABASE_URL"])


def assert_database(dsn: str) -> None:
    """Raises UnusableError unless `dsn` leads to a Postgres with pgvector that this product can use."""
    try:
        with psycopg.connect(dsn, connect_timeout=5, autocommit=True) as connection:
            connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
    except psycopg.Error as error:
        raise UnusableError(
            f"DATABASE_URL cannot be used: {str(error).strip()}",
            "let it name a Postgres 16 or newer with pgvector 0.8, or unset it to use the embedded one",
        ) from error
