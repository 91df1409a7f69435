"""How fast the session takes answers and asks the next question, over gRPC, with fsync on.

    python tests/bench/session.py [--seconds 20] [--paced 1 50 200] [--think 6] [--restarts 5]

The mesh is a real one on free ports (Postgres, NATS, session, embed, and an llm server that has no model);
the callers are this process. Without a model, questions come from the bank and answers are scored by plain
code: this measures what the session itself costs. The limit it is held against is the same database's own
rate of small durable commits, measured in the same run. The last line is one JSON object.
"""

import argparse
import asyncio
import itertools
import json
import os
import random
import signal
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import asyncpg
import grpc
import uvloop
from rich.console import Console
from rich.table import Table
from viva.v1 import (
    account_pb2,
    account_pb2_grpc,
    common_pb2,
    consent_pb2,
    consent_pb2_grpc,
    interview_pb2,
    interview_pb2_grpc,
)

from deploy.local.environment import LocalMesh, Ports
from deploy.local.health import serves
from deploy.local.mesh import start_mesh, stop_mesh
from deploy.local.programs import programs_of, read_procfile
from deploy.local.supervisor import Supervisor
from services.runtime.channel import open_channel

WANTED = ("postgres", "nats", "session", "embed", "llm")
ANSWER = "저는 정산 서버의 응답 시간을 {}밀리초 줄였습니다. 로그로 원인을 찾았고 팀과 함께 고쳤습니다."


@dataclass
class Measured:
    """Milliseconds from sending an answer to hearing the next question, by number of interviews."""

    turns_per_s: float = 0.0
    commits_per_s: float = 0.0
    waits_ms: dict[int, list[float]] = field(default_factory=dict)
    restarts_s: list[float] = field(default_factory=list)


class Candidate:
    """One account that sits all interviews of the bench."""

    def __init__(self, address: str, token: str) -> None:
        self.channel = open_channel([address], token=token)
        self.interviews = interview_pb2_grpc.InterviewServiceStub(self.channel)
        self.consents = consent_pb2_grpc.ConsentServiceStub(self.channel)
        self.choices: list[consent_pb2.ConsentChoice] = []

    @classmethod
    async def register(cls, address: str) -> "Candidate":
        async with open_channel([address]) as channel:
            request = account_pb2.RegisterRequest(
                email=f"{uuid4().hex}@example.org",
                password=uuid4().hex,
                display_name="Bench",
                language=common_pb2.LANGUAGE_KO,
            )
            registered = await account_pb2_grpc.AccountServiceStub(channel).Register(request)
        candidate = cls(address, registered.tokens.access_token)
        texts = await candidate.consents.GetConsentTexts(
            consent_pb2.GetConsentTextsRequest(language=common_pb2.LANGUAGE_KO)
        )
        candidate.choices = [
            consent_pb2.ConsentChoice(purpose=text.purpose, version=text.version, granted=True)
            for text in texts.texts
            if text.required
        ]
        return candidate

    async def new_interview(self) -> str:
        request = interview_pb2.CreateInterviewRequest(
            request_id=uuid4().hex, language=common_pb2.LANGUAGE_KO
        )
        interview_id: str = (await self.interviews.CreateInterview(request)).interview.id
        await self.consents.RecordConsent(
            consent_pb2.RecordConsentRequest(
                interview_id=interview_id, request_id=uuid4().hex, choices=self.choices
            )
        )
        return interview_id


async def sit(
    candidate: Candidate, until: float, heard: Callable[[float], None], think: Callable[[], Awaitable[None]]
) -> None:
    """Interviews one after the other; `heard` gets milliseconds from answer to question."""
    while time.monotonic() < until:
        interview_id = await candidate.new_interview()
        watching = candidate.interviews.WatchInterview(
            interview_pb2.WatchInterviewRequest(interview_id=interview_id, durable_only=True)
        )
        await candidate.interviews.StartInterview(
            interview_pb2.StartInterviewRequest(interview_id=interview_id, request_id=uuid4().hex)
        )
        sent: float | None = None
        async for message in watching:
            event = message.event
            if event.type == "interview.completed" or time.monotonic() >= until:
                break
            if event.type != "question.asked":
                continue
            if sent is not None:
                heard((time.perf_counter() - sent) * 1000)
            await think()
            sent = time.perf_counter()
            await candidate.interviews.SubmitAnswer(
                interview_pb2.SubmitAnswerRequest(
                    interview_id=interview_id,
                    turn_id=event.turn_id,
                    request_id=uuid4().hex,
                    text=ANSWER.format(random.randint(10, 900)),
                    ended_by=interview_pb2.ANSWER_END_TYPED,
                )
            )
        watching.cancel()


async def full_turns(candidate: Candidate, seconds: float, callers: int, dsn: str) -> float:
    """Turns per second that were answered, asked anew, evaluated and stored, with nobody thinking."""

    async def at_once() -> None: ...

    connection = await asyncpg.connect(dsn)
    count = "select count(*) from evaluation"
    before, started = await connection.fetchval(count), time.monotonic()
    until = started + seconds
    await asyncio.gather(*(sit(candidate, until, lambda _: None, at_once) for _ in range(callers)))
    while await connection.fetchval("select count(*) from work where kind = 'evaluation'"):
        await asyncio.sleep(0.05)
    done = await connection.fetchval(count) - before
    await connection.close()
    return float(done / (time.monotonic() - started))


