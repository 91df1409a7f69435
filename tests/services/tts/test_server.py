"""TtsService over a real socket, with the fake engine behind it."""

from collections.abc import AsyncIterator

import grpc
import pytest
from hypothesis import given
from hypothesis import strategies as st
from viva.v1 import common_pb2, tts_pb2_grpc
from viva.v1 import tts_pb2 as pb

from services.runtime.errors import InvalidArgument, NotFound, ResourceExhausted
from services.tts.config import Settings
from services.tts.engines.fake import FakeEngine
from services.tts.server import build
from tests.services.rooms import ANY_FLOAT, ANY_TEXT, FUZZ, clearly, collected, mostly, refusal, served, until

pytestmark = pytest.mark.integration

Stub = tts_pb2_grpc.TtsServiceStub
KO, EN = common_pb2.LANGUAGE_KO, common_pb2.LANGUAGE_EN


def ask(text: str = "안녕하세요. 반갑습니다.", **fields: object) -> pb.SynthesizeRequest:
    return pb.SynthesizeRequest(text=text, **{"language": KO, **fields})  # type: ignore[arg-type]


@pytest.fixture
async def engine() -> FakeEngine:
    return FakeEngine(places=1)


@pytest.fixture
async def stub(engine: FakeEngine) -> AsyncIterator[Stub]:
    async with served(build, engine, Settings) as channel:
        yield Stub(channel)


async def test_sound_comes_sentence_by_sentence(stub: Stub) -> None:
    sounds = await collected(stub.Synthesize(ask(), timeout=5))
    assert [each.sentence_index for each in sounds] == [0, 1]
    assert all(each.pcm and each.sample_rate_hz == 16_000 for each in sounds)


async def test_the_first_sentence_comes_while_the_rest_is_still_being_made(
    stub: Stub, engine: FakeEngine
) -> None:
    engine.sentence_s = 0.1
    call = stub.Synthesize(ask("하나. 둘. 셋. 넷. 다섯."), timeout=5)
    await call.read()
    assert engine.made <= 2
    call.cancel()


async def test_a_client_that_leaves_stops_the_work(stub: Stub, engine: FakeEngine) -> None:
    engine.sentence_s = 0.05
    call = stub.Synthesize(ask("문장. " * 50), timeout=30)
    await call.read()
    call.cancel()
    await until(lambda: engine.running == 0)
    assert engine.made < 10


async def test_a_caller_beyond_capacity_is_pushed_back_and_served_by_a_retry(
    stub: Stub, engine: FakeEngine
) -> None:
    engine.sentence_s = 0.5
    call = stub.Synthesize(ask("하나. 둘."), timeout=30)
    await until(lambda: engine.running == 1)
    assert isinstance(await refusal(collected(stub.Synthesize(ask("셋."), timeout=5))), ResourceExhausted)
    call.cancel()
    assert await collected(stub.Synthesize(ask("넷."), timeout=5))


async def test_voices_are_listed_by_language(stub: Stub) -> None:
    async def ids(language: int) -> list[str]:
        answer = await stub.ListVoices(pb.ListVoicesRequest(language=language))  # type: ignore[arg-type]
        return [voice.id for voice in answer.voices]

    assert await ids(common_pb2.LANGUAGE_UNSPECIFIED) == ["tone-ko", "tone-ko-2", "tone-en"]
    assert await ids(EN) == ["tone-en"]


@pytest.mark.parametrize(
    "fields",
    [
        {"voice": "tone-en", "language": common_pb2.LANGUAGE_UNSPECIFIED},
        {"voice": "tone-ko-2"},
        {"language": EN},
        {"text": "가" * 1000},
        {"text": "줄\n바꿈\t그리고"},
        {"speed": 0.5},
        {"speed": 2.0},
        {"speed": 0.0},
    ],
    ids=str,
)
async def test_what_the_contract_allows_is_spoken(stub: Stub, fields: dict[str, object]) -> None:
    assert await collected(stub.Synthesize(ask(**fields), timeout=5))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("fields", "violated"),
    [
        ({"text": ""}, "text"),
        ({"text": " \n"}, "text"),
        ({"text": "가" * 1001}, "text"),
        ({"text": "널\0"}, "text"),
        ({"language": common_pb2.LANGUAGE_UNSPECIFIED}, "voice"),
        ({"language": 9}, "language"),
        ({"voice": "v" * 129}, "voice"),
        ({"speed": 0.49}, "speed"),
        ({"speed": 2.01}, "speed"),
        ({"speed": float("nan")}, "speed"),
    ],
    ids=str,
)
async def test_what_it_does_not_allow_is_refused_by_its_field(
    stub: Stub, fields: dict[str, object], violated: str
) -> None:
    error = await refusal(collected(stub.Synthesize(ask(**fields), timeout=5)))  # type: ignore[arg-type]
    assert isinstance(error, InvalidArgument)
    assert list(error.violations) == [violated]


async def test_a_voice_that_is_not_installed_is_not_found(stub: Stub) -> None:
    for fields in ({"voice": "nobody"}, {"voice": "tone-en"}):
        error = await refusal(collected(stub.Synthesize(ask(**fields), timeout=5)))  # type: ignore[arg-type]
        assert isinstance(error, NotFound)
        assert error.reason == "TTS_VOICE_UNKNOWN"


requests = st.builds(
    pb.SynthesizeRequest,
    text=mostly(st.text(max_size=50), ANY_TEXT),
    language=mostly(st.integers(1, 2), st.integers(0, 99)),
    voice=mostly(st.sampled_from(["", "tone-ko", "tone-en"]), ANY_TEXT),
    speed=mostly(st.floats(0.5, 2, width=32), ANY_FLOAT),
)


@FUZZ
@given(request=requests, language=st.integers(0, 99))
async def test_whatever_is_sent_is_answered_or_refused_clearly_and_the_server_lives(
    stub: Stub, engine: FakeEngine, request: pb.SynthesizeRequest, language: int
) -> None:
    clear = (grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND)
    await clearly(collected(stub.Synthesize(request, timeout=10)), *clear)
    await clearly(stub.ListVoices(pb.ListVoicesRequest(language=language), timeout=10), *clear)  # type: ignore[arg-type]
    await until(lambda: engine.running == 0)
