"""What each part of a running mesh runs on, as rows for the operator. Starts and mends nothing."""

from collections.abc import Mapping
from pathlib import Path

from viva.v1 import common_pb2

from deploy.cli.console import BROKEN, DEGRADED, READY, Finding
from deploy.local.environment import LOOPBACK, LocalMesh
from deploy.local.health import HTTP, capability_of, http_status, process_serves
from deploy.local.mesh import first_addresses
from deploy.local.nats import Nats
from deploy.local.postgres import Postgres
from deploy.local.supervisor import ProcessState, Supervisor

LEVELS = {
    common_pb2.CAPABILITY_STATE_READY: READY,
    common_pb2.CAPABILITY_STATE_DEGRADED: DEGRADED,
    common_pb2.CAPABILITY_STATE_MISSING: DEGRADED,
    common_pb2.CAPABILITY_STATE_BROKEN: BROKEN,
}


def findings_of(mesh: LocalMesh, supervisor: Supervisor) -> list[Finding]:
    """A row per process, in the Procfile's order as far as supervisord keeps it."""
    states = supervisor.states()
    servers: dict[str, Postgres | Nats] = {"postgres": mesh.postgres(), "nats": mesh.nats()}
    rows = [_infrastructure(name, servers[name], states[name]) for name in servers if name in states]
    rows += [Finding(name, READY, "run by the operator") for name in _foreign(mesh)]
    addresses = first_addresses(mesh)
    token = Path(mesh.environment()["VIVA_MESH_TOKEN_FILE"])
    services = [name for name in addresses if name in states]
    return rows + [_service(name, states[name], addresses, token) for name in services]


def _foreign(mesh: LocalMesh) -> list[str]:
    own = {"postgres": mesh.uses_own_postgres, "nats": mesh.uses_own_nats}
    return [name for name, is_own in own.items() if not is_own]


def _infrastructure(name: str, server: Postgres | Nats, state: ProcessState) -> Finding:
    if server.accepts():
        return Finding(name, READY, f"accepts connections at {LOOPBACK}:{server.port}")
    return Finding(name, BROKEN, f"{state.state.lower()}: {state.description}", f"viva logs {name}")


def _service(name: str, state: ProcessState, addresses: Mapping[str, str], token: Path) -> Finding:
    address = addresses[name]
    if not process_serves(name, address):
        return Finding(
            name, BROKEN, f"{state.state.lower()}, does not serve at {address}", f"viva logs {name}"
        )
    if name in HTTP:
        return _page(name, address)
    capability = capability_of(name, address, token)
    if capability is None:
        return Finding(name, DEGRADED, f"serves at {address}, does not answer GetInfo", f"viva logs {name}")
    level = LEVELS.get(capability.state, BROKEN)
    word = common_pb2.CapabilityState.Name(capability.state).removeprefix("CAPABILITY_STATE_").lower()
    return Finding(name, level, described(capability), capability.remedy, word)


def _page(name: str, address: str) -> Finding:
    if http_status(address, "/") == 200:
        return Finding(name, READY, f"the page at http://{address}")
    return Finding(
        name, DEGRADED, f"the API at http://{address}; the page is not built", "make web", "missing"
    )


def described(capability: common_pb2.Capability) -> str:
    """Engine, model and device in a line, with the server's own sentence."""
    runs_on = " ".join(part for part in (capability.engine, capability.model, capability.device) if part)
    return " - ".join(part for part in (runs_on, capability.detail) if part)