async def paced(candidate: Candidate, interviews: int, seconds: float, think_s: float) -> list[float]:
    """Waits of so many interviews whose candidates think for a while before each answer."""
    waits: list[float] = []

    async def think() -> None:
        await asyncio.sleep(random.uniform(0.5, 1.5) * think_s)

    async def one(delay_s: float) -> None:
        await asyncio.sleep(delay_s)
        await sit(candidate, until, waits.append, think)

    until = time.monotonic() + seconds
    await asyncio.gather(*(one(random.uniform(0, think_s)) for _ in range(interviews)))
    return waits


async def durable_commits(dsn: str, seconds: float, callers: int) -> float:
    """Small commits per second by as many callers: what this disk and Postgres allow."""
    pool = await asyncpg.create_pool(dsn, min_size=16, max_size=16)
    await pool.execute("create table if not exists bench_commit (id uuid primary key, note text)")
    until, done = time.monotonic() + seconds, itertools.count()

    async def one() -> None:
        while time.monotonic() < until:
            await pool.execute("insert into bench_commit values ($1, 'x')", uuid4())
            next(done)

    await asyncio.gather(*(one() for _ in range(callers)))
    await pool.execute("drop table bench_commit")
    await pool.close()
    return next(done) / seconds


def restart_seconds(supervisor: Supervisor, address: str) -> float:
    """Kills the session; until its successor serves."""
    pid = supervisor.states()["session"].pid
    os.kill(pid, signal.SIGKILL)
    started = time.monotonic()
    while supervisor.states()["session"].pid in (0, pid) or not serves(address):
        time.sleep(0.02)
    return time.monotonic() - started


async def measure(arguments: argparse.Namespace, address: str, dsn: str, supervisor: Supervisor) -> Measured:
    measured, console = Measured(), Console(stderr=True)
    candidate = await Candidate.register(address)
    console.print("durable commits …")
    measured.commits_per_s = await durable_commits(dsn, 5.0, arguments.callers)
    console.print("full turns …")
    await full_turns(candidate, 3.0, arguments.callers, dsn)  # warm
    measured.turns_per_s = await full_turns(candidate, arguments.seconds, arguments.callers, dsn)
    for interviews in arguments.paced:
        console.print(f"{interviews} paced interviews …")
        measured.waits_ms[interviews] = await paced(
            candidate, interviews, arguments.seconds + arguments.think, arguments.think
        )
    console.print("restarts …")
    for _ in range(arguments.restarts):
        measured.restarts_s.append(await asyncio.to_thread(restart_seconds, supervisor, address))
    await candidate.channel.close()
    return measured


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] if values else float("nan")


def show(measured: Measured) -> None:
    table = Table("what", "value")
    table.add_row("full turns per second", f"{measured.turns_per_s:.0f}")
    table.add_row("small durable commits per second (limit)", f"{measured.commits_per_s:.0f}")
    table.add_row("commits per turn at the limit", f"{measured.commits_per_s / measured.turns_per_s:.1f}")
    for interviews, waits in measured.waits_ms.items():
        row = f"p50 {percentile(waits, 0.5):.1f} ms, p99 {percentile(waits, 0.99):.1f} ms of {len(waits)}"
        table.add_row(f"submit to announced, {interviews} paced", row)
    table.add_row("killed to serving", f"{statistics.median(measured.restarts_s):.2f} s (median)")
    Console().print(table)
    most = measured.waits_ms[max(measured.waits_ms)]
    summary = {
        "turns_per_s": round(measured.turns_per_s, 1),
        "submit_to_announced_p50_ms": round(percentile(most, 0.5), 2),
        "submit_to_announced_p99_ms": round(percentile(most, 0.99), 2),
        "restart_s": round(statistics.median(measured.restarts_s), 2),
        "commits_per_s": round(measured.commits_per_s),
    }
    print(json.dumps(summary))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=20.0, help="length of each measurement")
    parser.add_argument("--callers", type=int, default=32, help="interviews at once without thinking")
    parser.add_argument("--paced", type=int, nargs="+", default=[1, 50, 200], help="interviews at once")
    parser.add_argument("--think", type=float, default=6.0, help="mean seconds before an answer")
    parser.add_argument("--restarts", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="viva-bench-") as folder:
        Path(folder).chmod(0o711)
        mesh = LocalMesh(Path(folder) / "home", Ports.free())
        programs = [each for each in programs_of(mesh, read_procfile(mesh.procfile)) if each.name in WANTED]
        supervisor = start_mesh(mesh, programs, Console(stderr=True).print)
        try:
            dsn = mesh.environment()["DATABASE_URL"]
            show(uvloop.run(measure(arguments, mesh.ports.listen["session"], dsn, supervisor)))
        finally:
            stop_mesh(supervisor)


if __name__ == "__main__":
    grpc.aio.init_grpc_aio()
    main()
