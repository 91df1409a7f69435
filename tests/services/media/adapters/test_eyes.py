"""Looking over a real socket, with the fake analyser behind it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from services.media.adapters.eyes import ENDLESS, GrpcEyes
from services.media.conversation.ports import Consent, Frame, Language, Observation, Policy, Terms
from services.runtime.channel import open_channel
from services.runtime.engines import Missing
from services.runtime.errors import FailedPrecondition, InvalidArgument
from services.vision.config import Settings
from services.vision.engine import Engine
from services.vision.engines.fake import UNREADABLE, FakeEngine
from services.vision.server import build
from tests.services.rooms import TOKEN, listening, until
from tests.services.vision.pictures import jpeg

pytestmark = pytest.mark.integration

TERMS = Terms(Language.KOREAN, frozenset({Consent.VIDEO}), Policy.OBSERVE)


@asynccontextmanager
async def eyes_of(engine: Engine | Missing) -> AsyncIterator[GrpcEyes]:
    async with (
        listening(build, engine, Settings) as address,
        open_channel([address], token=TOKEN, endless=ENDLESS) as channel,
    ):
        yield GrpcEyes(channel)


async def seen(eyes: GrpcEyes, *frames: Frame, terms: Terms = TERMS) -> list[Observation]:
    async def camera() -> AsyncIterator[Frame]:
        for frame in frames:
            yield frame
            await asyncio.sleep(0.3)

    return [each async for each in eyes.look("interview-1", terms, camera())]


async def test_every_frame_that_is_looked_at_is_an_observation() -> None:
    async with eyes_of(FakeEngine()) as eyes:
        first, second = await seen(eyes, Frame(jpeg(), 0), Frame(jpeg(), 300))
    assert (first.at_ms, second.at_ms) == (0, 300)
    assert (first.faces, round(first.gaze_on_camera, 2), first.expression) == (1, 0.9, "")


async def test_expressions_are_looked_for_only_where_they_are_asked_for() -> None:
    async with eyes_of(FakeEngine()) as eyes:
        (found,) = await seen(eyes, Frame(jpeg(), 0), terms=replace(TERMS, emotion=True))
    assert found.expression == "neutral"


async def test_refusals_are_told_by_name() -> None:
    missing = Missing("vision", "VISION_MODEL_MISSING", "no model", "viva models pull")
    async with eyes_of(missing) as eyes:
        with pytest.raises(FailedPrecondition):
            await seen(eyes, Frame(jpeg(), 0))
    async with eyes_of(FakeEngine()) as eyes:
        with pytest.raises(InvalidArgument):
            await seen(eyes, Frame(jpeg(tail=UNREADABLE), 0))
    with pytest.raises(FailedPrecondition):
        await seen(GrpcEyes(None), Frame(jpeg(), 0))


async def test_whoever_stops_looking_frees_the_place() -> None:
    engine = FakeEngine()
    async with eyes_of(engine) as eyes:

        async def camera() -> AsyncIterator[Frame]:
            yield Frame(jpeg(), 0)
            await asyncio.sleep(60)

        looking = eyes.look("interview-1", TERMS, camera())
        await anext(looking)
        assert engine.watching == 1
        await looking.aclose()
        await until(lambda: engine.watching == 0)
