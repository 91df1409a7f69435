"""A process with gRPC health and GetInfo, standing in for any service under the real runner."""

import os
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from viva.v1 import common_pb2, embed_pb2, embed_pb2_grpc

NAME = os.environ["VIVA_PROCESS"]


class Info(embed_pb2_grpc.EmbedServiceServicer):
    def GetInfo(self, request, context):  # noqa: N802 (the name is the contract's)
        capability = common_pb2.Capability(
            name=NAME,
            state=common_pb2.CAPABILITY_STATE_DEGRADED,
            engine="dummy",
            device="cpu",
            remedy="install a better one",
        )
        return embed_pb2.EmbedServiceGetInfoResponse(capability=capability)


def main() -> None:
    if os.environ.get("DUMMY_BROKEN") == NAME:
        print("missing dependency: imaginary; mend it with: pip install imaginary")
        sys.exit(1)
    if "--check" in sys.argv:
        print(f"{NAME} is degraded: no weights")
        sys.exit(3)
    server = grpc.server(ThreadPoolExecutor(4))
    servicer = health.HealthServicer()
    servicer.set("", health_pb2.HealthCheckResponse.SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    embed_pb2_grpc.add_EmbedServiceServicer_to_server(Info(), server)
    server.add_insecure_port(os.environ[f"VIVA_{NAME.upper()}_LISTEN"])
    server.start()
    print(f"{NAME} listens; database known: {'DATABASE_URL' in os.environ}", flush=True)
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    ended.wait()
    server.stop(1).wait()


if __name__ == "__main__":
    main()
