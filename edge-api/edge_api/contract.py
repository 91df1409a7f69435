"""The rpcs that the edge forwards, found by name in the protos. Opens no channel."""

from dataclasses import dataclass
from functools import cache

from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from viva.v1 import account_pb2, admin_pb2, company_pb2, consent_pb2, interview_pb2, media_pb2, resume_pb2

FILES = (account_pb2, admin_pb2, company_pb2, consent_pb2, interview_pb2, media_pb2, resume_pb2)
SERVICES = tuple(service for file in FILES for service in file.DESCRIPTOR.services_by_name)


@dataclass(frozen=True, slots=True)
class Rpc:
    """One method of the contract, with the classes of its messages."""

    service: str
    name: str
    request: type[Message]
    response: type[Message]
    kind: str
    """As a channel names it: "unary_unary", "unary_stream", "stream_unary"."""

    @property
    def path(self) -> str:
        return f"/viva.v1.{self.service}/{self.name}"


@cache
def rpc(name: str) -> Rpc:
    """ "InterviewService.StartInterview" → the method; raises KeyError when the protos have none."""
    service, _, method = name.partition(".")
    contract = descriptor_pool.Default().FindServiceByName(f"viva.v1.{service}")
    found: MethodDescriptor = contract.methods_by_name[method]
    request, response = (
        message_factory.GetMessageClass(each) for each in (found.input_type, found.output_type)
    )
    sides = (found.client_streaming, found.server_streaming)
    return Rpc(service, method, request, response, "_".join("stream" if side else "unary" for side in sides))
