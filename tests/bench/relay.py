"""How fast the edge passes events on to many sockets, and what that costs.

    python tests/bench/relay.py [--sockets 200] [--rate 5] [--seconds 15] [--rounds 3]

The edge is a real process with a real NATS behind it; its session is a server in this process that answers
any interview and then says nothing. Events are captions, each with the time it was sent, to a socket per
interview. One more socket takes many large captions and reads none. The peer is a bare WebSocket server
that gets the same texts and sends them back, in the same round: on a machine with other work the ratio of the
two says more than either. Each figure is given as the best and the median of the rounds. The last line is one
JSON object.
"""

import argparse
import asyncio
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import uuid4

import grpc
import httpx
import nats
import psutil
import websockets
from edge_api.captions import SUBJECT
from rich.console import Console
from rich.table import Table
from viva.v1 import interview_pb2, interview_pb2_grpc

from deploy.local.environment import ROOT, free_ports
from deploy.local.nats import Nats

Send = Callable[[int, str], Awaitable[None]]
FLOOD = 3_000  # captions of 8 KiB that nobody reads
ECHO = """
import asyncio, sys, websockets
async def echo(socket):
    async for text in socket:
        await socket.send(text)
async def main():
    async with websockets.serve(echo, "127.0.0.1", int(sys.argv[1]), compression=None):
        await asyncio.Event().wait()
asyncio.run(main())
"""


class Session(interview_pb2_grpc.InterviewServiceServicer):
    """Knows every interview, and of none anything new."""

    async def GetInterview(self, request, context):  # type: ignore[no-untyped-def]
        return interview_pb2.GetInterviewResponse()

    async def WatchInterview(self, request, context):  # type: ignore[no-untyped-def]
        yield interview_pb2.WatchInterviewResponse(snapshot=interview_pb2.InterviewSnapshot())
        await asyncio.Event().wait()


def caption(text: str = "") -> str:
    body = {"type": "caption", "turn_id": "", "index": 1, "committed": text, "unstable": ""}
    return json.dumps(body | {"sent": time.perf_counter()})


async def listen(heard: websockets.ClientConnection, waits_ms: list[float]) -> None:
    async for text in heard:
        if sent := json.loads(text).get("sent"):
            waits_ms.append((time.perf_counter() - sent) * 1000)


async def paced(send: Send, count: int, rate: float, seconds: float) -> None:
    """Each of so many sends `rate` times a second, spread evenly."""
    started = time.perf_counter()
    for number in range(int(count * rate * seconds)):
        await asyncio.sleep(max(0.0, started + number / (count * rate) - time.perf_counter()))
        await send(number % count, caption())
    await asyncio.sleep(1.0)


async def measured(
    opened: list[websockets.ClientConnection], send: Send, process: int, arguments: argparse.Namespace
) -> tuple[list[float], float]:
    """Waits in milliseconds, and cores that the process used."""
    waits: list[float] = []
    tasks = [asyncio.create_task(listen(each, waits)) for each in opened]
    watched = psutil.Process(process)
    before, started = sum(watched.cpu_times()[:2]), time.perf_counter()
    await paced(send, len(opened), arguments.rate, arguments.seconds)
    cores = (sum(watched.cpu_times()[:2]) - before) / (time.perf_counter() - started)
    for each in tasks:
        each.cancel()
    return waits, cores


async def opened_socket(client: httpx.AsyncClient, port: int, interview: str) -> websockets.ClientConnection:
    headers = {"authorization": "Bearer some.jwt"}
    made = (await client.post(f"/api/v1/interviews/{interview}/tickets", headers=headers)).json()
    address = f"ws://127.0.0.1:{port}{made['path']}?ticket={made['ticket']}"
    heard = await websockets.connect(address, compression=None, max_queue=4)
    await heard.recv()
    return heard


async def slow_reader(client: httpx.AsyncClient, port: int, publish: nats.NATS) -> int:
    """Floods a socket whose reader stands still; the code that it finds itself closed with."""
    interview = str(uuid4())
    heard = await opened_socket(client, port, interview)
    heard.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    for number in range(FLOOD):
        await publish.publish(f"{SUBJECT}.{interview}", caption("가" * 2_700).encode())
        if number % 50 == 0:
            await asyncio.sleep(0.05)
    try:
        async for _ in heard:
            pass
    except websockets.ConnectionClosed:
        pass
    return int(heard.close_code or 0)


