"""MediaService: from the wire, to the engine, to the wire. Knows nothing of WebRTC."""

from viva.v1 import media_pb2 as pb
from viva.v1 import media_pb2_grpc

from services.media.config import Settings
from services.media.engine import Engine
from services.media.repeats import Repeats
from services.media.requests import read_candidate, read_id, read_offer
from services.runtime.auth import MeshAuthenticator, mesh_token
from services.runtime.capability import Capability
from services.runtime.engines import Missing, capability_of, needed
from services.runtime.interceptor import Context
from services.runtime.logs import bind
from services.runtime.serving import Server, Service, server_credentials


class MediaServicer(media_pb2_grpc.MediaServiceServicer):
    def __init__(self, engine: Engine | Missing, settings: Settings) -> None:
        self._engine = engine
        self._repeats = Repeats()

    async def Negotiate(self, request: pb.NegotiateRequest, context: Context) -> pb.NegotiateResponse:
        engine = needed(self._engine)
        offer = read_offer(request)
        bind(interview_id=offer.interview_id)
        answer = await self._repeats.answer(offer, lambda: engine.negotiate(offer.interview_id, offer.sdp))
        return pb.NegotiateResponse(peer_id=answer.peer_id, answer_sdp=answer.sdp)

    async def AddIceCandidate(
        self, request: pb.AddIceCandidateRequest, context: Context
    ) -> pb.AddIceCandidateResponse:
        engine = needed(self._engine)
        await engine.add_candidate(read_id("peer_id", request.peer_id), read_candidate(request))
        return pb.AddIceCandidateResponse()

    async def Hangup(self, request: pb.HangupRequest, context: Context) -> pb.HangupResponse:
        engine = needed(self._engine)
        await engine.hangup(read_id("peer_id", request.peer_id))
        return pb.HangupResponse()

    async def GetInfo(
        self, request: pb.MediaServiceGetInfoRequest, context: Context
    ) -> pb.MediaServiceGetInfoResponse:
        if isinstance(self._engine, Missing):
            return pb.MediaServiceGetInfoResponse(capability=capability_of(self._engine).to_pb())
        status = self._engine.status()
        return pb.MediaServiceGetInfoResponse(capability=status.capability.to_pb(), peers=status.peers)


def build(engine: Engine | Missing, settings: Settings) -> Server:
    """The whole server of this process; raises FailedPrecondition when the mesh's token is missing."""

    authenticator = MeshAuthenticator(
        mesh_token(settings), mutual_tls=server_credentials(settings) is not None
    )

    async def probe() -> Capability:
        return capability_of(engine)

    service = Service(
        "viva.v1.MediaService",
        media_pb2_grpc.add_MediaServiceServicer_to_server,
        MediaServicer(engine, settings),
    )
    return Server("media", settings, [service], authenticator, probe)
