import asyncio
from collections.abc import AsyncIterator

import pytest

from services.media.conversation.listening import Listener, Lost, Opened, State, Waits
from services.media.conversation.ports import EndOfTurn, Language, Manner, Partial, Settled, Utterance
from services.runtime.errors import Unavailable
from tests.services.media.conversation.fakes import MISSING, SECOND, FakeHearing, silence, speech
from tests.services.rooms import until

pytestmark = pytest.mark.unit

GONE = Unavailable("STT_GONE", "nobody there")
QUICK = Waits(first_s=0.001, longest_s=0.002, off_s=0.005, give_up_s=0.01)


class Turn:
    """A listener at work, and all it told."""

    def __init__(self, hearing: FakeHearing) -> None:
        self.told: list[object] = []
        self.states: list[tuple[State, str]] = []
        manner = Manner("interview-1", Language.KOREAN, patience_ms=1000)
        self.listener = Listener(
            hearing, manner, self.told.append, lambda *state: self.states.append(state), QUICK
        )

    def of(self, kind: type) -> list[object]:
        return [each for each in self.told if isinstance(each, kind)]

    @property
    def texts(self) -> list[str]:
        return [each.text for each in self.told if isinstance(each, Utterance)]

    async def hears(self, pcm: bytes) -> None:
        for at in range(0, len(pcm), 640):
            self.listener.hear(pcm[at : at + 640])
            await asyncio.sleep(0)

    async def has(self, *texts: str) -> None:
        await until(lambda: self.texts == list(texts))


@pytest.fixture
async def hearing() -> FakeHearing:
    return FakeHearing()


@pytest.fixture
async def turn(hearing: FakeHearing) -> AsyncIterator[Turn]:
    turn = Turn(hearing)
    running = asyncio.create_task(turn.listener.run())
    yield turn
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_utterances_and_the_end_of_the_turn_are_told_in_order(turn: Turn) -> None:
    await turn.hears(speech(1.0) + silence(0.5) + speech(0.5) + silence(1.1))
    await until(lambda: bool(turn.of(EndOfTurn)))
    assert turn.texts == ["1 2", "1"]
    assert isinstance(turn.told[0], Opened)
    assert turn.of(Partial)
    assert turn.states == [(State.OK, "")]


async def test_f17_audio_goes_to_stt_once_and_on_one_way(hearing: FakeHearing, turn: Turn) -> None:
    pcm = speech(1.0) + silence(0.5) + speech(0.5) + silence(1.1)
    await turn.hears(pcm)
    await turn.listener.settle()
    assert hearing.pushed == [pcm]
    assert hearing.recordings == []


async def test_settling_makes_what_is_being_said_final(turn: Turn) -> None:
    await turn.hears(speech(0.7))
    await turn.listener.settle()
    assert turn.texts == ["1"]


async def test_settling_with_nothing_heard_needs_no_server(hearing: FakeHearing, turn: Turn) -> None:
    await turn.listener.settle()
    assert hearing.starts == []


async def test_after_settling_the_next_stream_begins_where_the_former_ended(
    hearing: FakeHearing, turn: Turn
) -> None:
    await turn.hears(speech(0.5))
    await turn.listener.settle()
    await turn.hears(speech(1.0))
    await turn.listener.settle()
    assert turn.texts == ["1", "1 2"]
    assert hearing.starts == [0, SECOND // 2]


async def test_another_server_goes_on_from_what_is_settled_and_nothing_is_said_twice(
    hearing: FakeHearing, turn: Turn
) -> None:
    await turn.hears(speech(1.0) + silence(0.5) + speech(0.5))
    await turn.has("1 2")
    await until(lambda: bool(turn.of(Settled)))
    hearing.break_off()
    await until(lambda: len(hearing.starts) == 2)
    assert hearing.starts[1] == turn.of(Settled)[0].offset  # type: ignore[attr-defined]
    await turn.hears(speech(1.0) + silence(0.5))
    await turn.has("1 2", "1 2 3")
    assert turn.states == [(State.OK, ""), (State.RECOVERING, "STT_GONE"), (State.OK, "")]


async def test_a_server_that_takes_over_in_a_silence_ends_the_turn(hearing: FakeHearing, turn: Turn) -> None:
    await turn.hears(speech(1.0) + silence(0.5))
    await turn.has("1 2")
    hearing.break_off()
    await until(lambda: len(hearing.starts) == 2)
    await turn.hears(silence(1.1))
    await until(lambda: bool(turn.of(EndOfTurn)))


async def test_what_is_said_while_nobody_listens_is_recognised_afterwards(
    hearing: FakeHearing, turn: Turn
) -> None:
    hearing.refusal = GONE
    await turn.hears(speech(2.0) + silence(0.5))
    await until(lambda: bool(turn.states))
    hearing.refusal = None
    await turn.has("1 2 3 4")
    assert hearing.starts == [0]


async def test_what_never_recovers_is_recognised_once_as_a_whole(hearing: FakeHearing, turn: Turn) -> None:
    await turn.hears(speech(0.5) + silence(0.5) + speech(1.0))
    await until(lambda: bool(turn.of(Settled)))
    settled = turn.of(Settled)[0].offset  # type: ignore[attr-defined]
    hearing.break_off(GONE)
    await turn.listener.settle()
    assert turn.texts == ["1", "recognised"]
    assert hearing.recordings == [(speech(0.5) + silence(0.5) + speech(1.0))[settled * 2 :]]
    assert turn.told[-1].start == settled  # type: ignore[attr-defined]


async def test_what_cannot_be_recognised_at_all_is_said_to_be_lost(hearing: FakeHearing, turn: Turn) -> None:
    hearing.refusal = hearing.recording_refusal = GONE
    await turn.hears(speech(0.5))
    await turn.listener.settle()
    assert len(turn.of(Lost)) == 1
    hearing.refusal = None
    await turn.hears(speech(1.0))
    await turn.listener.settle()
    assert turn.texts == ["1 2"]


async def test_where_nothing_recognises_speech_nothing_is_lost_and_nobody_waits(
    hearing: FakeHearing, turn: Turn
) -> None:
    hearing.refusal = MISSING
    await turn.hears(speech(0.5))
    await turn.listener.settle()
    assert turn.states[-1] == (State.OFF, "STT_MODEL_MISSING")
    assert turn.of(Lost) == []


async def test_a_model_that_is_installed_later_is_found(hearing: FakeHearing, turn: Turn) -> None:
    hearing.refusal = MISSING
    await turn.hears(speech(0.5) + silence(0.4))
    await until(lambda: bool(turn.states))
    hearing.refusal = None
    await turn.has("1")
    assert turn.states[-1] == (State.OK, "")


async def test_while_it_is_held_no_server_is_asked(hearing: FakeHearing, turn: Turn) -> None:
    turn.listener.hold(held=True)
    await turn.hears(speech(1.0))
    assert hearing.starts == []
    turn.listener.hold(held=False)
    await turn.listener.settle()
    assert turn.texts == ["1 2"]


async def test_f20_after_the_end_nothing_is_told_and_whoever_waits_goes_on(hearing: FakeHearing) -> None:
    turn = Turn(hearing)
    running = asyncio.create_task(turn.listener.run())
    hearing.engine.block_s = 0.01
    await turn.hears(speech(2.0))
    waiting = asyncio.create_task(turn.listener.settle())
    await until(lambda: bool(hearing.starts))
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    async with asyncio.timeout(1):
        await waiting
    before = list(turn.told)
    await asyncio.sleep(0.05)
    assert turn.told == before
    assert hearing.engine.open_streams == 0
