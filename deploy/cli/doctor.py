"""`viva doctor`: what is wrong on this machine and what mends it. Mends nothing itself."""

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec

import typer

from deploy.cli.console import BROKEN, DEGRADED, READY, Finding, console, show, worst
from deploy.cli.models import SHIPPED, open_shelf
from deploy.local.environment import ROOT, LocalMesh, this_mesh
from deploy.local.errors import MeshError
from deploy.local.mesh import assert_database, check_service
from deploy.local.nats import find_nats_server, version_of
from deploy.local.postgres import runnable_binaries
from deploy.local.programs import programs_of, read_procfile
from deploy.local.supervisor import Supervisor
from deploy.local.taken import assert_ports_free
from deploy.weights.shelf import Presence

app = typer.Typer()
LEAST_FREE_GB = 2.0
SIDE_BY_SIDE = 2
LONGEST_WORDS = 300
LEVELS = {"ready": READY, "degraded": DEGRADED, "missing": DEGRADED, "broken": BROKEN}


@app.command()
def doctor() -> None:
    """Check this machine and every service. Exit status: 0 ready, 3 something is missing, 1 broken."""
    mesh = this_mesh()
    findings = []
    for look in (python, contracts, state_folder, disk, models, postgres, nats, ports):
        findings.append(examined(look, mesh))
    with console.status("asking every service to check itself"):
        findings += services(mesh)
    show(findings)
    raise typer.Exit(worst(findings))


def examined(look: Callable[[LocalMesh], Finding], mesh: LocalMesh) -> Finding:
    """A MeshError becomes a broken row with its remedy."""
    try:
        return look(mesh)
    except MeshError as error:
        return Finding(look.__name__.replace("_", " "), BROKEN, str(error), error.remedy)


def python(_: LocalMesh) -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    if (3, 11) <= sys.version_info < (3, 13):
        return Finding("python", READY, version)
    return Finding(
        "python", BROKEN, f"{version}; 3.11 or 3.12 is needed", "make PYTHON=/path/to/python3.11 install"
    )


def contracts(_: LocalMesh) -> Finding:
    if find_spec("viva") is None:
        return Finding("contracts", BROKEN, "proto/gen is missing", "make proto")
    generated = ROOT / "proto" / "gen" / ".generated"
    sources = list((ROOT / "proto" / "viva" / "v1").glob("*.proto"))
    if generated.exists() and any(s.stat().st_mtime > generated.stat().st_mtime for s in sources):
        return Finding("contracts", DEGRADED, "proto/gen is older than proto/viva/v1", "make proto")
    return Finding("contracts", READY, f"{len(sources)} files")


def state_folder(mesh: LocalMesh) -> Finding:
    mesh.make_folders()
    wrong = [path for path in mesh.home.iterdir() if not os.access(path, os.R_OK | os.W_OK)]
    if wrong:
        names = ", ".join(path.name for path in wrong)
        return Finding("state folder", BROKEN, f"not ours: {names}", f"sudo chown -R $USER {mesh.home}")
    return Finding("state folder", READY, str(mesh.home))


def disk(mesh: LocalMesh) -> Finding:
    free_gb = shutil.disk_usage(mesh.home).free / 1e9
    if free_gb < LEAST_FREE_GB:
        remedy = f"free {LEAST_FREE_GB:.0f} GB, or set VIVA_HOME to another disk"
        return Finding("disk", BROKEN, f"{free_gb:.1f} GB free in {mesh.home}", remedy)
    return Finding("disk", READY, f"{free_gb:.0f} GB free")


def models(_: LocalMesh) -> Finding:
    shelf = open_shelf(SHIPPED)
    states = {name: shelf.presence(name) for name in shelf.catalogue.models}
    partly = [name for name, state in states.items() if state is Presence.PARTLY]
    if partly:
        detail = f"only a part of {', '.join(partly)} is in {shelf.folder}"
        return Finding("models folder", DEGRADED, detail, f"viva models pull {' '.join(partly)}")
    here = [name for name, state in states.items() if state is Presence.HERE]
    known = ", ".join(here) or "none that viva models list names"
    return Finding("models folder", READY, f"{known}, in {shelf.folder}")


def postgres(mesh: LocalMesh) -> Finding:
    if not mesh.uses_own_postgres:
        assert_database(mesh.outside["DATABASE_URL"])
        return Finding("postgres", READY, "DATABASE_URL answers and has pgvector")
    runnable_binaries()
    server = mesh.postgres()
    if (server.data_dir / "PG_VERSION").exists():
        server.assert_version()
    return Finding("postgres", READY, f"embedded, data in {server.data_dir}")


def nats(mesh: LocalMesh) -> Finding:
    if not mesh.uses_own_nats:
        return Finding("nats", READY, "NATS_URL is set")
    binary = find_nats_server(mesh.home / "bin")
    return Finding("nats", READY, f"{'.'.join(map(str, version_of(binary)))} at {binary}")


def ports(mesh: LocalMesh) -> Finding:
    if Supervisor(mesh).is_running():
        return Finding("ports", READY, "held by this mesh, which is running")
    assert_ports_free(mesh, programs_of(mesh, read_procfile(mesh.procfile)))
    return Finding("ports", READY, "free")


def services(mesh: LocalMesh) -> Iterator[Finding]:
    """Each service's own --check, a row per capability."""
    programs = [program for program in read_procfile(mesh.procfile) if not program.is_infrastructure]
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        results = pool.map(lambda program: check_service(mesh, program, "--json"), programs)
        for program, (code, said) in zip(programs, results, strict=True):
            yield from parsed(program.name, code, said)


def parsed(service: str, code: int, said: str) -> list[Finding]:
    """Rows from one object a line; a service that says anything else is broken."""
    try:
        found = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
        rows = [_row(service, each) for each in found]
    except (ValueError, KeyError):
        rows = []
    level = code if code in LEVELS.values() else BROKEN
    return rows or [Finding(service, level, said[-LONGEST_WORDS:], f"viva check {service}")]


def _row(service: str, said: dict[str, str]) -> Finding:
    name = service if said["name"] in (service, "process") else f"{service} / {said['name']}"
    return Finding(name, LEVELS[said["state"]], said["detail"], said["remedy"], said["state"])
