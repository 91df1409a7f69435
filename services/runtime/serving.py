"""A gRPC server with health, reflection and drain. Knows no service."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import grpc
import structlog
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1._async import HealthServicer
from grpc_reflection.v1alpha import reflection

from services.runtime import logs, telemetry
from services.runtime.auth import Authenticator
from services.runtime.capability import Capability
from services.runtime.errors import FailedPrecondition
from services.runtime.interceptor import Interceptor
from services.runtime.settings import ServiceSettings

log = structlog.get_logger()

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING

Probe = Callable[[], Awaitable[Capability]]
"""The capability at this moment; must look at the engine itself, not at what it was at start."""


@dataclass(frozen=True, slots=True)
class Service:
    """One gRPC service of a server. `name` is its full name, such as "viva.v1.EmbedService"."""

    name: str
    add: Callable[[Any, grpc.aio.Server], None]
    servicer: Any


class Server:
    """Health "" serves while the process does; a service's own health follows `probe`."""

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
        telemetry.configure(name, settings.otlp_endpoint, settings.metrics_port)
        self._name = name
        self._settings = settings
        self._names = [service.name for service in services]
        self._probe = probe
        self._health = HealthServicer()
        bounds = settings.max_concurrent, settings.default_deadline_s
        self._server = grpc.aio.server(
            interceptors=[Interceptor(authenticator, *bounds, unbounded)], options=_options(settings)
        )
        for service in services:
            service.add(service.servicer, self._server)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        known = (*self._names, health_pb2.DESCRIPTOR.services_by_name["Health"].full_name)
        reflection.enable_server_reflection((*known, reflection.SERVICE_NAME), self._server)
        self._watching: asyncio.Task[None] | None = None
        self.port = 0

    async def start(self) -> None:
        """Listens and serves; raises FailedPrecondition when the port is taken."""
        self.port = self._bind()
        await self._server.start()
        await self._look()
        await self._health.set("", SERVING)
        self._watching = asyncio.create_task(self._watch())
        log.info("serving", address=self._settings.listen, port=self.port)

    async def stop(self) -> None:
        """Says that it stops, lets running calls end, then stops."""
        await self._health.enter_graceful_shutdown()
        if self._watching:
            self._watching.cancel()
        await self._server.stop(self._settings.drain_s)
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
        listen, credentials = self._settings.listen, server_credentials(self._settings)
        try:
            if credentials is None:
                return self._server.add_insecure_port(listen)
            return self._server.add_secure_port(listen, credentials)
        except RuntimeError:
            variable = f"VIVA_{self._name.upper()}_LISTEN"
            raise FailedPrecondition(
                "PORT_TAKEN", f"{listen} cannot be listened on.", remedy=f"set {variable} to a free host:port"
            ) from None

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(self._settings.probe_s)
            await self._look()

    async def _look(self) -> None:
        try:
            async with asyncio.timeout(5 * self._settings.probe_s):
                ready = (await self._probe()).state.serves
        except Exception as error:
            log.warning("probe.failed", error=type(error).__name__)
            ready = False
        for name in self._names:
            await self._health.set(name, SERVING if ready else NOT_SERVING)


def _options(settings: ServiceSettings) -> list[tuple[str, int]]:
    size = settings.max_message_mib << 20
    return [
        ("grpc.so_reuseport", 0),  # a second server on the port is a mistake to be told of
        ("grpc.max_receive_message_length", size),
        ("grpc.max_send_message_length", size),
        ("grpc.max_metadata_size", 32 << 10),
        ("grpc.keepalive_time_ms", 30_000),
        ("grpc.keepalive_timeout_ms", 10_000),
        ("grpc.http2.ping_timeout_ms", 10_000),
        ("grpc.http2.min_recv_ping_interval_without_data_ms", 5_000),
        ("grpc.keepalive_permit_without_calls", 1),
    ]


def server_credentials(settings: ServiceSettings) -> grpc.ServerCredentials | None:
    """Mutual TLS when certificate, key and CA are set; None means plain text."""
    if not (settings.tls_cert and settings.tls_key and settings.tls_ca):
        return None
    pair = (settings.tls_key.read_bytes(), settings.tls_cert.read_bytes())
    return grpc.ssl_server_credentials([pair], settings.tls_ca.read_bytes(), require_client_auth=True)
