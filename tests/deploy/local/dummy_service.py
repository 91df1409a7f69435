"""A process with gRPC health and GetInfo, standing in for any service under the real runner."""

import json
import os
import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from viva.v1 import common_pb2, embed_pb2

NAME = os.environ["VIVA_PROCESS"]


def get_info(request, context):
    """Every GetInfo answer begins with the capability, so that one message stands for all."""
    capability = common_pb2.Capability(
        name=NAME,
        state=common_pb2.CAPABILITY_STATE_DEGRADED,
        engine="dummy",
        device="cpu",
        remedy="install a better one",
    )
    return embed_pb2.EmbedServiceGetInfoResponse(capability=capability)


def handler():
    service = "Interview" if NAME == "session" else NAME.capitalize()
    method = grpc.unary_unary_rpc_method_handler(
        get_info, response_serializer=embed_pb2.EmbedServiceGetInfoResponse.SerializeToString
    )
    return grpc.method_handlers_generic_handler(f"viva.v1.{service}Service", {"GetInfo": method})


def say(state, detail, remedy) -> None:
    if "--json" in sys.argv:
        print(json.dumps({"name": NAME, "state": state, "detail": detail, "remedy": remedy}))
    else:
        print(f"{NAME}: {state}. {detail} Mend it with: {remedy}")


def main() -> None:
    if os.environ.get("DUMMY_BROKEN") == NAME:
        say("broken", "missing dependency: imaginary", "pip install imaginary")
        sys.exit(1)
    if "--check" in sys.argv:
        say("degraded", "no weights", "install a better one")
        sys.exit(3)
    if os.environ.get("DUMMY_SLOW") == NAME:
        time.sleep(2)
    server = grpc.server(ThreadPoolExecutor(4))
    servicer = health.HealthServicer()
    servicer.set("", health_pb2.HealthCheckResponse.SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    server.add_generic_rpc_handlers((handler(),))
    server.add_insecure_port(os.environ[f"VIVA_{NAME.upper()}_LISTEN"])
    server.start()
    print(f"{NAME} listens; database known: {'DATABASE_URL' in os.environ}", flush=True)
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    ended.wait()
    server.stop(1).wait()


if __name__ == "__main__":
    main()
