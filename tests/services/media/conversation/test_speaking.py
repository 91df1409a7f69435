import asyncio
from collections.abc import AsyncIterator

import pytest

from services.media.conversation.ports import Language, Phase, Piece, Turn
from services.media.conversation.speaking import Speaker, Voice
from services.media.conversation.tasks import Tasks
from services.runtime.errors import FailedPrecondition, Unavailable
from tests.services.media.conversation.fakes import FakeVoices
from tests.services.media.fakes import FakePeer
from tests.services.rooms import until

pytestmark = pytest.mark.unit

MISSING = FailedPrecondition("TTS_VOICE_MISSING", "no voice")
WHOLE = "반갑습니다. 어떤 일을 하셨나요? 자세히 들려주세요."
SENTENCES = ["반갑습니다.", "어떤 일을 하셨나요?", "자세히 들려주세요."]


def turn(text: str, generation: int = 1, number: int = 1) -> Turn:
    return Turn(f"turn-{number}", number, Phase.ASKING, text, generation)


class Speaking:
    def __init__(self) -> None:
        self.voices, self.peer, self.tasks = FakeVoices(), FakePeer(), Tasks("interview-1")
        self.states: list[Voice] = []
        self.speaker = Speaker(self.voices, Language.KOREAN, "interview-1", self.tasks, self.states.append)

    async def has_said(self, *sentences: str) -> None:
        await until(lambda: self.voices.spoken == list(sentences))

    @property
    def played(self) -> list[str]:
        return [pcm.decode("utf-16-le") for pcm, _ in self.peer.played]


@pytest.fixture
async def speaking() -> AsyncIterator[Speaking]:
    speaking = Speaking()
    speaking.speaker.joined(speaking.peer)
    yield speaking
    await speaking.tasks.aclose()


async def test_a_sentence_is_said_while_the_rest_is_still_written(speaking: Speaking) -> None:
    speaking.speaker.follow(turn("반갑"), asked=False)
    speaking.speaker.grow(Piece("turn-1", 1, "습니다. 어떤 일을"))
    await speaking.has_said("반갑습니다.")
    assert speaking.states == [Voice.SPEAKING]
    speaking.speaker.grow(Piece("turn-1", 1, " 하셨나요?"))
    speaking.speaker.follow(turn(WHOLE), asked=True)
    await speaking.has_said(*SENTENCES)
    assert speaking.played == SENTENCES
    speaking.peer.finish_playing()
    await until(lambda: speaking.states == [Voice.SPEAKING, Voice.SILENT])


async def test_what_was_said_from_pieces_is_not_said_again_once_the_question_is_asked(
    speaking: Speaking,
) -> None:
    for piece in (" ", WHOLE[:12], WHOLE[12:]):
        speaking.speaker.follow(turn(""), asked=False) if piece == " " else None
        speaking.speaker.grow(Piece("turn-1", 1, piece))
    speaking.speaker.follow(turn(WHOLE), asked=True)
    speaking.speaker.follow(turn(WHOLE), asked=True)
    await speaking.has_said(*SENTENCES)


async def test_a_question_that_replaces_a_piece_of_another_is_said_as_a_whole(speaking: Speaking) -> None:
    speaking.speaker.follow(turn("반갑습니다. 어떤"), asked=False)
    await speaking.has_said("반갑습니다.")
    speaking.speaker.follow(turn("다른 질문입니다.", 2), asked=True)
    await speaking.has_said("반갑습니다.", "다른 질문입니다.")
    assert speaking.peer.stops == 1


async def test_a_higher_generation_begins_anew_and_a_lower_one_is_late(speaking: Speaking) -> None:
    speaking.speaker.follow(turn(""), asked=False)
    speaking.speaker.grow(Piece("turn-1", 2, "둘째 시도입니다. "))
    speaking.speaker.grow(Piece("turn-1", 1, "첫째 시도입니다. "))
    speaking.speaker.grow(Piece("turn-0", 3, "다른 차례입니다. "))
    await speaking.has_said("둘째 시도입니다.")


async def test_a_question_waits_for_somebody_to_hear_it() -> None:
    speaking = Speaking()
    speaking.speaker.follow(turn(WHOLE), asked=True)
    assert speaking.voices.spoken == []
    speaking.speaker.joined(speaking.peer)
    await speaking.has_said(*SENTENCES)
    await speaking.tasks.aclose()


async def test_whoever_was_cut_off_hears_the_question_again_from_its_beginning(speaking: Speaking) -> None:
    speaking.speaker.follow(turn(WHOLE), asked=True)
    await speaking.has_said(*SENTENCES)
    speaking.speaker.left()
    speaking.speaker.joined(FakePeer())
    await speaking.has_said(*SENTENCES, *SENTENCES)


async def test_whoever_heard_all_of_it_comes_back_to_silence(speaking: Speaking) -> None:
    speaking.speaker.follow(turn(WHOLE), asked=True)
    await speaking.has_said(*SENTENCES)
    speaking.peer.finish_playing()
    await until(lambda: not speaking.speaker.is_speaking)
    speaking.speaker.left()
    speaking.speaker.joined(FakePeer())
    assert speaking.voices.spoken == SENTENCES


async def test_a_repeat_says_all_of_it_again(speaking: Speaking) -> None:
    speaking.speaker.follow(turn(WHOLE), asked=True)
    await speaking.has_said(*SENTENCES)
    speaking.speaker.repeat()
    await speaking.has_said(*SENTENCES, *SENTENCES)
    assert speaking.peer.stops == 1


async def test_what_is_skipped_is_silent_at_once_and_stays_unsaid(speaking: Speaking) -> None:
    speaking.speaker.follow(turn(WHOLE), asked=True)
    await until(lambda: bool(speaking.played))
    speaking.speaker.skip()
    said = list(speaking.voices.spoken)
    assert not speaking.peer.playing
    assert speaking.states[-1] is Voice.SILENT
    speaking.speaker.follow(turn(WHOLE), asked=True)
    speaking.speaker.joined(speaking.peer)
    assert speaking.voices.spoken == said


async def test_without_a_voice_the_page_is_told_once_to_read_aloud_until_it_connects_anew(
    speaking: Speaking,
) -> None:
    speaking.voices.refusal = MISSING
    speaking.speaker.follow(turn(WHOLE), asked=True)
    await until(lambda: speaking.states == [Voice.NONE])
    speaking.voices.refusal = None
    speaking.speaker.follow(turn("다음 질문입니다.", number=2), asked=True)
    await asyncio.sleep(0.01)
    assert speaking.played == []
    speaking.speaker.left()
    speaking.speaker.joined(speaking.peer)
    speaking.speaker.follow(turn("또 다른 질문입니다.", number=3), asked=True)
    await speaking.has_said("또 다른 질문입니다.")
    assert speaking.states == [Voice.NONE, Voice.SPEAKING]


async def test_a_voice_that_is_lost_in_mid_question_is_not_taken_over_by_the_page(speaking: Speaking) -> None:
    speaking.speaker.follow(turn("반갑습니다. 어떤"), asked=False)
    await speaking.has_said("반갑습니다.")
    speaking.voices.refusal = Unavailable("TTS_GONE", "gone")
    speaking.speaker.follow(turn(WHOLE), asked=True)
    await asyncio.sleep(0.01)
    speaking.peer.finish_playing()
    await until(lambda: speaking.states == [Voice.SPEAKING, Voice.SILENT])
