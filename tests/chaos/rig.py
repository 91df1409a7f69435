"""A mesh whose processes are killed, people who use it, and clients that can be killed too.

Does not judge what is left afterwards: `checks` does.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import grpc
from google.protobuf.timestamp_pb2 import Timestamp
from viva.v1 import account_pb2, account_pb2_grpc, company_pb2, company_pb2_grpc

from deploy.local.environment import ROOT, LocalMesh, Ports
from deploy.local.health import serves
from deploy.local.mesh import clear_leftovers, start_mesh, stop_mesh
from deploy.local.programs import programs_of, read_procfile
from deploy.local.supervisor import Supervisor
from tests.chaos.client import Orders
from tests.fixtures.first_admin import EMAIL, PASSWORD, add_first_admin
from tests.waiting import until

PROGRAMS = ("postgres", "nats", "session", "embed", "llm")  # a model server that says it has no model
LEASE_S = 1.5  # of the product's 10: the tests wait for nothing longer
SCENARIO = Path(__file__).with_name("scenario.yaml")
PATIENCE_S = 60.0


@dataclass
class Rig:
    """The mesh, and how each of its processes is killed. The supervisor starts them again by itself."""

    mesh: LocalMesh
    supervisor: Supervisor
    people: "People" = field(init=False)
    killed: Counter[str] = field(default_factory=Counter)

    @property
    def dsn(self) -> str:
        return self.mesh.environment()["DATABASE_URL"]

    @property
    def nats_url(self) -> str:
        return self.mesh.environment()["NATS_URL"]

    @property
    def address(self) -> str:
        return self.mesh.ports.listen["session"]

    def pid(self, name: str) -> int:
        """Of the process that runs now, or as soon as there is one."""
        found = 0

        def look() -> bool:
            nonlocal found
            found = self.supervisor.states()[name].pid
            return found != 0

        until(look, PATIENCE_S, f"{name} runs")
        return found

    def kill(self, name: str) -> None:
        os.kill(self.pid(name), signal.SIGKILL)
        self.killed[name] += 1

    def wait_serving(self) -> None:
        """Everything accepts and serves again."""
        until(self.mesh.postgres().accepts, PATIENCE_S, "Postgres accepts connections")
        until(self.mesh.nats().accepts, PATIENCE_S, "NATS accepts connections")
        for name in ("session", "embed"):
            until(partial(serves, self.mesh.ports.listen[name]), PATIENCE_S, f"{name} serves")

    def wipe_jetstream(self) -> None:
        """Stops NATS, deletes what it stored, starts it."""
        self.supervisor.stop(["nats"])
        shutil.rmtree(self.mesh.home / "nats" / "jetstream")
        self.supervisor.start(["nats"])

    def mistakes(self) -> list[str]:
        """What the session itself logged as errors so far."""
        log = (self.mesh.logs / "session.log").read_text(errors="replace").splitlines()
        found = [json.loads(line) for line in log if '"level": "error"' in line]
        return [f"{each.get('method')}: {each.get('error')} at {each.get('exception')}" for each in found]


@contextmanager
def running_rig(home: Path) -> Iterator[Rig]:
    home.chmod(0o711)
    (home / "bin").symlink_to(ROOT / ".viva" / "bin")
    mesh = LocalMesh(home, Ports.free())
    programs = [each for each in programs_of(mesh, read_procfile(mesh.procfile)) if each.name in PROGRAMS]
    supervisor = Supervisor(mesh)
    try:
        supervisor = start_mesh(mesh, programs)
        rig = Rig(mesh, supervisor)
        rig.people = People(rig)
        yield rig
    finally:
        stop_mesh(supervisor)
        clear_leftovers(mesh)


class People:
    """A company with one short scenario and one job, and candidates who are invited to it."""

    def __init__(self, rig: Rig) -> None:
        self._address = rig.address
        add_first_admin(rig.dsn)
        with self._channel() as channel:
            request = account_pb2.LogInRequest(email=EMAIL, password=PASSWORD)
            self._admin = account_pb2_grpc.AccountServiceStub(channel).LogIn(request).tokens.access_token
        with self._channel(self._admin) as channel:
            self.job_id = self._job(company_pb2_grpc.CompanyServiceStub(channel))

    @contextmanager
    def _channel(self, token: str = "") -> Iterator[grpc.Channel]:
        with grpc.insecure_channel(self._address) as channel:
            yield grpc.intercept_channel(channel, _Patient(token))

    def _job(self, companies: company_pb2_grpc.CompanyServiceStub) -> str:
        company = companies.CreateCompany(
            company_pb2.CreateCompanyRequest(
                request_id=uuid4().hex, company=company_pb2.Company(name="Chaos")
            )
        ).company
        scenario = companies.SaveScenario(
            company_pb2.SaveScenarioRequest(
                request_id=uuid4().hex, company_id=company.id, source=SCENARIO.read_text()
            )
        ).scenario
        job = company_pb2.Job(company_id=company.id, title="서버", scenario=scenario.name, open=True)
        saved: company_pb2.Job = companies.SaveJob(
            company_pb2.SaveJobRequest(request_id=uuid4().hex, job=job)
        ).job
        return saved.id

    def candidate(self, seed: int = 0) -> Orders:
        """A new candidate who has accepted an invitation, with no interview asked for yet."""
        until_at = Timestamp()
        until_at.FromDatetime(datetime.now(UTC) + timedelta(days=1))
        with self._channel(self._admin) as channel:
            request = account_pb2.CreateInvitationsRequest(
                request_id=uuid4().hex,
                job_id=self.job_id,
                emails=[f"{uuid4().hex}@example.org"],
                expires_at=until_at,
            )
            made = account_pb2_grpc.AccountServiceStub(channel).CreateInvitations(request).invitations[0]
        with self._channel() as channel:
            accept = account_pb2.AcceptInvitationRequest(
                token=made.token, password=uuid4().hex, display_name="지원자"
            )
            accepted = account_pb2_grpc.AccountServiceStub(channel).AcceptInvitation(accept)
        return Orders(self._address, accepted.tokens.access_token, self.job_id, accepted.invitation.id, seed)


class _Patient(grpc.UnaryUnaryClientInterceptor):
    """Adds a token, and calls again while the mesh recovers from the test before."""

    def __init__(self, token: str) -> None:
        self._metadata = (("authorization", f"Bearer {token}"),) if token else ()

    def intercept_unary_unary(self, continuation: Any, details: Any, request: Any) -> Any:
        deadline = time.monotonic() + PATIENCE_S
        while True:
            call = continuation(_Details(details.method, 10.0, self._metadata), request)
            if call.code() is not grpc.StatusCode.UNAVAILABLE or time.monotonic() > deadline:
                return call
            time.sleep(0.1)


@dataclass(frozen=True)
class _Details(grpc.ClientCallDetails):
    method: str
    timeout: float | None
    metadata: Any
    credentials: Any = None
    wait_for_ready: bool | None = None
    compression: Any = None


class Edge:
    """The client process: killed and started again with the same orders. Keeps everything it ever said."""

    def __init__(self, orders: Orders) -> None:
        self.orders = orders
        self.said: list[dict[str, Any]] = []
        self._heard = threading.Condition()
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None

    def start(self) -> None:
        # Its own mesh variables are none: it knows an address and a token.
        process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "--", sys.executable, "-m", "tests.chaos.client"],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert process.stdin
        process.stdin.write(json.dumps(asdict(self.orders)) + "\n")
        process.stdin.close()
        self._process = process
        self._reader = threading.Thread(target=self._read, args=(process,), daemon=True)
        self._reader.start()

    def _read(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdout
        assert process.stderr
        for line in process.stdout:
            if line.endswith("\n"):  # a killed one may leave half a line
                self._note(json.loads(line))
        wrong = process.stderr.read()
        status = process.wait()
        process.stdout.close()
        process.stderr.close()
        if status not in (0, -signal.SIGKILL):
            self._note({"at": "fault", "key": "", "what": f"the client ended with {status}: {wrong[-2000:]}"})

    def _note(self, message: dict[str, Any]) -> None:
        with self._heard:
            self.said.append(message)
            self._heard.notify_all()

    def kill_and_start(self) -> None:
        self.end()
        self.start()

    def end(self) -> None:
        """Kills it and hears out what it has said."""
        if self._process is not None and self._reader is not None:
            self._process.kill()
            self._reader.join(10)

    def wait_for(self, at: str, after: int, seconds: float) -> bool:
        """Whether `at` is said, beyond the first `after` messages, within so many seconds."""
        with self._heard:
            return self._heard.wait_for(lambda: self._has(at, after), seconds)

    def _has(self, at: str, after: int) -> bool:
        return any(message["at"] in (at, "fault", "done") for message in self.said[after:])

    def all_of(self, at: str) -> list[dict[str, Any]]:
        with self._heard:
            return [message for message in self.said if message["at"] == at]
