"""Channels to other services: every address, retries, keepalive, identity. Knows no service."""

import hashlib
import json
import secrets
from collections.abc import Sequence
from typing import Any

import grpc

from services.runtime import telemetry
from services.runtime.errors import FailedPrecondition
from services.runtime.settings import ServiceSettings

DEFAULT_TIMEOUT_S = 30.0
ATTEMPTS = 4
MESSAGE_BYTES = 64 << 20

_OPTIONS = [
    ("grpc.enable_retries", 1),
    ("grpc.per_rpc_retry_buffer_size", 8 << 20),  # a larger request is never sent again
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 3_000),
    ("grpc.http2.ping_timeout_ms", 3_000),  # keepalive alone does not notice a peer that hangs
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1_000),
    ("grpc.max_receive_message_length", MESSAGE_BYTES),
    ("grpc.max_send_message_length", MESSAGE_BYTES),
    ("grpc.max_metadata_size", 32 << 10),
]


def _service_config(attempts: int) -> str:
    retry = {
        "maxAttempts": attempts,
        "initialBackoff": "0.05s",
        "maxBackoff": "1s",
        "backoffMultiplier": 2,
        # Without RESOURCE_EXHAUSTED in this list a server's pushback is ignored.
        "retryableStatusCodes": ["UNAVAILABLE", "RESOURCE_EXHAUSTED"],
    }
    methods = [{"name": [{}], "retryPolicy": retry}]
    return json.dumps({"loadBalancingConfig": [{"round_robin": {}}], "methodConfig": methods})


class _Outgoing:
    """Adds identity, trace and request id, and a deadline where the caller set none."""

    def __init__(self, token: str, endless: frozenset[str]) -> None:
        self._token = token
        self._endless = endless

    async def _complete(self, continuation: Any, details: grpc.aio.ClientCallDetails, request: Any) -> Any:
        given: Any = details.metadata or ()
        metadata = dict(given)
        if self._token:
            metadata.setdefault("authorization", f"Bearer {self._token}")
        if parent := telemetry.traceparent():
            metadata.setdefault("traceparent", parent)
        metadata.setdefault("x-request-id", secrets.token_hex(8))
        method, timeout = details.method, details.timeout
        name = method.decode() if isinstance(method, bytes) else method
        if timeout is None and name not in self._endless:
            timeout = DEFAULT_TIMEOUT_S
        rest = details.credentials, details.wait_for_ready
        complete = grpc.aio.ClientCallDetails(method, timeout, grpc.aio.Metadata(*metadata.items()), *rest)
        return await continuation(complete, request)

    intercept: Any = _complete


# A channel takes one interceptor for one kind of call only.
class _UnaryUnary(_Outgoing, grpc.aio.UnaryUnaryClientInterceptor):
    intercept_unary_unary = _Outgoing.intercept


class _UnaryStream(_Outgoing, grpc.aio.UnaryStreamClientInterceptor):
    intercept_unary_stream = _Outgoing.intercept


class _StreamUnary(_Outgoing, grpc.aio.StreamUnaryClientInterceptor):
    intercept_stream_unary = _Outgoing.intercept


class _StreamStream(_Outgoing, grpc.aio.StreamStreamClientInterceptor):
    intercept_stream_stream = _Outgoing.intercept


def open_channel(
    addresses: Sequence[str],
    *,
    token: str = "",
    settings: ServiceSettings | None = None,
    endless: frozenset[str] = frozenset(),
    attempts: int = ATTEMPTS,
) -> grpc.aio.Channel:
    """Balances over all addresses ("host:port"); mutual TLS when `settings` has its files.

    A call without a timeout gets 30 seconds, streams too, unless `endless` names its method
    ("/viva.v1.X/Y"). Refusals with a pushback and lost connections are tried `attempts` times in all.
    """
    kinds = (_UnaryUnary, _UnaryStream, _StreamUnary, _StreamStream)
    interceptors = [kind(token, endless) for kind in kinds]
    options = [("grpc.service_config", _service_config(attempts)), *_OPTIONS]
    files = settings.tls() if settings else None
    if files:
        credentials = grpc.ssl_channel_credentials(*files)
        return grpc.aio.secure_channel(_target(addresses), credentials, options, interceptors=interceptors)
    return grpc.aio.insecure_channel(_target(addresses), options, interceptors=interceptors)


def _target(addresses: Sequence[str]) -> str:
    """Several literal addresses share one resolver; a name is resolved by DNS, to any number of them."""
    if not addresses:
        remedy = "set VIVA_<SERVICE>_ADDRESSES to host:port,…"
        raise FailedPrecondition("NO_ADDRESS", "No address of the service is set.", remedy=remedy)
    literal = [each.replace("localhost:", "127.0.0.1:") for each in addresses]
    if all(each.rpartition(":")[0].replace(".", "").isdigit() for each in literal):
        return f"ipv4:{','.join(literal)}"
    if all(each.startswith("[") for each in literal):
        return f"ipv6:{','.join(literal)}"
    if len(addresses) > 1:
        remedy = "use one name that resolves to all, or only IPv4 or only IPv6 addresses"
        raise FailedPrecondition("ADDRESSES_MIXED", f"{', '.join(addresses)} is no list.", remedy=remedy)
    return f"dns:///{addresses[0]}"


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
        # Where another replica can take over, the caller should not wait long for this one.
        attempts = 2 if len(addresses) > 1 else ATTEMPTS
        self._channels = {
            each: open_channel([each], token=token, settings=settings, attempts=attempts)
            for each in addresses
        }

    def preferred(self, key: str) -> list[tuple[str, grpc.aio.Channel]]:
        """Every replica as (address, channel): first the one that holds the key's state."""
        return [(address, self._channels[address]) for address in rendezvous(key, list(self._channels))]

    async def close(self) -> None:
        for channel in self._channels.values():
            await channel.close()
