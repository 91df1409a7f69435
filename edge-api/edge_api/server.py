"""Serves the edge: opens what it needs, listens, and ends in order."""

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import nats
import structlog
import uvicorn
from fastapi import FastAPI
from nats.aio.client import Client
from viva.v1 import account_pb2

from edge_api import captions, problems
from edge_api.app import create_app
from edge_api.calls import GrpcCalls
from edge_api.config import Settings
from edge_api.contract import rpc
from edge_api.socket import GOING_AWAY, Closing
from edge_api.socket_protocol import SocketProtocol
from services.runtime import logs, telemetry
from services.runtime.auth import mesh_token
from services.runtime.capability import Capability, State
from services.runtime.errors import FailedPrecondition, VivaError

log = structlog.get_logger()
CHECK_S = 2.0


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[FastAPI]:
    """The whole edge, without a port."""
    calls = GrpcCalls.open(settings, mesh_token(settings))
    heard = await _captions(settings)
    try:
        yield create_app(settings, calls, heard[0])
    finally:
        await calls.close()
        if heard[1] is not None:
            with suppress(nats.errors.Error):
                await heard[1].close()


async def _captions(settings: Settings) -> tuple[captions.Captions, Client | None]:
    """Without NATS everything works but captions: the edge starts and says so."""
    if not settings.nats_url:
        log.warning("captions.off", detail="NATS_URL is not set")
        return captions.NoCaptions(), None
    try:
        client = await captions.connect(settings.nats_url)
    except (OSError, nats.errors.Error, TimeoutError) as error:
        raise FailedPrecondition(
            "NATS_UNREACHABLE", f"NATS does not answer: {type(error).__name__}.", remedy="viva logs nats"
        ) from None
    return captions.NatsCaptions(client), client


class Uvicorn(uvicorn.Server):
    """Tells sockets that the edge goes before it waits for what still runs."""

    def __init__(self, app: FastAPI, settings: Settings) -> None:
        host, _, port = settings.listen.rpartition(":")
        super().__init__(
            uvicorn.Config(
                app, host=host.strip("[]") or "127.0.0.1", port=int(port), log_config=None, access_log=False,
                server_header=False, date_header=False, ws=SocketProtocol, ws_max_size=4096,
                ws_ping_interval=15, ws_ping_timeout=20, ws_per_message_deflate=False, proxy_headers=False,
                timeout_graceful_shutdown=int(settings.drain_s), lifespan="off",
                h11_max_incomplete_event_size=32 << 10,
            )
        )  # fmt: skip
        self._app = app

    async def shutdown(self, sockets: "list[object] | None" = None) -> None:  # type: ignore[override]
        for end in self._app.state.sockets:
            if not end.done():
                end.set_result(Closing(GOING_AWAY, "the edge stops; open another"))
        await super().shutdown(sockets)  # type: ignore[arg-type]


async def run(settings: Settings) -> None:
    """Serves until SIGTERM or SIGINT; raises FailedPrecondition when it cannot listen."""
    logs.configure("edge", settings.log_level, settings.log_format)
    if settings.otlp_endpoint:
        telemetry.export_traces("edge", settings.otlp_endpoint)
    if settings.metrics_port:
        telemetry.serve_metrics(settings.metrics_port)
    async with opened(settings) as app:
        server = Uvicorn(app, settings)
        gc.collect()
        gc.freeze()
        try:
            await server.serve()
        except SystemExit:
            remedy = "set VIVA_EDGE_LISTEN to another one, or stop what listens there"
            text = f"VIVA_EDGE_LISTEN={settings.listen} cannot be listened on."
            raise FailedPrecondition("PORT_TAKEN", text, remedy=remedy) from None
    log.info("stopped")


async def check(settings: Settings) -> list[Capability]:
    """The edge itself, and its page."""
    found = [await _session(settings)]
    if not (settings.page / "index.html").is_file():
        found.append(Capability("page", State.MISSING, "The page is not built.", remedy="make web"))
    return found


async def _session(settings: Settings) -> Capability:
    if not settings.session_addresses:
        remedy = "set VIVA_SESSION_ADDRESSES to its host:port"
        return Capability("edge", State.BROKEN, "The edge knows no address of a session.", remedy=remedy)
    calls = GrpcCalls.open(settings, "")
    try:
        async with asyncio.timeout(CHECK_S):
            await calls.unary(rpc("AccountService.GetMe"), account_pb2.GetMeRequest(), "", CHECK_S)
    except (VivaError, TimeoutError) as error:
        if not isinstance(error, VivaError) or problems.status_of(error) >= 500:
            return Capability(
                "edge", State.DEGRADED, "The session does not answer yet.", remedy="viva logs session"
            )
    finally:
        await calls.close()
    return Capability("edge", State.READY, "The session answers.", engine="fastapi")