async def through_edge(port: int, nats_url: str, pid: int, arguments: argparse.Namespace) -> dict[str, float]:
    interviews = [str(uuid4()) for _ in range(arguments.sockets)]
    publish = await nats.connect(nats_url)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:
        opened = [await opened_socket(client, port, each) for each in interviews]

        async def send(number: int, text: str) -> None:
            await publish.publish(f"{SUBJECT}.{interviews[number]}", text.encode())

        waits, cores = await measured(opened, send, pid, arguments)
        slow = asyncio.create_task(slow_reader(client, port, publish))
        beside, _ = await measured(opened, send, pid, arguments)
        code = await asyncio.wait_for(slow, 60)
    await asyncio.gather(*(each.close() for each in opened), publish.close())
    sent = int(arguments.sockets * arguments.rate * arguments.seconds)
    return {
        "relay_p50_ms": p(waits, 0.5), "relay_p99_ms": p(waits, 0.99), "cpu_core": round(cores, 3),
        "lost": sent - len(waits), "beside_slow_p99_ms": p(beside, 0.99),
        "beside_slow_lost": sent - len(beside), "slow_close_code": code,
    }  # fmt: skip


async def through_echo(port: int, pid: int, arguments: argparse.Namespace) -> dict[str, float]:
    address = f"ws://127.0.0.1:{port}"
    opened = [await websockets.connect(address, compression=None) for _ in range(arguments.sockets)]
    waits, cores = await measured(opened, lambda number, text: opened[number].send(text), pid, arguments)
    await asyncio.gather(*(each.close() for each in opened))
    return {"echo_p50_ms": p(waits, 0.5), "echo_p99_ms": p(waits, 0.99), "echo_cpu_core": round(cores, 3)}


def p(values: list[float], share: float) -> float:
    return round(sorted(values)[min(len(values) - 1, int(len(values) * share))], 2) if values else -1.0


def started(command: list[str], **variables: str) -> subprocess.Popen[bytes]:
    quiet = subprocess.DEVNULL
    return subprocess.Popen(command, env=os.environ | variables, stdout=quiet, stderr=quiet)


async def listening(port: int) -> None:
    async with asyncio.timeout(60):
        while True:
            try:
                (await asyncio.open_connection("127.0.0.1", port))[1].close()
                return
            except OSError:
                await asyncio.sleep(0.1)


async def measure(folder: Path, arguments: argparse.Namespace) -> list[dict[str, float]]:
    edge_port, session_port, nats_port, echo_port = free_ports(4)
    server = grpc.aio.server()
    interview_pb2_grpc.add_InterviewServiceServicer_to_server(Session(), server)
    server.add_insecure_port(f"127.0.0.1:{session_port}")
    await server.start()
    broker = Nats(folder / "nats", nats_port, ROOT / ".viva" / "bin")
    await asyncio.to_thread(broker.prepare)
    (folder / "token").write_text("a" * 64)
    variables = {
        "VIVA_EDGE_LISTEN": f"127.0.0.1:{edge_port}", "VIVA_SESSION_ADDRESSES": f"127.0.0.1:{session_port}",
        "NATS_URL": broker.url, "VIVA_EDGE_CALLS_PER_MINUTE": "100000", "VIVA_HOME": str(folder),
        "VIVA_MESH_TOKEN_FILE": str(folder / "token"),
    }  # fmt: skip
    running = [started(broker.command())]
    try:
        await asyncio.to_thread(broker.wait_ready)
        running.append(started([sys.executable, "-m", "edge_api"], **variables))
        running.append(started([sys.executable, "-c", ECHO, str(echo_port)]))
        await asyncio.gather(listening(edge_port), listening(echo_port))
        rounds = []
        for _ in range(arguments.rounds):
            echo = await through_echo(echo_port, running[2].pid, arguments)
            edge = await through_edge(edge_port, broker.url, running[1].pid, arguments)
            ratio = {"p99_ratio_to_echo": round(edge["relay_p99_ms"] / echo["echo_p99_ms"], 2)}
            rounds.append(echo | edge | ratio)
        return rounds
    finally:
        for each in reversed(running):
            each.terminate()
        await server.stop(0)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sockets", type=int, default=200)
    parser.add_argument("--rate", type=float, default=5.0, help="events a second of each socket")
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--rounds", type=int, default=3)
    with tempfile.TemporaryDirectory(prefix="viva-bench-") as folder:
        rounds = asyncio.run(measure(Path(folder), parser.parse_args()))
    found = {name: [each[name] for each in rounds] for name in rounds[0]}
    table = Table("what", "best", "median", "each round")
    for name, values in found.items():
        table.add_row(name, f"{min(values):g}", f"{statistics.median(values):g}", str(values))
    Console().print(table)
    load = round(os.getloadavg()[0], 1)
    medians = {name: statistics.median(values) for name, values in found.items()}
    print(json.dumps(medians | {"rounds": found, "load": load}))


if __name__ == "__main__":
    main()
