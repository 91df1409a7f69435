"""What every face analyser must do. A subclass gives an engine and pictures."""

import asyncio

import pytest

from services.runtime.errors import InvalidArgument, ResourceExhausted
from services.vision.engine import Engine

SHARES = ("gaze_on_camera", "eye_closure", "smile", "face_x", "face_y", "face_height", "expression_score")


class EngineContract:
    """Subclasses define fixtures `engine`; `narrow`, which watches one person; `face`: a JPEG with one face;
    and `broken`: bytes that no decoder reads."""

    async def test_a_face_is_seen_with_scores_in_their_ranges(self, engine: Engine, face: bytes) -> None:
        watch = await engine.open(expressions=False)
        seen = await watch.observe(face, 40)
        assert (seen.timestamp_ms, seen.faces) == (40, 1)
        assert all(0 <= getattr(seen, name) <= 1 for name in SHARES)
        assert all(abs(angle) <= 180 for angle in (seen.yaw_deg, seen.pitch_deg, seen.roll_deg))
        await watch.aclose()

    async def test_an_expression_is_computed_only_when_asked_for(self, engine: Engine, face: bytes) -> None:
        plain, asked = await engine.open(expressions=False), await engine.open(expressions=True)
        assert (await plain.observe(face, 0)).expression == ""
        assert (await asked.observe(face, 0)).expression
        await asyncio.gather(plain.aclose(), asked.aclose())

    async def test_a_picture_that_cannot_be_read_is_refused_and_the_watch_goes_on(
        self, engine: Engine, face: bytes, broken: bytes
    ) -> None:
        watch = await engine.open(expressions=False)
        with pytest.raises(InvalidArgument):
            await watch.observe(broken, 0)
        assert (await watch.observe(face, 1)).faces == 1
        await watch.aclose()

    async def test_people_side_by_side_each_get_their_own_observations(
        self, engine: Engine, face: bytes
    ) -> None:
        watches = [await engine.open(expressions=False) for _ in range(4)]
        seen = await asyncio.gather(*(watch.observe(face, at) for at, watch in enumerate(watches)))
        assert [each.timestamp_ms for each in seen] == [0, 1, 2, 3]
        await asyncio.gather(*(watch.aclose() for watch in watches))

    async def test_a_watch_beyond_capacity_is_refused_until_one_closes(self, narrow: Engine) -> None:
        watch = await narrow.open(expressions=False)
        with pytest.raises(ResourceExhausted) as refusal:
            await narrow.open(expressions=False)
        assert refusal.value.retry_after_s > 0
        await watch.aclose()
        await watch.aclose()
        await (await narrow.open(expressions=False)).aclose()

    async def test_closing_twice_is_harmless(self, engine: Engine) -> None:
        await engine.aclose()
        await engine.aclose()
