"""TtsService: from the wire, to the engine, to the wire. Knows nothing of synthesis."""

from collections.abc import AsyncIterator
from contextlib import aclosing

from viva.v1 import common_pb2, tts_pb2_grpc
from viva.v1 import tts_pb2 as pb

from services.runtime.auth import MeshAuthenticator, mesh_token
from services.runtime.capability import Capability
from services.runtime.engines import Missing, capability_of, needed
from services.runtime.interceptor import Context
from services.runtime.serving import Server, Service, server_credentials
from services.tts.config import Settings
from services.tts.engine import Engine, Language, Voice
from services.tts.requests import read_language, read_utterance

_LANGUAGES = {Language.KOREAN: common_pb2.LANGUAGE_KO, Language.ENGLISH: common_pb2.LANGUAGE_EN}


class TtsServicer(tts_pb2_grpc.TtsServiceServicer):
    def __init__(self, engine: Engine | Missing, settings: Settings) -> None:
        self._engine = engine

    async def Synthesize(
        self, request: pb.SynthesizeRequest, context: Context
    ) -> AsyncIterator[pb.SynthesizeResponse]:
        engine = needed(self._engine)
        utterance = read_utterance(request, engine.voices())
        async with aclosing(engine.synthesize(utterance)) as sounds:
            async for sound in sounds:
                yield pb.SynthesizeResponse(
                    pcm=sound.pcm, sample_rate_hz=sound.sample_rate_hz, sentence_index=sound.sentence
                )

    async def ListVoices(self, request: pb.ListVoicesRequest, context: Context) -> pb.ListVoicesResponse:
        engine = needed(self._engine)
        language = read_language(request.language)
        fitting = [each for each in engine.voices() if language in (None, each.language)]
        return pb.ListVoicesResponse(voices=map(_voice, fitting))

    async def GetInfo(
        self, request: pb.TtsServiceGetInfoRequest, context: Context
    ) -> pb.TtsServiceGetInfoResponse:
        return pb.TtsServiceGetInfoResponse(capability=capability_of(self._engine).to_pb())


def build(engine: Engine | Missing, settings: Settings) -> Server:
    """The whole server of this process; raises FailedPrecondition when the mesh's token is missing."""

    authenticator = MeshAuthenticator(
        mesh_token(settings), mutual_tls=server_credentials(settings) is not None
    )

    async def probe() -> Capability:
        return capability_of(engine)

    service = Service(
        "viva.v1.TtsService",
        tts_pb2_grpc.add_TtsServiceServicer_to_server,
        TtsServicer(engine, settings),
    )
    return Server("tts", settings, [service], authenticator, probe)


def _voice(voice: Voice) -> pb.Voice:
    return pb.Voice(id=voice.id, language=_LANGUAGES[voice.language], description=voice.description)
