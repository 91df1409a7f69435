"""Channels to other services: every address, retries, keepalive, identity. Knows no service."""

import hashlib
import json
import secrets
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import grpc

from services.runtime import telemetry
from services.runtime.errors import FailedPrecondition
from services.runtime.settings import ServiceSettings

DEFAULT_TIMEOUT_S = 30.0

_SERVICE_CONFIG = json.dumps(
    {
        "loadBalancingConfig": [{"round_robin": {}}],
        "methodConfig": [
            {
                "name": [{}],
                "retryPolicy": {
                    "maxAttempts": 4,
                    "initialBackoff": "0.05s",
                    "maxBackoff": "1s",
                    "backoffMultiplier": 2,
                    # Without RESOURCE_EXHAUSTED in this list a server's pushback is ignored.
                    "retryableStatusCodes": ["UNAVAILABLE", "RESOURCE_EXHAUSTED"],
                },
            }
        ],
    }
)

_OPTIONS = [
    ("grpc.service_config", _SERVICE_CONFIG),
    ("grpc.enable_retries", 1),
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 3_000),
    ("grpc.http2.ping_timeout_ms", 3_000),  # keepalive alone does not notice a peer that hangs
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1_000),
    ("grpc.max_receive_message_length", 64 << 20),
    ("grpc.max_send_message_length", 64 << 20),
]


class _Outgoing:
    """Adds identity, trace and request id, and a deadline where the caller set none."""

    def __init__(self, token: str) -> None:
        self._token = token

    def _details(self, details: grpc.aio.ClientCallDetails, timeout: float | None = None) -> Any:
        given: Any = details.metadata or ()
        metadata = dict(given)
        if self._token:
            metadata.setdefault("authorization", f"Bearer {self._token}")
        if parent := telemetry.traceparent():
            metadata.setdefault("traceparent", parent)
        metadata.setdefault("x-request-id", secrets.token_hex(8))
        timeout = timeout if details.timeout is None else details.timeout
        return grpc.aio.ClientCallDetails(
            details.method,
            timeout,
            grpc.aio.Metadata(*metadata.items()),
            details.credentials,
            details.wait_for_ready,
        )


class _UnaryUnary(_Outgoing, grpc.aio.UnaryUnaryClientInterceptor):
    async def intercept_unary_unary(
        self, continuation: Callable[..., Awaitable[Any]], details: grpc.aio.ClientCallDetails, request: Any
    ) -> Any:
        return await continuation(self._details(details, DEFAULT_TIMEOUT_S), request)


class _UnaryStream(_Outgoing, grpc.aio.UnaryStreamClientInterceptor):
    async def intercept_unary_stream(
        self, continuation: Callable[..., Awaitable[Any]], details: grpc.aio.ClientCallDetails, request: Any
    ) -> Any:
        return await continuation(self._details(details), request)


class _StreamUnary(_Outgoing, grpc.aio.StreamUnaryClientInterceptor):
    async def intercept_stream_unary(
        self, continuation: Callable[..., Awaitable[Any]], details: grpc.aio.ClientCallDetails, requests: Any
    ) -> Any:
        return await continuation(self._details(details), requests)


class _StreamStream(_Outgoing, grpc.aio.StreamStreamClientInterceptor):
    async def intercept_stream_stream(
        self, continuation: Callable[..., Awaitable[Any]], details: grpc.aio.ClientCallDetails, requests: Any
    ) -> Any:
        return await continuation(self._details(details), requests)


def open_channel(
    addresses: Sequence[str], *, token: str = "", settings: ServiceSettings | None = None
) -> grpc.aio.Channel:
    """Balances over all addresses ("host:port"); mutual TLS when `settings` has its files."""
    if not addresses:
        raise FailedPrecondition(
            "NO_ADDRESS", "No address of the service is set.", remedy="set VIVA_<SERVICE>_ADDRESSES"
        )
    # Several literal addresses share one resolver; a name is resolved by DNS.
    literal = all(_is_ipv4(address) for address in addresses)
    target = f"ipv4:{','.join(addresses)}" if literal else f"dns:///{addresses[0]}"
    if not literal and len(addresses) > 1:
        raise FailedPrecondition(
            "NAMES_NOT_MIXED", "Several host names in one list.", remedy="use one DNS name, or IPv4 addresses"
        )
    kinds = (_UnaryUnary, _UnaryStream, _StreamUnary, _StreamStream)
    interceptors = [kind(token) for kind in kinds]
    credentials = _credentials(settings) if settings else None
    if credentials:
        return grpc.aio.secure_channel(target, credentials, options=_OPTIONS, interceptors=interceptors)
    return grpc.aio.insecure_channel(target, options=_OPTIONS, interceptors=interceptors)


def _is_ipv4(address: str) -> bool:
    return address.rpartition(":")[0].replace(".", "").isdigit()


def _credentials(settings: ServiceSettings) -> grpc.ChannelCredentials | None:
    if not (settings.tls_cert and settings.tls_key and settings.tls_ca):
        return None
    files = (settings.tls_ca, settings.tls_key, settings.tls_cert)
    return grpc.ssl_channel_credentials(*(file.read_bytes() for file in files))


def rendezvous(key: str, addresses: Sequence[str]) -> list[str]:
    """Addresses in the order this key prefers them; losing one moves only its own keys."""
    return sorted(
        addresses, key=lambda each: hashlib.blake2b(f"{key}|{each}".encode()).digest(), reverse=True
    )


class ReplicaSet:
    """One channel per replica, for services that keep state by key."""

    def __init__(
        self, addresses: Sequence[str], *, token: str = "", settings: ServiceSettings | None = None
    ) -> None:
        self._channels = {
            address: open_channel([address], token=token, settings=settings) for address in addresses
        }

    def preferred(self, key: str) -> list[tuple[str, grpc.aio.Channel]]:
        """Every replica as (address, channel): first the one that holds the key's state."""
        return [(address, self._channels[address]) for address in rendezvous(key, list(self._channels))]

    async def close(self) -> None:
        for channel in self._channels.values():
            await channel.close()
