"""Asks servers whether they serve and what they run on. Knows the contracts only."""

import contextlib
import http.client
from importlib import import_module
from pathlib import Path

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from viva.v1 import common_pb2

QUICK_S = 1.0
INFO_TIMEOUT_S = 3.0
CONTRACT_OF = {"session": "interview"}
HTTP = ("edge",)


def process_serves(name: str, address: str) -> bool:
    """Whether the process of service `name` answers at `address`, however it is asked."""
    return http_status(address, "/healthz") == 200 if name in HTTP else serves(address)


def http_status(address: str, path: str) -> int:
    """The status of a GET over HTTP; 0 when nobody answers."""
    connection = http.client.HTTPConnection(address, timeout=QUICK_S)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def serves(address: str, service: str = "") -> bool:
    """Whether grpc.health.v1 at `address` says SERVING; "" asks for the process itself."""
    with grpc.insecure_channel(address) as channel:
        request = health_pb2.HealthCheckRequest(service=service)
        try:
            answer = health_pb2_grpc.HealthStub(channel).Check(request, timeout=QUICK_S)
        except grpc.RpcError:
            return False
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


def capability_of(service: str, address: str, token_file: Path) -> common_pb2.Capability | None:
    """What `service` says of itself in GetInfo; None when it does not answer."""
    contract = CONTRACT_OF.get(service, service)
    full_name = f"{contract.capitalize()}Service"
    messages = import_module(f"viva.v1.{contract}_pb2")
    with grpc.insecure_channel(address) as channel:
        call = channel.unary_unary(
            f"/viva.v1.{full_name}/GetInfo",
            request_serializer=getattr(messages, f"{full_name}GetInfoRequest").SerializeToString,
            response_deserializer=getattr(messages, f"{full_name}GetInfoResponse").FromString,
        )
        with contextlib.suppress(grpc.RpcError):
            answer = call(
                getattr(messages, f"{full_name}GetInfoRequest")(),
                timeout=INFO_TIMEOUT_S,
                metadata=(("authorization", f"Bearer {token_file.read_text().strip()}"),),
            )
            return common_pb2.Capability.FromString(answer.capability.SerializeToString())
    return None
