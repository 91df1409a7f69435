"""A gRPC server with health, reflection and drain. Knows no service."""

import asyncio
import gc
import signal
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import grpc
import structlog
from google.protobuf import descriptor_pool
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1._async import HealthServicer
from grpc_reflection.v1alpha import reflection

from services.runtime import logs, telemetry
from services.runtime.auth import Authenticator
from services.runtime.capability import Capability
from services.runtime.errors import FailedPrecondition, Internal
from services.runtime.interceptor import Interceptor
from services.runtime.settings import ServiceSettings

log = structlog.get_logger()

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING
_BASE = "_pb2_grpc"
NOTICE_S = 0.1  # between saying that the server stops and refusing new calls

Probe = Callable[[], Awaitable[Capability]]
"""The capability at this moment; must look at the engine itself, not at what it was at start."""


@dataclass(frozen=True, slots=True)
class Service:
    """One gRPC service of a server. `name` is its full name, such as "viva.v1.EmbedService"."""

    name: str
    add: Callable[[Any, grpc.aio.Server], None]
    servicer: Any

    def missing_handlers(self) -> list[str]:
        """Methods of the contract that only the generated base class has."""
        try:
            contract = descriptor_pool.Default().FindServiceByName(self.name)
        except KeyError:
            return []
        handlers = [(each.name, getattr(type(self.servicer), each.name, None)) for each in contract.methods]
        return [name for name, each in handlers if getattr(each, "__module__", _BASE).endswith(_BASE)]


class Server:
    """Health "" serves while the process does; a service's own health follows `probe`.

    `unbounded`: see Interceptor. Raises Internal when a rpc of a contract has no handler.
    """

    def __init__(
        self,
        name: str,
        settings: ServiceSettings,
        services: Sequence[Service],
        authenticator: Authenticator,
        probe: Probe,
        unbounded: frozenset[str] = frozenset(),
    ) -> None:
        logs.configure(name, settings.log_level, settings.log_format)
        self._name, self._settings, self._probe = name, settings, probe
        self._names = [service.name for service in services]
        self._health = HealthServicer()
        self._serves: bool | None = None
        self._interceptor = Interceptor(authenticator, settings, unbounded)
        self._server = grpc.aio.server(interceptors=[self._interceptor], options=_options(settings))
        for service in services:
            if missing := service.missing_handlers():
                raise Internal("HANDLER_MISSING", f"{service.name} has no handler for {', '.join(missing)}.")
            service.add(service.servicer, self._server)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        known = (*self._names, health_pb2.DESCRIPTOR.services_by_name["Health"].full_name)
        reflection.enable_server_reflection((*known, reflection.SERVICE_NAME), self._server)
        self._watching: asyncio.Task[None] | None = None
        self.port = 0

    async def start(self) -> None:
        """Listens and serves; raises FailedPrecondition when a port is taken."""
        if self._settings.otlp_endpoint:
            telemetry.export_traces(self._name, self._settings.otlp_endpoint)
        self.port = self._bind()
        await self._look()
        await self._server.start()
        self._watching = asyncio.create_task(self._watch())
        gc.collect()
        gc.freeze()  # what was loaded at start stays: no later collection looks at it again
        log.info("serving", address=self._settings.listen, port=self.port)

    async def stop(self) -> None:
        """Within `drain_s`: says that it stops, ends unbounded calls, lets the others end, then stops."""
        if self._watching:
            self._watching.cancel()
        await self._health.enter_graceful_shutdown()
        notice_s = min(NOTICE_S, self._settings.drain_s)
        await asyncio.sleep(notice_s)
        left_s = self._settings.drain_s - notice_s
        self._interceptor.drain(left_s)
        await self._server.stop(left_s)
        log.info("stopped")

    async def run(self) -> None:
        """Serves until SIGTERM or SIGINT."""
        stopping = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stopping.set)
        await self.start()
        await stopping.wait()
        await self.stop()

    def _bind(self) -> int:
        settings, credentials, field = self._settings, server_credentials(self._settings), "metrics_port"
        try:
            if settings.metrics_port:
                telemetry.serve_metrics(settings.metrics_port)
            field = "listen"
            if credentials is None:
                return self._server.add_insecure_port(settings.listen)
            return self._server.add_secure_port(settings.listen, credentials)
        except (OSError, RuntimeError):
            variable, value = settings.variable(field), getattr(settings, field)
            text = f"{variable}={value} cannot be listened on."
            remedy = f"set {variable} to another one, or stop what listens there"
            raise FailedPrecondition("PORT_TAKEN", text, remedy=remedy) from None

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(self._settings.probe_s)
            await self._look()

    async def _look(self) -> None:
        detail = "the probe found nothing out"
        try:
            async with asyncio.timeout(5 * self._settings.probe_s):
                found = await self._probe()
            serves, detail = found.state.serves, found.detail
        except (Exception, asyncio.CancelledError) as error:
            if (task := asyncio.current_task()) and task.cancelling():
                raise  # it is this task that was cancelled, and not what it waits for
            log.warning("probe.failed", error=type(error).__name__)
            serves = False
        if serves is not self._serves:
            log.info("capability", serves=serves, detail=detail)
            self._serves = serves
        telemetry.CAPABLE.labels(self._name).set(serves)
        for name in self._names:
            await self._health.set(name, SERVING if serves else NOT_SERVING)


def _options(settings: ServiceSettings) -> list[tuple[str, int]]:
    size = settings.max_message_mib << 20
    return [
        ("grpc.so_reuseport", 0),  # a second server on the port is a mistake to be told of
        ("grpc.max_receive_message_length", size),
        ("grpc.max_send_message_length", size),
        ("grpc.max_metadata_size", 32 << 10),
        ("grpc.absolute_max_metadata_size", 32 << 10),  # else what lies between is refused by chance
        ("grpc.keepalive_time_ms", 30_000),
        ("grpc.keepalive_timeout_ms", 10_000),
        ("grpc.http2.ping_timeout_ms", 10_000),
        ("grpc.http2.max_ping_strikes", 0),  # clients ping often to notice a peer that hangs
        ("grpc.keepalive_permit_without_calls", 1),
    ]


def server_credentials(settings: ServiceSettings) -> grpc.ServerCredentials | None:
    """Mutual TLS when certificate, key and CA are set; None means plain text."""
    if (files := settings.tls()) is None:
        return None
    return grpc.ssl_server_credentials([files[1:]], files[0], require_client_auth=True)
