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
    # Without RESOURCE_EXHAUSTED in this list a server's pushback is ignored.
    retry = {"maxAttempts": attempts, "retryableStatusCodes": ["UNAVAILABLE", "RESOURCE_EXHAUSTED"]}
    backoff = {"initialBackoff": "0.05s", "maxBackoff": "1s", "backoffMultiplier": 2}
    methods = [{"name": [{}], "retryPolicy": retry | backoff}]
    return json.dumps({"loadBalancingConfig": [{"round_robin": {}}], "methodConfig": methods})


class _Outgoing:
    """Adds identity, trace and request id, and a deadline where the caller set none."""

    def __init__(self, token: str, endless: frozenset[str]) -> None:
        self._identity = {"authorization": f"Bearer {token}"} if token else {}
        self._endless = endless

    async def _complete(self, continuation: Any, details: Any, request: Any) -> Any:
        ours = self._identity | {"x-request-id": secrets.token_hex(8)}
        if parent := telemetry.traceparent():
            ours["traceparent"] = parent
        metadata = grpc.aio.Metadata(*(ours | dict(details.metadata or ())).items())
        timeout, method = details.timeout, details.method
        if (
            timeout is None
            and (method.decode() if isinstance(method, bytes) else method) not in self._endless
        ):
            timeout = DEFAULT_TIMEOUT_S
        return await continuation(details._replace(timeout=timeout, metadata=metadata), request)

    intercept: Any = _complete


# A channel takes an interceptor for one kind of call only.
# fmt: off
class _UnaryUnary(_Outgoing, grpc.aio.UnaryUnaryClientInterceptor):
    intercept_unary_unary = _Outgoing.intercept
class _UnaryStream(_Outgoing, grpc.aio.UnaryStreamClientInterceptor):
    intercept_unary_stream = _Outgoing.intercept
class _StreamUnary(_Outgoing, grpc.aio.StreamUnaryClientInterceptor):
    intercept_stream_unary = _Outgoing.intercept
class _StreamStream(_Outgoing, grpc.aio.StreamStreamClientInterceptor):
    intercept_stream_stream = _Outgoing.intercept
# fmt: on


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
    if files := settings.tls() if settings else None:
        credentials = grpc.ssl_channel_credentials(*files)
        return grpc.aio.secure_channel(_target(addresses), credentials, options, interceptors=interceptors)
    return grpc.aio.insecure_channel(_target(addresses), options, interceptors=interceptors)


def _target(addresses: Sequence[str]) -> str:
    """Several literal addresses share one resolver; a name is resolved by DNS, to any number of them."""
    literal = [each.replace("localhost:", "127.0.0.1:") for each in addresses]
    if literal and all(each.rpartition(":")[0].replace(".", "").isdigit() for each in literal):
        return f"ipv4:{','.join(literal)}"
    if literal and all(each.startswith("[") for each in literal):
        return f"ipv6:{','.join(literal)}"
    if len(addresses) == 1:
        return f"dns:///{addresses[0]}"
    remedy = (
        "set VIVA_<SERVICE>_ADDRESSES to one name that resolves to all, or only IPv4 or only IPv6 host:port,…"
    )
    raise FailedPrecondition("ADDRESSES_UNUSABLE", f"{list(addresses)} cannot be called.", remedy=remedy)


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
        how: dict[str, Any] = {"attempts": 2 if len(addresses) > 1 else ATTEMPTS, "settings": settings}
        self._channels = {each: open_channel([each], token=token, **how) for each in addresses}

    def preferred(self, key: str) -> list[tuple[str, grpc.aio.Channel]]:
        """Every replica as (address, channel): first the one that holds the key's state."""
        return [(address, self._channels[address]) for address in rendezvous(key, list(self._channels))]

    async def close(self) -> None:
        for channel in self._channels.values():
            await channel.close()
